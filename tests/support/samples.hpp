// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/random.hpp>

#include <cstddef>
#include <vector>

// Small made-up tasks for tests of training.
namespace lamina::testing {

/// n samples of three numbers; positive where a curved surface says so. Learnable to about .99.
struct Task {
    std::size_t n;
    std::vector<float> x, y;
    explicit Task(std::size_t count, std::uint64_t seed = 1) : n(count), x(3 * count), y(count) {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = 2 * Random{seed}.uniform(i) - 1;
        for (std::size_t i = 0; i < n; ++i) y[i] = x[3 * i] * x[3 * i + 1] + x[3 * i + 2] > 0;
    }
    Array features() const { return {x.data(), {n, 3}}; }
};

/// The bits of a model's parameters and state, for comparing runs.
template <class M>
std::vector<typename M::Scalar> numbers_of(M const& model) {
    auto const& w = model.weights;
    std::vector<typename M::Scalar> all(w.values.data(), w.values.data() + M::parameter_count);
    all.insert(all.end(), w.state.data(), w.state.data() + w.state.size());
    auto const slots = model.optimizer_state();
    all.insert(all.end(), slots.begin(), slots.end());
    return all;
}

} // namespace lamina::testing
