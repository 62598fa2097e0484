// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/channels.hpp"
#include "support/check_layer.hpp"
#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace lamina::testing {

inline void check_near(std::vector<double> const& expected, double const* found) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(found[i] - expected[i]) <= 1e-10 * std::max(1.0, std::abs(expected[i])));
}

/// A network of one layer, with a kernel and perhaps a bias or without either, against PyTorch's
/// case of x -> y.
inline void compare_golden_convolution(golden::Case const& golden, Rig<double>& bench) {
    INFO(golden.name);
    bool const kernel = golden.arrays.count("param/weight") > 0,
               bias = golden.arrays.count("param/bias") > 0;
    std::size_t const size = kernel ? golden["param/weight"].size() : 0;
    double* const values = bench.values.data();
    if (kernel) {
        auto const w = kernel_of(golden["param/weight"]);
        std::copy(w.begin(), w.end(), values);
    }
    if (bias)
        std::copy_n(golden["param/bias"].data(), golden["param/bias"].size(), values + size);
    CHECK(bench.parameters == size + (bias ? golden["param/bias"].size() : 0));
    bench.x[0] = channels_last(golden["in/x"]);
    bench.factor[0] = channels_last(golden["gout/y"]);
    auto const all = bench.backward();
    check_near(channels_last(golden["out/y"]), all.data());
    if (kernel) check_near(kernel_of(golden["grad_param/weight"]), bench.gradients.data());
    if (bias) check_near(golden["grad_param/bias"].values, bench.gradients.data() + size);
    check_near(channels_last(golden["grad_in/x"]), all.data() + all.size() - bench.x[0].size());
}
template <class D>
void check_golden_convolution(std::string const& name, D const& definition) {
    golden::Case const golden(name);
    Bench<Network<D, double, true>> bench(definition, golden["in/x"].shape[0], Conditions{});
    compare_golden_convolution(golden, bench);
}

} // namespace lamina::testing
