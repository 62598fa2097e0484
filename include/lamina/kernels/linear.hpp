// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/kernels/column_sums.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/gemm_small.hpp>
#include <lamina/kernels/gemm_small_columns.hpp>
#include <lamina/kernels/gemm_small_gradients.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

/// Affine maps of rows, forward and backward: what Dense and its relatives need. Small ones have
/// constant sizes; large ones are run-time numbers in one shared body, so that a hundred different
/// layers cost the compiler no more than one.
namespace lamina::kernels {

/// Small enough for constant sizes: worth the compiler's time.
template <std::size_t K, std::size_t N>
inline constexpr bool is_small = (K * N) <= 4096;

/// What the three functions below want as scratch memory, in numbers for each worker.
template <class T, std::size_t K, std::size_t N>
inline constexpr std::size_t linear_scratch =
    !is_small<K, N> ? gemm_scratch<T>(std::max(K, N))
    : N == 1        ? 0
                    : N * ((K + lanes<T> - 1) / lanes<T> * lanes<T>);

/// Numbers of a kernel in panels, where products of several rows had better find it there.
template <class T, std::size_t K, std::size_t N>
inline constexpr std::size_t linear_panels = is_small<K, N> || N < 64 ? 0 : panels_size<T>(K, N);

namespace detail {

/// The epilogue of a large layer: y = value(y), block by block.
template <class T, class Epilogue>
Finish<T> finish_value(Epilogue const& epilogue) {
    if constexpr (std::is_same_v<Epilogue, NoEpilogue>) {
        return {};
    } else {
        return {[](void const* context, T* c, std::size_t ldc, std::size_t, std::size_t,
                   std::size_t rows, std::size_t columns) {
                    auto const& e = *static_cast<Epilogue const*>(context);
                    for (std::size_t r = 0; r < rows; ++r)
                        map(
                            columns, c + r * ldc, [&](auto v) { return e.value(v); }, c + r * ldc);
                },
                &epilogue};
    }
}

/// dx *= slope(x), block by block.
template <class T, class Slope>
struct SlopeOf {
    Slope const& slope;
    T const* x;
    std::size_t ldx;
    Finish<T> finish() const {
        if constexpr (std::is_same_v<Slope, NoEpilogue>) {
            return {};
        } else {
            return {[](void const* context, T* c, std::size_t ldc, std::size_t row,
                       std::size_t column, std::size_t rows, std::size_t columns) {
                        auto const& s = *static_cast<SlopeOf const*>(context);
                        for (std::size_t r = 0; r < rows; ++r) {
                            T const* const from = s.x + (row + r) * s.ldx + column;
                            T* const to = c + r * ldc;
                            map(
                                columns, to, [&](auto v, auto u) { return v * s.slope.slope(u); },
                                to, from);
                        }
                    },
                    this};
        }
    }
};

/// dx += (dy w') * slope(x), large: a few rows at a time through memory of its own.
template <class T, class Slope>
void add_sloped_dx(std::size_t rows, std::size_t k, std::size_t n, T const* dy, T const* w, T* dx,
                   T const* x, Slope const& slope, T* scratch, Threads* threads) {
    constexpr std::size_t room = 8192;
    alignas(64) T product[room];
    std::size_t const wide = std::min(k, room), tall = room / wide;
    for (std::size_t j = 0; j < k; j += wide)
        for (std::size_t i = 0; i < rows; i += tall) {
            std::size_t const columns = std::min(wide, k - j), count = std::min(tall, rows - i);
            gemm<T>({.m = count,
                     .n = columns,
                     .k = n,
                     .a = dy + i * n,
                     .lda = n,
                     .b = w + j * n,
                     .ldb = n,
                     .transposed_b = true,
                     .c = product,
                     .ldc = columns,
                     .finish = {}},
                    scratch, threads);
            for (std::size_t r = 0; r < count; ++r) {
                T* const to = dx + (i + r) * k + j;
                map(
                    columns, to,
                    [&](auto sum, auto v, auto u) { return fma(v, slope.slope(u), sum); }, to,
                    product + r * columns, x + (i + r) * k + j);
            }
        }
}

/// Rows that make a piece for one thread: a quarter of a million multiply-adds.
template <std::size_t K, std::size_t N>
inline constexpr std::size_t rows_of_piece = std::max<std::size_t>(1, 262144 / (K * N) / 16) * 16;

template <std::size_t K, std::size_t N, class T, class Epilogue>
[[gnu::noinline]] void small_linear(std::size_t rows, T const* x, T const* w, T const* b, T* y,
                                    Epilogue const& epilogue) {
    if constexpr (N == 1) small_dots<K>(rows, x, w, b, y, epilogue);
    else if constexpr (FewColumns<T, K, N>::fit)
        narrow_product<K, N>(rows, x, w, b, StoreValue<T, N, Epilogue>{y, epilogue});
    else small_product<K, N, N, 8>(rows, x, w, b, StoreValue<T, N, Epilogue>{y, epilogue});
}

/// wt: w' with rows filled up to whole batches.
template <std::size_t K, std::size_t N, bool Add, bool Sloped, class T, class Slope>
[[gnu::noinline]] void small_dx(std::size_t rows, T const* dy, T const* wt, T* dx, T const* x,
                                Slope const& slope) {
    constexpr std::size_t ld = N == 1 ? K : (K + lanes<T> - 1) / lanes<T> * lanes<T>;
    small_product<N, K, ld, 8>(rows, dy, wt, static_cast<T const*>(nullptr),
                               StoreSlope<T, K, Add, Sloped, Slope>{dx, x, slope});
}

} // namespace detail

/// y[rows, N] = e.value(x[rows, K] w[K, N] + b[N]); b may be null. y overlaps nothing. `one`: there
/// is one row, which has code of its own; a constant where only one of both is to be compiled.
/// panels: w besides, as pack_panels puts it, or null.
template <std::size_t K, std::size_t N, class Epilogue = NoEpilogue, class T>
LAMINA_ALWAYS_INLINE inline void linear(std::size_t rows, T const* x, T const* w, T const* b, T* y,
                                        Epilogue const& e, T* scratch, Threads* threads, bool one,
                                        T const* panels = nullptr) {
    if constexpr (!is_small<K, N>) {
        gemm<T>({.m = rows,
                 .n = N,
                 .k = K,
                 .a = x,
                 .lda = K,
                 .b = w,
                 .ldb = N,
                 .c = y,
                 .ldc = N,
                 .bias = b,
                 .finish = detail::finish_value<T>(e),
                 .panels = panels},
                scratch, threads);
    } else if (one) { // predict: nothing between the caller and the arithmetic
        if constexpr (N == 1) {
            using V = Batch<T>; // in every lane the same, so that none waits for its number
            V const bias = b ? detail::load_lanes<1, V>(b) : V(T{0});
            V const sum = sum_in_lanes<V::size>(detail::row_products<K, true>(x, w, bias));
            *y = first(V(e.value(sum)));
        } else if constexpr (detail::FewColumns<T, K, N>::fit) {
            detail::narrow_product<K, N>(1, x, w, b, detail::StoreValue<T, N, Epilogue>{y, e});
        } else {
            detail::small_product<K, N, N, 1>(1, x, w, b, detail::StoreValue<T, N, Epilogue>{y, e});
        }
    } else if (constexpr std::size_t piece = detail::rows_of_piece<K, N>; threads && rows > piece) {
        parallel_for(threads, rows, piece, [&](std::size_t begin, std::size_t end, std::size_t) {
            detail::small_linear<K, N>(end - begin, x + begin * K, w, b, y + begin * N, e);
        });
    } else {
        detail::small_linear<K, N>(rows, x, w, b, y, e);
    }
}

template <std::size_t K, std::size_t N, class Epilogue = NoEpilogue, class T>
LAMINA_ALWAYS_INLINE inline void linear(std::size_t rows, T const* x, T const* w, T const* b, T* y,
                                        Epilogue const& e, T* scratch, Threads* threads) {
    linear<K, N>(rows, x, w, b, y, e, scratch, threads, rows == 1);
}

/// dw[K, N] += x' dy, db[N] += column sums of dy; db may be null. dw and db overlap nothing.
template <std::size_t K, std::size_t N, class T>
void linear_gradients(std::size_t rows, T const* x, T const* dy, T* dw, T* db, T* scratch,
                      Threads* threads) {
    if constexpr (!is_small<K, N>) {
        gemm<T>({.m = K,
                 .n = N,
                 .k = rows,
                 .a = x,
                 .lda = K,
                 .transposed_a = true,
                 .b = dy,
                 .ldb = N,
                 .beta = T{1},
                 .c = dw,
                 .ldc = N},
                scratch, threads);
        if (db) detail::add_column_sums(rows, N, dy, db, threads);
    } else if constexpr (N == 1) { // turned round: one row of K columns
        using V = Batch<T>;
        detail::small_gradients<false, 1, K>(rows, dy, x, dw, static_cast<T*>(nullptr), 0, 0, true);
        if (db) {
            V sum(T{0});
            std::size_t r = 0;
            for (; r + V::size <= rows; r += V::size) sum += load<V>(dy + r);
            if (r < rows) sum += load<V>(dy + r, rows - r);
            *db += reduce_add(sum);
        }
    } else {
        using Cut = detail::GradientCut<T, K, N>;
        constexpr std::size_t tiles = Cut::whole / Cut::height();
        if (threads && tiles > 1 && rows > 2 * detail::rows_of_piece<K, N>) {
            constexpr std::size_t grain = (tiles + 7) / 8;
            auto const piece = [&](std::size_t begin, std::size_t end, std::size_t) {
                detail::small_gradients<true, K, N>(rows, x, dy, dw, db, begin, end, end == tiles);
            };
            parallel_for(threads, tiles, grain, piece);
        } else {
            detail::small_gradients<true, K, N>(rows, x, dy, dw, db, 0, tiles, true);
        }
    }
}

/// dx[rows, K] = (dy[rows, N] w') * slope(x), or with Add is increased by it. x is read only where
/// Slope is not NoEpilogue. dx overlaps nothing.
template <std::size_t K, std::size_t N, bool Add = false, class Slope = NoEpilogue, class T>
void linear_dx(std::size_t rows, T const* dy, T const* w, T* dx, T const* x, Slope const& slope,
               T* scratch, Threads* threads) {
    constexpr bool sloped = !std::is_same_v<Slope, NoEpilogue>;
    if constexpr (!is_small<K, N>) {
        if constexpr (Add && sloped) {
            detail::add_sloped_dx(rows, K, N, dy, w, dx, x, slope, scratch, threads);
        } else {
            detail::SlopeOf<T, Slope> const of{slope, x, K};
            gemm<T>({.m = rows,
                     .n = K,
                     .k = N,
                     .a = dy,
                     .lda = N,
                     .b = w,
                     .ldb = N,
                     .transposed_b = true,
                     .beta = Add ? T{1} : T{0},
                     .c = dx,
                     .ldc = K,
                     .finish = of.finish()},
                    scratch, threads);
        }
    } else {
        constexpr std::size_t ld = (K + lanes<T> - 1) / lanes<T> * lanes<T>;
        T const* wt = w;
        if constexpr (N > 1) {
            transpose<true>(K, N, w, N, scratch, ld);
            wt = scratch;
        }
        constexpr std::size_t grain = detail::rows_of_piece<K, N>;
        auto const piece = [&](std::size_t begin, std::size_t end, std::size_t) {
            detail::small_dx<K, N, Add, sloped>(end - begin, dy + begin * N, wt, dx + begin * K,
                                                sloped ? x + begin * K : nullptr, slope);
        };
        if (threads && rows > grain) parallel_for(threads, rows, grain, piece);
        else detail::small_dx<K, N, Add, sloped>(rows, dy, wt, dx, x, slope);
    }
}

} // namespace lamina::kernels
