// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

/// The inner kernels of gemm: a tile of C stays in registers while the sum over k runs. Each number of C is the same chain of
/// multiply-adds in whichever tile it lies, so its bits do not depend on how C is cut.
namespace lamina::kernels::detail {

/// One step of the sum: R rows by C batches of columns; the last batch has `last` lanes unless Whole.
template <std::size_t R, std::size_t C, bool Whole, class V, class T>
[[gnu::always_inline]] inline void tile_step(V (&sum)[R][C], T const* a, std::size_t row, T const* b,
                                             std::size_t last) {
    V x[C];
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        T const* const at = b + c * V::size;
        x[c] = in_register<(R > 1)>(Whole || c + 1 < C ? load<V>(at) : load<V>(at, last));
    }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        V const v(a[r * row]);
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) sum[r][c] = fma(v, x[c], sum[r][c]);
    }
}

/// What the tiles of one strip of columns have in common.
template <class T>
struct Strip {
    std::size_t k;
    std::size_t a_row, a_step;   // from one row of op(A) to the next, from one k to the next
    bool packed;                 // op(A) lies in groups of rows, one for each tile
    T const* b;
    std::size_t ldb;
    std::size_t last;            // lanes of the last batch of columns
    std::size_t ldc, ldadd;
    T alpha;
};

/// `count` tiles of R rows, one below the other: c = alpha a b + add; add may be null.
template <std::size_t R, std::size_t C, bool Whole, class T>
[[gnu::noinline]] void tiles(std::size_t count, Strip<T> const& s, T const* a, T* c, T const* add) {
    using V = Batch<T>;
    constexpr std::size_t line = 64 / sizeof(T);
    std::size_t const row = s.a_row, step = s.a_step, ldb = s.ldb, last = s.last, ldc = s.ldc;
    std::size_t const ahead = step == 1 ? R * row : 0;
    for (; count > 0; --count) {
        V sum[R][C];
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) {
                sum[r][i] = V(T{0});
                __builtin_prefetch(c + r * ldc + i * V::size, 1);
            }
        }
        T const *x = a, *b = s.b;
        std::size_t k = s.k;
        for (; k >= line; k -= line) {
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) __builtin_prefetch(x + ahead + r * row);
            for (std::size_t i = 0; i < line; ++i, x += step, b += ldb)
                tile_step<R, C, Whole>(sum, x, row, b, last);
        }
        for (; k > 0; --k, x += step, b += ldb) tile_step<R, C, Whole>(sum, x, row, b, last);
        V const alpha(s.alpha);
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            LAMINA_UNROLL
            for (std::size_t i = 0; i < C; ++i) {
                T* const to = c + r * ldc + i * V::size;
                if (Whole || i + 1 < C) {
                    V const v = add ? fma(alpha, sum[r][i], load<V>(add + r * s.ldadd + i * V::size))
                                    : alpha * sum[r][i];
                    kernels::store(to, v);
                } else {
                    V const v =
                        add ? fma(alpha, sum[r][i], load<V>(add + r * s.ldadd + i * V::size, last))
                            : alpha * sum[r][i];
                    kernels::store(to, v, last);
                }
            }
        }
        a += s.packed ? R * s.k : R * row;
        c += R * ldc;
        if (add) add += R * s.ldadd;
    }
}

template <class T>
using Tiles = void (*)(std::size_t count, Strip<T> const&, T const* a, T* c, T const* add);

inline constexpr std::size_t tallest = 6, tallest_narrow = 8;   // tile; one that is a single batch wide

/// The tiles of 1, 2, ... rows and C batches of columns.
template <class T, std::size_t C, bool Whole>
struct TilesOfWidth {
    static constexpr std::size_t most = C == 1 ? tallest_narrow : tallest;
    template <std::size_t... R>
    static constexpr std::array<Tiles<T>, most> table(std::index_sequence<R...>) {
        return {&tiles<R + 1, C, Whole, T>...};
    }
    static constexpr std::array<Tiles<T>, most> of = table(std::make_index_sequence<most>{});
};

/// How the rows of a strip are cut: tiles of two heights that differ by one, so that no small tile is left over.
struct Heights {
    std::size_t low, low_count, tall_count;   // first the tall ones, low + 1 rows each
    Heights(std::size_t rows, std::size_t most) {
        std::size_t const count = (rows + most - 1) / most;
        low = rows / count;
        tall_count = rows % count;
        low_count = count - tall_count;
    }
};

/// All rows of a strip of up to `columns` columns. A packed op(A) lies in groups of rows,
/// one for each tile, in which a step of k is as long as the tile is tall.
template <class T>
[[gnu::noinline]] void strip(std::size_t rows, std::size_t columns, Strip<T>& s, T const* a, T* c,
                             T const* add) {
    constexpr std::size_t widest = GemmTraits<xsimd::default_arch>::columns;
    std::size_t const batches = (columns + lanes<T> - 1) / lanes<T>;
    s.last = (columns - 1) % lanes<T> + 1;
    Tiles<T> const* table = nullptr;
    if (columns == widest * lanes<T>) table = TilesOfWidth<T, widest, true>::of.data();
    else if (batches == 1) table = TilesOfWidth<T, 1, false>::of.data();
    else if (batches == 2) table = TilesOfWidth<T, 2, false>::of.data();
    if constexpr (widest > 2) {
        if (batches == 3) table = TilesOfWidth<T, 3, false>::of.data();
        else if (table == nullptr) table = TilesOfWidth<T, 4, false>::of.data();
    }
    Heights const h(rows, batches == 1 && !s.packed ? tallest_narrow : tallest);
    auto const run = [&](std::size_t height, std::size_t count) {
        if (count == 0) return;
        if (s.packed) s.a_step = height;
        table[height - 1](count, s, a, c, add);
        std::size_t const done = count * height;
        a += done * (s.packed ? s.k : s.a_row);
        c += done * s.ldc;
        if (add) add += done * s.ldadd;
    };
    run(h.low + 1, h.tall_count);
    run(h.low, h.low_count);
}

} // namespace lamina::kernels::detail
