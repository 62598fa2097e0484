// SPDX-License-Identifier: BSD-3-Clause
// Where metrics say yes, if nobody tells them: above 1/2 of probabilities, above 0 of logits.
#include <lamina/lamina.hpp>

#include <doctest/doctest.h>

#include <array>
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

TEST_CASE("a threshold that was said holds") {
    CHECK(metrics_of(plain, BinaryCrossentropyFromLogits{}, 0.5f) ==
          Numbers{0.75, 0.75, 1, 0.5, 0});
    CHECK(metrics_of(gated, BinaryCrossentropy{}, 0.58f) == Numbers{0.5, 0.5, 0.5, 0.5, 1});
}
