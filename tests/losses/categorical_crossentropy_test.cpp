// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/categorical_crossentropy.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("CategoricalCrossentropyFromLogits: values and gradients") {
    check_rows(CategoricalCrossentropyFromLogits{}, class_logits, crossentropy_oracle(softmax, 0));
    check_loss<Shape<4>, Shape<70>>(CategoricalCrossentropyFromLogits{.label_smoothing = 0.125f},
                                    shared_class(class_logits),
                                    crossentropy_oracle(softmax, 0.125f));
}

TEST_CASE("CategoricalCrossentropy: values and gradients") {
    check_rows(CategoricalCrossentropy{}, shared_class(class_probabilities),
               crossentropy_oracle(normalized, 0));
    check_loss<Shape<4>, Shape<70>>(CategoricalCrossentropy{.label_smoothing = 0.125f},
                                    class_probabilities, crossentropy_oracle(normalized, 0.125f));
}

TEST_CASE("CategoricalCrossentropy by hand") {
    double* const none = nullptr;
    std::vector<double> dy(4);
    // p of the walkthroughs: [.3 .7 .4 .6], two rows of two; only t log p counts: 1.204 and .916
    std::vector<double> const y{0.3, 0.7, 0.4, 0.6}, t{1, 0, 1, 0};
    double const value = loss_of<CategoricalCrossentropy, Shape<2>>({}, y, t, none, dy.data(), 1.0);
    CHECK(std::abs(value - 2.1203) < 5e-5);
    CHECK(relative(value, -std::log(0.3) - std::log(0.4)) < 1e-12);
}

TEST_CASE_TEMPLATE("logits far out", T, float, double) {
    T const inf = std::numeric_limits<T>::infinity(), big = std::numeric_limits<T>::max() / 4;
    T* const none = nullptr;
    auto const check = [&]<std::size_t C>(Shape<C>) {
        using L = CategoricalCrossentropyFromLogits;
        auto const at = [&](T first, T second, std::vector<T>& dy, std::size_t label) {
            std::vector<T> y(C, -inf), t(C, T(0));
            y[0] = first;
            y[1] = second;
            t[label] = 1;
            return loss_of<L, Shape<C>>({}, y, t, none, dy.data(), T(1));
        };
        std::vector<T> dy(C), zeros(C, T(0)), wrong(C, T(0));
        wrong[0] = 1;
        wrong[1] = -1;
        for (T const z : {T(500), T(1e4)}) {
            CHECK(at(z, -z, dy, 0) == T(0));
            CHECK(dy == zeros);
            CHECK(at(z, -z, dy, 1) == 2 * z);
            CHECK(dy == wrong);
        }
        CHECK(at(inf, T(3), dy, 0) == T(0));
        CHECK(dy == zeros);
        CHECK(at(inf, T(3), dy, 1) == big);
        CHECK(dy == wrong);
        CHECK(relative(at(T(3), T(3), dy, 1), T(std::log(2.0))) < 1e-6); // -inf elsewhere
        CHECK(dy[0] == T(0.5));
        CHECK(dy[1] == T(-0.5));
        CHECK(relative(at(-inf, -inf, dy, 1), T(std::log(double(C)))) < 1e-6); // all alike
        CHECK(std::isnan(at(std::numeric_limits<T>::quiet_NaN(), T(3), dy, 1)));
        CHECK(std::isnan(dy[1]));
    };
    check(Shape<2>{});
    check(Shape<5>{});
    check(Shape<75>{});
}

TEST_CASE("probabilities beyond [1e-7, 1 - 1e-7] are held, as in Keras") {
    double* const none = nullptr;
    std::vector<double> dy(2);
    std::vector<double> const y{0, 1}, t{1, 0}, nothing{0, 0};
    CHECK(relative(loss_of<CategoricalCrossentropy, Shape<2>>({}, y, t, none, dy.data(), 1.0),
                   -std::log(1e-7)) < 1e-12);
    CHECK(dy == std::vector<double>{0, 0});
    CHECK(std::isfinite(
        loss_of<CategoricalCrossentropy, Shape<2>>({}, nothing, t, none, dy.data(), 1.0)));
    CHECK(dy == std::vector<double>{0, 0});
}

TEST_CASE("just within [1e-7, 1 - 1e-7] there is a slope") {
    check_held<Shape<2>>(CategoricalCrossentropy{}, [](auto q, auto, auto t, bool within) {
        return std::pair{-t * std::log(q) - (1 - t) * std::log(1 - q), within ? 1 - t / q : 0};
    });
}

TEST_CASE("targets need not sum to 1") { // as in PyTorch: the gradient is p sum(t) - t
    double* const none = nullptr;
    std::vector<double> dy(2);
    std::vector<double> const y{0, 0}, t{2, 1};
    using L = CategoricalCrossentropyFromLogits;
    CHECK(relative(loss_of<L, Shape<2>>({}, y, t, none, dy.data(), 1.0), 3 * std::log(2.0)) <
          1e-13);
    CHECK(dy == std::vector<double>{-0.5, 0.5});
}

TEST_CASE("after Softmax and LogSoftmax the logits form is chosen, with the options given") {
    using Pair = FromLogits<Softmax, CategoricalCrossentropy>;
    static_assert(Pair::value && FromLogits<LogSoftmax, CategoricalCrossentropy>::value);
    static_assert(!FromLogits<Sigmoid, CategoricalCrossentropy>::value);
    Pair::type const loss = CategoricalCrossentropy{.label_smoothing = 0.25f};
    CHECK(loss.label_smoothing == 0.25f);
}
