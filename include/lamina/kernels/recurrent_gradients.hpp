// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/gate_sums.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/recurrent.hpp>
#include <lamina/kernels/recurrent_step.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

/// Backward through a recurrent layer: moment by moment, from the last to the first, the slopes of
/// all sums; then dx and the gradients of the weights as products over all the moments at once.
namespace lamina::kernels {

/// The gradients that come in: of h (and c beside it) after every moment, or after the last.
template <class T>
struct StateGradients {
    T const* dy; // [batch, time, width] in the order of x, or [batch, width]
    std::size_t width;
    bool every;
    bool reversed;  // dy's moments are in the order of the walk
    bool with_cell; // the second half of width is c's
    T const* mask;  // 0: what comes in there does not count
    T *dh0, *dc0;   // to be overwritten
};

namespace detail {

template <class T>
void add_gradients(Recurrence<T> const& s, StateGradients<T> const& in, std::size_t first,
                   std::size_t rows, std::size_t step, PieceRoom<T> const& room) {
    if (!in.every && step + 1 < s.time) return;
    std::size_t const u = s.units, t = in.reversed ? step : s.moment(step);
    for (std::size_t r = 0; r < rows; ++r) {
        std::size_t const n = first + r;
        if (in.mask && in.mask[n * s.time + s.moment(step)] == T{0}) continue;
        T const* const dy = in.dy + (in.every ? n * s.time + t : n) * in.width;
        each_column<T, xsimd::default_arch>(u, [&](auto at) {
            T *const dh = room.dh + r * room.ld, *const dc = room.dc + r * room.ld;
            at(dh, at(dh) + at(dy));
            if (in.with_cell) at(dc, at(dc) + at(dy + u));
        });
    }
}

/// R rows: to (+)= slopes times a panel of two batches of columns.
template <std::size_t R, class T>
[[gnu::noinline]] void turned_tile(Factor<T> const& slopes, Rows<T> to, bool add) {
    using V = Batch<T>;
    V sum[R][2];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < 2; ++i)
            sum[r][i] = add ? load<V>(to[r] + i * V::size) : V(T{0});
    }
    add_products<0, 2>(sum, slopes);
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < 2; ++i) kernels::store(to[r] + i * V::size, sum[r][i]);
    }
}
template <std::size_t R, class T>
void run_turned_tile(std::size_t rows, Factor<T> const& slopes, Rows<T> to, bool add) {
    if constexpr (R > 1)
        if (rows < R) return run_turned_tile<R - 1>(rows, slopes, to, add);
    turned_tile<R>(slopes, to, add);
}

/// The recurrent kernel turned round, in panels; zeros behind the last column.
template <class T>
void turn_kernel(std::size_t units, std::size_t all, T const* recurrent, T* to) {
    constexpr std::size_t width = turned_columns<T>;
    for (std::size_t j = 0; j < units; j += width, to += all * width) {
        if (units - j < width) std::fill_n(to, all * width, T{0});
        transpose(std::min(width, units - j), all, recurrent + j * all, all, to, width);
    }
}

/// to (+)= slopes recurrent', of the gates of a block; its rows are whole panels.
template <class T>
void multiply_turned(std::size_t rows, std::size_t units, GateBlock const& block, std::size_t all,
                     Rows<T> slopes, T const* turned, Rows<T> to, bool add) {
    constexpr std::size_t tallest = 6, width = turned_columns<T>;
    Factor<T> factor{nullptr, slopes.ld, block.count * units, turned + block.gate * units * width};
    for (std::size_t j = 0; j < units; j += width, factor.panel += all * width)
        for (std::size_t r = 0, count; r < rows; r += count) {
            count = rows_of_gate_tile(rows - r, tallest);
            factor.rows = slopes[r] + block.part * units;
            run_turned_tile<tallest>(count, factor, Rows<T>{to[r] + j, to.ld}, add);
        }
}

/// Backward through the moments: the parts become slopes.
template <class Cell, class T>
void unwind_piece(Cell const& cell, Recurrence<T> const& s, StateGradients<T> const& in,
                  T const* turned, std::size_t first, std::size_t rows, T* scratch) {
    std::size_t const f = s.features, u = s.units, width = Cell::parts * u;
    PieceRoom<T> const room(scratch, f, u);
    if (s.recurrent_dropout > 0)
        draw_factors(state_draws(s), s.recurrent_dropout, first * u, rows * u,
                     room.recurrent_dropped);
    std::fill_n(room.dh, rows * room.ld, T{0});
    std::fill_n(room.dc, rows * room.ld, T{0});
    for (std::size_t step = s.time; step-- > 0;) {
        add_gradients(s, in, first, rows, step, room);
        RecurrentSlopes<T> now{};
        now.rows = rows, now.units = u;
        now.parts = s.at(s.parts, width, first, step);
        now.h_before = s.before(s.h, s.h0, first, step);
        if constexpr (Cell::has_cell) {
            now.c_before = s.before(s.c, s.c0, first, step);
            now.c = s.state(static_cast<T const*>(s.c), first, step);
        }
        now.dh = {room.dh, room.ld}, now.dc = {room.dc, room.ld};
        now.mask = s.mask_of(first, step);
        now.room = {room.room, room.ld};
        // to (+)= slopes recurrent'
        auto const multiply = [&](GateBlock const& block, Rows<T> to, bool add) {
            if (step == 0 && !s.h0) { // before was nothing
                if (!add) std::fill_n(to.data, rows * to.ld, T{0});
                return;
            }
            bool const drops = s.recurrent_dropout > 0;
            Rows<T> const product{room.product, room.ld};
            multiply_turned(rows, u, block, Cell::gates * u, now.parts, turned,
                            drops ? product : to, add && !drops);
            if (!drops) return;
            Rows<T const> const from{product.data, product.ld};
            if (add) scale_rows<true>(rows, u, from, room.recurrent_dropped, u, to);
            else scale_rows(rows, u, from, room.recurrent_dropped, u, to);
        };
        cell.backward(now, multiply);
    }
    for (std::size_t r = 0; r < rows; ++r) {
        if (in.dh0) std::copy_n(room.dh + r * room.ld, u, in.dh0 + (first + r) * u);
        if (in.dc0) std::copy_n(room.dc + r * room.ld, u, in.dc0 + (first + r) * u);
    }
}

/// to[k, gates] += a' slopes over all rows, a being [rows, k].
template <class T>
void add_weight_gradients(Recurrence<T> const& s, std::size_t rows, std::size_t k, T const* a,
                          std::size_t lda, T const* slopes, std::size_t width,
                          GateBlock const& block, std::size_t gates, T* to) {
    if (rows == 0) return;
    gemm<T>({.m = k,
             .n = block.count * s.units,
             .k = rows,
             .a = a,
             .lda = lda,
             .transposed_a = true,
             .b = slopes + block.part * s.units,
             .ldb = width,
             .beta = T{1},
             .c = to + block.gate * s.units,
             .ldc = gates * s.units},
            s.scratch, s.threads);
}

} // namespace detail

/// What recur() has kept becomes the slopes of the sums, moment by moment; dh0, dc0 are written.
template <class Cell, class T>
void unwind(Cell const& cell, Recurrence<T> const& s, StateGradients<T> const& in) {
    detail::turn_kernel(s.units, Cell::gates * s.units, s.recurrent, s.packed);
    detail::each_piece(s.threads, s.batch, detail::backward_pieces(s.batch),
                       [&](std::size_t begin, std::size_t end, std::size_t worker) {
                           detail::unwind_piece(cell, s, in, s.packed, begin, end - begin,
                                                s.scratch + worker * s.scratch_size);
                       });
}

/// dx = slopes kernel', after unwind().
template <class Cell, class T>
void recurrent_dx(Recurrence<T> const& s, T* dx) {
    std::size_t const u = s.units, rows = s.batch * s.time, f = s.features;
    bool first = true;
    for (GateBlock const& block : Cell::x_blocks) {
        gemm<T>({.m = rows,
                 .n = f,
                 .k = block.count * u,
                 .a = s.parts + block.part * u,
                 .lda = Cell::parts * u,
                 .b = s.kernel + block.gate * u,
                 .ldb = Cell::gates * u,
                 .transposed_b = true,
                 .beta = first ? T{0} : T{1},
                 .c = dx,
                 .ldc = f},
                s.scratch, s.threads);
        first = false;
    }
    if (s.dropout == 0) return;
    T* const factors = s.scratch;
    for (std::size_t n = 0; n < s.batch; ++n) {
        detail::draw_factors(detail::input_draws(s), s.dropout, n * f, f, factors);
        Rows<T> const its{dx + n * s.time * f, f};
        detail::scale_rows(s.time, f, Rows<T const>{its.data, f}, factors, 0, its);
    }
}

/// The gradients of the weights, after unwind() and recurrent_dx(): the slopes are used up.
template <class Cell, class T>
void recurrent_gradients(Recurrence<T> const& s, T* dkernel, T* drecurrent, T* dbias) {
    if (s.batch == 0) return;
    std::size_t const u = s.units, f = s.features, time = s.time, width = Cell::parts * u;
    std::size_t const rows = s.batch * time;
    auto const add = [&](std::size_t count, std::size_t k, T const* a, std::size_t lda,
                         T const* slopes, std::size_t ld, GateBlock const& block, T* to) {
        detail::add_weight_gradients(s, count, k, a, lda, slopes, ld, block, Cell::gates, to);
    };
    if (dbias) {
        T *const sums = s.scratch, *const room = sums + width;
        column_sums<1>(s.threads, rows, width, sums, room, [&](auto at, std::size_t r) {
            return std::array{at(static_cast<T const*>(s.parts + r * width))};
        });
        auto const put = [&](GateBlock const& block, T* to) {
            for (std::size_t j = 0; j < block.count * u; ++j)
                to[block.gate * u + j] += sums[block.part * u + j];
        };
        for (GateBlock const& block : Cell::x_blocks) put(block, dbias);
        if constexpr (Cell::recurrent_bias)
            for (GateBlock const& block : Cell::h_blocks) put(block, dbias + Cell::gates * u);
    }
    // dkernel += x' slopes; with dropout sample by sample, since each has its own factors
    T* const copy = s.scratch + workers_of(s.threads) * detail::before_copy<T>(f, u);
    if (s.dropout == 0) {
        for (GateBlock const& block : Cell::x_blocks)
            add(rows, f, s.x, f, s.parts, width, block, dkernel);
    } else {
        for (std::size_t n = 0; n < s.batch; ++n) {
            detail::draw_factors(detail::input_draws(s), s.dropout, n * f, f, s.scratch);
            detail::scale_rows(time, f, Rows<T const>{s.x + n * time * f, f}, s.scratch, 0,
                               Rows<T>{copy, f});
            for (GateBlock const& block : Cell::x_blocks)
                add(time, f, copy, f, s.parts + n * time * width, width, block, dkernel);
        }
    }
    if constexpr (requires { Cell::factor_block; })
        add(rows, u, s.parts + Cell::h_factor * u, width, s.parts, width, Cell::factor_block,
            drecurrent);
    // drecurrent += (h before)' slopes. The h of a row is what is before the next row (when going
    // backwards, the last), but for the first moment of each sample, whose slopes are put away.
    std::size_t const begin = s.moment(0) * width;
    if (s.recurrent_dropout == 0) {
        for (GateBlock const& block : Cell::h_blocks) {
            if (s.h0) add(s.batch, u, s.h0, u, s.parts + begin, time * width, block, drecurrent);
            for (std::size_t n = 0; n < s.batch; ++n)
                std::fill_n(s.parts + n * time * width + begin + block.part * u, block.count * u,
                            T{0});
            add(rows - 1, u, s.h + (s.backwards ? u : 0), u, s.parts + (s.backwards ? 0 : width),
                width, block, drecurrent);
        }
    } else {
        for (std::size_t n = 0; n < s.batch; ++n) {
            detail::draw_factors(detail::state_draws(s), s.recurrent_dropout, n * u, u, s.scratch);
            for (std::size_t t = 0; t < time; ++t) {
                Rows<T const> const before = s.before(s.h, s.h0, n, t);
                Rows<T> const to{copy + s.moment(t) * u, u};
                if (before.data) detail::scale_rows(1, u, before, s.scratch, 0, to);
                else std::fill_n(to.data, u, T{0});
            }
            for (GateBlock const& block : Cell::h_blocks)
                add(time, u, copy, u, s.parts + n * time * width, width, block, drecurrent);
        }
    }
}

} // namespace lamina::kernels
