// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/binary_crossentropy.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

namespace {

auto smooth(long double t, float s) { return t * (1 - s) + s / 2.0L; }

auto const from_probabilities = [](float s, float pos_weight) {
    return mean_of([=](long double p, long double t) {
        t = smooth(t, s);
        return -pos_weight * t * std::log(p) - (1 - t) * std::log(1 - p);
    });
};
auto const from_logits = [](float s, float pos_weight) {
    return mean_of([=](long double z, long double t) {
        t = smooth(t, s);
        return pos_weight * t * std::log1p(std::exp(-z)) + (1 - t) * std::log1p(std::exp(z));
    });
};

template <class Loss, class T>
std::pair<T, T> at(T y, T t, Loss const& loss = {}) {
    std::vector<T> dy(1);
    T* const none = nullptr;
    T const value =
        loss_of<Loss, Shape<1>>(loss, std::vector{y}, std::vector{t}, none, dy.data(), T(1));
    return {value, dy[0]};
}

} // namespace

TEST_CASE("BinaryCrossentropy: values and gradients") {
    check_elementwise(BinaryCrossentropy{}, probabilities, from_probabilities(0, 1));
    check_loss<Shape<1>, Shape<5>>(BinaryCrossentropy{.label_smoothing = 0.125f, .pos_weight = 3},
                                   probabilities, from_probabilities(0.125f, 3));
}

TEST_CASE("BinaryCrossentropyFromLogits: values and gradients") {
    check_elementwise(BinaryCrossentropyFromLogits{}, logits, from_logits(0, 1));
    check_loss<Shape<1>, Shape<5>>(
        BinaryCrossentropyFromLogits{.label_smoothing = 0.125f, .pos_weight = 3}, logits,
        from_logits(0.125f, 3));
}

TEST_CASE("BinaryCrossentropy by hand") {
    // -(log .8 + log(1 - .4)) / 2
    CHECK(relative(at<BinaryCrossentropy>(0.8, 1.0).first, -std::log(0.8)) < 1e-13);
    CHECK(relative(at<BinaryCrossentropy>(0.4, 0.0).first, -std::log(0.6)) < 1e-13);
    CHECK(relative(at<BinaryCrossentropy>(0.8, 1.0).second, -1 / 0.8) < 1e-13);
    CHECK(relative(at<BinaryCrossentropy>(0.4, 0.0).second, 1 / 0.6) < 1e-13);
}

TEST_CASE("probabilities beyond [1e-7, 1 - 1e-7] are held, as in Keras") {
    CHECK(relative(at<BinaryCrossentropy>(0.0, 1.0).first, -std::log(1e-7)) < 1e-12);   // 16.118
    CHECK(relative(at<BinaryCrossentropy>(1.0, 0.0).first, -std::log(1e-7)) < 1e-8);
    CHECK(at<BinaryCrossentropy>(0.0, 1.0).second == 0.0);
    CHECK(at<BinaryCrossentropy>(1.0, 0.0).second == 0.0);
    check_held<Shape<1>>(BinaryCrossentropy{}, [](auto q, auto, auto t, bool within) {
        return std::pair{-t * std::log(q) - (1 - t) * std::log(1 - q),
                         within ? (1 - t) / (1 - q) - t / q : 0};
    });
    CHECK(std::isfinite(at<BinaryCrossentropy>(1.0f, 0.0f).first));
    CHECK(std::isfinite(at<BinaryCrossentropy>(0.0f, 1.0f).first));
}

TEST_CASE_TEMPLATE("logits far out", T, float, double) {
    using L = BinaryCrossentropyFromLogits;
    T const inf = std::numeric_limits<T>::infinity();
    for (T const z : {T(1000), T(1e4), inf}) {   // the label speaks for it: nothing is lost
        CHECK(at<L>(z, T(1)) == std::pair{T(0), T(0)});
        CHECK(at<L>(-z, T(0)) == std::pair{T(0), T(0)});
        T const cost = std::min(z, std::numeric_limits<T>::max());
        CHECK(at<L>(z, T(0)) == std::pair{cost, T(1)});
        CHECK(at<L>(-z, T(1)) == std::pair{cost, T(-1)});
    }
    for (T const z : {T(200), T(-200)}) {
        CHECK(double(at<L>(z, T(z > 0)).first) < 1e-80);
        CHECK(at<L>(z, T(z < 0)).first == T(200));
    }
    T const tiny = at<L>(T(30), T(1)).first;   // log(1 + exp(-30)) is not 0
    CHECK(relative(tiny, T(std::exp(-30.0)), 0.0) < 1e-6);
    CHECK(std::isnan(at<L>(std::numeric_limits<T>::quiet_NaN(), T(1)).first));
    CHECK(std::isnan(at<L>(std::numeric_limits<T>::quiet_NaN(), T(1)).second));
}

TEST_CASE("after Sigmoid the logits form is chosen, with the options given") {
    using Pair = FromLogits<Sigmoid, BinaryCrossentropy>;
    static_assert(Pair::value);
    static_assert(std::is_same_v<Pair::type, BinaryCrossentropyFromLogits>);
    static_assert(!FromLogits<Softmax, BinaryCrossentropy>::value);
    Pair::type const loss = BinaryCrossentropy{.label_smoothing = 0.25f, .pos_weight = 2};
    CHECK(loss.label_smoothing == 0.25f);
    CHECK(loss.pos_weight == 2.0f);
    // sigmoid(0.7) with slope p (1 - p)
    double const z = 0.7, p = 1 / (1 + std::exp(-z));
    BinaryCrossentropy const plain{.label_smoothing = 0.25f, .pos_weight = 2};
    auto const a = at(z, 1.0, loss);
    auto const b = at(p, 1.0, plain);
    CHECK(relative(a.first, b.first) < 1e-12);
    CHECK(relative(a.second, b.second * p * (1 - p)) < 1e-12);
}
