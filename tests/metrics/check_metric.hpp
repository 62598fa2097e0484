// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/metric.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace lamina::testing {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using Classes = std::vector<std::int32_t>;

inline bool near(double a, double b, double tolerance = 1e-12) {
    return std::abs(a - b) <= tolerance * (1 + std::abs(b));
}

/// All of y in batches of `batch` samples, weighted.
template <class Y, class M, class T, class E>
auto in_batches(M const& metric, std::vector<T> const& y, std::vector<E> const& target,
                std::size_t batch, std::vector<T> const& weight = {}) {
    using Target = std::conditional_t<std::is_same_v<E, T>, Y, IndexPerVector<Y>>;
    BoundMetric<M, Y, Target> bound{};
    std::size_t const samples = y.size() / Y::size;
    for (std::size_t s = 0; s < samples; s += batch) {
        std::size_t const n = std::min(batch, samples - s);
        bound.update(metric, View<T const, Y>{y.data() + s * Y::size, n},
                     target.data() + s * Target::size,
                     weight.empty() ? nullptr : weight.data() + s * Y::rows);
    }
    return bound.value();
}

} // namespace lamina::testing
