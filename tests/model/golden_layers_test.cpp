// SPDX-License-Identifier: BSD-3-Clause
// Twenty steps of networks of convolutions and embeddings, beside PyTorch's.
#include <lamina/lamina.hpp>

#include "support/channels.hpp"
#include "support/golden.hpp"
#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// [out, in] as [in, out].
std::vector<double> transposed(golden::Array const& from) {
    std::size_t const out = from.shape[0], in = from.shape[1];
    std::vector<double> to(from.size());
    for (std::size_t o = 0; o < out; ++o)
        for (std::size_t i = 0; i < in; ++i) to[i * out + o] = from[o * in + i];
    return to;
}
void append(std::vector<double>& all, std::vector<double> const& more) {
    all.insert(all.end(), more.begin(), more.end());
}

/// Runs the model from PyTorch's first parameters on and compares losses, parameters, predictions.
template <class Model, class X>
void check_run(golden::Case const& c, Model& model, std::vector<double> const& start,
               std::vector<double> const& end, X const& x, double tolerance) {
    using T = typename Model::Scalar;
    REQUIRE(start.size() == Model::parameter_count);
    for (std::size_t i = 0; i < start.size(); ++i) model.weights.values[i] = T(start[i]);
    auto const y = c["in/target"].template as<std::int32_t>();
    auto const& losses = c["out/losses"];
    for (std::size_t t = 0; t < losses.size(); ++t)
        CHECK(std::abs(double(model.train_on_batch(x, y)) - losses[t]) < tolerance);
    for (std::size_t i = 0; i < end.size(); ++i)
        CHECK(std::abs(double(model.weights.values[i]) - end[i]) < tolerance);
    // PyTorch keeps the variance of the whole population (n - 1), lamina, as Keras, that of the
    // batch: what 20 steps with momentum 0.9 have added of 6 x 64 numbers
    if constexpr (Model::Network::training.state > 0) {
        tolerance = std::max(tolerance, 2e-6); // momentum and epsilon are floats
        double const first = std::pow(0.9, 20);
        T* const mean = model.weights.state.data();
        T* const variance = mean + 4;
        for (std::size_t k = 0; k < 4; ++k) {
            variance[k] = T(first + (double(variance[k]) - first) * 384 / 383);
            CHECK(std::abs(double(mean[k]) - c["bufout/1.running_mean"][k]) < tolerance);
            CHECK(std::abs(double(variance[k]) - c["bufout/1.running_var"][k]) < tolerance);
        }
    }
    auto const p = model.predict(x);
    auto const& expected = c["out/final_eval"];
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(double(p.data()[i]) - expected[i]) < tolerance);
}

template <class T>
void check_cnn(double tolerance) {
    golden::Case const c("train_cnn_ce_sgd");
    auto model = compile<T>(
        Sequential{Input<8, 8, 1>{}, Conv2D<4, 3, Padding<1>>{},
                   BatchNormalization{.momentum = 0.9f, .epsilon = 1e-5f}, ReLU{},
                   MaxPooling2D<2>{}, Conv2D<6, 3>{}, ReLU{}, Permute<3, 1, 2>{}, Flatten{},
                   Dense<3>{}},
        SGD{.learning_rate = 0.05, .momentum = 0.9},
        SparseCategoricalCrossentropyFromLogits{});
    auto const parameters = [&](std::string const& prefix) {
        std::vector<double> all = kernel_of(c[prefix + "0.weight"]);
        append(all, c[prefix + "0.bias"].values);
        append(all, c[prefix + "1.weight"].values);
        append(all, c[prefix + "1.bias"].values);
        append(all, kernel_of(c[prefix + "4.weight"]));
        append(all, c[prefix + "4.bias"].values);
        append(all, transposed(c[prefix + "7.weight"]));
        append(all, c[prefix + "7.bias"].values);
        return all;
    };
    std::vector<double> const images = channels_last(c["in/x"]);
    std::vector<T> const x(images.begin(), images.end());
    check_run(c, model, parameters("param/"), parameters("out/final_param/"),
              Array(x.data(), {6, 8, 8, 1}), tolerance);
}

template <class T>
void check_embedding(double tolerance) {
    golden::Case const c("train_embed_pool_ce_adagrad");
    auto model = compile<T>(Sequential{Tokens<7>{}, Embedding<12, 5>{}, GlobalAveragePooling1D{},
                                       Dense<3>{}},
                            Adagrad{.learning_rate = 0.1, .initial_accumulator_value = 0,
                                    .epsilon = 1e-10, .form = Form::torch},
                            SparseCategoricalCrossentropyFromLogits{});
    auto const parameters = [&](std::string const& prefix) {
        std::vector<double> all = c[prefix + "emb.weight"].values;
        append(all, transposed(c[prefix + "fc.weight"]));
        append(all, c[prefix + "fc.bias"].values);
        return all;
    };
    auto const x = c["in/x"].as<std::int32_t>();
    check_run(c, model, parameters("param/"), parameters("out/final_param/"),
              Array(x.data(), {5, 7}), tolerance);
}

} // namespace

TEST_CASE("twenty steps of a convolutional network are PyTorch's") {
    check_cnn<double>(1e-10);
    check_cnn<float>(2e-5);
}

TEST_CASE("twenty steps of an embedding are PyTorch's") {
    check_embedding<double>(1e-10);
    check_embedding<float>(2e-6);
}
