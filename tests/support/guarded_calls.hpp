// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/guard_pages.hpp"

#include <lamina/graph/engine.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace lamina::testing {

/// A layer's work once more, on copies of its operands, each of its own length, between guard
/// pages: whoever touches what is not an operand is stopped by the processor. What it writes must
/// be what it wrote in its network, to the bit, wherever the operands begin.
template <class T>
class GuardedCall {
public:
    /// Row i's work c. at_end: each operand ends at a guard page, else it begins behind one.
    GuardedCall(Row<T> const* rows, int i, Call<T> const& c, bool backward, bool at_end)
        : real_(c), call_(c), at_end_(at_end) {
        auto const& row = rows[i];
        auto const& op = *row.op;
        std::size_t const n = c.batch, size = n * op.output.size;
        for (int k = 0; k < row.arity; ++k) {
            auto const& from = rows[row.inputs[k]];
            std::size_t const its = n * from.op->output.size;
            if (from.op->integer) put<std::int32_t const>(call_.x[k], its);
            else put<T const>(call_.x[k], its);
            if (from.mask >= 0) put<T const>(call_.mask[k], n * rows[from.mask].mask_size());
            if (backward) put<T>(call_.dx[k], its, c.needs_dx[k]);
        }
        put<T>(call_.y, size, !backward);
        put<T const>(call_.parameters, op.parameters);
        put<T const>(call_.state, op.state);
        put<T>(call_.cache, n * op.cache, !backward);
        put<T>(call_.batch_cache, op.batch_cache);
        put<T>(call_.scratch, op.scratch);
        put<T>(call_.loss, 1, !backward);
        if (c.next_state) put<T>(call_.next_state, op.state, !backward);
        if (c.mask_out) put<T>(call_.mask_out, n * row.mask_size(), !backward);
        if (!backward) return;
        put<T const>(call_.dy, size);
        put<T>(call_.gradients, op.parameters, c.trains);
    }

    Call<T> const& call() const { return call_; }
    /// After both have worked.
    bool same() const {
        bool all = true;
        for (auto const& o : operands_)
            if (o.result) all = all && std::memcmp(o.copy, o.original, o.bytes) == 0;
        return all;
    }

private:
    struct Operand {
        std::unique_ptr<GuardPages> pages;
        void const* original;
        void* copy;
        std::size_t bytes;
        bool result;
    };
    Call<T> const& real_;
    Call<T> call_;
    bool at_end_;
    std::vector<Operand> operands_;

    /// `at` becomes a copy of the n numbers there. What lies in the same place stays together.
    template <class E, class P>
    void put(P& at, std::size_t n, bool result = false) {
        std::size_t const bytes = n * sizeof(E);
        void const* const original = at;
        for (auto& o : operands_)
            if (o.original == original && o.bytes == bytes) {
                at = static_cast<E*>(o.copy);
                o.result = o.result || result;
                return;
            }
        auto pages = std::make_unique<GuardPages>(bytes);
        using Bare = std::remove_const_t<E>;
        Bare* const copy = pages->template array<Bare>(n, at_end_);
        if (n > 0) std::memcpy(copy, original, bytes);
        at = copy;
        operands_.push_back({std::move(pages), original, copy, bytes, result});
    }
};

/// Every row of a pass, in its network and between guard pages: whether all gave the same bits.
template <class T>
bool forward_guarded(Row<T> const* rows, Place const* places, int count, std::size_t per_batch,
                     Work<T> const& w) {
    bool same = true;
    for (int i = 0; i < count; ++i) {
        if (rows[i].arity == 0 || places[i].away) continue;
        Call<T> c{};
        lamina::detail::fill_forward_call(c, rows, places, i, per_batch, w);
        int const its = places[i].fused ? rows[i].inputs[0] : i;
        auto const run = places[i].fused ? rows[i].runs->fused_forward : rows[i].runs->forward;
        GuardedCall<T> low(rows, its, c, false, false), high(rows, its, c, false, true);
        run(c);
        run(low.call());
        run(high.call());
        same = same && low.same() && high.same();
    }
    return same;
}
template <class T>
bool backward_guarded(Row<T> const* rows, Place const* places, int count, std::size_t per_batch,
                      std::size_t per_sample, Work<T> const& w) {
    bool same = true;
    for (int i = count - 1; i >= 0; --i) {
        if (!places[i].backward || places[i].slope_away) continue;
        auto const c =
            lamina::detail::make_backward_call(rows, places, i, per_batch, per_sample, w);
        auto const run =
            places[i].fused_slope ? rows[i].runs->fused_backward : rows[i].runs->backward;
        GuardedCall<T> low(rows, i, c, true, false), high(rows, i, c, true, true);
        run(c);
        run(low.call());
        run(high.call());
        same = same && low.same() && high.same();
        lamina::detail::add_up(c, rows, places, i, per_batch, w);
    }
    return same;
}

} // namespace lamina::testing
