// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina::kernels {

/// The sum of the weights of those of n numbers for which y > threshold and target > 1/2 are both
/// true or both false. weight null: all 1.
template <class Arch = xsimd::default_arch, class T>
double agreement(std::size_t n, T const* y, T const* target, T const* weight, T threshold) {
    using V = Batch<T, Arch>;
    constexpr std::size_t block = 64 * V::size; // few enough for their sum to be exact in float
    V const zero(T(0)), half(T(0.5)), least(threshold);
    double total = 0;
    for (std::size_t begin = 0; begin < n; begin += block) {
        std::size_t const end = std::min(n, begin + block);
        V sum(T(0));
        for (std::size_t i = begin; i < end; i += V::size) {
            std::size_t const count = std::min(V::size, end - i);
            bool const whole = count == V::size;
            V const yi = whole ? load<V>(y + i) : load<V>(y + i, count);
            V const ti = whole ? load<V>(target + i) : load<V>(target + i, count);
            V w(T(1));
            if (!whole) w = select(first_lanes<V>(count), w, zero);
            if (weight) w = whole ? load<V>(weight + i) : load<V>(weight + i, count);
            sum += select(yi > least, select(ti > half, w, zero), select(ti > half, zero, w));
        }
        total += double(reduce_add(sum));
    }
    return total;
}

} // namespace lamina::kernels
