// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

/// The first lanes of a batch, a constant number of them, from memory and to it. A processor hands
/// what it has just stored to the load that wants it, but not what was stored under a mask: that
/// load waits until the store has reached the cache. So a power of two of lanes is stored and
/// loaded without one, and other numbers can be, in several parts.
namespace lamina::kernels::detail {

/// Whether the first `Count` lanes are one access without a mask.
template <std::size_t Count, class V>
inline constexpr bool one_part =
#if XSIMD_WITH_SSE2
    std::has_single_bit(Count);
#else
    Count == V::size;
#endif

/// V as numbers of `Bytes` each.
template <class V, std::size_t Bytes>
struct PartsOf {
    using Part = std::conditional_t<Bytes == 4, std::int32_t, std::int64_t>;
    typedef Part Type __attribute__((vector_size(sizeof(V))));
};

/// A batch from p, of which the first `Count` lanes are there; zeros behind.
template <std::size_t Count, class V>
LAMINA_ALWAYS_INLINE inline V load_lanes(typename V::value_type const* p) {
    [[maybe_unused]] constexpr std::size_t bytes = Count * sizeof(*p);
    if constexpr (Count == V::size) {
        return load<V>(p);
    } else if constexpr (!one_part<Count, V>) {
        return load<V>(p, Count);
    } else {
#if XSIMD_WITH_SSE2
        using R = typename V::register_type;
        if constexpr (bytes <= 8) {
            using Parts = PartsOf<V, bytes>;
            typename Parts::Part part;
            std::memcpy(&part, p, bytes);
            return V(std::bit_cast<R>(typename Parts::Type{part}));
        }
#if XSIMD_WITH_AVX512F
        else if constexpr (bytes == 32)
            return V(std::bit_cast<R>(
                _mm512_zextsi256_si512(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(p)))));
        else if constexpr (sizeof(V) == 64)
            return V(std::bit_cast<R>(
                _mm512_zextsi128_si512(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)))));
#endif
#if XSIMD_WITH_AVX
        else
            return V(std::bit_cast<R>(
                _mm256_zextsi128_si256(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)))));
#endif
#endif
    }
}
template <std::size_t Count, class V>
LAMINA_ALWAYS_INLINE inline void store_lanes(typename V::value_type* p, V v) {
    [[maybe_unused]] constexpr std::size_t bytes = Count * sizeof(*p);
    if constexpr (Count == V::size) {
        kernels::store(p, v);
    } else if constexpr (!one_part<Count, V>) {
        kernels::store(p, v, Count);
    } else {
#if XSIMD_WITH_SSE2
        if constexpr (bytes <= 8) {
            using Parts = PartsOf<V, bytes>;
            typename Parts::Part const part = std::bit_cast<typename Parts::Type>(v.data)[0];
            std::memcpy(p, &part, bytes);
        }
#if XSIMD_WITH_AVX512F
        else if constexpr (bytes == 32)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                                _mm512_castsi512_si256(std::bit_cast<__m512i>(v.data)));
        else if constexpr (sizeof(V) == 64)
            _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                             _mm512_castsi512_si128(std::bit_cast<__m512i>(v.data)));
#endif
#if XSIMD_WITH_AVX
        else
            _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                             _mm256_castsi256_si128(std::bit_cast<__m256i>(v.data)));
#endif
#endif
    }
}

template <std::size_t By, class V, std::size_t... L>
LAMINA_ALWAYS_INLINE inline V lanes_from(V const& v, std::index_sequence<L...>) {
    return shuffle<int((L + By) % V::size)...>(v, v);
}
template <std::size_t Count, class V, std::size_t... L>
LAMINA_ALWAYS_INLINE inline V joined(V const& a, V const& b, std::index_sequence<L...>) {
    return shuffle<int(L < Count ? L : L - Count + V::size)...>(a, b);
}

/// The same in parts: where what is loaded has just been stored, or will be loaded at once.
template <std::size_t Count, class V>
LAMINA_ALWAYS_INLINE inline V load_parts(typename V::value_type const* p) {
    constexpr std::size_t part = std::bit_floor(Count);
    if constexpr (part == Count || !one_part<part, V>) return load_lanes<Count, V>(p);
    else
        return joined<part>(load_lanes<part, V>(p), load_parts<Count - part, V>(p + part),
                            std::make_index_sequence<V::size>{});
}
template <std::size_t Count, class V>
LAMINA_ALWAYS_INLINE inline void store_parts(typename V::value_type* p, V v) {
    constexpr std::size_t part = std::bit_floor(Count);
    if constexpr (part == Count || !one_part<part, V>) {
        store_lanes<Count>(p, v);
    } else {
        store_lanes<part>(p, v);
        store_parts<Count - part>(p + part,
                                  lanes_from<part>(v, std::make_index_sequence<V::size>{}));
    }
}

} // namespace lamina::kernels::detail
