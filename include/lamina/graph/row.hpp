// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/op.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace lamina {

/// One layer of a network: a row of its table.
template <class T>
struct Row {
    Op<T> const* op = nullptr;
    Runs<T> const* runs = nullptr; // null where the walk is unrolled
    std::size_t layer = 0;         // where the layer's value lies among the layers' bytes
    int scope = -1;                // its name
    int inputs[max_inputs]{}, arity = 0;
    int owner = 0; // the row whose parameters this row uses: itself, unless tied or shared
    int mask = -1; // the row that made the mask of its time axis; -1: none
    bool joins_masks = false; // made by itself, of those of its inputs
    bool peer = false; // uses the owner's as the owner itself does: which is which is not said
    bool frozen = false;
    bool stepped = false; // runs once for each moment, when stepping token by token

    /// The numbers of the mask that it makes, for one sample.
    constexpr std::size_t mask_size() const { return joins_masks ? op->output.dims[0] : op->mask; }
};

namespace detail {

/// Whether two outputs have the moments of one time axis.
template <class T>
constexpr bool same_moments(Op<T> const& a, Op<T> const& b) {
    return a.output.rank == 2 && b.output.rank == 2 && a.output.dims[0] == b.output.dims[0];
}

} // namespace detail

/// A name and what it stands in: `attention` in `transformer_block_1` in `encoder`. One for each
/// row and each block called; a path is put together only when somebody asks for it.
struct Scope {
    int parent = -1;
    std::string_view name{};
    bool given = false; // by the user, with named<"...">
};

namespace detail {

/// Whether two layers keep tensors of the same shapes.
template <class T>
constexpr bool same_tensors(Op<T> const& a, Op<T> const& b) {
    auto const same = [](TensorInfo<T> const* p, std::size_t n, TensorInfo<T> const* q,
                         std::size_t m) {
        if (n != m) return false;
        for (std::size_t k = 0; k < n; ++k) {
            if (p[k].extents.rank != q[k].extents.rank) return false;
            for (std::size_t i = 0; i < p[k].extents.rank; ++i)
                if (p[k].extents.dims[i] != q[k].extents.dims[i]) return false;
        }
        return true;
    };
    return &a == &b ||
           (same(a.parameter_tensors, a.parameter_count, b.parameter_tensors, b.parameter_count) &&
            same(a.state_tensors, a.state_count, b.state_tensors, b.state_count));
}

} // namespace detail

/// What running a network's function writes: the rows in the order of the calls. Stepped says, bit
/// by bit, which inputs come token by token; 0: none, the whole sequence at once.
template <class T, std::uint32_t Stepped = 0>
struct Graph {
    using Scalar = T;
    static constexpr std::uint32_t stepped = Stepped;

    Row<T>* rows = nullptr; // null: only count
    Scope* scopes = nullptr;
    std::byte* values = nullptr; // null: the compiler is running
    int size = 0, scope_count = 0, scope = -1;
    std::string_view name{}; // what named<"..."> calls the next layer
    std::size_t value_bytes = 0;
    bool frozen = false;
    int back = 0;       // how many rows before it stands what the next row shares; 0: it does not
    bool shares = true; // whether what is shared has tensors of the same shapes

    constexpr int enter(std::string_view its) {
        bool const given = !name.empty();
        if (given) its = std::exchange(name, {});
        if (its.empty()) return scope;
        if (scopes) scopes[scope_count] = {scope, its, given};
        return scope_count++;
    }

    /// A new row; one body for all layers.
    constexpr int add(Op<T> const* op, Runs<T> const* runs, std::initializer_list<int> inputs,
                      int owner, std::string_view its, bool is_stepped) {
        int const its_scope = enter(its), index = size++;
        if (rows) {
            auto& row = rows[index];
            row.op = op;
            row.runs = runs;
            for (int i : inputs) row.inputs[row.arity++] = i;
            row.owner = index;
            if (owner >= 0) row.owner = owner;
            else if (back && (op->parameter_count || op->state_count)) {
                row.owner = rows[index - back].owner;
                row.peer = true;
                shares = shares && detail::same_tensors(*op, *rows[row.owner].op);
            }
            row.frozen = frozen || rows[row.owner].frozen; // tied to what is frozen
            row.stepped = is_stepped;
            row.scope = its_scope;
            row.layer = value_bytes;
            if (op->mask) row.mask = index;
            else if (!op->integer && !op->moves_time) take_mask(row, index);
        }
        value_bytes += op->layer_size;
        return index;
    }

private:
    /// A mask travels as long as its time axis does. What looks along time gives back the first
    /// input's moments. Of what joins moment by moment a moment counts where it counts in any
    /// input that has a mask, as in Keras 3; one without, positions say, has no word in it. Where
    /// moments stand behind others, their masks do, and of inputs without one all count.
    constexpr void take_mask(Row<T>& row, int index) {
        if (row.op->joins_time) {
            for (int k = 0; k < row.arity; ++k)
                row.joins_masks = row.joins_masks || rows[row.inputs[k]].mask >= 0;
            if (row.joins_masks) row.mask = index;
            return;
        }
        for (int k = 0; k < (row.op->each_moment ? row.arity : 1); ++k) {
            auto const& from = rows[row.inputs[k]];
            if (from.mask < 0 || !detail::same_moments(*from.op, *row.op)) continue;
            row.joins_masks = row.joins_masks || (row.mask >= 0 && row.mask != from.mask);
            row.mask = row.joins_masks ? index : from.mask;
        }
    }
};

} // namespace lamina
