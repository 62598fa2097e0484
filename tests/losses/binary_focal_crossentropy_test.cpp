// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/binary_focal_crossentropy.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

namespace {

auto oracle(BinaryFocalCrossentropy const& loss, bool from_logits) {
    return mean_of([=](long double p, long double t) {
        t = t * (1.0L - loss.label_smoothing) + loss.label_smoothing / 2.0L;
        if (from_logits) p = 1 / (1 + std::exp(-p));
        long double const b = -t * std::log(p) - (1 - t) * std::log(1 - p);
        long double const right = t * p + (1 - t) * (1 - p);
        long double const w =
            loss.apply_class_balancing ? t * loss.alpha + (1 - t) * (1.0L - loss.alpha) : 1;
        return w * std::pow(1 - right, static_cast<long double>(loss.gamma)) * b;
    });
}

void check_both(BinaryFocalCrossentropy const& loss) {
    BinaryFocalCrossentropyFromLogits const same = loss;
    check_loss<Shape<1>, Shape<5>, Shape<2, 3>>(loss, probabilities, oracle(loss, false));
    check_loss<Shape<1>, Shape<5>, Shape<2, 3>>(same, logits, oracle(loss, true));
}

} // namespace

TEST_CASE("BinaryFocalCrossentropy: values and gradients") {
    check_elementwise(BinaryFocalCrossentropy{}, probabilities, oracle({}, false));
    check_elementwise(BinaryFocalCrossentropyFromLogits{}, logits, oracle({}, true));
}

TEST_CASE("BinaryFocalCrossentropy: every option") {
    check_both({.apply_class_balancing = true});
    check_both({.apply_class_balancing = true, .alpha = 0.75f, .gamma = 1});
    check_both({.gamma = 0.5f});
    check_both({.gamma = 3.5f, .label_smoothing = 0.125f});
    check_both({.gamma = 0});
}

TEST_CASE("BinaryFocalCrossentropy by hand") {   // t = 1, p = .9: .1^2 (-log .9)
    double* const none = nullptr;
    std::vector<double> const y{0.9}, t{1};
    CHECK(relative(loss_of<BinaryFocalCrossentropy, Shape<1>>({}, y, t, none, none, 1.0),
                   -0.01 * std::log(0.9), 0.0) < 1e-12);
    CHECK(relative(loss_of<BinaryFocalCrossentropy, Shape<1>>({.apply_class_balancing = true}, y, t,
                                                              none, none, 1.0),
                   -0.0025 * std::log(0.9), 0.0) < 1e-12);
}

TEST_CASE("the crossentropy holds probabilities within [1e-7, 1 - 1e-7], as in Keras") {
    check_held<Shape<1>>(BinaryFocalCrossentropy{}, [](auto q, auto p, auto t, bool within) {
        auto const b = -t * std::log(q) - (1 - t) * std::log(1 - q);
        auto const u = t * (1 - p) + (1 - t) * p;
        return std::pair{u * u * b, 2 * u * (1 - 2 * t) * b +
                                        u * u * (within ? (1 - t) / (1 - q) - t / q : 0)};
    });
}

TEST_CASE("logits far out are finite, and right ones cost nothing") {
    float* const none = nullptr;
    float const inf = std::numeric_limits<float>::infinity();
    for (float const gamma : {2.0f, 0.5f, 0.0f})
        for (float const z : {200.0f, 1e4f, inf}) {
            std::vector<float> const y{z, -z, z, -z}, t{1, 0, 0, 1};
            std::vector<float> dy(4);
            loss_of<BinaryFocalCrossentropyFromLogits, Shape<1>>({.gamma = gamma}, y, t, none,
                                                                 dy.data(), 1.0f);
            CHECK(dy == std::vector<float>{0, 0, 1, -1});
            std::vector<float> const right{z, -z}, yes{1, 0};
            CHECK(loss_of<BinaryFocalCrossentropyFromLogits, Shape<1>>({.gamma = gamma}, right, yes,
                                                                       none, none, 1.0f) == 0.0f);
        }
}

TEST_CASE("after Sigmoid the logits form is chosen, with the options given") {
    using Pair = FromLogits<Sigmoid, BinaryFocalCrossentropy>;
    static_assert(Pair::value);
    Pair::type const loss = BinaryFocalCrossentropy{true, 0.5f, 3.0f, 0.25f};
    CHECK(loss.apply_class_balancing);
    CHECK(loss.alpha == 0.5f);
    CHECK(loss.gamma == 3.0f);
    CHECK(loss.label_smoothing == 0.25f);
}
