// SPDX-License-Identifier: BSD-3-Clause
// What metrics take outputs for, if nobody tells them: a yes above 1/2 of probabilities, above 0 of
// logits; AUC makes probabilities of those.
#include <lamina/lamina.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace lamina;

namespace {

// the output is the input, or its sigmoid: logits, of which two lie between 0 and 1/2
std::vector<float> const logits{-2, 0.25f, 0.4f, 3};
std::vector<float> const labels{0, 1, 0, 1};

std::array<double, 5> metrics_of(auto net, auto loss, auto... options) {
    auto model = compile(net, SGD{}, loss, Accuracy{options...}, BinaryAccuracy{options...},
                         Precision{.threshold = {options...}}, Recall{.threshold = {options...}},
                         ConfusionMatrix{options...});
    auto const [value, accuracy, binary, precision, recall, confusion] =
        model.evaluate(logits, labels);
    CHECK(confusion.accuracy() == accuracy);
    return {accuracy, binary, precision, recall, confusion(0, 1)};
}
using Numbers = std::array<double, 5>;
using Kernel = Dense<1, NoBias, KernelInitializer<Ones>>;
constexpr Sequential plain{Input<1>{}, Kernel{}};
constexpr Sequential gated{Input<1>{}, Kernel{}, Sigmoid{}};

} // namespace

TEST_CASE("metrics take logits for what their loss takes them") {
    Numbers const yes_above_0{0.75, 0.75, 2.0 / 3, 1, 1}; // 0.4 is taken for a yes
    CHECK(metrics_of(plain, BinaryCrossentropyFromLogits{}) == yes_above_0);
    CHECK(metrics_of(plain, BinaryFocalCrossentropyFromLogits{}) == yes_above_0);
    CHECK(metrics_of(plain, SquaredHinge{}) == yes_above_0);
    // probabilities of the same answers
    CHECK(metrics_of(gated, BinaryCrossentropy{}) == yes_above_0);
}

TEST_CASE("AUC takes logits for what the loss takes them") {
    std::vector<float> x(200), yes(200);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = 12 * Random{1}.uniform(i) - 6;
        yes[i] = x[i] / 12 + Random{2}.uniform(i) > 0.5f;
    }
    auto const areas = [&](auto net, auto loss, AUC how = {}) {
        auto model = compile(net, SGD{}, loss, how, AUC{.curve = Curve::pr});
        auto const [value, roc, pr] = model.evaluate(x, yes);
        return std::array{roc, pr};
    };
    auto const expected = areas(gated, BinaryCrossentropy{});
    CHECK(std::abs(expected[0] - roc_auc(x, yes)) < 2e-3);
    CHECK(areas(plain, BinaryCrossentropyFromLogits{}) == expected);
    CHECK(areas(plain, BinaryFocalCrossentropyFromLogits{}) == expected);
    CHECK(areas(plain, MeanSquaredError{}, {.from_logits = true})[0] == expected[0]);
    // logits taken for probabilities: all beyond [0, 1] is one
    double const cut = areas(plain, MeanSquaredError{})[0];
    CHECK(cut < expected[0] - 0.01);
    CHECK(areas(plain, BinaryCrossentropyFromLogits{}, {.from_logits = false})[0] == cut);
}

TEST_CASE("AUC of several classes: of the probabilities that the loss speaks of") {
    constexpr std::size_t n = 100;
    std::vector<float> x(3 * n);
    std::vector<std::int32_t> kind(n);
    std::vector<std::array<float, 3>> one_hot(n);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 6 * Random{3}.uniform(i) - 2;
    for (std::size_t i = 0; i < n; ++i) {
        auto const at = std::max_element(&x[3 * i], &x[3 * i] + 3) - &x[3 * i];
        kind[i] = std::int32_t(Random{4}.uniform(i) < 0.6f ? at : (at + 1) % 3);
        one_hot[i][std::size_t(kind[i])] = 1;
    }
    auto const area = [&](auto last, auto loss, auto const& y, AUC how = {}) {
        auto model = compile(Sequential{Input<3>{}, Dense<3, NoBias>{}, last}, SGD{}, loss, how);
        for (std::size_t k = 0; k < 9; ++k) model.weights.values[k] = k % 4 == 0;
        return std::get<1>(model.evaluate(Array(x.data(), {n, 3}), y));
    };
    double const expected = area(Softmax{}, SparseCategoricalCrossentropy{}, kind);
    auto const is = [&](double found) { return std::abs(found - expected) < 1e-6; };
    CHECK(is(area(Linear{}, SparseCategoricalCrossentropyFromLogits{}, kind)));
    CHECK(is(area(Linear{}, CategoricalCrossentropyFromLogits{}, one_hot)));
    CHECK(is(area(Linear{}, CategoricalFocalCrossentropyFromLogits{}, one_hot)));
    CHECK(is(area(LogSoftmax{}, SparseCategoricalCrossentropy{}, kind)));
    // what Keras' from_logits makes of them
    AUC const each{.from_logits = true, .one_choice = false};
    double const gates = area(Sigmoid{}, BinaryCrossentropy{}, one_hot);
    CHECK(area(Linear{}, SparseCategoricalCrossentropyFromLogits{}, kind, each) == gates);
    CHECK(!is(gates));
}

TEST_CASE("a threshold that was said holds") {
    CHECK(metrics_of(plain, BinaryCrossentropyFromLogits{}, 0.5f) ==
          Numbers{0.75, 0.75, 1, 0.5, 0});
    CHECK(metrics_of(gated, BinaryCrossentropy{}, 0.58f) == Numbers{0.5, 0.5, 0.5, 0.5, 1});
}
