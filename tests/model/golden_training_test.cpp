// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace lamina;

namespace {

/// PyTorch keeps a Dense kernel as (out, in).
template <class T>
void put_transposed(golden::Array const& from, T* to) {
    std::size_t const out = from.shape[0], in = from.shape[1];
    for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i) to[i * out + o] = T(from[o * in + i]);
}
template <class T>
std::vector<T> parameters_of(golden::Case const& c, std::string const& prefix) {
    std::vector<T> all(3 * 8 + 8 + 8 * 8 + 8 + 8 + 1);
    std::size_t at = 0;
    for (char const* layer : {"0", "2", "4"}) {
        auto const& weight = c[prefix + layer + ".weight"];
        auto const& bias = c[prefix + layer + ".bias"];
        put_transposed(weight, all.data() + at);
        at += weight.size();
        for (std::size_t i = 0; i < bias.size(); ++i) all[at++] = T(bias[i]);
    }
    REQUIRE(at == all.size());
    return all;
}

template <class T>
void check_run(double tolerance) {
    golden::Case const c("train_mlp_bce_adam");
    auto model = compile<T>(
        Sequential{Input<3>{}, Dense<8>{}, ReLU{}, Dense<8>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
        Adam{.learning_rate = 0.01, .epsilon = 1e-8, .form = Form::torch}, BinaryCrossentropy{});
    auto const start = parameters_of<T>(c, "param/"), end = parameters_of<T>(c, "out/final_param/");
    std::copy(start.begin(), start.end(), model.weights.values.data());
    auto const x = c["in/x"].template as<T>(), y = c["in/target"].template as<T>();
    for (std::size_t t = 0; t < 20; ++t) {
        double const loss = double(model.train_on_batch(Array(x.data(), {24, 3}), y));
        CHECK(std::abs(loss - c["out/losses"][t]) < tolerance);
    }
    for (std::size_t i = 0; i < end.size(); ++i)
        CHECK(std::abs(double(model.weights.values[i]) - double(end[i])) < tolerance);
    auto const p = model.predict(Array(x.data(), {24, 3}));
    for (std::size_t i = 0; i < 24; ++i)
        CHECK(std::abs(double(p.data()[i]) - c["out/final_eval"][i]) < tolerance);
}

} // namespace

TEST_CASE("twenty steps of an MLP are PyTorch's") {
    check_run<double>(1e-10);
    check_run<float>(2e-6);
}
