// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

/// What attention's tiles are made of: who sees whom, and the rows of a softmax in pieces.
namespace lamina::kernels {

/// The shapes, the operands and who sees whom. A query that sees no key gets zeros.
template <class T>
struct Attention {
    std::size_t samples, queries, keys;
    std::size_t heads, key_heads; // heads / key_heads neighbours share keys and values
    std::size_t key_dim, value_dim;
    T scale;
    T const *q, *k, *v;                  // [samples, queries, heads, key_dim] and so on, no gaps
    T *o, *sums;                         // sums: attention_sums of them, kept for backward
    bool causal = false;                 // query i sees the keys 0 ... i
    T const* keep[2]{};                  // [samples, keys], 0: nobody sees that key; null: all
    T const* add = nullptr;              // [queries, keys]: added to the scores ...
    std::int32_t const* allow = nullptr; // ... 0: that query does not see that key
    std::size_t mask_step = 0; // from a sample's add or allow to the next's; 0: one for all
    double dropout = 0;        // share of the weights that are 0 while training
    Random random{};
};

template <class T>
struct AttentionGradients {
    T const* dy;       // of o
    T *dq, *dk, *dv;   // overwritten
    T* dadd = nullptr; // [samples, queries, keys], overwritten; null: nobody wants it
};

/// Numbers of Attention::sums for each sample.
constexpr std::size_t attention_sums(std::size_t heads, std::size_t queries) {
    return 2 * heads * queries;
}

namespace detail {

inline constexpr std::size_t tile_queries = 64, tile_keys = 128;

/// Numbers from one row of a tile's scores to the next.
template <class T>
constexpr std::size_t score_width(std::size_t keys) {
    return whole_lines(std::min(keys, tile_keys));
}

/// The memory of one worker.
template <class T>
struct AttentionRoom {
    T *scores, *slopes, *keys, *values, *bias, *gemm;
    std::size_t width; // of a row of scores

    AttentionRoom(std::size_t count, std::size_t dim, T* at)
        : scores(at), slopes(scores + tile_queries * score_width<T>(count)),
          keys(slopes + tile_queries * score_width<T>(count)),
          values(keys + dim * score_width<T>(count)), bias(values + dim * score_width<T>(count)),
          gemm(bias + score_width<T>(count)), width(score_width<T>(count)) {}
};

/// The queries [i, i + rows) of one head and the keys [j, j + columns), those that one of them
/// sees.
struct AttentionTile {
    std::size_t sample, head, i, rows, j, columns;

    /// How many of the keys row r sees, if it may not look ahead.
    std::size_t seen(bool causal, std::size_t r) const {
        if (!causal) return columns;
        return i + r < j ? 0 : std::min(columns, i + r - j + 1);
    }
};

template <class T>
struct AttentionHead {
    Attention<T> const& a;
    std::size_t sample, head;
    std::size_t ldq = a.heads * a.key_dim, ldo = a.heads * a.value_dim;
    std::size_t query = sample * a.queries * ldq + head * a.key_dim;    // where its q begins
    std::size_t output = sample * a.queries * ldo + head * a.value_dim; // where its o begins
    // the running maximum of each query, then the logarithm of its sum; its running sum, then the
    // product of o and its gradient
    T* tops = a.sums + (sample * a.heads + head) * 2 * a.queries;
    T* sums = tops + a.queries;
};

template <class T>
bool is_masked(Attention<T> const& a) {
    return a.keep[0] || a.keep[1] || a.add || a.allow;
}

/// 0 for keys that are there, else -inf.
template <class T>
void key_bias(Attention<T> const& a, std::size_t sample, std::size_t j, std::size_t columns,
              T* bias) {
    T const none = -std::numeric_limits<T>::infinity();
    for (std::size_t c = 0; c < columns; ++c) {
        std::size_t const at = sample * a.keys + j + c;
        bool const there =
            (!a.keep[0] || a.keep[0][at] != T{0}) && (!a.keep[1] || a.keep[1][at] != T{0});
        bias[c] = there ? T{0} : none;
    }
}

/// s = scale s with the masks: -inf where a key is not seen.
template <class T>
void mask_scores(Attention<T> const& a, AttentionTile const& t, T const* bias, T* s,
                 std::size_t width) {
    using V = Batch<T>;
    T const none = -std::numeric_limits<T>::infinity();
    for (std::size_t r = 0; r < t.rows; ++r) {
        T* const row = s + r * width;
        std::size_t const at = t.sample * a.mask_step + (t.i + r) * a.keys + t.j;
        V const scale(a.scale);
        map(
            t.columns, row, [&](auto v, auto b) { return fma(v, scale, b); }, row, bias);
        if (a.add)
            map(
                t.columns, row, [](auto v, auto m) { return v + m; }, row, a.add + at);
        for (std::size_t c = 0; a.allow && c < t.columns; ++c)
            if (a.allow[at + c] == 0) row[c] = none;
    }
}

/// One step of a row's softmax: s = exp(factor s - top) with the new top, behind the keys seen 0;
/// the sum so far. Gives what the earlier numbers are to be multiplied by.
template <bool Masked, class T>
LAMINA_ALWAYS_INLINE inline T softmax_step(std::size_t seen, std::size_t columns, T factor, T* s,
                                           T& top, T& sum) {
    using V = Batch<T>;
    std::size_t const whole = seen / V::size * V::size, rest = seen - whole;
    T const lowest = -std::numeric_limits<T>::infinity();
    V const none(lowest), zero(T{0});
    V end = none;
    if (rest > 0) end = select(first_lanes<V>(rest), load<V>(s + whole, rest), none);
    V most = end;
    for (std::size_t c = 0; c < whole; c += V::size) most = kernels::max(most, load<V>(s + c));
    T const before = top, highest = seen > 0 ? factor * reduce_max(most) : lowest;
    top = highest > before || highest != highest ? highest : before;
    if constexpr (Masked) // no key is seen, or the largest of NaN and -inf was -inf
        for (std::size_t c = 0; top == lowest && c < seen; ++c)
            if (s[c] != s[c]) top = s[c];
    std::size_t c = 0;
    if (!Masked || top != lowest) {
        V const times(factor), less(-top);
        // exp(-inf) would be right too, but to underflow takes processors long
        auto const value = [&](V v) {
            if constexpr (!Masked) return exp(fma(v, times, less));
            else return select(v == none, zero, exp(fma(select(v == none, zero, v), times, less)));
        };
        V total = zero;
        for (; c < whole; c += V::size) {
            V const e = value(load<V>(s + c));
            kernels::store(s + c, e);
            total += e;
        }
        if (rest > 0) {
            auto const inside = first_lanes<V>(rest);
            V const e = select(inside, value(select(inside, end, zero)), zero);
            kernels::store(s + c, e, rest);
            total += e;
            c += rest;
        }
        T const shrink = before == top ? T{1} : first(exp(V(before - top)));
        std::fill(s + c, s + columns, T{0});
        sum = sum * shrink + reduce_add(total);
        return shrink;
    }
    std::fill(s, s + columns, T{0});
    return T{1};
}
/// The draws of a tile: a stream for each head and column of tiles.
template <class T>
Random draws(Attention<T> const& a, AttentionTile const& t, std::size_t width) {
    std::size_t const across = (a.keys + tile_keys - 1) / tile_keys;
    return a.random.child((t.sample * a.heads + t.head) * across + t.j / tile_keys)
        .from(t.i * width / 2);
}

/// Tiles of the queries of all heads that share `key_head`, against the keys [j, j + columns).
template <class T, class Work>
LAMINA_ALWAYS_INLINE inline void each_tile(Attention<T> const& a, std::size_t sample,
                                           std::size_t key_head, std::size_t j, std::size_t columns,
                                           Work const& work) {
    std::size_t const group = a.heads / a.key_heads;
    for (std::size_t head = key_head * group; head < (key_head + 1) * group; ++head) {
        AttentionHead<T> const h{a, sample, head};
        for (std::size_t i = 0; i < a.queries; i += tile_queries) {
            std::size_t const rows = std::min(tile_queries, a.queries - i);
            if (a.causal && i + rows <= j) continue; // wholly in the future
            std::size_t const seen = a.causal ? std::min(columns, i + rows - j) : columns;
            work(h, AttentionTile{sample, head, i, rows, j, seen});
        }
    }
}

/// p = exp(factor s - less), dp = scale p (dp - dot), behind the keys seen 0. p stands where s was.
template <bool Masked, class T>
LAMINA_ALWAYS_INLINE inline void softmax_slopes(std::size_t seen, std::size_t columns, T factor,
                                                T scale, T less, T dot, T* s, T* dp) {
    using V = Batch<T>;
    V const none(-std::numeric_limits<T>::infinity()), zero(T{0});
    V const times(factor), shift(-less), of(scale), middle(dot);
    auto const weight = [&](V v) {
        if constexpr (!Masked) return exp(fma(v, times, shift));
        else return select(v == none, zero, exp(fma(select(v == none, zero, v), times, shift)));
    };
    std::size_t c = 0;
    for (; c + V::size <= seen; c += V::size) {
        V const p = weight(load<V>(s + c));
        kernels::store(s + c, p);
        kernels::store(dp + c, p * of * (load<V>(dp + c) - middle));
    }
    if (std::size_t const rest = seen - c; rest > 0) {
        V const p = weight(load<V>(s + c, rest));
        kernels::store(s + c, p, rest);
        kernels::store(dp + c, p * of * (load<V>(dp + c, rest) - middle), rest);
        c += rest;
    }
    std::fill(s + c, s + columns, T{0});
    std::fill(dp + c, dp + columns, T{0});
}
} // namespace detail
} // namespace lamina::kernels
