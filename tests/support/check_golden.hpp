// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/check_layer.hpp"
#include "support/golden.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// A network against PyTorch's numbers, in double: outputs, the gradients of all parameters (in the
// order of the block) and of all inputs that the case has them for.
namespace lamina::testing {

inline double worst(std::vector<double> const& expected, double const* found) {
    double most = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        double const size = std::max(1.0, std::abs(expected[i]));
        double const d = std::abs(found[i] - expected[i]) / size;
        most = std::isnan(d) ? HUGE_VAL : std::max(most, d);
    }
    return most;
}

/// inputs: keys of the case, "in/x" and so on; an empty one keeps what stands in `tokens` or in
/// the bench. The gradient of parameter i is not compared where `gradients` is NaN.
inline void compare_golden(golden::Case const& golden, Rig<double>& bench,
                           std::vector<std::string> const& inputs,
                           std::vector<std::string> const& outputs,
                           std::vector<double> const& parameters,
                           std::vector<double> const& gradients,
                           std::vector<std::vector<std::int32_t>> const& tokens) {
    INFO(golden.name);
    REQUIRE(bench.parameters == parameters.size());
    REQUIRE(bench.parameters == gradients.size());
    std::copy(parameters.begin(), parameters.end(), bench.values.data());
    for (std::size_t k = 0, t = 0; k < inputs.size(); ++k)
        if (!inputs[k].empty()) bench.x[k] = golden[inputs[k]].values;
        else bench.tokens[k] = tokens.at(t++);
    for (std::size_t o = 0; o < outputs.size(); ++o)
        bench.factor[o] = golden["g" + outputs[o]].values;
    auto const all = bench.backward();
    std::size_t at = 0;
    for (auto const& key : outputs) {
        CHECK(worst(golden[key].values, all.data() + at) < 1e-10);
        at += golden[key].size();
    }
    for (std::size_t i = 0; i < gradients.size(); ++i)
        if (!std::isnan(gradients[i]))
            CHECK(std::abs(bench.gradients[i] - gradients[i]) <
                  1e-10 * std::max(1.0, std::abs(gradients[i])));
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        if (inputs[k].empty() || !golden.has("grad_" + inputs[k])) continue;
        CHECK(worst(golden["grad_" + inputs[k]].values, bench.dy_of(int(k))) < 1e-10);
    }
}
template <class D>
void check_golden(golden::Case const& golden, D const& definition,
                  std::vector<std::string> const& inputs, std::vector<std::string> const& outputs,
                  std::vector<double> const& parameters, std::vector<double> const& gradients,
                  std::vector<std::vector<std::int32_t>> const& tokens = {}) {
    Bench<Network<D, double, true>> bench(definition, golden[outputs[0]].shape[0], Conditions{});
    compare_golden(golden, bench, inputs, outputs, parameters, gradients, tokens);
}

} // namespace lamina::testing
