// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/some_lanes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

/// Walks over a matrix of rows x f numbers, f of them side by side, whose columns (features) have
/// something in common: statistics, a scale, a shift.
namespace lamina::kernels {

/// Some neighbouring columns: at(p) loads them from the row p (0 behind the last), at(p, v) stores
/// them there, at.inside(v) is v with 0 behind the last.
template <class T, class Arch>
struct Columns {
    using V = Batch<T, Arch>;
    std::size_t from;
    LAMINA_ALWAYS_INLINE V operator()(T const* row) const { return load<V>(row + from); }
    LAMINA_ALWAYS_INLINE void operator()(T* row, V v) const { kernels::store(row + from, v); }
    LAMINA_ALWAYS_INLINE V inside(V v) const { return v; }
};
/// The last ones, fewer than a batch.
template <class T, class Arch>
struct LastColumns {
    using V = Batch<T, Arch>;
    std::size_t from, count;
    LAMINA_ALWAYS_INLINE V operator()(T const* row) const { return load<V>(row + from, count); }
    LAMINA_ALWAYS_INLINE void operator()(T* row, V v) const {
        kernels::store(row + from, v, count);
    }
    LAMINA_ALWAYS_INLINE V inside(V v) const {
        static constexpr auto ones = [] {
            std::array<T, V::size> all{};
            for (T& one : all) one = T{1};
            return all;
        }();
        return v * load<V>(ones.data(), count);
    }
};

/// The last ones, so many that the compiler knows: what has just been stored is loaded at once.
template <class T, class Arch, std::size_t Count>
struct KnownColumns {
    using V = Batch<T, Arch>;
    std::size_t from;
    LAMINA_ALWAYS_INLINE V operator()(T const* row) const {
        return detail::load_parts<Count, V>(row + from);
    }
    LAMINA_ALWAYS_INLINE void operator()(T* row, V v) const {
        detail::store_parts<Count>(row + from, v);
    }
    LAMINA_ALWAYS_INLINE V inside(V v) const { return LastColumns<T, Arch>{from, Count}.inside(v); }
};

/// A number of columns: a type of its own where there are few, so that there is code for each.
template <std::size_t F>
inline constexpr bool is_few = F <= 64;
template <std::size_t F>
using Few = std::conditional_t<is_few<F>, std::integral_constant<std::size_t, F>, std::size_t>;
template <std::size_t F>
inline constexpr Few<F> few = [] {
    if constexpr (is_few<F>) return Few<F>{};
    else return F;
}();

/// work(at) for all the columns, a batch at a time.
template <class T, class Arch, class Work>
LAMINA_ALWAYS_INLINE inline void each_column(std::size_t f, Work const& work) {
    constexpr std::size_t step = Batch<T, Arch>::size;
    std::size_t j = 0;
    for (; j + step <= f; j += step) work(Columns<T, Arch>{j});
    if (j < f) work(LastColumns<T, Arch>{j, f - j});
}

template <class T, class Arch, std::size_t F, class Work>
LAMINA_ALWAYS_INLINE inline void each_column(std::integral_constant<std::size_t, F>,
                                             Work const& work) {
    constexpr std::size_t step = Batch<T, Arch>::size, rest = F % step;
    LAMINA_UNROLL
    for (std::size_t j = 0; j + step <= F; j += step) work(Columns<T, Arch>{j});
    if constexpr (rest > 0) work(KnownColumns<T, Arch, rest>{F - rest});
}

/// The sum over all the columns, in every lane, to which add(sum, at) adds some; four chains hide
/// the latency of the addition.
template <class T, class Arch, std::size_t F, class Add>
LAMINA_ALWAYS_INLINE inline Batch<T, Arch> sum_columns(std::integral_constant<std::size_t, F> f,
                                                       Add const& add) {
    using V = Batch<T, Arch>;
    V sum[2]{V(T{0}), V(T{0})};
    each_column<T, Arch>(f, [&](auto at)
                                LAMINA_ALWAYS_INLINE { add(sum[at.from / V::size % 2], at); });
    return sum_in_lanes<V::size>(F > V::size ? V(sum[0] + sum[1]) : sum[0]);
}
template <class T, class Arch, class Add>
LAMINA_ALWAYS_INLINE inline Batch<T, Arch> sum_columns(std::size_t f, Add const& add) {
    using V = Batch<T, Arch>;
    constexpr std::size_t step = V::size;
    V a(T{0}), b(T{0}), c(T{0}), d(T{0});
    std::size_t j = 0;
    for (; j + 4 * step <= f; j += 4 * step) {
        add(a, Columns<T, Arch>{j});
        add(b, Columns<T, Arch>{j + step});
        add(c, Columns<T, Arch>{j + 2 * step});
        add(d, Columns<T, Arch>{j + 3 * step});
    }
    for (; j + step <= f; j += step) add(a, Columns<T, Arch>{j});
    if (j < f) add(b, LastColumns<T, Arch>{j, f - j});
    return sum_in_lanes<V::size>(V((a + b) + (c + d)));
}

/// Rows are summed in at most so many blocks, whatever the threads.
inline constexpr std::size_t row_blocks = 8;
/// Numbers that column_sums<Sums> wants as room for f columns.
template <std::size_t Sums>
constexpr std::size_t column_sums_room(std::size_t f) {
    return row_blocks * Sums * f;
}

/// sums[k][j] = the sum over the rows r of term(at, r)[k]; sums are Sums rows of f numbers. A sum
/// is taken in blocks of rows, each by one thread, and these are added in order.
template <std::size_t Sums, class Arch = xsimd::default_arch, class T, class Term>
void column_sums(Threads* threads, std::size_t rows, std::size_t f, T* sums, T* room,
                 Term const& term) {
    using V = Batch<T, Arch>;
    if (rows == 0) { // no block would say that the sums are 0
        std::fill_n(sums, Sums * f, T{0});
        return;
    }
    std::size_t const grain = std::max((rows + row_blocks - 1) / row_blocks, 8192 / (f + 1) + 1);
    bool const one = grain >= rows;
    std::array<V, Sums> none;
    none.fill(V(T{0}));
    auto const add = [](std::array<V, Sums>& sum, std::array<V, Sums> const& more) {
        for (std::size_t k = 0; k < Sums; ++k) sum[k] += more[k];
    };
    parallel_for(threads, rows, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        T* const to = one ? sums : room + begin / grain * Sums * f;
        auto const down = [&](auto const&... at) {
            std::array<V, Sums> sum[]{(static_cast<void>(at), none)...};
            for (std::size_t r = begin; r < end; ++r) {
                auto* s = sum;
                (add(*s++, term(at, r)), ...);
            }
            auto const* s = sum;
            auto const put = [&](auto const& one_at) {
                for (std::size_t k = 0; k < Sums; ++k) one_at(to + k * f, (*s)[k]);
                ++s;
            };
            (put(at), ...);
        };
        using At = Columns<T, Arch>;
        constexpr std::size_t step = V::size;
        std::size_t j = 0;
        for (; j + 4 * step <= f; j += 4 * step) // some cache lines of each row at once
            down(At{j}, At{j + step}, At{j + 2 * step}, At{j + 3 * step});
        for (; j + step <= f; j += step) down(At{j});
        if (j < f) down(LastColumns<T, Arch>{j, f - j});
    });
    if (one) return;
    each_column<T, Arch>(Sums * f, [&](auto at) {
        V sum = at(room);
        for (std::size_t b = 1; b * grain < rows; ++b) sum += at(room + b * Sums * f);
        at(sums, sum);
    });
}

/// work(r) for each row r, in pieces for several threads.
template <class Work>
void each_row(Threads* threads, std::size_t rows, std::size_t f, Work const& work) {
    std::size_t const grain = 16384 / (f + 1) + 1;
    parallel_for(threads, rows, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t r = begin; r < end; ++r) work(r);
    });
}

} // namespace lamina::kernels
