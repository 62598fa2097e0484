// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/graph/row.hpp>

#include <cstddef>

namespace lamina {

struct PlanOptions {
    bool training = false;
    bool input_gradients = false; // also towards the inputs: to check, to explain a prediction
};

/// Where a row's numbers lie, and how it runs: what the compiler decided. An offset counts scalars
/// of one sample, to be multiplied by the batch.
struct Place {
    std::size_t y = 0, dy = 0, cache = 0, mask = 0;
    std::size_t batch_cache = 0, parameters = 0, prepared = 0, state = 0, memory = 0;
    int input = -1;           // y is this input of the network: itself, or a view of it
    bool in_place = false;    // y lies where x lay, and dx where dy lay
    bool fused = false;       // runs as the epilogue of its producer ...
    bool away = false;        // ... which then does not run by itself
    bool fused_slope = false; // its backward takes the slope of the layer before it along ...
    bool slope_away = false;  // ... whose backward then does not run by itself
    bool grad = false;        // something trained lies here or above
    bool backward = false;    // so its backward is part of the pass
    bool sparse = false;      // its parameters' gradient touches few rows
    bool first[max_inputs]{}; // it brings this input's gradient first, so it overwrites
};

/// Where everything lies. Time runs 0 ... N-1 forward, N loss, 2N-i backward of row i.
template <int N, int Outputs>
struct Plan {
    Place rows[std::size_t(N)]{};
    int outputs[std::size_t(Outputs)]{}; // the row predicted
    int losses[std::size_t(Outputs)]{};  // the row the loss reads: the same, or its logits
    std::size_t per_sample = 0, per_batch = 0, spare = 0, scratch = 0;
    std::size_t parameters = 0, prepared = 0, state = 0, memory = 0, flops = 0, without_reuse = 0;
};

namespace detail {

/// First fit over what is alive.
template <int N>
struct Pool {
    struct Piece {
        std::size_t at, size;
        int end;
    };
    Piece alive[std::size_t(N)]{};
    int count = 0;
    std::size_t top = 0;

    constexpr std::size_t take(std::size_t size, int now, int end) {
        int kept = 0;
        for (int i = 0; i < count; ++i)
            if (alive[i].end >= now) alive[kept++] = alive[i];
        count = kept;
        std::size_t at = 0;
        int slot = 0;
        while (slot < count && alive[slot].at < at + size) {
            at = alive[slot].at + alive[slot].size;
            ++slot;
        }
        for (int i = count++; i > slot; --i) alive[i] = alive[i - 1];
        alive[slot] = {at, size, end};
        if (at + size > top) top = at + size;
        return at;
    }
};

/// A sample's numbers take whole cache lines, so that whatever the batch, everything begins on one.
template <int N, int Outputs, class T>
struct Planner {
    Row<T> const* rows;
    PlanOptions options;
    Plan<N, Outputs> p{};
    int consumers[std::size_t(N)]{}, end[std::size_t(N)]{},
        root[std::size_t(N)]{}; // root: the row whose memory an in-place chain uses
    bool is_loss[std::size_t(N)]{};

    constexpr Op<T> const& op(int i) const { return *rows[i].op; }

    constexpr void find_losses(int const* outputs, bool const* logits) {
        for (int i = 0; i < N; ++i)
            for (int k = 0; k < rows[i].arity; ++k) ++consumers[rows[i].inputs[k]];
        for (int o = 0; o < Outputs; ++o) {
            int const out = outputs[o];
            p.outputs[o] = p.losses[o] = out;
            if (options.training && logits[o]) // nobody else reads the output row
                p.losses[o] = rows[out].inputs[0];
            is_loss[p.losses[o]] = is_loss[out] = true;
        }
    }

    constexpr void place_parameters() {
        bool dense_use[std::size_t(N)]{};
        for (int i = 0; i < N; ++i) {
            auto const& row = rows[i];
            auto& at = p.rows[i];
            bool const owns = row.owner == i;
            at.parameters = owns ? p.parameters : p.rows[row.owner].parameters;
            if (owns) p.parameters += op(i).parameters;
            at.state = owns ? p.state : p.rows[row.owner].state;
            if (owns) p.state += op(i).state;
            at.prepared = p.prepared;
            p.prepared += whole_lines(op(i).prepared);
            at.memory = p.memory;
            p.memory += op(i).memory;
            p.flops += op(i).flops;
            if (op(i).scratch > p.scratch) p.scratch = op(i).scratch;
            at.grad = row.arity == 0 ? options.input_gradients && !op(i).integer
                                     : op(i).parameters > 0 && !row.frozen;
            for (int k = 0; k < row.arity; ++k) at.grad = at.grad || p.rows[row.inputs[k]].grad;
            if (op(i).parameters && !op(i).sparse) dense_use[row.owner] = true;
            at.backward = options.training && at.grad && row.arity > 0;
        }
        for (int i = 0; i < N; ++i) p.rows[i].sparse = op(i).sparse && !dense_use[rows[i].owner];
        for (int o = 0; o < Outputs; ++o)
            if (p.losses[o] != p.outputs[o]) p.rows[p.outputs[o]].backward = false;
    }

    /// Whether the backward pass wants row i's x as it was: for i, or for who made it and all who
    /// share its memory.
    constexpr bool read_in_backward(int i) const {
        if (p.rows[i].backward && op(i).needs_x) return true;
        for (int from = rows[i].inputs[0];; from = rows[from].inputs[0]) {
            if (p.rows[from].backward && op(from).needs_y) return true;
            if (!op(from).view || !p.rows[from].in_place) return false;
        }
    }

    constexpr void fuse_and_find_ends() {
        for (int i = 0; i < N; ++i) {
            auto const& row = rows[i];
            auto& at = p.rows[i];
            root[i] = i;
            end[i] = is_loss[i] ? N : i;
            if (at.backward && op(i).needs_y) end[i] = 2 * N - i;
            if (row.arity == 0) at.input = i;
            if (row.arity != 1 || !(op(i).in_place || op(i).view)) continue;
            int const from = row.inputs[0];
            if (op(i).view && p.rows[from].input >= 0 && !is_loss[i]) {
                at.input = p.rows[from].input;
                at.away = true;
                continue;
            }
            at.in_place = consumers[from] == 1 && p.rows[from].input < 0 && !is_loss[from] &&
                          (op(i).view || !read_in_backward(i)) && rows[from].stepped == row.stepped;
            at.fused = at.in_place && op(i).can_fuse_forward;
            if (at.fused) p.rows[from].away = true;
            if (at.in_place) root[i] = root[from];
        }
        for (int j = 0; j < N; ++j) {
            auto& at = p.rows[j];
            if (rows[j].arity > 0 && at.backward && op(j).can_fuse_backward) {
                int const i = rows[j].inputs[0];
                at.fused_slope =
                    consumers[i] == 1 && p.rows[i].in_place && p.rows[i].backward && !is_loss[i];
                if (at.fused_slope) p.rows[i].slope_away = true;
            }
            for (int k = 0; k < rows[j].arity; ++k) {
                int const i = root[rows[j].inputs[k]];
                int const until = at.backward && (op(j).needs_x || at.fused_slope) ? 2 * N - j : j;
                if (until > end[i]) end[i] = until;
            }
            if (end[j] > end[root[j]]) end[root[j]] = end[j];
        }
    }

    /// What lives into the backward pass is all alive at once: it is stacked. The rest shares a
    /// pool.
    constexpr void place_values() {
        std::size_t stacked = 0;
        bool pooled[std::size_t(N)]{}, pooled_cache[std::size_t(N)]{}, has_dy[std::size_t(N)]{},
            steps = false;
        for (int i = 0; i < N; ++i) steps = steps || rows[i].stepped;
        Pool<4 * N + 1> pool;
        auto const stack = [&](std::size_t n) {
            std::size_t const at = stacked;
            stacked += whole_lines(n);
            return at;
        };
        for (int i = 0; i < N; ++i) {
            auto& at = p.rows[i];
            if (at.input >= 0) continue;
            std::size_t const mask = rows[i].mask_size();
            p.without_reuse +=
                whole_lines(op(i).output.size) + whole_lines(op(i).cache) + whole_lines(mask);
            // a row that is not stepped keeps its numbers while others step
            bool const keep = steps && !rows[i].stepped;
            if (mask) at.mask = stack(mask);
            if (op(i).batch_cache) {
                at.batch_cache = p.per_batch;
                p.per_batch += whole_lines(op(i).batch_cache);
            }
            if (op(i).cache && options.training) at.cache = stack(op(i).cache);
            else if (op(i).cache) {
                at.cache = pool.take(whole_lines(op(i).cache), i, i);
                pooled_cache[i] = true;
            }
            if (root[i] != i) {
                at.y = p.rows[root[i]].y;
                pooled[i] = pooled[root[i]];
            } else if (keep || (options.training && end[i] > N)) {
                at.y = stack(op(i).output.size);
            } else {
                at.y = pool.take(whole_lines(op(i).output.size), i, end[i]);
                pooled[i] = true;
            }
        }
        if (options.training) place_gradients(pool, has_dy);
        for (int i = 0; i < N; ++i) {
            if (pooled[i]) p.rows[i].y += stacked;
            if (pooled_cache[i]) p.rows[i].cache += stacked;
            if (has_dy[i]) p.rows[i].dy += stacked;
        }
        p.per_sample = stacked + pool.top;
    }

    constexpr void place_gradients(Pool<4 * N + 1>& pool, bool* has_dy) {
        auto const give_dy = [&](int i, int now) {
            int last = i; // an in-place chain shares one gradient too
            while (p.rows[last].in_place && p.rows[last].backward) last = rows[last].inputs[0];
            p.rows[i].dy = pool.take(whole_lines(op(i).output.size), now, 2 * N - last);
            p.without_reuse += whole_lines(op(i).output.size);
            has_dy[i] = true;
        };
        for (int o = 0; o < Outputs; ++o)
            if (!has_dy[p.losses[o]]) give_dy(p.losses[o], N);
        for (int j = N - 1; j >= 0; --j) {
            if (!p.rows[j].backward) continue;
            std::size_t spare = 0;
            for (int k = 0; k < rows[j].arity; ++k) {
                int const i = rows[j].inputs[k];
                if (!p.rows[i].grad ||
                    has_dy[i]) { // its gradient goes nowhere, or is added to another's
                    spare += whole_lines(op(i).output.size);
                    if (spare > p.spare) p.spare = spare;
                    continue;
                }
                p.rows[j].first[k] = true;
                if (p.rows[j].in_place) {
                    p.rows[i].dy = p.rows[j].dy;
                    has_dy[i] = true;
                    p.without_reuse += whole_lines(op(i).output.size);
                } else {
                    give_dy(i, 2 * N - j);
                }
            }
        }
    }
};

template <int N, int Outputs, class T>
constexpr Plan<N, Outputs> plan(Row<T> const* rows, int const* outputs, bool const* logits,
                                PlanOptions options) {
    Planner<N, Outputs, T> planner{rows, options};
    planner.find_losses(outputs, logits);
    planner.place_parameters();
    planner.fuse_and_find_ends();
    planner.place_values();
    return planner.p;
}

} // namespace detail
} // namespace lamina
