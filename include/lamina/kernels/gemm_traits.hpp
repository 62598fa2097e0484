// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/some_lanes.hpp>

#include <cstddef>

namespace lamina::kernels {

/// What the matrix kernels must know of an instruction set.
template <class Arch>
struct GemmTraits {
#if XSIMD_WITH_AVX512F || XSIMD_WITH_NEON64
    static constexpr bool many = true;
#else
    static constexpr bool many = false;
#endif
#if XSIMD_WITH_AVX512F
    static constexpr bool masks = true; // part of a batch costs no more than all of it
#else
    static constexpr bool masks = false;
#endif
    static constexpr std::size_t registers = many ? 32 : 16;
    static constexpr std::size_t sums = many ? 24 : 12;  // of a tile; the others hold factors
    static constexpr std::size_t columns = many ? 4 : 2; // batches of columns, the widest tile
};

namespace detail {

/// Where there are no masks the last batch of several ends where the columns end and begins within
/// the one before: the numbers that both have are the same sums.
inline constexpr bool overlaps = !GemmTraits<xsimd::default_arch>::masks;

/// v, which is used several times: loaded once and kept. g++ 12 would read it again from memory
/// each time.
template <bool Several = true, class V>
LAMINA_ALWAYS_INLINE inline V in_register(V v) {
#if defined(__clang__)
    return v;
#else
    if constexpr (Several) return opaque(v);
    else return v;
#endif
}

/// sum += x y. Where registers are few g++ 12 takes the form of the instruction that overwrites a
/// factor, once loops are unrolled, and then moves sums about: it is not left the choice.
template <class V>
LAMINA_ALWAYS_INLINE inline void add_product(V& sum, V const& x, V const& y) {
#if XSIMD_WITH_FMA3_AVX2 && !XSIMD_WITH_AVX512F && defined(__GNUC__) && !defined(__clang__)
    if constexpr (sizeof(typename V::value_type) == 4)
        asm("vfmadd231ps %1, %2, %0" : "+x"(sum.data) : "x"(x.data), "x"(y.data));
    else asm("vfmadd231pd %1, %2, %0" : "+x"(sum.data) : "x"(x.data), "x"(y.data));
#else
    sum = fma(x, y, sum);
#endif
}

/// p + step, worked out here and now. g++ 12 would work out all the rows' offsets beforehand, and
/// spill them.
template <class T>
LAMINA_ALWAYS_INLINE inline T* next_row(T* p, std::size_t step) {
    p += step;
#if defined(__GNUC__)
    asm("" : "+r"(p));
#endif
    return p;
}

/// n, as if its value were not known before.
LAMINA_ALWAYS_INLINE inline void anew(std::size_t& n) {
#if defined(__GNUC__)
    asm("" : "+r"(n));
#endif
}

/// Rows of a matrix that share one pointer: the processor adds a row's distance, or twice that, by
/// itself, and g++ 12 has registers left.
inline constexpr std::size_t rows_of_pointer = 3;

} // namespace detail
} // namespace lamina::kernels
