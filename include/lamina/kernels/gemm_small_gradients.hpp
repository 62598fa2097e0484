// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_small.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>

/// The gradients of a small matrix of constant sizes, as gemm_small has the products with one.
namespace lamina::kernels::detail {

/// How the K x N numbers of dw are cut: `height` rows at a time; the rows that are left over go
/// with db, in one tile. by_strips: the others in strips of columns as even as can be, by tiles in
/// assembly, if these have sums enough.
template <class T, std::size_t K, std::size_t N>
struct GradientCut : SmallCut<T, K, N> {
    using typename SmallCut<T, K, N>::Traits;
    using SmallCut<T, K, N>::batches;
    static constexpr std::size_t strips = (batches + 3) / 4;
    static constexpr std::size_t wide = (batches + strips - 1) / strips; // batches of a strip,
    static constexpr std::size_t widest = batches - strips * (wide - 1); // so many; others one less
    static constexpr bool by_strips = wide > 2 && by_hand<Traits::sums / wide, wide, T>;
    static constexpr std::size_t fit = Traits::sums / SmallCut<T, K, N>::columns;
    static constexpr std::size_t most = fit < 8 ? fit : 8;
    static constexpr std::size_t height() {
        if (by_strips) return Traits::sums / wide;
        if (K < most) return most; // all of them go with db
        for (std::size_t p = most; p >= 4; --p)
            if (K % p == 0) return p;
        return most;
    }
    // with db go two rows or more: alone it would be short of sums
    static constexpr std::size_t whole =
        by_strips ? (K < 2 ? 0 : (K - 2) / height() * height()) : K / height() * height();
    static constexpr std::size_t rest = K - whole;
};

/// P rows of dw by C batches of columns: dw[p, j] += sum over r of x[r, p] dy[r, j], the rows of x
/// and dy K and N apart; with Bias also db[j] += sum of dy[r, j]. Rows r are taken S at a time into
/// separate sums.
template <std::size_t P, bool Bias, std::size_t C, std::size_t S, std::size_t Last, std::size_t K,
          std::size_t N, class T>
LAMINA_ALWAYS_INLINE inline void gradient_tile(std::size_t rows, T const* __restrict x,
                                               T const* __restrict dy, T* __restrict dw,
                                               T* __restrict db) {
    using V = Batch<T>;
    constexpr std::size_t all = P + Bias;
    V sum[S][all][C];
    LAMINA_UNROLL
    for (std::size_t s = 0; s < S; ++s) {
        LAMINA_UNROLL
        for (std::size_t p = 0; p < all; ++p) {
            LAMINA_UNROLL
            for (std::size_t c = 0; c < C; ++c) {
                sum[s][p][c] = V(T{0});
                if (s > 0 || (p == P && db == nullptr)) continue;
                T* const from = (p < P ? dw + p * N : db) + c * V::size;
                sum[s][p][c] = c + 1 < C ? load<V>(from) : load_lanes<Last, V>(from);
            }
        }
    }
    auto const add_row = [&](std::size_t r, V(&to)[all][C]) LAMINA_ALWAYS_INLINE {
        V d[C];
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            T const* const at = dy + r * N + c * V::size;
            d[c] = in_register<(all > 1)>(c + 1 < C ? load<V>(at) : load_lanes<Last, V>(at));
        }
        LAMINA_UNROLL
        for (std::size_t p = 0; p < P; ++p) {
            V const value(x[r * K + p]);
            LAMINA_UNROLL
            for (std::size_t c = 0; c < C; ++c) to[p][c] = fma(value, d[c], to[p][c]);
        }
        if constexpr (Bias) {
            LAMINA_UNROLL
            for (std::size_t c = 0; c < C; ++c) to[P][c] += d[c];
        }
    };
    std::size_t r = 0;
    for (; r + S <= rows; r += S) {
        LAMINA_UNROLL
        for (std::size_t s = 0; s < S; ++s) add_row(r + s, sum[s]);
    }
    if constexpr (S > 1)
        for (; r < rows; ++r) add_row(r, sum[0]);
    LAMINA_UNROLL
    for (std::size_t p = 0; p < all; ++p) {
        T* const to = p < P ? dw + p * N : db;
        if (to == nullptr) continue;
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            V v = sum[0][p][c];
            LAMINA_UNROLL
            for (std::size_t s = 1; s < S; ++s) v += sum[s][p][c];
            if (c + 1 < C) kernels::store(to + c * V::size, v);
            else store_lanes<Last>(to + c * V::size, v);
        }
    }
}

/// One block of columns, of dw the tiles [begin, end) and with `rest` those that are left over,
/// with db.
template <bool Bias, std::size_t C, std::size_t Last, std::size_t K, std::size_t N, class T>
LAMINA_ALWAYS_INLINE inline void gradient_block(std::size_t rows, T const* x, T const* dy, T* dw,
                                                T* db, std::size_t begin, std::size_t end,
                                                bool rest) {
    using Cut = GradientCut<T, K, N>;
    constexpr std::size_t P = Cut::height(), last = Cut::rest;
    if constexpr (Cut::whole > 0 && !Cut::by_strips)
        for (std::size_t p = begin * P; p < end * P; p += P)
            gradient_tile<P, false, C, P * C >= 8 ? 1 : 2, Last, K, N>(rows, x + p, dy, dw + p * N,
                                                                       db);
    if constexpr (last + Bias > 0)
        if (rest && (last > 0 || db))
            gradient_tile<last, Bias, C, (last + Bias) * C >= 8 ? 1 : 2, Last, K, N>(
                rows, x + Cut::whole, dy, dw + Cut::whole * N, db);
}

/// Tiles of a strip, one function for all sizes. x has several columns, so of the assembly's forms
/// that for rows of op(A) side by side is enough.
template <std::size_t P, std::size_t C, class T>
[[gnu::noinline]] void rows_of_gradients(std::size_t count, Strip<T> const& s, T const* x, T* dw) {
    if (s.a_step == 1) __builtin_unreachable();
    tiles_by_hand<P, C, false, false>(count, s, x, dw);
}

/// The tiles [begin, end) of each strip.
template <std::size_t K, std::size_t N, class T>
LAMINA_ALWAYS_INLINE inline void gradient_strips(std::size_t rows, T const* x, T const* dy, T* dw,
                                                 std::size_t begin, std::size_t end) {
    using Cut = GradientCut<T, K, N>;
    constexpr std::size_t P = Cut::height(), wide = Cut::wide;
    Strip<T> s{.k = rows, .a_row = 1, .a_step = K, .b = dy, .ldb = N, .ldc = N, .zero = false};
    x += begin * P;
    dw += begin * P * N;
    for (std::size_t i = 0; i < Cut::strips; ++i) {
        s.last = i + 1 < Cut::strips ? lanes<T> : (N - 1) % lanes<T> + 1;
        std::size_t const width = (i < Cut::widest ? wide : wide - 1) * lanes<T>;
        if (i < Cut::widest) rows_of_gradients<P, wide>(end - begin, s, x, dw);
        else if constexpr (Cut::widest < Cut::strips)
            rows_of_gradients<P, wide - 1>(end - begin, s, x, dw);
        s.b += width;
        dw += width;
    }
}

/// dw[K, N] += x' dy, the tiles [begin, end) of its rows; with `rest` also those that are left
/// over, and with Bias db[N] += column sums of dy unless db is null.
template <bool Bias, std::size_t K, std::size_t N, class T>
[[gnu::noinline]] void small_gradients(std::size_t rows, T const* x, T const* dy, T* dw, T* db,
                                       std::size_t begin, std::size_t end, bool rest) {
    using Cut = GradientCut<T, K, N>;
    constexpr std::size_t step = Cut::columns * lanes<T>;
    if constexpr (Cut::by_strips && Cut::whole > 0)
        gradient_strips<K, N>(rows, x, dy, dw, begin, end);
    if constexpr (Cut::whole_blocks > 0)
        for (std::size_t j = 0; j < Cut::whole_blocks * step; j += step)
            gradient_block<Bias, Cut::columns, lanes<T>, K, N>(
                rows, x, dy + j, dw + j, db ? db + j : nullptr, begin, end, rest);
    if constexpr (!Cut::even) {
        constexpr std::size_t j = Cut::whole_blocks * step;
        gradient_block<Bias, Cut::last_columns, Cut::last_lanes, K, N>(
            rows, x, dy + j, dw + j, db ? db + j : nullptr, begin, end, rest);
    }
}

} // namespace lamina::kernels::detail
