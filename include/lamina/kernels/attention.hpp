// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/attention_tile.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/dropout.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>

/// Scaled dot-product attention, o = softmax(scale q k' + masks) v for each sample and head, in
/// tiles of queries and keys with a running maximum and sum, so that the scores of a long sequence
/// are never there at once; backward computes them again from the logarithm of each query's sum.
/// Source: Dao, Fu, Ermon, Rudra and Re (2022), "FlashAttention: fast and memory-efficient exact
/// attention with IO-awareness"; heads that share keys and values: Ainslie et al. (2023), "GQA".
namespace lamina::kernels {
namespace detail {

/// room.scores = q k' with the masks; where there are none, without the scale.
template <bool Masked, class T>
void score_tile(AttentionHead<T> const& h, AttentionTile const& t, AttentionRoom<T> const& room) {
    auto const& a = h.a;
    gemm<T>({.m = t.rows,
             .n = t.columns,
             .k = a.key_dim,
             .a = a.q + h.query + t.i * h.ldq,
             .lda = h.ldq,
             .b = room.keys,
             .ldb = room.width,
             .c = room.scores,
             .ldc = room.width},
            room.gemm, nullptr);
    if constexpr (Masked) mask_scores(a, t, room.bias, room.scores, room.width);
}

/// o of the tile's queries with the keys up to these.
template <bool Masked, class T>
[[gnu::noinline]] void attend_tile(AttentionHead<T> const& h, AttentionTile const& t, T const* v,
                                   AttentionRoom<T> const& room) {
    auto const& a = h.a;
    bool const first = t.j == 0;
    T* const s = room.scores;
    score_tile<Masked>(h, t, room);
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
    score_tile<Masked>(h, t, room);
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
        auto const clear_the_rest = [&] {
            for (; done < columns; ++done) {
                std::fill_n(dk + done * ldk, a.key_dim, T{0});
                std::fill_n(dv + done * ldv, a.value_dim, T{0});
            }
        };
        each_tile(a, sample, key_head, j, columns, [&](auto const& h, AttentionTile const& t) {
            // the first tile of a causal head may see but some of the keys
            if (t.columns < columns) clear_the_rest();
            bool const fresh = done == 0;
            if (masked) attend_tile_back<true>(h, t, g, k, dk, dv, fresh, room);
            else attend_tile_back<false>(h, t, g, k, dk, dv, fresh, room);
            done = columns;
        });
        clear_the_rest();
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
    std::size_t const width = detail::score_width<T>(keys);
    return rows * width + gemm_scratch<T>(std::max({width, key_dim, value_dim}));
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
