// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/weights.hpp>

#include <lamina/activations/leaky_relu.hpp>
#include <lamina/graph/frozen.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/graph/shared.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

/// Tokens in, scores of tokens out: a table used twice, a layer that stays as it is, state.
constexpr auto words() {
    return graph<Tokens<3>>([](auto tokens) {
        auto const table = tokens | named<"words">(Embedding<7, 4>{});
        return table | frozen(Dense<5>{}) | Dense<4>{} | BatchNormalization{} | tied(table);
    });
}
using Words = Network<decltype(words())>;
constexpr std::size_t table_size = 7 * 4, first = 4 * 5 + 5, second = 5 * 4 + 4, norm = 4 + 4;

template <class N>
std::vector<double> numbers_of(Weights<N> const& weights) {
    std::vector<double> all;
    auto const add = [&](int, std::string const&, auto const& tensor, auto const* numbers) {
        for (std::size_t i = 0; i < tensor.extents.size; ++i) all.push_back(double(numbers[i]));
    };
    weights.for_each_parameter(add);
    weights.for_each_state(add);
    return all;
}
std::vector<float> scores(Weights<Words> const& weights) {
    Workspace<Words> work;
    std::int32_t const tokens[]{1, 6, 2, 0, 3, 3};
    void const* const x[]{tokens};
    float const* const y = predict(weights, work, x, 2);
    return {y, y + 2 * 3 * 7};
}
} // namespace

TEST_CASE("weights begin with what a seed says, and with it again") {
    static_assert(std::is_same_v<decltype(Weights{words()}), Weights<Words>>);
    Weights<Words> weights;
    auto const before = numbers_of(weights);
    CHECK(before.size() == Words::parameters + 4 + 4); // a moving mean and variance
    CHECK(numbers_of(Weights{words()}) == before);
    CHECK(numbers_of(Weights{words(), 42}) == before);
    CHECK(numbers_of(Weights{words(), 43}) != before);

    weights.initialize(7);
    auto const seventh = numbers_of(weights);
    CHECK(seventh != before);
    CHECK(seventh == numbers_of(Weights{words(), 7}));
    std::fill_n(weights.values.data(), Words::parameters, 5.0f);
    std::fill_n(weights.state.data(), Words::training.state, 5.0f);
    weights.initialize(7);
    CHECK(numbers_of(weights) == seventh);
    CHECK(weights.values[Words::parameters] == 0.0f); // what stands behind them stays

    auto const each = [&](char const* layer, char const* tensor, float value) {
        auto const numbers = weights.layer(layer)[tensor].numbers;
        return std::all_of(numbers.begin(), numbers.end(), [=](float v) { return v == value; });
    };
    CHECK(each("dense", "bias", 0));
    CHECK(each("batch_normalization", "gamma", 1));
    CHECK(each("batch_normalization", "moving_mean", 0));
    CHECK(each("batch_normalization", "moving_variance", 1));
    CHECK(!each("dense", "kernel", weights.layer("dense")["kernel"].numbers[0]));
}

TEST_CASE("layers of one shape are drawn apart, and as in double") {
    auto const net = Sequential{Input<6>{}, Dense<6>{}, Dense<6>{}};
    Weights const weights{net};
    auto const a = weights.layer("dense")["kernel"].numbers;
    auto const b = weights.layer("dense_1")["kernel"].numbers;
    CHECK(!std::equal(a.begin(), a.end(), b.begin()));
    Weights<Network<std::remove_const_t<decltype(net)>, double>> const wide{net};
    auto const single = numbers_of(weights), twice = numbers_of(wide);
    REQUIRE(single.size() == twice.size());
    for (std::size_t i = 0; i < single.size(); ++i)
        CHECK(single[i] == doctest::Approx(twice[i]).epsilon(1e-6));
}

TEST_CASE("a copy is another one") {
    Weights<Words> a{words(), 3};
    Weights<Words> b = a;
    CHECK(numbers_of(a) == numbers_of(b));
    CHECK(scores(a) == scores(b));
    auto const before = scores(a);
    b.layer("dense")["kernel"].numbers[0] += 1;
    b.layer("batch_normalization")["moving_mean"].numbers[0] += 1;
    CHECK(scores(a) == before);
    CHECK(numbers_of(a) != numbers_of(b));
    a = b;
    CHECK(numbers_of(a) == numbers_of(b));
    CHECK(scores(a) != before);
    auto& same = a;
    a = same;
    CHECK(numbers_of(a) == numbers_of(b));
}

TEST_CASE("layers' options go with the numbers") {
    auto const net = [](float slope) {
        return Sequential{Input<1>{}, LeakyReLU{.negative_slope = slope}};
    };
    using N = Network<decltype(net(0))>;
    auto const of_minus_one = [](Weights<N> const& weights) {
        Workspace<N> work;
        float const x = -1;
        void const* const in[]{&x};
        return *predict(weights, work, in, 1);
    };
    Weights<N> a{net(0.5f)}, b{net(0.25f)};
    CHECK(of_minus_one(a) == -0.5f);
    CHECK(of_minus_one(b) == -0.25f);
    Weights<N> const copy = b;
    b = a;
    CHECK(of_minus_one(b) == -0.5f);
    CHECK(of_minus_one(copy) == -0.25f);
    b.initialize(1);
    CHECK(of_minus_one(b) == -0.5f);
}

TEST_CASE("what was moved is where it was moved to") {
    static_assert(std::is_nothrow_move_constructible_v<Weights<Words>>);
    Weights<Words> a{words(), 3};
    auto const numbers = numbers_of(a);
    auto const its = scores(a);
    float const* const at = a.values.data();
    Weights<Words> b = std::move(a);
    CHECK(b.values.data() == at);
    CHECK(numbers_of(b) == numbers);
    CHECK(scores(b) == its);

    std::string const why = ": this model was moved from: its numbers are where they were moved "
                            "to. Use that one, or copy it.";
    auto const none = [](auto const&...) {};
    auto const& constant = a;
    CHECK(complaint([&] { a.initialize(1); }) == "initialize" + why);
    CHECK(complaint([&] { a.for_each_parameter(none); }) == "weights" + why);
    CHECK(complaint([&] { constant.for_each_parameter(none); }) == "weights" + why);
    CHECK(complaint([&] { a.for_each_state(none); }) == "weights" + why);
    CHECK(complaint([&] { constant.for_each_state(none); }) == "weights" + why);
    CHECK(complaint([&] { a.layer(1); }) == "layer" + why);
    CHECK(complaint([&] { constant.layer("dense"); }) == "layer" + why);

    a = std::move(b);
    CHECK(a.values.data() == at);
    CHECK(scores(a) == its);
    CHECK(complaint([&] { b.check("fit"); }) == "fit" + why);
    b = a;
    CHECK(scores(b) == its);
}

TEST_CASE("each parameter has one name and one place; what is frozen is there, what is tied once") {
    Weights<Words> weights;
    std::vector<std::string> names, state;
    std::size_t count = 0;
    weights.for_each_parameter(
        [&](int row, std::string const& path, auto const& tensor, float* numbers) {
            names.push_back(path);
            count += tensor.extents.size;
            CHECK(path.find(Weights<Words>::paths()[row] + "/") == 0);
            std::fill_n(numbers, tensor.extents.size, float(names.size()));
        });
    CHECK(names == std::vector<std::string>{
                       "words/embeddings", "dense/kernel", "dense/bias", "dense_1/kernel",
                       "dense_1/bias", "batch_normalization/gamma", "batch_normalization/beta"});
    CHECK(count == Words::parameters);
    CHECK(count == table_size + first + second + norm);
    weights.for_each_state([&](int, std::string const& path, auto const&, float* numbers) {
        state.push_back(path);
        *numbers = 9;
    });
    CHECK(state == std::vector<std::string>{"batch_normalization/moving_mean",
                                            "batch_normalization/moving_variance"});
    // what was written is what is read, by whatever way
    CHECK(weights.layer("words")["embeddings"].numbers[table_size - 1] == 1);
    CHECK(weights.layer("unembedding")["embeddings"].numbers[0] == 1);
    CHECK(weights.layer("dense_1")["bias"].numbers[3] == 5);
    CHECK(weights.layer("batch_normalization")["moving_variance"].numbers[0] == 9);
    auto const& constant = weights;
    float next = 0;
    constant.for_each_parameter([&](int, std::string const&, auto const&, float const* numbers) {
        CHECK(*numbers == ++next);
    });
    CHECK(next == 7);
}
