// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/global_average_pooling_1d.hpp>
#include <lamina/layers/position_embedding.hpp>
#include <lamina/layers/transformer_encoder_layer.hpp>

#include "support/golden.hpp"
#include "support/kernels.hpp"
#include "support/torch_parameters.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace lamina;
using lamina::testing::TorchParameters;

namespace {

template <class T>
void check_run(double tolerance, double of_parameters) {
    golden::Case const c("train_transformer_ce_adamw");
    auto const of = [&](char const* prefix) {
        return TorchParameters(c, prefix).as_it_is("emb.weight").as_it_is("pos")
            .encoder_layer("enc.", false).dense("fc").all;
    };
    auto model = compile<T>(
        Sequential{Tokens<7>{}, Embedding<12, 8, DenseGradient>{}, PositionEmbedding{},
                   TransformerEncoderLayer<2, 16>{}, GlobalAveragePooling1D{}, Dense<3>{},
                   Softmax{}},
        AdamW{.learning_rate = 0.005, .weight_decay = 0.05, .epsilon = 1e-8, .form = Form::torch},
        SparseCategoricalCrossentropy{});
    auto const start = of("param/"), end = of("out/final_param/");
    REQUIRE(model.parameter_count == start.size());
    for (std::size_t i = 0; i < start.size(); ++i) model.weights.values[i] = T(start[i]);
    auto const x = c["in/x"].as<std::int32_t>(), y = c["in/target"].as<std::int32_t>();
    for (std::size_t t = 0; t < 20; ++t) {
        double const loss = double(model.train_on_batch(Array(x.data(), {5, 7}), y));
        CHECK(std::abs(loss - c["out/losses"][t]) < tolerance);
    }
    // The gradient of the keys' bias is 0 but for rounding, and Adam makes steps of it.
    std::size_t const keys = 12 * 8 + 7 * 8 + 2 * (8 * 8) + 8;
    for (std::size_t i = 0; i < end.size(); ++i)
        if (i < keys || i >= keys + 8)
            CHECK(std::abs(double(model.weights.values[i]) - end[i]) < of_parameters);
    auto const p = model.predict(Array(x.data(), {5, 7}));
    for (std::size_t n = 0; n < 5; ++n) {
        double sum = 0;
        for (std::size_t j = 0; j < 3; ++j) sum += std::exp(c["out/final_eval"][n * 3 + j]);
        for (std::size_t j = 0; j < 3; ++j) {
            double const exact = std::exp(c["out/final_eval"][n * 3 + j]) / sum;
            CHECK(std::abs(double(p.data()[n * 3 + j]) - exact) < tolerance);
        }
    }
}

} // namespace

TEST_CASE("twenty steps of a Transformer are PyTorch's") {
    check_run<double>(1e-10, 1e-9);
    check_run<float>(3e-6, 2e-5);
}
