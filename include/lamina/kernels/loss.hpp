// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

/// Losses that treat every number alone. The sum of a short block is kept in a batch, the sum of
/// the blocks in double: a batch of a million numbers loses no more digits than one of a thousand.
namespace lamina::kernels {

/// A loss of each number of a batch, and its derivative by the prediction.
template <class V>
struct LossAndSlope {
    V loss, slope;
};

/// The sum of weight[i] * f(y[i], target[i]).loss over n numbers; dy[i] = scale * weight[i] *
/// slope. f takes two batches and gives LossAndSlope. weight null: all 1; dy null: not wanted. What
/// has the weight 0 counts for nothing, even where f is not finite there.
template <class Arch = xsimd::default_arch, class T, class F>
double sum_losses(std::size_t n, T const* y, T const* target, T const* weight, T scale, T* dy,
                  F const& f) {
    using V = Batch<T, Arch>;
    constexpr std::size_t block = 64 * V::size;
    V const zero(T(0)), by(scale);
    double total = 0;
    for (std::size_t begin = 0; begin < n; begin += block) {
        std::size_t const end = std::min(n, begin + block);
        V sum(T(0));
        for (std::size_t i = begin; i < end; i += V::size) {
            std::size_t const count = std::min(V::size, end - i);
            bool const whole = count == V::size; // behind the end all is 0, the weight too
            V const yi = whole ? load<V>(y + i) : load<V>(y + i, count);
            V const ti = whole ? load<V>(target + i) : load<V>(target + i, count);
            V w(T(1));
            if (!whole) w = select(first_lanes<V>(count), w, zero);
            if (weight) w = whole ? load<V>(weight + i) : load<V>(weight + i, count);
            LossAndSlope<V> const p = f(yi, ti);
            sum += select(w == zero, zero, w * p.loss);
            if (!dy) continue;
            V const slope = select(w == zero, zero, w * by * p.slope);
            if (whole) kernels::store(dy + i, slope);
            else kernels::store(dy + i, slope, count);
        }
        total += double(reduce_add(sum));
    }
    return total;
}

/// The same over vectors of `width` numbers with one weight for each vector.
template <class Arch = xsimd::default_arch, class T, class F>
double sum_losses(std::size_t rows, std::size_t width, T const* y, T const* target, T const* weight,
                  T scale, T* dy, F const& f) {
    if (!weight || width == 1)
        return sum_losses<Arch>(rows * width, y, target, weight, scale, dy, f);
    double total = 0;
    for (std::size_t r = 0; r < rows; ++r) {
        T* const to = dy ? dy + r * width : nullptr;
        if (weight[r] == T(0)) {
            if (to) std::fill_n(to, width, T(0));
            continue;
        }
        T const* const none = nullptr;
        total += double(weight[r]) * sum_losses<Arch>(width, y + r * width, target + r * width,
                                                      none, scale * weight[r], to, f);
    }
    return total;
}

} // namespace lamina::kernels
