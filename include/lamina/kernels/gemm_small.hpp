// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_groups.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <cstddef>

/// Products with a small matrix of constant sizes: the sums of some rows by some batches of columns
/// stay in registers, nothing is packed, and the compiler knows every offset. Each number is added
/// up in an order that depends on the constant sizes alone, not on how many rows there are or where
/// a row stands.
namespace lamina::kernels::detail {

/// How K x N is cut: the columns of N into blocks of `columns` batches (the last block may be
/// narrower), the sum over K into `parts` that hide the latency of the multiply-add, and `rows`
/// rows at a time so that all of it fits the registers. Alone: for single rows. Where registers are
/// few, these have other blocks, so wide that with few parts enough sums run side by side.
template <class T, std::size_t K, std::size_t N, bool Alone = false>
struct SmallCut {
    using Traits = GemmTraits<xsimd::default_arch>;
    static constexpr std::size_t batches = (N + lanes<T> - 1) / lanes<T>;
    static constexpr std::size_t evenly(std::size_t widest) {
        std::size_t const count = (batches + widest - 1) / widest;
        return (batches + count - 1) / count;
    }
    static constexpr std::size_t most_parts = [] {
        if (Traits::many) return evenly(Traits::columns) < Traits::columns ? 4 : 2;
        return batches == 2 && K < 32 ? 2 : batches >= 8 ? 1 : batches >= 4 ? 2 : 4;
    }();
    static constexpr std::size_t parts = K >= 4 * most_parts ? most_parts : K >= 8 ? 2 : 1;
    static constexpr std::size_t columns =
        evenly(Alone && !Traits::many ? Traits::sums / parts : Traits::columns);
    static constexpr std::size_t blocks = (batches + columns - 1) / columns;
    static constexpr std::size_t last_columns = (batches - 1) % columns + 1; // of the last block
    static constexpr std::size_t last_lanes = (N - 1) % lanes<T> + 1;        // of its last batch
    // all blocks are alike
    static constexpr bool even = last_columns == columns && last_lanes == lanes<T>;
    static constexpr std::size_t whole_blocks = even ? blocks : blocks - 1;

    static constexpr std::size_t fit = Traits::sums / (columns * parts);
    static constexpr std::size_t rows = fit >= 8                   ? 8
                                        : fit >= 4                 ? 4
                                        : fit == 3 && Traits::many ? 2
                                                                   : fit;
};

/// One step of the sum: R rows by C batches of columns, the last batch of Last lanes. value(r) is
/// row r's number, in all lanes.
template <std::size_t R, std::size_t C, std::size_t Last, class V, class T, class Value>
LAMINA_ALWAYS_INLINE inline void multiply_add(V (&sum)[R][C], T const* b, Value const& value) {
    V row[C];
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c)
        row[c] = in_register<(R > 1)>(c + 1 < C ? load<V>(b + c * V::size)
                                                : load_lanes<Last, V>(b + c * V::size));
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        V const x = value(r);
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) sum[r][c] = fma(x, row[c], sum[r][c]);
    }
}

/// The rows of a tile whose numbers come several to a load. One batch of columns is short of loads:
/// each number of a is used once. Of more rows the shuffles would be in the way.
template <std::size_t R, std::size_t C, std::size_t ARow, std::size_t AStep, class V>
inline constexpr std::size_t
    shared_rows = C == 1 && R >= 12 && group<V> == 4 && (ARow == 1 || AStep == 1) ? 4 : 0;

/// K terms for R rows, added up in S parts by turns, some terms at a time.
template <std::size_t R, std::size_t C, std::size_t S, std::size_t Last, std::size_t K,
          std::size_t Ldb, std::size_t ARow, std::size_t AStep, class V, class T>
LAMINA_ALWAYS_INLINE inline void multiply_add_rows(V (&sum)[S][R][C], T const* a, T const* b) {
    constexpr std::size_t shared = shared_rows<R, C, ARow, AStep, V>;
    constexpr std::size_t together = shared > 0 || S == 1 ? 4 : S; // terms
    auto const one = [&](std::size_t k, V(&to)[R][C]) LAMINA_ALWAYS_INLINE {
        multiply_add<R, C, Last>(to, b + k * Ldb, [&](std::size_t r) LAMINA_ALWAYS_INLINE {
            return V(a[r * ARow + k * AStep]);
        });
    };
    auto const some = [&](std::size_t k) LAMINA_ALWAYS_INLINE {
        V group_of_row[shared + 1];
        if constexpr (shared > 0 && AStep == 1) {
            LAMINA_UNROLL
            for (std::size_t r = 0; r < shared; ++r)
                group_of_row[r] = opaque(broadcast_group<V>(a + r * ARow + k));
        }
        LAMINA_UNROLL
        for (std::size_t i = 0; i < together; ++i) {
            if constexpr (shared == 0) {
                one(k + i, sum[i % S]);
            } else {
                V group_of_rows(T{0});
                if constexpr (AStep != 1)
                    group_of_rows = opaque(broadcast_group<V>(a + (k + i) * AStep));
                multiply_add<R, C, Last>(sum[i % S], b + (k + i) * Ldb,
                                         [&](std::size_t r) LAMINA_ALWAYS_INLINE {
                                             if (r >= shared)
                                                 return V(a[r * ARow + (k + i) * AStep]);
                                             return AStep == 1 ? of_group(group_of_row[r], i)
                                                               : of_group(group_of_rows, r);
                                         });
            }
        }
    };
    constexpr std::size_t whole = K / together * together;
    for (std::size_t k = 0; k < whole; k += together) some(k);
    LAMINA_UNROLL
    for (std::size_t k = whole; k < K; ++k) one(k, sum[k % S]);
}

/// Sums begin with the bias, or zeros.
template <std::size_t Last, std::size_t S, std::size_t R, std::size_t C, class V, class T>
LAMINA_ALWAYS_INLINE inline void begin_tile(V (&sum)[S][R][C], T const* bias) {
    LAMINA_UNROLL
    for (std::size_t c = 0; c < C; ++c) {
        V first(T{0});
        if (bias) {
            T const* const from = bias + c * V::size;
            first = c + 1 < C ? load<V>(from) : load_lanes<Last, V>(from);
        }
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            sum[0][r][c] = first;
            LAMINA_UNROLL
            for (std::size_t s = 1; s < S; ++s) sum[s][r][c] = V(T{0});
        }
    }
}
/// store(v, row, column) takes what comes out of the parts.
template <std::size_t Last, std::size_t S, std::size_t R, std::size_t C, class V, class Store>
LAMINA_ALWAYS_INLINE inline void end_tile(V (&sum)[S][R][C], Store const& store) {
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            V v = sum[0][r][c];
            if constexpr (S == 2) v += sum[1][r][c];
            if constexpr (S == 4) v = (v + sum[1][r][c]) + (sum[2][r][c] + sum[3][r][c]);
            if (c + 1 < C) store.template operator()<V::size>(v, r, c * V::size);
            else store.template operator()<Last>(v, r, c * V::size);
        }
    }
}

/// R rows of a times C batches of columns of b[K, .] (+ bias): number k of row r is
/// a[r * ARow + k * AStep]. store(v, row, column) takes what comes out.
template <std::size_t R, std::size_t C, std::size_t S, std::size_t Last, std::size_t K,
          std::size_t Ldb, std::size_t ARow, std::size_t AStep, class T, class Store>
LAMINA_ALWAYS_INLINE inline void small_tile(T const* __restrict a, T const* __restrict b,
                                            T const* __restrict bias, Store const& store) {
    using V = Batch<T>;
    V sum[S][R][C];
    begin_tile<Last>(sum, bias);
    if constexpr (R == 1 && S <= group<V> && K > 4 && AStep == 1) {
        multiply_add_row<C, S, Last, K, Ldb>(sum, a, b);
    } else {
        multiply_add_rows<R, C, S, Last, K, Ldb, ARow, AStep>(sum, a, b);
    }
    end_tile<Last>(sum, store);
}

/// What becomes of a finished batch of lanes. `y = value(v)`; the next layer may read it at once.
template <class T, std::size_t N, class Epilogue>
struct StoreValue {
    T* y;
    Epilogue const& epilogue;
    template <std::size_t Count, class V>
    LAMINA_ALWAYS_INLINE void operator()(V v, std::size_t row, std::size_t column) const {
        store_parts<Count>(y + row * N + column, V(epilogue.value(v)));
    }
    StoreValue at(std::size_t row, std::size_t column) const {
        return {y + row * N + column, epilogue};
    }
};

/// `dx (+)= v slope(x)`.
template <class T, std::size_t K, bool Add, bool Sloped, class Slope>
struct StoreSlope {
    T* dx;
    T const* x;
    Slope const& slope;
    template <std::size_t Count, class V>
    LAMINA_ALWAYS_INLINE void operator()(V v, std::size_t row, std::size_t column) const {
        std::size_t const i = row * K + column;
        if constexpr (Sloped) v *= slope.slope(load_lanes<Count, V>(x + i));
        if constexpr (Add) v += load_lanes<Count, V>(dx + i);
        store_lanes<Count>(dx + i, v);
    }
    StoreSlope at(std::size_t row, std::size_t column) const {
        std::size_t const i = row * K + column;
        return {dx + i, Sloped ? x + i : nullptr, slope};
    }
};

/// One block of columns of c[rows, N] = a[rows, K] b[K, N] + bias, the rows R at a time and with
/// Rest those that are left one by one.
template <std::size_t R, bool Rest, std::size_t C, std::size_t S, std::size_t Last, std::size_t K,
          std::size_t Ldb, class T, class Store>
LAMINA_ALWAYS_INLINE inline void small_block(std::size_t rows, T const* a, T const* b,
                                             T const* bias, Store const& store) {
    std::size_t r = 0;
    for (; r + R <= rows; r += R)
        small_tile<R, C, S, Last, K, Ldb, K, 1>(a + r * K, b, bias, store.at(r, 0));
    if constexpr (R > 1 && Rest)
        for (; r < rows; ++r)
            small_tile<1, C, S, Last, K, Ldb, K, 1>(a + r * K, b, bias, store.at(r, 0));
}
/// All blocks.
template <class Cut, std::size_t R, bool Rest, std::size_t K, std::size_t Ldb, class T, class Store>
LAMINA_ALWAYS_INLINE inline void small_blocks(std::size_t rows, T const* a, T const* b,
                                              T const* bias, Store const& store) {
    constexpr std::size_t step = Cut::columns * lanes<T>;
    if constexpr (Cut::whole_blocks > 0)
        for (std::size_t j = 0; j < Cut::whole_blocks * step; j += step)
            small_block<R, Rest, Cut::columns, Cut::parts, lanes<T>, K, Ldb>(
                rows, a, b + j, bias ? bias + j : nullptr, store.at(0, j));
    if constexpr (!Cut::even) {
        constexpr std::size_t j = Cut::whole_blocks * step;
        small_block<R, Rest, Cut::last_columns, Cut::parts, Cut::last_lanes, K, Ldb>(
            rows, a, b + j, bias ? bias + j : nullptr, store.at(0, j));
    }
}

/// c[rows, N] = a[rows, K] b[K, N] + bias, the rows of b Ldb numbers apart. Most: the most rows of
/// a tile.
template <std::size_t K, std::size_t N, std::size_t Ldb, std::size_t Most, class T, class Store>
LAMINA_ALWAYS_INLINE inline void small_product(std::size_t rows, T const* a, T const* b,
                                               T const* bias, Store const& store) {
    using Cut = SmallCut<T, K, N>;
    using Alone = SmallCut<T, K, N, true>;
    constexpr std::size_t R = Cut::rows < Most ? Cut::rows : Most;
    if constexpr (Cut::columns == Alone::columns) {
        small_blocks<Cut, R, true, K, Ldb>(rows, a, b, bias, store);
    } else {
        std::size_t const tall = R > 1 ? rows / R * R : 0;
        if constexpr (R > 1) small_blocks<Cut, R, false, K, Ldb>(tall, a, b, bias, store);
        for (std::size_t r = tall; r < rows; ++r)
            small_blocks<Alone, 1, false, K, Ldb>(1, a + r * K, b, bias, store.at(r, 0));
    }
}

/// The products of one row's K numbers with w, batch by batch, on top of `begin`, not yet added up
/// across the lanes. Alone: x may just have been stored.
template <std::size_t K, bool Alone = false, class T>
LAMINA_ALWAYS_INLINE inline Batch<T> row_products(T const* x, T const* w,
                                                  Batch<T> const& begin = Batch<T>(T{0})) {
    using V = Batch<T>;
    constexpr std::size_t whole = K / V::size, rest = K % V::size, parts = whole >= 4 ? 2 : 1;
    V sum[2]{begin, V(T{0})};
    auto const add = [&](std::size_t i, V& to) LAMINA_ALWAYS_INLINE {
        to = fma(load<V>(x + i * V::size), load<V>(w + i * V::size), to);
    };
    // No bare product: the compiler might fuse it with what follows, here and not there.
    if constexpr (rest > 0) {
        constexpr std::size_t i = whole * V::size;
        V const u = Alone ? load_parts<rest, V>(x + i) : load_lanes<rest, V>(x + i);
        sum[0] = fma(u, load_lanes<rest, V>(w + i), sum[0]);
    }
    if constexpr (whole > 0 && whole <= 16) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < whole; ++i) add(i, sum[i % parts]);
    } else if constexpr (whole > 0) {
        for (std::size_t i = 0; i < whole / 2 * 2; i += 2) add(i, sum[0]), add(i + 1, sum[1]);
        if constexpr (whole % 2 != 0) add(whole - 1, sum[0]);
    }
    if constexpr (parts == 2) return sum[0] + sum[1];
    else return sum[0];
}

/// y[r] = value(x[r, K] w[K] + b): one number for each row. As many rows as there are lanes are
/// added up together.
template <std::size_t K, class T, class Epilogue>
LAMINA_ALWAYS_INLINE inline void small_dots(std::size_t rows, T const* __restrict x,
                                            T const* __restrict w, T const* b, T* __restrict y,
                                            Epilogue const& epilogue) {
    using V = Batch<T>;
    V const bias = b ? load_lanes<1, V>(b) : V(T{0});
    for (std::size_t r = 0; r < rows; r += V::size) {
        V sum[V::size];
        std::size_t const count = rows - r < V::size ? rows - r : V::size;
        if (count == V::size) {
            LAMINA_UNROLL
            for (std::size_t i = 0; i < V::size; ++i)
                sum[i] = row_products<K>(x + (r + i) * K, w, bias);
        } else {
            for (std::size_t i = 0; i < V::size; ++i)
                sum[i] = i < count ? row_products<K>(x + (r + i) * K, w, bias) : V(T{0});
        }
        V const v = epilogue.value(sums_of_rows(sum));
        if (count == V::size) kernels::store(y + r, v);
        else kernels::store(y + r, v, count);
    }
}

} // namespace lamina::kernels::detail
