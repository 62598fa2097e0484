// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/sparse_categorical_crossentropy.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("SparseCategoricalCrossentropyFromLogits: values and gradients") {
    check_rows(SparseCategoricalCrossentropyFromLogits{}, class_logits,
               crossentropy_oracle(softmax, 0));
    check_loss<Shape<4>, Shape<70>>(
        SparseCategoricalCrossentropyFromLogits{.label_smoothing = 0.125f}, class_logits,
        crossentropy_oracle(softmax, 0.125f));
}

TEST_CASE("SparseCategoricalCrossentropy: values and gradients") {
    check_rows(SparseCategoricalCrossentropy{}, class_probabilities,
               crossentropy_oracle(normalized, 0));
    check_loss<Shape<4>, Shape<70>>(SparseCategoricalCrossentropy{.label_smoothing = 0.125f},
                                    class_probabilities, crossentropy_oracle(normalized, 0.125f));
}

TEST_CASE("a target for each vector") {
    using L = SparseCategoricalCrossentropy;
    static_assert(std::is_same_v<L::On<Shape<10>>::Target, Indices<1>>);
    static_assert(std::is_same_v<L::On<Shape<40, 10>>::Target, Indices<40>>);
    static_assert(std::is_same_v<L::On<Shape<5, 4, 10>>::Target, Indices<5, 4>>);
    static_assert(!L::On<Shape<1>>::fits && !L::On<Shape<10, 1>>::fits);
}

TEST_CASE("SparseCategoricalCrossentropyFromLogits by hand") {
    double* const none = nullptr;
    std::vector<double> dy(3);
    std::vector<double> const z{std::log(1.0), std::log(2.0), std::log(5.0)};
    std::vector<std::int32_t> const t{2};
    using L = SparseCategoricalCrossentropyFromLogits;
    CHECK(relative(loss_of<L, Shape<3>>({}, z, t, none, dy.data(), 1.0), -std::log(0.625)) < 1e-12);
    CHECK(relative(dy[0], 0.125) < 1e-12);
    CHECK(relative(dy[1], 0.25) < 1e-12);
    CHECK(relative(dy[2], 0.625 - 1) < 1e-12);
}

TEST_CASE("a vector of weight 0 may have any class: it is left out") {
    auto const check = [&]<std::size_t C>(Shape<C>) {
        std::vector<double> y(2 * C, 0.0), dy(2 * C, 9.0);
        y[1] = std::numeric_limits<double>::quiet_NaN();
        std::vector<std::int32_t> const t{-100, 1};
        std::vector<double> const w{0, 1};
        using L = SparseCategoricalCrossentropyFromLogits;
        double const value = loss_of<L, Shape<C>>({}, y, t, w.data(), dy.data(), 1.0);
        CHECK(relative(value, std::log(double(C))) < 1e-12);
        for (std::size_t i = 0; i < C; ++i) CHECK(dy[i] == 0.0);
    };
    check(Shape<3>{});
    check(Shape<100>{});
}

TEST_CASE("many classes in float") {
    constexpr std::size_t C = 1000;
    std::vector<float> y(3 * C, 0.0f), dy(3 * C);
    std::vector<std::int32_t> const t{0, 999, 500};
    y[999 + C] = 5;
    float* const none = nullptr;
    using L = SparseCategoricalCrossentropyFromLogits;
    double const sum = std::log(1000.0) * 2 + std::log(999 + std::exp(5.0)) - 5;
    CHECK(relative(double(loss_of<L, Shape<C>>({}, y, t, none, dy.data(), 1.0f)), sum) < 1e-6);
    CHECK(relative(double(dy[2 * C + 500]), 0.001 - 1) < 1e-6);
    CHECK(relative(double(dy[0]), 0.001 - 1) < 1e-6);
    CHECK(relative(double(dy[1]), 0.001, 0.0) < 1e-5);
}

TEST_CASE("after Softmax and LogSoftmax the logits form is chosen, with the options given") {
    using Pair = FromLogits<Softmax, SparseCategoricalCrossentropy>;
    static_assert(Pair::value && FromLogits<LogSoftmax, SparseCategoricalCrossentropy>::value);
    static_assert(!FromLogits<Sigmoid, SparseCategoricalCrossentropy>::value);
    Pair::type const loss =
        SparseCategoricalCrossentropy{.label_smoothing = 0.25f, .ignore_class = -1};
    CHECK(loss.label_smoothing == 0.25f);
    CHECK(loss.ignore_class == -1);
}
