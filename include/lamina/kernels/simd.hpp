// SPDX-License-Identifier: BSD-3-Clause
#pragma once

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

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

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
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> fma(xsimd::batch<T, A> const& a,
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
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> fnma(xsimd::batch<T, A> const& a,
                                               xsimd::batch<T, A> const& b,
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
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> max(xsimd::batch<T, A> const& a,
                                              xsimd::batch<T, A> const& b) noexcept {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(a) == 64 && sizeof(T) == 4) return _mm512_max_ps(a, b);
    else if constexpr (sizeof(a) == 64) return _mm512_max_pd(a, b);
    else
#endif
#if XSIMD_WITH_AVX
    if constexpr (sizeof(a) == 32 && sizeof(T) == 4) return _mm256_max_ps(a, b);
    else if constexpr (sizeof(a) == 32) return _mm256_max_pd(a, b);
    else
#endif
#if XSIMD_WITH_SSE2
    if constexpr (sizeof(a) == 16 && sizeof(T) == 4) return _mm_max_ps(a, b);
    else if constexpr (sizeof(a) == 16) return _mm_max_pd(a, b);
    else
#endif
        return xsimd::select(a > b, a, b);
}
/// The smaller of each pair; b where they are equal or one is NaN.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> min(xsimd::batch<T, A> const& a,
                                              xsimd::batch<T, A> const& b) noexcept {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(a) == 64 && sizeof(T) == 4) return _mm512_min_ps(a, b);
    else if constexpr (sizeof(a) == 64) return _mm512_min_pd(a, b);
    else
#endif
#if XSIMD_WITH_AVX
    if constexpr (sizeof(a) == 32 && sizeof(T) == 4) return _mm256_min_ps(a, b);
    else if constexpr (sizeof(a) == 32) return _mm256_min_pd(a, b);
    else
#endif
#if XSIMD_WITH_SSE2
    if constexpr (sizeof(a) == 16 && sizeof(T) == 4) return _mm_min_ps(a, b);
    else if constexpr (sizeof(a) == 16) return _mm_min_pd(a, b);
    else
#endif
        return xsimd::select(a < b, a, b);
}

template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> abs(xsimd::batch<T, A> const& x) noexcept {
    return xsimd::abs(x);
}
/// The root, correctly rounded; without errno, which keeps std::sqrt out of vectors.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> sqrt(xsimd::batch<T, A> const& x) noexcept {
#if XSIMD_WITH_NEON64 // as with division
    if constexpr (sizeof(x) == 16 && sizeof(T) == 4) return Batch<T, A>(vsqrtq_f32(x.data));
    else
#endif
        return xsimd::sqrt(x);
}

/// a where the condition holds, else b.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> select(xsimd::batch_bool<T, A> const& condition,
                                                 xsimd::batch<T, A> const& a,
                                                 xsimd::batch<T, A> const& b) noexcept {
    return xsimd::select(condition, a, b);
}

/// The size of a with the sign of b.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> copysign(xsimd::batch<T, A> const& a,
                                                   xsimd::batch<T, A> const& b) noexcept {
    return kernels::abs(a) | (b & Batch<T, A>(T(-0.0)));
}

/// The same bits as whole numbers of the same width without sign, and back.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline auto as_bits(xsimd::batch<T, A> const& x) noexcept {
    using U = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    using B = xsimd::batch<U, A>;
    return B(std::bit_cast<typename B::register_type>(x.data));
}
template <class U, class A>
[[gnu::always_inline]] inline auto from_bits(xsimd::batch<U, A> const& x) noexcept {
    using V = xsimd::batch<std::conditional_t<sizeof(U) == 4, float, double>, A>;
    return V(std::bit_cast<typename V::register_type>(x.data));
}

/// Whether the processor takes numbers apart and scales them itself, denormals included.
template <class V>
#if XSIMD_WITH_AVX512F
inline constexpr bool has_exponents = sizeof(V) == 64;

/// x 2^n for whole n, rounded once.
template <class T, class A>
[[gnu::always_inline]] inline Batch<T, A> scale(xsimd::batch<T, A> const& x,
                                                xsimd::batch<T, A> const& n) noexcept {
    if constexpr (sizeof(T) == 4) return _mm512_scalef_ps(x, n);
    else return _mm512_scalef_pd(x, n);
}
/// m of x = m 2^k with 0.75 <= m < 1.5. 1 for 0 and inf, NaN for negatives.
template <class T, class A>
[[gnu::always_inline]] inline Batch<T, A> mantissa(xsimd::batch<T, A> const& x) noexcept {
    if constexpr (sizeof(T) == 4)
        return _mm512_getmant_ps(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
    else return _mm512_getmant_pd(x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
}
/// e of |x| = m 2^e with 1 <= m < 2. -inf for 0, inf for inf.
template <class T, class A>
[[gnu::always_inline]] inline Batch<T, A> exponent(xsimd::batch<T, A> const& x) noexcept {
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
[[gnu::always_inline]] inline Batch<T, A> opaque(xsimd::batch<T, A> x) noexcept {
#if defined(__AVX512F__)
    asm("" : "+v"(x.data));
#elif defined(__SSE2__)
    asm("" : "+x"(x.data));
#elif defined(__aarch64__)
    asm("" : "+w"(x.data));
#endif
    return x;
}

// ---- Memory -------------------------------------------------------------------------------------

/// A batch from p, of any alignment.
template <class V>
[[gnu::always_inline]] inline V load(typename V::value_type const* p) noexcept {
    return V::load_unaligned(p);
}
/// v to p, of any alignment. Say kernels::store: xsimd has a store too, which wants alignment.
template <class T, class A>
[[gnu::always_inline]] inline void store(T* p, xsimd::batch<T, A> const& v) noexcept {
    v.store_unaligned(p);
}

#if XSIMD_WITH_AVX && !XSIMD_WITH_AVX512F
namespace detail {
/// The first `bytes` / 4 of eight 32-bit words.
[[gnu::always_inline]] inline __m256i first_bytes(std::size_t bytes) noexcept {
    alignas(64) static constexpr std::int32_t words[16]{-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(words + 8 - bytes / 4));
}
} // namespace detail
#endif

/// The first `count` <= lanes of a batch from p, zeros behind; no memory beyond them is touched.
template <class V>
    requires Real<typename V::value_type>
[[gnu::always_inline]] inline V load(typename V::value_type const* p, std::size_t count) noexcept {
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
    requires Real<T>
[[gnu::always_inline]] inline void store(T* p, xsimd::batch<T, A> const& v,
                                         std::size_t count) noexcept {
#if XSIMD_WITH_AVX512F
    if constexpr (sizeof(v) == 64 && sizeof(T) == 4)
        _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1u), v);
    else if constexpr (sizeof(v) == 64)
        _mm512_mask_storeu_pd(p, static_cast<__mmask8>((1u << count) - 1u), v);
    else
#elif XSIMD_WITH_AVX
    if constexpr (sizeof(v) == 32 && sizeof(T) == 4)
        _mm256_maskstore_ps(p, detail::first_bytes(4 * count), v);
    else if constexpr (sizeof(v) == 32)
        _mm256_maskstore_pd(p, detail::first_bytes(8 * count), v);
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
    requires Real<typename V::value_type>
[[gnu::always_inline]] inline auto first_lanes(std::size_t count) noexcept {
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
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> shuffle(xsimd::batch<T, A> const& a,
                                                  xsimd::batch<T, A> const& b) noexcept {
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
[[gnu::always_inline]] inline T first(xsimd::batch<T, A> const& v) noexcept {
#if defined(__GNUC__)
    if constexpr (requires { T(v.data[0]); }) return T(v.data[0]);
    else
#endif
        return v.get(0);
}

namespace detail {

/// The lanes folded with f, in every lane: in halves, an order that depends on their number alone.
template <std::size_t Half, class T, class A, class F, std::size_t... I>
[[gnu::always_inline]] inline Batch<T, A> fold(xsimd::batch<T, A> const& v, F const& f,
                                               std::index_sequence<I...> all) noexcept {
    if constexpr (Half == 0) {
        return v;
    } else {
        return fold<Half / 2>(f(v, shuffle<int(I ^ Half)...>(v, v)), f, all);
    }
}

} // namespace detail

/// The sum of the lanes, in every lane.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> sum_in_all_lanes(xsimd::batch<T, A> const& v) noexcept {
    constexpr std::size_t n = xsimd::batch<T, A>::size;
    auto const add = [](auto const& a, auto const& b) { return a + b; };
    return detail::fold<n / 2>(v, add, std::make_index_sequence<n>{});
}
/// The sum of the lanes.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline T reduce_add(xsimd::batch<T, A> const& v) noexcept {
    return first(kernels::sum_in_all_lanes(v));
}
/// The largest lane. NaN: one of the others, or NaN.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline T reduce_max(xsimd::batch<T, A> const& v) noexcept {
    constexpr std::size_t n = xsimd::batch<T, A>::size;
    auto const larger = [](auto const& a, auto const& b) { return kernels::max(a, b); };
    return first(detail::fold<n / 2>(v, larger, std::make_index_sequence<n>{}));
}

} // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
