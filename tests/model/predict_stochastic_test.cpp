// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/predict_arrays.hpp>

#include <lamina/lamina.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace lamina;

namespace {

template <std::size_t Width>
Tensor<float, 2> samples(std::size_t n) {
    Tensor<float, 2> x = xt::zeros<float>({n, Width});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = 2 * Random{5}.uniform(i) - 1;
    return x;
}
bool same(Tensor<float, 2> const& a, Tensor<float, 2> const& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

} // namespace

TEST_CASE("dropout draws, and its spread is what the formula says") {
    auto model = compile(Sequential{Input<6>{}, Dropout{.rate = 0.3f}, Dense<1>{}}, SGD{},
                         MeanSquaredError{});
    auto const x = samples<6>(1);
    // y = sum w x keep / (1 - rate): its mean is predict()'s, its variance rate / (1 - rate) times
    // the sum of (w x)^2
    double expected = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        double const part = double(model.weights.values[i]) * double(x(0, i));
        expected += part * part * 0.3 / 0.7;
    }
    double mean = 0, square = 0;
    std::size_t const draws = 20000;
    for (std::uint64_t seed = 0; seed < draws; ++seed) {
        double const y = double(model.predict_stochastic(x, {.seed = seed})(0, 0));
        mean += y / draws;
        square += y * y / draws;
    }
    double const variance = square - mean * mean;
    CHECK(std::abs(mean - double(model.predict(x)(0, 0))) < 4 * std::sqrt(expected / draws));
    CHECK(std::abs(variance / expected - 1) < 0.05);
}

TEST_CASE("a seed says the draws, for every sample of its own") {
    auto const model = compile(Sequential{Input<6>{}, Dense<16>{}, Dropout{}, Dense<2>{}}, SGD{},
                               MeanSquaredError{});
    Tensor<float, 2> const x = xt::ones<float>({std::size_t(40), std::size_t(6)});
    auto const a = model.predict_stochastic(x, {.seed = 1, .batch_size = 8});
    CHECK(same(a, model.predict_stochastic(x, {.seed = 1, .batch_size = 8})));
    CHECK(!same(a, model.predict_stochastic(x, {.seed = 2, .batch_size = 8})));
    for (std::size_t i = 1; i < 40; ++i) { // in its batch, and beside the one of the next batch
        CHECK(a(i, 0) != a(i - 1, 0));
        if (i >= 8) CHECK(a(i, 0) != a(i - 8, 0));
    }
    CHECK(model.predict_stochastic(x, {.batch_size = 7}).shape()[0] == 40);
}

TEST_CASE("normalization goes by what was learnt") {
    auto model = compile(Sequential{Input<6>{}, BatchNormalization{}, Dense<4, ReLU>{},
                                    BatchNormalization{}, Dense<3, Softmax>{}},
                         Adam{}, CategoricalCrossentropy{});
    auto const x = samples<6>(64);
    Tensor<float, 2> const y = xt::ones<float>({std::size_t(64), std::size_t(3)}) / 3.0f;
    model.fit(x, y, {.epochs = 2, .verbose = 0});
    auto const plain = model.predict(x), drawn = model.predict_stochastic(x);
    for (std::size_t i = 0; i < plain.size(); ++i)
        CHECK(std::abs(plain.data()[i] - drawn.data()[i]) < 1e-6f);
}

TEST_CASE("several outputs, layers with noise of their own, and any number of threads") {
    auto const model = compile(graph<Tokens<40>>([](auto text) {
                                   auto h = text | Embedding<50, 64>{} | SpatialDropout1D{} |
                                            TransformerEncoderLayer<4, 256>{.dropout = 0.2f};
                                   return outputs(h | GlobalAveragePooling1D{} | Dense<3>{},
                                                  h | GaussianNoise{.stddev = 0.1f});
                               }),
                               SGD{}, losses(MeanSquaredError{}, MeanSquaredError{}));
    Tensor<std::int32_t, 2> text = xt::zeros<std::int32_t>({std::size_t(24), std::size_t(40)});
    for (std::size_t i = 0; i < text.size(); ++i)
        text.data()[i] = std::int32_t(Random{3}.below(i, 50));
    auto const one = model.predict_stochastic(text, {.seed = 4, .threads = 1});
    CHECK(same(one, model.predict_stochastic(text, {.seed = 4, .threads = 3})));
    CHECK(!same(one, model.predict(text)));
    auto const noise = model.predict_stochastic<1>(text, {.seed = 4, .threads = 1});
    CHECK(noise.dimension() == 3);
    CHECK(noise == model.predict_stochastic<1>(text, {.seed = 4, .threads = 2}));
}

TEST_CASE("Weights predict without a model") {
    auto const model = compile(
        graph<Input<4>>([](auto x) { return x | named<"body">(Dense<5, Tanh>{}) | Dense<1>{}; }),
        SGD{}, MeanSquaredError{});
    Weights part{graph<Input<4>>(
        [](auto x) { return outputs(x | named<"body">(Dense<5, Tanh>{}), x | ReLU{}); })};
    transfer(model, part, "body");
    auto const x = samples<4>(300);
    auto const h = predict(part, x, {.batch_size = 64});
    CHECK(h.shape()[1] == 5);
    auto const head = model.weights.layer("dense");
    auto const y = model.predict(x);
    for (std::size_t i = 0; i < 300; ++i) {
        float sum = head["bias"].numbers[0];
        for (std::size_t k = 0; k < 5; ++k) sum += h(i, k) * head["kernel"].numbers[k];
        CHECK(std::abs(sum - y(i, 0)) < 1e-6f);
    }
    auto const second = predict<1>(part, x);
    for (std::size_t i = 0; i < x.size(); ++i)
        CHECK(second.data()[i] == std::max(x.data()[i], 0.0f));
}

TEST_CASE("bad input is refused before anything is computed") {
    auto const model = compile(Sequential{Input<6>{}, Dense<1>{}}, SGD{}, MeanSquaredError{});
    CHECK_THROWS_WITH_AS(model.predict_stochastic(samples<6>(2), {.batch_size = 0}),
                         "predict_stochastic: batch_size is 0. Give at least 1.", Error);
    CHECK_THROWS_WITH_AS(model.predict_stochastic(samples<5>(2)),
                         "predict_stochastic: x has the shape (2, 5), the network takes (n, 6), n "
                         "samples. Other columns? select() and drop() of a Table leave those that "
                         "it takes.",
                         Error);
    CHECK_THROWS_WITH_AS(predict(model.weights, samples<5>(2)),
                         "predict: x has the shape (2, 5), the network takes (n, 6), n samples. "
                         "Other columns? select() and drop() of a Table leave those that it takes.",
                         Error);
    CHECK(model.predict_stochastic(samples<6>(0)).shape()[0] == 0);
}
