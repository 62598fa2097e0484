// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/categorical_focal_crossentropy.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

namespace {

auto oracle(CategoricalFocalCrossentropy const& loss, bool from_logits) {
    return [=](double const* y, double const* t, std::size_t n) {
        std::vector<long double> p(y, y + n);
        long double sum = 0, value = 0;
        for (auto& v : p) sum += v = from_logits ? std::exp(v) : v;
        for (std::size_t i = 0; i < n; ++i) {
            long double const q = p[i] / sum, s = loss.label_smoothing;
            value -= loss.alpha * (t[i] * (1 - s) + s / n)
                     * std::pow(1 - q, static_cast<long double>(loss.gamma)) * std::log(q);
        }
        return value;
    };
}

} // namespace

TEST_CASE("CategoricalFocalCrossentropy: values and gradients") {
    check_rows(CategoricalFocalCrossentropy{}, class_probabilities, oracle({}, false));
    check_rows(CategoricalFocalCrossentropyFromLogits{}, class_logits, oracle({}, true));
}

TEST_CASE("CategoricalFocalCrossentropy: every option") {
    for (CategoricalFocalCrossentropy const loss :
         {CategoricalFocalCrossentropy{.alpha = 1, .gamma = 0.5f},
          CategoricalFocalCrossentropy{.gamma = 3.5f, .label_smoothing = 0.125f},
          CategoricalFocalCrossentropy{.gamma = 1}, CategoricalFocalCrossentropy{.gamma = 0}}) {
        CategoricalFocalCrossentropyFromLogits const same = loss;
        check_loss<Shape<4>, Shape<70>>(loss, shared_class(class_probabilities),
                                        oracle(loss, false));
        check_loss<Shape<4>, Shape<70>>(same, shared_class(class_logits), oracle(loss, true));
    }
}

TEST_CASE("probabilities beyond [1e-7, 1 - 1e-7] are held, as in Keras") {
    CategoricalFocalCrossentropy const loss{};
    check_held<Shape<2>>(loss, [=](auto q, auto, auto t, bool within) {
        auto const each = [](auto one) { return -(1 - one) * (1 - one) * std::log(one); };
        auto const h = [](auto one) {   // q dloss/dq
            return 2 * one * (1 - one) * std::log(one) - (1 - one) * (1 - one);
        };
        auto const a = static_cast<long double>(loss.alpha);
        return std::pair{a * (t * each(q) + (1 - t) * each(1 - q)),
                         within ? a * (t * h(q) / q - t * h(q) - (1 - t) * h(1 - q)) : 0};
    });
}

TEST_CASE("logits far out are finite, and right ones cost nothing") {
    float* const none = nullptr;
    float const inf = std::numeric_limits<float>::infinity();
    for (float const gamma : {2.0f, 0.5f, 0.0f})
        for (float const z : {200.0f, 1e4f, inf}) {
            std::vector<float> const y{z, -z, 0}, yes{1, 0, 0}, no{0, 1, 0};
            std::vector<float> dy(3);
            using L = CategoricalFocalCrossentropyFromLogits;
            L const loss{.alpha = 1, .gamma = gamma};
            CHECK(loss_of<L, Shape<3>>(loss, y, yes, none, dy.data(), 1.0f) == 0.0f);
            CHECK(dy == std::vector<float>{0, 0, 0});
            CHECK(std::isfinite(loss_of<L, Shape<3>>(loss, y, no, none, dy.data(), 1.0f)));
            CHECK(dy == std::vector<float>{1, -1, 0});
        }
}

TEST_CASE("after Softmax the logits form is chosen, with the options given") {
    using Pair = FromLogits<Softmax, CategoricalFocalCrossentropy>;
    static_assert(Pair::value);
    Pair::type const loss = CategoricalFocalCrossentropy{0.5f, 3.0f, 0.25f};
    CHECK(loss.alpha == 0.5f);
    CHECK(loss.gamma == 3.0f);
    CHECK(loss.label_smoothing == 0.25f);
}
