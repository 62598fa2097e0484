// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/gate_sums.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/recurrent_step.hpp>

#include <algorithm>
#include <cstddef>

/// A recurrent layer over whole sequences. Samples are cut into pieces, within which the moments
/// follow each other.
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
    T* packed;                         // room for the weights in the order of the gates
    T const* prepared;                 // they are there already; null: not yet
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

/// The most samples that are walked through together.
inline constexpr std::size_t recurrent_piece = 16;

namespace detail {

/// f(begin, end, worker) for `count` pieces of a batch, of the same size but for one sample.
template <class F>
void each_piece(Threads* threads, std::size_t batch, std::size_t count, F const& f) {
    parallel_for(threads, count, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        f(i * batch / count, (i + 1) * batch / count, worker);
    });
}
/// Pieces of the forward pass: as many for each thread, of four samples at least, which take the
/// weights in as fast as more do. A sample's bits are the same in every piece of at least two.
inline std::size_t forward_pieces(Threads* threads, std::size_t batch) {
    std::size_t const least = (batch + recurrent_piece - 1) / recurrent_piece;
    std::size_t const workers = workers_of(threads);
    std::size_t const even = (least + workers - 1) / workers * workers;
    return std::min(even, std::max<std::size_t>(batch / 4, 1));
}
/// Pieces of the backward pass: a number that depends on nothing but the batch.
inline std::size_t backward_pieces(std::size_t batch) {
    std::size_t const least = (batch + recurrent_piece - 1) / recurrent_piece;
    return least < 2 ? least : (least + 1) / 2 * 2;
}

/// Columns of a turned recurrent kernel that lie side by side, for all its rows: so it is read in
/// the order in which it lies, moment after moment.
template <class T>
inline constexpr std::size_t turned_columns = 2 * lanes<T>;

/// So many units that they are whole panels of a turned kernel.
template <class T>
constexpr std::size_t whole_panels(std::size_t units) {
    constexpr std::size_t width = turned_columns<T>;
    return (units + width - 1) / width * width;
}

/// Where a piece of samples keeps what it needs for the moment.
template <class T>
struct PieceRoom {
    T *dropped, *recurrent_dropped, *x, *h, *room, *product, *dh, *dc;
    std::size_t ld; // of rows that slopes are multiplied into
    static constexpr std::size_t size(std::size_t features, std::size_t units) {
        return 2 * whole_lines(recurrent_piece * features) +
               6 * whole_lines(recurrent_piece * whole_panels<T>(units));
    }
    PieceRoom(T* at, std::size_t features, std::size_t units) : ld(whole_panels<T>(units)) {
        std::size_t const f = whole_lines(recurrent_piece * features);
        std::size_t const u = whole_lines(recurrent_piece * ld);
        dropped = at;
        x = dropped + f;
        recurrent_dropped = x + f;
        h = recurrent_dropped + u;
        room = h + u;
        product = room + u;
        dh = product + u;
        dc = dh + u;
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
        now.packed = s.prepared ? s.prepared : s.packed;
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

/// Numbers for each worker before a sample's rows, which are copied behind those of all workers: a
/// sample's factors, then what gemm wants.
template <class T>
constexpr std::size_t before_copy(std::size_t features, std::size_t units) {
    constexpr std::size_t most_gates = 4;
    return std::max({gemm_scratch<T>(std::max(features, most_gates * units)), whole_lines(features),
                     whole_lines(units)});
}

} // namespace detail

/// Numbers of scratch memory for each worker, at least; Recurrence::scratch_size.
template <class Cell, class T>
constexpr std::size_t recurrent_scratch(std::size_t time, std::size_t features, std::size_t units) {
    std::size_t const walk = detail::PieceRoom<T>::size(features, units);
    std::size_t const sums = (row_blocks + 1) * Cell::parts * units;
    return whole_lines(std::max(
        {walk, sums, detail::before_copy<T>(features, units) + time * std::max(features, units)}));
}
/// Numbers for the batch: weights in another order.
template <class Cell, class T>
constexpr std::size_t recurrent_packed(std::size_t features, std::size_t units) {
    return std::max(Cell::template packed<T>(features, units),
                    Cell::gates * units * detail::whole_panels<T>(units));
}

/// Every h (and c, and with `keep` what backward wants), from x and the state at the beginning.
template <class Cell, class T>
void recur(Cell const& cell, Recurrence<T> const& s) {
    // So few samples that the weights are read once for each moment: then x kernel comes first, for
    // all moments at once.
    bool const apart = s.batch < 4 && s.time > 1 && s.dropout == 0;
    std::size_t const rows = s.batch * s.time, all = Cell::gates * s.units;
    // What one thread made, another fetches: a small product is done where it is wanted.
    bool const large = 2 * rows * s.features * all > 32'000'000;
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
                s.scratch, large ? s.threads : nullptr);
    std::size_t const pieces = detail::forward_pieces(s.threads, s.batch);
    if (!s.prepared)
        Cell::pack(s.features, s.units, apart ? nullptr : s.kernel, s.recurrent, s.bias, s.packed,
                   pieces > 1 ? s.threads : nullptr);
    detail::each_piece(s.threads, s.batch, pieces,
                       [&](std::size_t begin, std::size_t end, std::size_t worker) {
                           detail::walk_piece(cell, s, apart, begin, end - begin,
                                              s.scratch + worker * s.scratch_size);
                       });
}

} // namespace lamina::kernels
