// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lamina::kernels {

/// to[i] = 0 if the i-th draw falls below rate, else from[i] / (1 - rate), i < n; 0 <= rate <= 1.
/// A draw is a multiple of 2^-24: of 64, the first 32 come from the lower halves of 32 words of
/// random bits, the others from the upper halves, so they are functions of i. `to` may be `from`.
template <class T>
void dropout(Threads* threads, std::size_t n, T const* from, T* to, double rate, Random random) {
    using V = Batch<T>;
    constexpr std::size_t words = 32, block = 2 * words;
    auto const threshold = static_cast<std::int32_t>(rate * 0x1p24 + 0.5);
    T const scale = rate < 1.0 ? T(1.0 / (1.0 - rate)) : T{0};
    parallel_for(threads, n, 8192, [&](std::size_t begin, std::size_t end, std::size_t) {
        std::uint64_t bits[words];
        std::int32_t draws[block];
        T factor[block];
        for (std::size_t i = begin; i < end; i += block) {
            Random const here = random.from(i / 2);
            // loops of known length and without a branch: compilers vectorise them
            for (std::size_t k = 0; k < words; ++k) bits[k] = here.bits(k);
            for (std::size_t k = 0; k < words; ++k)
                draws[k] = std::int32_t((bits[k] & 0xffffffffu) >> 8);
            for (std::size_t k = 0; k < words; ++k) draws[words + k] = std::int32_t(bits[k] >> 40);
            for (std::size_t k = 0; k < block; ++k) factor[k] = T(draws[k] >= threshold) * scale;
            std::size_t const count = std::min(block, end - i);
            for (std::size_t k = 0; k < count; k += V::size) { // select: 0 times infinity is NaN
                std::size_t const some = std::min(V::size, count - k);
                V const f = load<V>(factor + k), zero(T{0});
                if (some == V::size)
                    kernels::store(to + i + k, select(f == zero, zero, f * load<V>(from + i + k)));
                else
                    kernels::store(to + i + k,
                                   select(f == zero, zero, f * load<V>(from + i + k, some)), some);
            }
        }
    });
}

} // namespace lamina::kernels
