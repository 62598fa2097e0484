// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/batch.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#if defined(__GNUC__) && !defined(__clang__) // as in batch.hpp
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif

/// Batches to and from memory, their lanes in another order, and folded to one number.
namespace lamina::kernels {

// ---- Memory -------------------------------------------------------------------------------------

/// A batch from p, of any alignment.
template <class V>
LAMINA_ALWAYS_INLINE inline V load(typename V::value_type const* p) noexcept {
    return V::load_unaligned(p);
}
/// v to p, of any alignment. Say kernels::store: xsimd has a store too, which wants alignment.
template <class T, class A>
LAMINA_ALWAYS_INLINE inline void store(T* p, xsimd::batch<T, A> const& v) noexcept {
    v.store_unaligned(p);
}

#if XSIMD_WITH_AVX && !XSIMD_WITH_AVX512F
namespace detail {
/// The first `bytes` / 4 of eight 32-bit words.
LAMINA_ALWAYS_INLINE inline __m256i first_bytes(std::size_t bytes) noexcept {
    alignas(64) static constexpr std::int32_t words[16]{-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(words + 8 - bytes / 4));
}
/// The first `bytes` of v, in parts of 16, 8 and 4: a store under a mask takes AMD's processors
/// longer than all of them, and a load that follows waits for it.
template <class V>
LAMINA_ALWAYS_INLINE inline void store_first_bytes(void* p, V const& v,
                                                   std::size_t bytes) noexcept {
    __m256i const all = std::bit_cast<__m256i>(v.data);
    if (bytes == sizeof(all)) return _mm256_storeu_si256(static_cast<__m256i*>(p), all);
    auto* to = static_cast<std::byte*>(p);
    __m128i part = _mm256_castsi256_si128(all);
    if (bytes & 16) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), part);
        part = _mm256_extractf128_si256(all, 1);
        to += 16;
    }
    if (bytes & 8) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), part);
        part = _mm_unpackhi_epi64(part, part);
        to += 8;
    }
    if (bytes & 4) {
        std::int32_t const last = _mm_cvtsi128_si32(part);
        std::memcpy(to, &last, sizeof last);
    }
}
} // namespace detail
#endif

/// The first `count` <= lanes of a batch from p, zeros behind; no memory beyond them is touched.
template <class V>
requires Real<typename V::value_type> LAMINA_ALWAYS_INLINE inline V
load(typename V::value_type const* p, std::size_t count) noexcept {
    using T = typename V::value_type;
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(V) == 64 && sizeof(T) == 4)
        return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), p);
    else if constexpr (sizeof(V) == 64)
        return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1u), p);
    else
#elif XSIMD_WITH_AVX
    if constexpr (sizeof(V) == 32 && sizeof(T) == 4)
        return _mm256_maskload_ps(p, detail::first_bytes(4 * count));
    else if constexpr (sizeof(V) == 32)
        return _mm256_maskload_pd(p, detail::first_bytes(8 * count));
    else
#endif
        if constexpr (V::size == 2) {
        return V{count > 0 ? p[0] : T(0), count > 1 ? p[1] : T(0)};
    } else if constexpr (V::size == 4) {
        return V{count > 0 ? p[0] : T(0), count > 1 ? p[1] : T(0), count > 2 ? p[2] : T(0),
                 count > 3 ? p[3] : T(0)};
    } else {
        alignas(64) T part[V::size]{};
        for (std::size_t i = 0; i < count; ++i) part[i] = p[i];
        return V::load_aligned(part);
    }
}

/// The first `count` <= lanes of v to p; no memory beyond them is touched.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline void store(T* p, xsimd::batch<T, A> const& v,
                                                        std::size_t count) noexcept {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(v) == 64 && sizeof(T) == 4)
        _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1u), v);
    else if constexpr (sizeof(v) == 64)
        _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << count) - 1u), v);
    else
#elif XSIMD_WITH_AVX
    if constexpr (sizeof(v) == 32) detail::store_first_bytes(p, v, count * sizeof(T));
    else
#endif
    {
        alignas(64) T part[xsimd::batch<T, A>::size];
        v.store_aligned(part);
        for (std::size_t i = 0; i < xsimd::batch<T, A>::size; ++i)
            if (i < count) p[i] = part[i];
    }
}

/// True in the first `count` <= lanes.
template <class V>
requires Real<typename V::value_type> LAMINA_ALWAYS_INLINE inline auto
first_lanes(std::size_t count) noexcept {
    using T = typename V::value_type;
    static constexpr auto ones = [] {
        std::array<T, 2 * V::size> all{};
        for (std::size_t i = 0; i < V::size; ++i) all[i] = T(1);
        return all;
    }();
    return load<V>(ones.data() + (V::size - count)) > V(T(0));
}

// ---- Lanes in another order ---------------------------------------------------------------------

/// The lanes of a, numbered from 0, and of b, numbered on from there, in the order that is named.
/// (xsimd 8.1 has none of two batches.)
template <int... Lane, class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
shuffle(xsimd::batch<T, A> const& a, xsimd::batch<T, A> const& b) noexcept {
    static_assert(sizeof...(Lane) == xsimd::batch<T, A>::size);
#if defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12)
    return Batch<T, A>(__builtin_shufflevector(a.data, b.data, Lane...));
#elif defined(__GNUC__)
    using Int = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    typedef Int Lanes __attribute__((vector_size(sizeof(a))));
    return Batch<T, A>(__builtin_shuffle(a.data, b.data, Lanes{Lane...}));
#else
    constexpr std::size_t n = xsimd::batch<T, A>::size;
    alignas(64) T both[2 * n];
    a.store_aligned(both), b.store_aligned(both + n);
    alignas(64) T const chosen[]{both[Lane]...};
    return Batch<T, A>::load_aligned(chosen);
#endif
}

// ---- From a batch to a number -------------------------------------------------------------------

/// The first lane.
template <class T, class A>
LAMINA_ALWAYS_INLINE inline T first(xsimd::batch<T, A> const& v) noexcept {
#if defined(__GNUC__)
    if constexpr (requires { T(v.data[0]); }) return T(v.data[0]);
    else
#endif
        return v.get(0);
}

namespace detail {

/// The lanes folded with f, in every lane: in halves, an order that depends on their number alone.
template <std::size_t Half, class T, class A, class F, std::size_t... I>
LAMINA_ALWAYS_INLINE inline Batch<T, A> fold(xsimd::batch<T, A> const& v, F const& f,
                                             std::index_sequence<I...> all) noexcept {
    if constexpr (Half == 0) {
        return v;
    } else {
        return fold<Half / 2>(f(v, shuffle<int(I ^ Half)...>(v, v)), f, all);
    }
}

} // namespace detail

/// The sum of the first N lanes, in each of them. Behind them stand zeros.
template <std::size_t N, class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
sum_in_lanes(xsimd::batch<T, A> const& v) noexcept {
    auto const add = [](auto const& a, auto const& b) { return a + b; };
    return detail::fold<std::bit_ceil(N) / 2>(v, add,
                                              std::make_index_sequence<xsimd::batch<T, A>::size>{});
}
/// The largest of the first N lanes, in each of them. Behind them stands -inf. NaN: one of the
/// others, or NaN.
template <std::size_t N, class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
max_in_lanes(xsimd::batch<T, A> const& v) noexcept {
    auto const larger = [](auto const& a, auto const& b) { return kernels::max(a, b); };
    return detail::fold<std::bit_ceil(N) / 2>(v, larger,
                                              std::make_index_sequence<xsimd::batch<T, A>::size>{});
}
/// The sum of the lanes.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline T reduce_add(xsimd::batch<T, A> const& v) noexcept {
    return first(kernels::sum_in_lanes<xsimd::batch<T, A>::size>(v));
}
/// The largest lane. NaN: one of the others, or NaN.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline T reduce_max(xsimd::batch<T, A> const& v) noexcept {
    return first(kernels::max_in_lanes<xsimd::batch<T, A>::size>(v));
}

} // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
