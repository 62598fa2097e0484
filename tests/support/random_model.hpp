// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/lamina.hpp>

namespace lamina::testing {

/// A model for Task whose steps need all that a run must keep: state, random numbers, the
/// optimizer's own.
template <class Optimizer>
auto model_with(Optimizer optimizer) {
    return compile(Sequential{Input<3>{}, Dense<24>{}, BatchNormalization{}, ReLU{},
                              Dropout{.rate = 0.3f}, GaussianNoise{.stddev = 0.1f}, Dense<1>{},
                              Sigmoid{}},
                   optimizer, BinaryCrossentropy{}, Accuracy{});
}

} // namespace lamina::testing
