// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/graph/plan.hpp>
#include <lamina/graph/table.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace lamina {

/// What one pass works on: the blocks, the inputs, the samples. Inference reads weights and state
/// and writes the arena only.
template <class T>
struct Work {
    std::byte const* layers = nullptr;
    T const *values = nullptr, *state = nullptr;
    T *next_state = nullptr, *gradients = nullptr; // training only
    T *arena = nullptr, *scratch = nullptr, *memory = nullptr;
    T const* prepared = nullptr; // what layers made of their parameters; null: nothing
    T* loss = nullptr;           // what layers add to the loss; null: nobody asks
    void const* const* inputs = nullptr;
    std::size_t batch = 1, position = 0;
    bool one = false; // sample; an unrolled walk says it by a constant
    bool training = false;
    Threads* threads = nullptr;
    Random random{};
};

namespace detail {

/// Row i's work, into c, where nothing stands but another row's. Both walks come through here; in
/// the unrolled one every number but the batch is a constant.
template <class T>
LAMINA_ALWAYS_INLINE inline void fill_call(Call<T>& c, Row<T> const* rows, Place const* places,
                                           int i, std::size_t per_batch, Work<T> const& w) {
    auto const& row = rows[i];
    auto const& at = places[i];
    T* const samples = w.arena + per_batch;
    c.layer = w.layers + row.layer;
    c.epilogue = nullptr;
    c.batch = w.batch;
    c.position = w.position;
    c.row = i;
    c.one = w.one;
    c.training = w.training;
    c.trains = !row.frozen;
#if !defined(__clang__)
#pragma GCC unroll 8 // or g++ keeps c in memory in the unrolled walk
#endif
    for (int k = 0; k < row.arity; ++k) {
        int const from = row.inputs[k];
        int const input = places[from].input;
        c.x[k] = input >= 0 ? w.inputs[input] : samples + places[from].y * w.batch;
        int const m = rows[from].mask;
        c.mask[k] = m >= 0 ? samples + places[m].mask * w.batch : nullptr;
    }
    c.y = samples + at.y * w.batch;
    c.parameters = w.values + at.parameters;
    c.state = w.state + at.state;
    c.next_state = w.next_state ? w.next_state + at.state : nullptr;
    c.cache = samples + at.cache * w.batch;
    c.batch_cache = w.arena + at.batch_cache;
    c.mask_out = row.mask_size() ? samples + at.mask * w.batch : nullptr;
    c.memory = w.memory ? w.memory + at.memory * w.batch : nullptr;
    c.scratch = w.scratch;
    c.prepared = w.prepared && row.op->prepared ? w.prepared + at.prepared : nullptr;
    c.loss = w.loss;
    c.threads = w.threads;
    c.random = w.random;
}
template <class T>
LAMINA_ALWAYS_INLINE inline Call<T> make_call(Row<T> const* rows, Place const* places, int i,
                                              std::size_t per_batch, Work<T> const& w) {
    Call<T> c{};
    fill_call(c, rows, places, i, per_batch, w);
    return c;
}

/// The masks of inputs whose moments stand one behind another.
template <class T>
[[gnu::noinline]] void append_masks(Row<T> const* rows, Call<T> const& c) {
    T* to = c.mask_out;
    for (std::size_t i = 0; i < c.batch; ++i)
        for (int k = 0; k < rows[c.row].arity; ++k) {
            std::size_t const n = rows[rows[c.row].inputs[k]].op->output.dims[0];
            if (c.mask[k]) std::copy_n(c.mask[k] + i * n, n, to);
            else std::fill_n(to, n, T{1});
            to += n;
        }
}
/// A moment counts where it counts in any input that has a mask.
template <class T>
LAMINA_ALWAYS_INLINE inline void join_masks(Row<T> const* rows, Call<T> const& c) {
    auto const& row = rows[c.row];
    if (!row.joins_masks) return;
    if (row.op->joins_time) return append_masks(rows, c);
    std::size_t const n = row.mask_size() * c.batch;
    std::fill_n(c.mask_out, n, T{0});
    for (int k = 0; k < row.arity; ++k) {
        auto const& from = rows[row.inputs[k]];
        if (from.mask < 0 || !same_moments(*from.op, *row.op)) continue;
        for (std::size_t i = 0; i < n; ++i)
            if (c.mask[k][i] != T{0}) c.mask_out[i] = T{1};
    }
}

/// A fused row runs as its producer, with its own value as the epilogue.
template <class T>
LAMINA_ALWAYS_INLINE inline void fill_forward_call(Call<T>& c, Row<T> const* rows,
                                                   Place const* places, int i,
                                                   std::size_t per_batch, Work<T> const& w) {
    bool const fused = places[i].fused;
    fill_call(c, rows, places, fused ? rows[i].inputs[0] : i, per_batch, w);
    if (fused) c.epilogue = w.layers + rows[i].layer;
    else join_masks(rows, c);
}

template <class T>
LAMINA_ALWAYS_INLINE inline Call<T> make_backward_call(Row<T> const* rows, Place const* places,
                                                       int i, std::size_t per_batch,
                                                       std::size_t per_sample, Work<T> const& w) {
    auto const& row = rows[i];
    auto const& at = places[i];
    T* const samples = w.arena + per_batch;
    T* const spare = samples + per_sample * w.batch;
    Call<T> c = make_call(rows, places, i, per_batch, w);
    c.dy = samples + at.dy * w.batch;
    c.gradients = w.gradients + at.parameters;
    if (at.fused_slope) c.epilogue = w.layers + rows[row.inputs[0]].layer;
    std::size_t spared = 0;
    for (int k = 0; k < row.arity; ++k) {
        int const from = row.inputs[k];
        c.needs_dx[k] = places[from].grad;
        bool const direct = places[from].grad && at.first[k];
        c.dx[k] = direct ? samples + places[from].dy * w.batch : spare + spared;
        if (!direct) spared += whole_lines(rows[from].op->output.size) * w.batch;
    }
    return c;
}

/// An edge that is not the first to bring its gradient adds.
template <class T>
LAMINA_ALWAYS_INLINE inline void add_up(Call<T> const& c, Row<T> const* rows, Place const* places,
                                        int i, std::size_t per_batch, Work<T> const& w) {
    for (int k = 0; k < rows[i].arity; ++k) {
        int const from = rows[i].inputs[k];
        if (!places[from].grad || places[i].first[k]) continue;
        T* const sum = w.arena + per_batch + places[from].dy * w.batch;
        T const* const part = c.dx[k];
        std::size_t const size = rows[from].op->output.size * w.batch;
        auto const add = [&](std::size_t e, std::size_t end, std::size_t) {
            for (; e < end; ++e) sum[e] += part[e];
        };
        parallel_for(w.threads, size, 1u << 15, add);
    }
}

/// Large networks: a loop over the table, one body for all of them. `which` says which rows run.
template <class T, class Which>
void forward_loop(Row<T> const* rows, Place const* places, int n, std::size_t per_batch,
                  Work<T> const& w, Which which) {
    Call<T> c{}; // one for all rows: to clear it or to copy it would take as long as a small layer
    for (int i = 0; i < n; ++i) {
        auto const& row = rows[i];
        if (row.arity == 0 || places[i].away || !which(i)) continue;
        fill_forward_call(c, rows, places, i, per_batch, w);
        (places[i].fused ? row.runs->fused_forward : row.runs->forward)(c);
    }
}
template <class T>
void forward_loop(Row<T> const* rows, Place const* places, int n, std::size_t per_batch,
                  Work<T> const& w) {
    forward_loop(rows, places, n, per_batch, w, [](int) { return true; });
}
template <class T>
void backward_loop(Row<T> const* rows, Place const* places, int n, std::size_t per_batch,
                   std::size_t per_sample, Work<T> const& w) {
    for (int i = n - 1; i >= 0; --i) {
        auto const& at = places[i];
        if (!at.backward || at.slope_away) continue;
        auto const c = make_backward_call(rows, places, i, per_batch, per_sample, w);
        (at.fused_slope ? rows[i].runs->fused_backward : rows[i].runs->backward)(c);
        add_up(c, rows, places, i, per_batch, w);
    }
}

/// Penalties on parameters: once a step, after the backward pass, or of weights that are looked at
/// without gradients.
template <class T>
void regularize_loop(Row<T> const* rows, Place const* places, int n, std::size_t per_batch,
                     Work<T> const& w) {
    for (int i = 0; i < n; ++i) {
        if (!rows[i].op->regularizes || rows[i].frozen || rows[i].owner != i) continue;
        auto c = make_call(rows, places, i, per_batch, w);
        c.gradients = w.gradients ? w.gradients + places[i].parameters : nullptr;
        rows[i].runs->regularize(c);
    }
}

/// What layers make of their parameters, once for many passes without gradients.
template <class T>
void prepare_loop(Row<T> const* rows, Place const* places, int n, T const* values, T* to) {
    for (int i = 0; i < n; ++i)
        if (rows[i].op->prepared)
            rows[i].runs->prepare(values + places[i].parameters, to + places[i].prepared);
}

/// Small networks: the same walk written out row by row, so that every call is direct and inlines.
/// They are too small for threads: saying so lets the compiler drop what shares work. N::written is
/// read by the compiler alone, so that the layers' functions exist only where they are inlined.
template <class N, bool Training, bool One, int I, class T>
LAMINA_FLATTEN_LAYER LAMINA_ALWAYS_INLINE inline void forward_row(Work<T> const& w) {
    constexpr auto& p = N::template plan_for<Training>();
    if constexpr (N::written.rows[I].arity > 0 && !p.rows[I].away) {
        constexpr auto run = p.rows[I].fused ? N::written.rows[I].runs->fused_forward
                                             : N::written.rows[I].runs->forward;
        Call<T> c{};
        fill_forward_call(c, N::table.data(), p.rows, I, p.per_batch, w);
        c.threads = nullptr;
        c.one = One;
        run(c);
    }
}
template <class N, int I>
consteval auto backward_of() {
    auto const& row = N::written.rows[I];
    auto const& place = N::training.rows[I];
    if (row.runs->has_first_backward && !N::training.rows[row.inputs[0]].grad)
        return row.runs->first_backward;
    return place.fused_slope ? row.runs->fused_backward : row.runs->backward;
}
template <class N, int I, class T>
LAMINA_FLATTEN_LAYER LAMINA_ALWAYS_INLINE inline void backward_row(Work<T> const& w) {
    constexpr auto& p = N::training;
    if constexpr (p.rows[I].backward && !p.rows[I].slope_away) {
        constexpr auto run = backward_of<N, I>();
        auto c = make_backward_call(N::table.data(), p.rows, I, p.per_batch, p.per_sample, w);
        c.threads = nullptr;
        run(c);
        add_up(c, N::table.data(), p.rows, I, p.per_batch, w);
    }
}
template <class N, int I>
consteval bool regularizes() {
    auto const& row = N::written.rows[I];
    return row.op->regularizes && !row.frozen && row.owner == I;
}
template <class N, int I, class T>
LAMINA_ALWAYS_INLINE inline void regularize_row(Work<T> const& w) {
    if constexpr (regularizes<N, I>()) {
        auto c = make_call(N::table.data(), N::training.rows, I, N::training.per_batch, w);
        c.threads = nullptr;
        c.gradients = w.gradients ? w.gradients + N::training.rows[I].parameters : nullptr;
        constexpr auto run = N::written.rows[I].runs->regularize;
        run(c);
    }
}
/// The rows before `end`.
template <class N, bool Training, class T, int... I>
LAMINA_FLATTEN inline void forward_unrolled(Work<T> const& w, int end,
                                            std::integer_sequence<int, I...>) {
    ((I < end ? forward_row<N, Training, false, I>(w) : void()), ...);
}
/// All rows, for a caller that is flattened itself; One: of one sample.
template <class N, bool Training, bool One, class T, int... I>
LAMINA_FLATTEN_LAYER LAMINA_ALWAYS_INLINE inline void
forward_rows(Work<T> const& w, std::integer_sequence<int, I...>) {
    (forward_row<N, Training, One, I>(w), ...);
}
template <class N, class T, int... I>
LAMINA_FLATTEN inline void backward_unrolled(Work<T> const& w, std::integer_sequence<int, I...>) {
    (backward_row<N, N::size - 1 - I>(w), ...);
}
template <class N, class T, int... I>
LAMINA_FLATTEN inline void regularize_unrolled(Work<T> const& w, std::integer_sequence<int, I...>) {
    (regularize_row<N, I>(w), ...);
}

} // namespace detail
} // namespace lamina
