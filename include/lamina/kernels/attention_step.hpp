// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/attention.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace lamina::kernels {

/// Attention of one moment to the keys and values that are kept of the past: one query for each of
/// the heads that share them.
template <class T>
struct AttentionStep {
    std::size_t heads, keys, key_dim, value_dim;
    T scale;
    T const* q; // [heads, key_dim]
    T const* k; // transposed: [key_dim, ldk], of which the first `keys` count
    std::size_t ldk;
    T const* v; // [keys, ldv]
    std::size_t ldv;
    T* o;                    // [heads, value_dim]
    T const* keep = nullptr; // [keys], as in Attention
    T const* add = nullptr;
    std::int32_t const* allow = nullptr;
};

/// Numbers of scratch memory.
template <class T>
constexpr std::size_t attention_step_scratch(std::size_t heads, std::size_t keys,
                                             std::size_t value_dim) {
    return heads * keys + gemm_scratch<T>(std::max(keys, value_dim));
}

template <class T>
[[gnu::noinline]] void attention_step(AttentionStep<T> const& a, T* scratch) {
    T const none = -std::numeric_limits<T>::infinity();
    T *const s = scratch, *const room = scratch + a.heads * a.keys;
    bool const masked = a.keep || a.add || a.allow;
    gemm<T>({.m = a.heads,
             .n = a.keys,
             .k = a.key_dim,
             .a = a.q,
             .lda = a.key_dim,
             .b = a.k,
             .ldb = a.ldk,
             .c = s,
             .ldc = a.keys},
            room, nullptr);
    for (std::size_t h = 0; h < a.heads; ++h) {
        T* const row = s + h * a.keys;
        T top = none, sum{0};
        if (masked) {
            for (std::size_t j = 0; j < a.keys; ++j) {
                bool const seen = (!a.keep || a.keep[j] != T{0}) && (!a.allow || a.allow[j] != 0);
                row[j] = seen ? row[j] * a.scale + (a.add ? a.add[j] : T{0}) : none;
            }
            detail::softmax_step<true>(a.keys, a.keys, T{1}, row, top, sum);
        } else {
            detail::softmax_step<false>(a.keys, a.keys, a.scale, row, top, sum);
        }
        Batch<T> const share(sum != T{0} ? T{1} / sum : T{0});
        map(
            a.keys, row, [&](auto p) { return p * share; }, row);
    }
    gemm<T>({.m = a.heads,
             .n = a.value_dim,
             .k = a.keys,
             .a = s,
             .lda = a.keys,
             .b = a.v,
             .ldb = a.ldv,
             .c = a.o,
             .ldc = a.value_dim},
            room, nullptr);
}

} // namespace lamina::kernels
