// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/simd.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

/// What the matrix kernels need of a batch beyond arithmetic: a multiply-add that stays one instruction, and loads and stores
/// of the first few lanes that touch no memory beyond them.
namespace lamina::kernels {

/// a b + c, rounded once wherever the processor can. xsimd 8.1 leaves it to the compiler on AVX-512, and clang 14 makes two
/// instructions of it.
template <class T, class A>
[[gnu::always_inline]] inline xsimd::batch<T, A> mul_add(xsimd::batch<T, A> a, xsimd::batch<T, A> b,
                                                         xsimd::batch<T, A> c) {
#if XSIMD_WITH_AVX512F
    if constexpr (std::is_base_of_v<xsimd::avx512f, A> && std::is_same_v<T, float>)
        return _mm512_fmadd_ps(a, b, c);
    else if constexpr (std::is_base_of_v<xsimd::avx512f, A> && std::is_same_v<T, double>)
        return _mm512_fmadd_pd(a, b, c);
    else
#endif
        return xsimd::fma(a, b, c);
}

#if XSIMD_WITH_AVX && !XSIMD_WITH_AVX512F
/// The first `count` 32-bit words of eight.
inline __m256i first_words(std::size_t count) {
    alignas(32) static constexpr std::int32_t words[16]{-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(words + 8 - count));
}
#endif

/// The first `count` lanes from p, 0 < count <= lanes; the others are 0.
template <class T>
[[gnu::always_inline]] inline Batch<T> load_part(T const* p, std::size_t count) {
#if XSIMD_WITH_AVX512F
    if constexpr (std::is_same_v<T, float>)
        return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), p);
    else
        return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1u), p);
#elif XSIMD_WITH_AVX
    if constexpr (std::is_same_v<T, float>) return _mm256_maskload_ps(p, first_words(count));
    else return _mm256_maskload_pd(p, first_words(2 * count));
#else
    alignas(64) T part[lanes<T>]{};
    for (std::size_t i = 0; i < count; ++i) part[i] = p[i];
    return Batch<T>::load_aligned(part);
#endif
}

/// The first `count` lanes to p, 0 < count <= lanes.
template <class T>
[[gnu::always_inline]] inline void store_part(T* p, Batch<T> v, std::size_t count) {
#if XSIMD_WITH_AVX512F
    if constexpr (std::is_same_v<T, float>)
        _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1u), v);
    else
        _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << count) - 1u), v);
#elif XSIMD_WITH_AVX
    if constexpr (std::is_same_v<T, float>) _mm256_maskstore_ps(p, first_words(count), v);
    else _mm256_maskstore_pd(p, first_words(2 * count), v);
#else
    alignas(64) T part[lanes<T>];
    v.store_aligned(part);
    for (std::size_t i = 0; i < count; ++i) p[i] = part[i];
#endif
}

} // namespace lamina::kernels
