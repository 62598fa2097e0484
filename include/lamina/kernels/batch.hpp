// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>

// g++ 12 warns of its own AVX-512 intrinsics (GCC bug 105593; and it takes a masked load for a
// whole one) wherever they are inlined, unless a function on the way stands between push and pop.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Warray-bounds"
#endif

// The one header that includes xsimd. What its releases do differently (8.1 of Debian 12 to 14) and
// what they leave to the compiler is settled here, so that kernels are written once.
#include <xsimd/xsimd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#if defined(__arm__)
#error "the vectors of 32-bit ARM hold no double: lamina needs AArch64."
#elif defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
#error "xsimd knows no vectors of this processor. On 32-bit x86: -msse2 -mfpmath=sse."
#endif

// xsimd divides floats on AArch64 as 32-bit ARM has to, by two steps from an estimate: some units
// in the last place off, and 0 for a divisor beyond 2^126. The processor itself divides exactly.
#if XSIMD_WITH_NEON64 && !XSIMD_WITH_SVE
template <>
inline xsimd::batch<float>& xsimd::batch<float>::operator/=(batch const& other) noexcept {
    return *this = batch(vdivq_f32(data, other.data));
}
#endif

namespace lamina::kernels {

/// Several numbers in one register: xsimd's batch, with its operators + - * / == != < <= > >= and
/// V(x) for x in every lane.
template <class T, class Arch = xsimd::default_arch>
using Batch = xsimd::batch<T, Arch>;

/// How many.
template <class T, class Arch = xsimd::default_arch>
inline constexpr std::size_t lanes = Batch<T, Arch>::size;

/// float or double, what the kernels compute in.
template <class T>
concept Real = std::is_same_v<T, float> || std::is_same_v<T, double>;

// The functions have xsimd's parameter types and one constraint more, so that an unqualified call
// means these.

/// a b + c, rounded once wherever the processor can. (xsimd 8.1 leaves AVX-512 to the compiler.)
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A> fma(xsimd::batch<T, A> const& a,
                                                             xsimd::batch<T, A> const& b,
                                                             xsimd::batch<T, A> const& c) noexcept {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(a) == 64 && sizeof(T) == 4) return _mm512_fmadd_ps(a, b, c);
    else if constexpr (sizeof(a) == 64) return _mm512_fmadd_pd(a, b, c);
    else
#endif
        return xsimd::fma(a, b, c);
}

/// c - a b, as fma.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
fnma(xsimd::batch<T, A> const& a, xsimd::batch<T, A> const& b,
     xsimd::batch<T, A> const& c) noexcept {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(a) == 64 && sizeof(T) == 4) return _mm512_fnmadd_ps(a, b, c);
    else if constexpr (sizeof(a) == 64) return _mm512_fnmadd_pd(a, b, c);
    else
#endif
        return xsimd::fnma(a, b, c);
}

/// The larger of each pair; b where they are equal or one is NaN, so that a NaN in b comes through
/// and one in a does not. (xsimd's order of the two changed with its releases.)
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A> max(xsimd::batch<T, A> const& a,
                                                             xsimd::batch<T, A> const& b) noexcept {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(a) == 64 && sizeof(T) == 4) return _mm512_max_ps(a, b);
    else if constexpr (sizeof(a) == 64) return _mm512_max_pd(a, b);
    else
#endif
#if XSIMD_WITH_AVX
        if constexpr (sizeof(a) == 32 && sizeof(T) == 4)
        return _mm256_max_ps(a, b);
    else if constexpr (sizeof(a) == 32) return _mm256_max_pd(a, b);
    else
#endif
#if XSIMD_WITH_SSE2
        if constexpr (sizeof(a) == 16 && sizeof(T) == 4)
        return _mm_max_ps(a, b);
    else if constexpr (sizeof(a) == 16) return _mm_max_pd(a, b);
    else
#endif
        return xsimd::select(a > b, a, b);
}
/// The smaller of each pair; b where they are equal or one is NaN.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A> min(xsimd::batch<T, A> const& a,
                                                             xsimd::batch<T, A> const& b) noexcept {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(a) == 64 && sizeof(T) == 4) return _mm512_min_ps(a, b);
    else if constexpr (sizeof(a) == 64) return _mm512_min_pd(a, b);
    else
#endif
#if XSIMD_WITH_AVX
        if constexpr (sizeof(a) == 32 && sizeof(T) == 4)
        return _mm256_min_ps(a, b);
    else if constexpr (sizeof(a) == 32) return _mm256_min_pd(a, b);
    else
#endif
#if XSIMD_WITH_SSE2
        if constexpr (sizeof(a) == 16 && sizeof(T) == 4)
        return _mm_min_ps(a, b);
    else if constexpr (sizeof(a) == 16) return _mm_min_pd(a, b);
    else
#endif
        return xsimd::select(a < b, a, b);
}

template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A> abs(xsimd::batch<T, A> const& x) noexcept {
    return xsimd::abs(x);
}
/// The root, correctly rounded; without errno, which keeps std::sqrt out of vectors.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
sqrt(xsimd::batch<T, A> const& x) noexcept {
#if XSIMD_WITH_NEON64 // as with division
    if constexpr (sizeof(x) == 16 && sizeof(T) == 4) return Batch<T, A>(vsqrtq_f32(x.data));
    else
#endif
        return xsimd::sqrt(x);
}

/// a where the condition holds, else b.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
select(xsimd::batch_bool<T, A> const& condition, xsimd::batch<T, A> const& a,
       xsimd::batch<T, A> const& b) noexcept {
    return xsimd::select(condition, a, b);
}

/// The size of a with the sign of b.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
copysign(xsimd::batch<T, A> const& a, xsimd::batch<T, A> const& b) noexcept {
    return kernels::abs(a) | (b & Batch<T, A>(T(-0.0)));
}

/// The same bits as whole numbers of the same width without sign, and back.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline auto as_bits(xsimd::batch<T, A> const& x) noexcept {
    using U = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    using B = xsimd::batch<U, A>;
    return B(std::bit_cast<typename B::register_type>(x.data));
}
template <class U, class A>
LAMINA_ALWAYS_INLINE inline auto from_bits(xsimd::batch<U, A> const& x) noexcept {
    using V = xsimd::batch<std::conditional_t<sizeof(U) == 4, float, double>, A>;
    return V(std::bit_cast<typename V::register_type>(x.data));
}

/// Whether the processor takes numbers apart and scales them itself, denormals included.
template <class V>
#if XSIMD_WITH_AVX512F
inline constexpr bool has_exponents = sizeof(V) == 64;

/// x 2^n for whole n, rounded once.
template <class T, class A>
LAMINA_ALWAYS_INLINE inline Batch<T, A> scale(xsimd::batch<T, A> const& x,
                                              xsimd::batch<T, A> const& n) noexcept {
    if constexpr (sizeof(T) == 4) return _mm512_scalef_ps(x, n);
    else return _mm512_scalef_pd(x, n);
}
/// m of x = m 2^k with 0.75 <= m < 1.5. 1 for 0 and inf, NaN for negatives.
template <class T, class A>
LAMINA_ALWAYS_INLINE inline Batch<T, A> mantissa(xsimd::batch<T, A> const& x) noexcept {
    if constexpr (sizeof(T) == 4)
        return _mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
    else return _mm512_getmant_pd(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
}
/// e of |x| = m 2^e with 1 <= m < 2. -inf for 0, inf for inf.
template <class T, class A>
LAMINA_ALWAYS_INLINE inline Batch<T, A> exponent(xsimd::batch<T, A> const& x) noexcept {
    if constexpr (sizeof(T) == 4) return _mm512_getexp_ps(x);
    else return _mm512_getexp_pd(x);
}
#else
inline constexpr bool has_exponents = false;
template <class V>
V scale(V const& x, V const& n) = delete;
template <class V>
V mantissa(V const& x) = delete;
template <class V>
V exponent(V const& x) = delete;
#endif

/// x, as something that the compiler knows nothing about: keeps (x + c) - c as it is written under
/// -ffast-math.
template <class T, class A>
LAMINA_ALWAYS_INLINE inline Batch<T, A> opaque(xsimd::batch<T, A> x) noexcept {
#if defined(__AVX512F__)
    asm("" : "+v"(x.data));
#elif defined(__SSE2__)
    asm("" : "+x"(x.data));
#elif defined(__aarch64__)
    asm("" : "+w"(x.data));
#endif
    return x;
}

} // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
