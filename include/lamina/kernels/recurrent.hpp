// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/recurrent_cells.hpp>

#include <algorithm>
#include <cstddef>

/// A recurrent layer over whole sequences. Samples are cut into pieces that depend on nothing but
/// their number; within a piece the moments follow each other.
namespace lamina::kernels {

/// One layer's work. All that belongs to a moment lies [batch, time, ...] in the order of x, also
/// when the walk goes backwards. Null pointers: zeros, or not wanted.
template <class T>
struct Recurrence {
    std::size_t batch, time, features, units;
    bool backwards;
    bool keep; // every h and c, else those of two moments by turns
    T const *x, *mask, *h0, *c0;
    T const *kernel, *recurrent, *bias;
    T *h, *c, *parts;
    T* packed;
    double dropout, recurrent_dropout; // 0 unless training
    Random random;
    T* scratch;
    std::size_t scratch_size; // for each worker
    Threads* threads;

    std::size_t moment(std::size_t step) const { return backwards ? time - 1 - step : step; }
    /// h or c of samples from `first` on after a step; before the first: what it began with.
    template <class P>
    Rows<P> state(P* all, std::size_t first, std::size_t step) const {
        std::size_t const slot = keep ? moment(step) : step & 1;
        return {all + (first * time + slot) * units, time * units};
    }
    Rows<T const> before(T const* all, T const* start, std::size_t first, std::size_t step) const {
        if (step > 0) return state(all, first, step - 1);
        return {start ? start + first * units : nullptr, units};
    }
    /// Row t of each sample, of width numbers.
    template <class P>
    Rows<P> at(P* all, std::size_t width, std::size_t first, std::size_t step) const {
        return {all ? all + (first * time + moment(step)) * width : nullptr, time * width};
    }
    Rows<T const> mask_of(std::size_t first, std::size_t step) const {
        return at(mask, 1, first, step);
    }
};

/// Samples that are walked through together.
inline constexpr std::size_t recurrent_piece = 16;

namespace detail {

/// Where a piece of samples keeps what it needs for the moment.
template <class T>
struct PieceRoom {
    T *dropped, *recurrent_dropped, *x, *h, *room, *product, *dh, *dc, *gemm;
    static constexpr std::size_t size(std::size_t features, std::size_t units) {
        return 2 * whole_lines(recurrent_piece * features) +
               6 * whole_lines(recurrent_piece * units);
    }
    PieceRoom(T* at, std::size_t features, std::size_t units) {
        std::size_t const f = whole_lines(recurrent_piece * features);
        std::size_t const u = whole_lines(recurrent_piece * units);
        dropped = at;
        x = dropped + f;
        recurrent_dropped = x + f;
        h = recurrent_dropped + u;
        room = h + u;
        product = room + u;
        dh = product + u;
        dc = dh + u;
        gemm = dc + u;
    }
};

/// The factors of dropout for some samples: the same at every moment.
template <class T>
void draw_factors(Random const& random, double rate, std::size_t first, std::size_t count, T* to) {
    T const scale = rate < 1 ? T(1 / (1 - rate)) : T{0};
    for (std::size_t i = 0; i < count; ++i)
        to[i] = double(random.uniform(first + i)) < rate ? T{0} : scale;
}
/// to = from times factors, row by row. With Add: to += them.
template <bool Add = false, class T>
void scale_rows(std::size_t rows, std::size_t n, Rows<T const> from, T const* factors,
                std::size_t ld_factors, Rows<T> to) {
    for (std::size_t r = 0; r < rows; ++r)
        each_column<T, xsimd::default_arch>(n, [&](auto at) {
            auto const v = at(from[r]) * at(factors + r * ld_factors);
            if constexpr (Add) at(to[r], at(to[r]) + v);
            else at(to[r], v);
        });
}

template <class T>
Random input_draws(Recurrence<T> const& s) {
    return s.random.child(0);
}
template <class T>
Random state_draws(Recurrence<T> const& s) {
    return s.random.child(1);
}

template <class Cell, class T>
void walk_piece(Cell const& cell, Recurrence<T> const& s, bool apart, std::size_t first,
                std::size_t rows, T* scratch) {
    std::size_t const f = s.features, u = s.units;
    PieceRoom<T> const room(scratch, f, u);
    if (s.dropout > 0) draw_factors(input_draws(s), s.dropout, first * f, rows * f, room.dropped);
    if (s.recurrent_dropout > 0)
        draw_factors(state_draws(s), s.recurrent_dropout, first * u, rows * u,
                     room.recurrent_dropped);
    for (std::size_t step = 0; step < s.time; ++step) {
        RecurrentStep<T> now{};
        now.rows = rows, now.features = f, now.units = u;
        now.packed = s.packed;
        now.h_before = s.before(s.h, s.h0, first, step);
        now.h_in = now.h_before;
        if (apart) now.zx = s.at(static_cast<T const*>(s.parts), Cell::parts * u, first, step);
        else now.x = s.at(s.x, f, first, step);
        if (s.dropout > 0) {
            scale_rows(rows, f, now.x, room.dropped, f, Rows<T>{room.x, f});
            now.x = {room.x, f};
        }
        if (s.recurrent_dropout > 0 && now.h_in.data) {
            scale_rows(rows, u, now.h_in, room.recurrent_dropped, u, Rows<T>{room.h, u});
            now.h_in = {room.h, u};
        }
        now.h = s.state(s.h, first, step);
        if constexpr (Cell::has_cell) {
            now.c_before = s.before(s.c, s.c0, first, step);
            now.c = s.state(s.c, first, step);
        }
        if (s.keep) now.parts = s.at(s.parts, Cell::parts * u, first, step);
        now.mask = s.mask_of(first, step);
        now.room = room.room;
        now.turned = step % 2 == 1;
        cell.forward(now);
    }
}

/// Where a sample's rows are copied to, behind its factors or what gemm wants.
template <class T>
constexpr std::size_t after_factors(std::size_t features, std::size_t units) {
    return std::max({gemm_scratch<T>(), whole_lines(features), whole_lines(units)});
}

} // namespace detail

/// Numbers of scratch memory for each worker, at least; Recurrence::scratch_size.
template <class Cell, class T>
constexpr std::size_t recurrent_scratch(std::size_t time, std::size_t features, std::size_t units) {
    std::size_t const walk = detail::PieceRoom<T>::size(features, units) + gemm_scratch<T>();
    std::size_t const sums = (row_blocks + 1) * Cell::parts * units;
    return whole_lines(
        std::max({walk, sums,
                  detail::after_factors<T>(features, units) + time * std::max(features, units)}));
}
/// Numbers for the batch: weights in another order.
template <class Cell, class T>
constexpr std::size_t recurrent_packed(std::size_t features, std::size_t units) {
    return std::max(Cell::template packed<T>(features, units), Cell::gates * units * units);
}

/// Every h (and c, and with `keep` what backward wants), from x and the state at the beginning.
template <class Cell, class T>
void recur(Cell const& cell, Recurrence<T> const& s) {
    // So few samples that the weights are read once for each moment: then x kernel comes first, for
    // all moments at once.
    bool const apart = s.batch < 4 && s.time > 1 && s.dropout == 0;
    std::size_t const rows = s.batch * s.time, all = Cell::gates * s.units;
    if (apart)
        gemm<T>({.m = rows,
                 .n = all,
                 .k = s.features,
                 .a = s.x,
                 .lda = s.features,
                 .b = s.kernel,
                 .ldb = all,
                 .c = s.parts,
                 .ldc = Cell::parts * s.units},
                s.scratch, s.threads);
    Cell::pack(s.features, s.units, apart ? nullptr : s.kernel, s.recurrent, s.bias, s.packed);
    parallel_for(s.threads, s.batch, recurrent_piece,
                 [&](std::size_t begin, std::size_t end, std::size_t worker) {
                     detail::walk_piece(cell, s, apart, begin, end - begin,
                                        s.scratch + worker * s.scratch_size);
                 });
}

} // namespace lamina::kernels
