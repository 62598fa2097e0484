// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/some_lanes.hpp>

#include <cstddef>
#include <utility>

/// Several factors from one load, for products that are short of loads.
namespace lamina::kernels::detail {

/// The numbers that broadcast_group reads at once.
template <class V>
inline constexpr std::size_t group = V::size < 4 ? V::size : 4;

/// p[0] ... p[group - 1], over and over.
template <class V>
LAMINA_ALWAYS_INLINE inline V broadcast_group(typename V::value_type const* p) {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(V) == 64 && sizeof(*p) == 4)
        return V(_mm512_broadcast_f32x4(_mm_loadu_ps(p)));
    else if constexpr (sizeof(V) == 64) return V(_mm512_broadcast_f64x4(_mm256_loadu_pd(p)));
    else
#elif XSIMD_WITH_AVX
    if constexpr (sizeof(V) == 32 && sizeof(*p) == 4)
        return V(_mm256_broadcast_ps(reinterpret_cast<__m128 const*>(p)));
    else
#endif
        return load<V>(p);
}
/// Number I of each group of lanes, in all lanes of the group.
template <std::size_t I, class V, std::size_t... L>
LAMINA_ALWAYS_INLINE inline V from_group(V const& v, std::index_sequence<L...>) {
    return shuffle<int(L / group<V> * group<V> + I)...>(v, v);
}
/// Group G of v in every group of lanes.
template <std::size_t G, class V, std::size_t... L>
LAMINA_ALWAYS_INLINE inline V groups_of(V const& v, std::index_sequence<L...>) {
    return shuffle<int(G * group<V> + L % group<V>)...>(v, v);
}

/// Number i of each group of lanes.
template <class V>
LAMINA_ALWAYS_INLINE inline V of_group(V const& v, std::size_t i) {
    constexpr std::make_index_sequence<V::size> all{};
    if (i == 0) return from_group<0>(v, all);
    if (i == 1) return from_group<1>(v, all);
    return i == 2 ? from_group<2>(v, all) : from_group<3>(v, all);
}

/// K terms for a single row. Such a row costs the loads of b, so its own numbers come several to a
/// load.
template <std::size_t C, std::size_t S, std::size_t Last, std::size_t K, std::size_t Ldb, class V,
          class T>
LAMINA_ALWAYS_INLINE inline void multiply_add_row(V (&sum)[S][1][C], T const* a, T const* b) {
    static_assert(group<V> % S == 0 || S == 1);
    constexpr std::make_index_sequence<V::size> all{};
    constexpr std::size_t whole = K / group<V> * group<V>;
    auto const step = [&](V x, std::size_t k, std::size_t s) LAMINA_ALWAYS_INLINE {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            T const* const at = b + k * Ldb + c * V::size;
            sum[s][0][c] = fma(x, c + 1 < C ? load<V>(at) : load_lanes<Last, V>(at), sum[s][0][c]);
        }
    };
    auto const steps = [&](V some, std::size_t k) LAMINA_ALWAYS_INLINE {
        V const x = opaque(some); // clang would load each number again
        step(from_group<0>(x, all), k, 0);
        step(from_group<1>(x, all), k + 1, 1 % S);
        if constexpr (group<V> == 4) {
            step(from_group<2>(x, all), k + 2, 2 % S);
            step(from_group<3>(x, all), k + 3, 3 % S);
        }
    };
    std::size_t k = 0;
#if defined(__GNUC__)
    if constexpr (V::size == 4 * group<V> && whole >= V::size) {
        // A batch of them at once: the first may still be in the register that it was computed in.
        // Few columns are short of loads, so they go on like that.
        do {
            V const x = load<V>(a + k);
            steps(groups_of<0>(x, all), k);
            steps(groups_of<1>(x, all), k + group<V>);
            steps(groups_of<2>(x, all), k + 2 * group<V>);
            steps(groups_of<3>(x, all), k + 3 * group<V>);
            k += V::size;
        } while (C <= 2 && k + V::size <= whole);
    }
#endif
    for (; k < whole; k += group<V>) steps(broadcast_group<V>(a + k), k);
    LAMINA_UNROLL
    for (std::size_t last = whole; last < K; ++last) step(V(a[last]), last, last % S);
}

} // namespace lamina::kernels::detail
