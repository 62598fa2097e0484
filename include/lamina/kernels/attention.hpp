// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/dropout.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

/// Scaled dot-product attention, o = softmax(scale q k' + masks) v for each sample and head, in
/// tiles of queries and keys with a running maximum and sum, so that the scores of a long sequence
/// are never there at once; backward computes them again from the logarithm of each query's sum.
/// Source: Dao, Fu, Ermon, Rudra and Re (2022), "FlashAttention: fast and memory-efficient exact
/// attention with IO-awareness"; heads that share keys and values: Ainslie et al. (2023), "GQA".
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

template <class T>
constexpr std::size_t tile_width(std::size_t keys) {
    return (std::min(keys, tile_keys) + 15) / 16 * 16;
}

/// The memory of one worker.
template <class T>
struct AttentionRoom {
    T *scores, *slopes, *keys, *values, *bias, *gemm;
    std::size_t width; // of a row of scores

    AttentionRoom(std::size_t count, std::size_t dim, T* at)
        : scores(at), slopes(scores + tile_queries * tile_width<T>(count)),
          keys(slopes + tile_queries * tile_width<T>(count)),
          values(keys + dim * tile_width<T>(count)), bias(values + dim * tile_width<T>(count)),
          gemm(bias + tile_width<T>(count)), width(tile_width<T>(count)) {}
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
[[gnu::always_inline]] inline T softmax_step(std::size_t seen, std::size_t columns, T factor, T* s,
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

/// o of the tile's queries with the keys up to these.
template <bool Masked, class T>
[[gnu::noinline]] void attend_tile(AttentionHead<T> const& h, AttentionTile const& t, T const* v,
                                   AttentionRoom<T> const& room) {
    auto const& a = h.a;
    bool const first = t.j == 0;
    T* const s = room.scores;
    gemm<T>({.m = t.rows,
             .n = t.columns,
             .k = a.key_dim,
             .a = a.q + h.query + t.i * h.ldq,
             .lda = h.ldq,
             .b = room.keys,
             .ldb = room.width,
             .c = s,
             .ldc = room.width},
            room.gemm, nullptr);
    if constexpr (Masked) mask_scores(a, t, room.bias, s, room.width);
    T* const o = a.o + h.output + t.i * h.ldo;
    for (std::size_t r = 0; r < t.rows; ++r) {
        T &top = h.tops[t.i + r], &sum = h.sums[t.i + r];
        if (first) top = -std::numeric_limits<T>::infinity(), sum = T{0};
        T const shrink = softmax_step<Masked>(
            t.seen(a.causal, r), t.columns, Masked ? T{1} : a.scale, s + r * room.width, top, sum);
        T* const to = o + r * h.ldo;
        if (!first && shrink != T{1})
            map(
                a.value_dim, to, [&](auto x) { return x * Batch<T>(shrink); }, to);
    }
    if (a.dropout > 0)
        kernels::dropout<T>(nullptr, t.rows * room.width, s, s, a.dropout, draws(a, t, room.width));
    gemm<T>({.m = t.rows,
             .n = a.value_dim,
             .k = t.columns,
             .a = s,
             .lda = room.width,
             .b = v,
             .ldb = a.key_heads * a.value_dim,
             .beta = first ? T{0} : T{1},
             .c = o,
             .ldc = h.ldo},
            room.gemm, nullptr);
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
[[gnu::always_inline]] inline void each_tile(Attention<T> const& a, std::size_t sample,
                                             std::size_t key_head, std::size_t j,
                                             std::size_t columns, Work const& work) {
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

/// All queries that look at one head of keys and values.
template <class T>
[[gnu::noinline]] void attend(Attention<T> const& a, std::size_t sample, std::size_t key_head,
                              AttentionRoom<T> const& room) {
    using V = Batch<T>;
    bool const masked = is_masked(a);
    std::size_t const ldk = a.key_heads * a.key_dim, ldv = a.key_heads * a.value_dim;
    T const* const k = a.k + sample * a.keys * ldk + key_head * a.key_dim;
    T const* const v = a.v + sample * a.keys * ldv + key_head * a.value_dim;
    for (std::size_t j = 0; j < a.keys; j += tile_keys) {
        std::size_t const columns = std::min(tile_keys, a.keys - j);
        transpose(columns, a.key_dim, k + j * ldk, ldk, room.keys, room.width);
        if (masked) key_bias(a, sample, j, columns, room.bias);
        each_tile(a, sample, key_head, j, columns, [&](auto const& h, AttentionTile const& t) {
            if (masked) attend_tile<true>(h, t, v + j * ldv, room);
            else attend_tile<false>(h, t, v + j * ldv, room);
        });
    }
    std::size_t const group = a.heads / a.key_heads;
    for (std::size_t head = key_head * group; head < (key_head + 1) * group; ++head) {
        AttentionHead<T> const h{a, sample, head};
        for (std::size_t i = 0; i < a.queries; ++i) {
            V const share(h.sums[i] > T{0} || h.sums[i] != h.sums[i] ? T{1} / h.sums[i] : T{0});
            T* const o = a.o + h.output + i * h.ldo;
            map(
                a.value_dim, o, [&](auto x) { return x * share; }, o);
        }
        map(
            a.queries, h.tops,
            [](auto top, auto sum) {
                V const zero(T{0});
                return select(sum == zero, zero, top + log(sum));
            },
            h.tops, h.sums);
    }
}

/// p = exp(factor s - less), dp = scale p (dp - dot), behind the keys seen 0. p stands where s was.
template <bool Masked, class T>
[[gnu::always_inline]] inline void softmax_slopes(std::size_t seen, std::size_t columns, T factor,
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

/// What a tile adds to dq, dk, dv. `fresh`: it is the first to bring dk and dv.
template <bool Masked, class T>
[[gnu::noinline]] void attend_tile_back(AttentionHead<T> const& h, AttentionTile const& t,
                                        AttentionGradients<T> const& g, T const* k, T* dk, T* dv,
                                        bool fresh, AttentionRoom<T> const& room) {
    auto const& a = h.a;
    T *const s = room.scores, *const dp = room.slopes;
    std::size_t const ldk = a.key_heads * a.key_dim, ldv = a.key_heads * a.value_dim;
    T const* const q = a.q + h.query + t.i * h.ldq;
    T const* const dy = g.dy + h.output + t.i * h.ldo;
    T const beta = fresh ? T{0} : T{1};
    gemm<T>({.m = t.rows,
             .n = t.columns,
             .k = a.key_dim,
             .a = q,
             .lda = h.ldq,
             .b = room.keys,
             .ldb = room.width,
             .c = s,
             .ldc = room.width},
            room.gemm, nullptr);
    if constexpr (Masked) mask_scores(a, t, room.bias, s, room.width);
    gemm<T>({.m = t.rows,
             .n = t.columns,
             .k = a.value_dim,
             .a = dy,
             .lda = h.ldo,
             .b = room.values,
             .ldb = room.width,
             .c = dp,
             .ldc = room.width},
            room.gemm, nullptr);
    std::size_t const all = t.rows * room.width;
    if (a.dropout > 0)
        kernels::dropout<T>(nullptr, all, dp, dp, a.dropout, draws(a, t, room.width));
    for (std::size_t r = 0; r < t.rows; ++r)
        softmax_slopes<Masked>(t.seen(a.causal, r), t.columns, Masked ? T{1} : a.scale, a.scale,
                               h.tops[t.i + r], h.sums[t.i + r], s + r * room.width,
                               dp + r * room.width);
    if (a.dropout > 0) kernels::dropout<T>(nullptr, all, s, s, a.dropout, draws(a, t, room.width));
    // dv += p' dy
    gemm<T>({.m = t.columns,
             .n = a.value_dim,
             .k = t.rows,
             .a = s,
             .lda = room.width,
             .transposed_a = true,
             .b = dy,
             .ldb = h.ldo,
             .beta = beta,
             .c = dv,
             .ldc = ldv},
            room.gemm, nullptr);
    // dk += ds' q, dq += ds k
    gemm<T>({.m = t.columns,
             .n = a.key_dim,
             .k = t.rows,
             .a = dp,
             .lda = room.width,
             .transposed_a = true,
             .b = q,
             .ldb = h.ldq,
             .beta = beta,
             .c = dk,
             .ldc = ldk},
            room.gemm, nullptr);
    gemm<T>({.m = t.rows,
             .n = a.key_dim,
             .k = t.columns,
             .a = dp,
             .lda = room.width,
             .b = k,
             .ldb = ldk,
             .beta = t.j == 0 ? T{0} : T{1},
             .c = g.dq + h.query + t.i * h.ldq,
             .ldc = h.ldq},
            room.gemm, nullptr);
    if (!g.dadd) return;
    Batch<T> const undo(T{1} / a.scale);
    for (std::size_t r = 0; r < t.rows; ++r) {
        T* const to = g.dadd + (t.sample * a.queries + t.i + r) * a.keys + t.j;
        map(
            t.columns, to, [&](auto sum, auto d) { return fma(d, undo, sum); }, to,
            dp + r * room.width);
    }
}

template <class T>
[[gnu::noinline]] void attend_back(Attention<T> const& a, AttentionGradients<T> const& g,
                                   std::size_t sample, std::size_t key_head,
                                   AttentionRoom<T> const& room) {
    using V = Batch<T>;
    bool const masked = is_masked(a);
    std::size_t const ldk = a.key_heads * a.key_dim, ldv = a.key_heads * a.value_dim;
    std::size_t const at_k = sample * a.keys * ldk + key_head * a.key_dim;
    std::size_t const at_v = sample * a.keys * ldv + key_head * a.value_dim;
    std::size_t const group = a.heads / a.key_heads;
    for (std::size_t head = key_head * group; head < (key_head + 1) * group; ++head) {
        AttentionHead<T> const h{a, sample, head};
        for (std::size_t i = 0; i < a.queries; ++i) {
            V dot(T{0});
            each_column<T, xsimd::default_arch>(a.value_dim, [&](auto at) {
                dot = fma(at(a.o + h.output + i * h.ldo), at(g.dy + h.output + i * h.ldo), dot);
            });
            h.sums[i] = reduce_add(dot);
        }
    }
    for (std::size_t j = 0; j < a.keys; j += tile_keys) {
        std::size_t const columns = std::min(tile_keys, a.keys - j);
        T const* const k = a.k + at_k + j * ldk;
        T *const dk = g.dk + at_k + j * ldk, *const dv = g.dv + at_v + j * ldv;
        transpose(columns, a.key_dim, k, ldk, room.keys, room.width);
        transpose(columns, a.value_dim, a.v + at_v + j * ldv, ldv, room.values, room.width);
        if (masked) key_bias(a, sample, j, columns, room.bias);
        std::size_t done = 0; // rows of dk and dv that have their first numbers
        each_tile(a, sample, key_head, j, columns, [&](auto const& h, AttentionTile const& t) {
            // the first tile of a causal head may see but some of the keys
            for (; done < columns && t.columns < columns; ++done) {
                std::fill_n(dk + done * ldk, a.key_dim, T{0});
                std::fill_n(dv + done * ldv, a.value_dim, T{0});
            }
            bool const fresh = done == 0;
            if (masked) attend_tile_back<true>(h, t, g, k, dk, dv, fresh, room);
            else attend_tile_back<false>(h, t, g, k, dk, dv, fresh, room);
            done = columns;
        });
        for (; done < columns; ++done) {
            std::fill_n(dk + done * ldk, a.key_dim, T{0});
            std::fill_n(dv + done * ldv, a.value_dim, T{0});
        }
    }
}

/// Pieces for threads: (sample, head of keys); whole samples, where heads add to one dadd.
template <class T, class Work>
void each_head(Attention<T> const& a, bool whole_samples, Threads* threads, Work const& work) {
    std::size_t const each = whole_samples ? a.key_heads : 1, count = a.samples * a.key_heads;
    std::size_t const cost =
        a.heads / a.key_heads * a.queries * a.keys * (a.key_dim + a.value_dim + 16);
    std::size_t const grain = std::max<std::size_t>(1, 200000 / (cost * each)) * each;
    parallel_for(threads, count, grain,
                 [&](std::size_t begin, std::size_t end, std::size_t worker) {
                     for (std::size_t i = begin; i < end; ++i)
                         work(i / a.key_heads, i % a.key_heads, worker);
                 });
}

} // namespace detail

/// Numbers of scratch memory for each worker.
template <class T>
constexpr std::size_t attention_scratch(std::size_t keys, std::size_t key_dim,
                                        std::size_t value_dim) {
    std::size_t const rows = 2 * detail::tile_queries + 2 * std::max(key_dim, value_dim) + 1;
    return rows * detail::tile_width<T>(keys) + gemm_scratch<T>();
}

/// o and sums of a. `scratch` has attention_scratch numbers for each of the threads; the bits do
/// not depend on them.
template <class T>
void attention(Attention<T> const& a, T* scratch, Threads* threads) {
    std::size_t const room = attention_scratch<T>(a.keys, a.key_dim, a.value_dim);
    std::size_t const dim = std::max(a.key_dim, a.value_dim);
    detail::each_head(a, false, threads, [&](std::size_t n, std::size_t h, std::size_t worker) {
        detail::attend(a, n, h, detail::AttentionRoom<T>(a.keys, dim, scratch + worker * room));
    });
}

/// The gradients, from o and sums as attention left them; sums are used up.
template <class T>
void attention_gradients(Attention<T> const& a, AttentionGradients<T> const& g, T* scratch,
                         Threads* threads) {
    std::size_t const room = attention_scratch<T>(a.keys, a.key_dim, a.value_dim);
    std::size_t const dim = std::max(a.key_dim, a.value_dim);
    bool const adds = g.dadd != nullptr;
    detail::each_head(a, adds, threads, [&](std::size_t n, std::size_t h, std::size_t worker) {
        if (adds && h == 0) std::fill_n(g.dadd + n * a.queries * a.keys, a.queries * a.keys, T{0});
        detail::attend_back(a, g, n, h,
                            detail::AttentionRoom<T>(a.keys, dim, scratch + worker * room));
    });
}

} // namespace lamina::kernels
