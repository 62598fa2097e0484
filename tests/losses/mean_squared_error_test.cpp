// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/mean_squared_error.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("MeanSquaredError: values and gradients") {
    check_elementwise(MeanSquaredError{}, apart,
                      mean_of([](auto y, auto t) { return (y - t) * (y - t); }));
}

TEST_CASE("MeanSquaredError by hand") {
    // two samples of two: ((1 + 4) / 2 + (0 + 9) / 2) / 2
    std::vector<float> const y{1, 2, 3, 4}, t{0, 0, 3, 1};
    std::vector<float> dy(4);
    float* const none = nullptr;
    CHECK(loss_of<MeanSquaredError, Shape<2>>({}, y, t, none, dy.data(), 2.0f) == 3.5f);
    CHECK(dy == std::vector<float>{0.5f, 1.0f, 0.0f, 1.5f});
    // the second sample weighs 3: (2.5 + 3 * 4.5) / 4
    std::vector<float> const w{1, 3};
    CHECK(loss_of<MeanSquaredError, Shape<2>>({}, y, t, w.data(), dy.data(), 4.0f) == 4.0f);
    CHECK(dy == std::vector<float>{0.25f, 0.5f, 0.0f, 2.25f});
}

TEST_CASE("what has the weight 0 counts for nothing, whatever it is") {
    float const inf = std::numeric_limits<float>::infinity();
    auto const check = [&]<std::size_t N>(Shape<N>) {
        std::vector<float> y(2 * N, 1.0f), t(2 * N, 0.0f), dy(2 * N, 9.0f);
        for (std::size_t i = 0; i < N; ++i) y[i] = i % 2 ? inf : std::nanf("");
        std::vector<float> const w{0, 2};
        CHECK(loss_of<MeanSquaredError, Shape<N>>({}, y, t, w.data(), dy.data(), 2.0f) == 1.0f);
        for (std::size_t i = 0; i < N; ++i) CHECK(dy[i] == 0.0f);
    };
    check(Shape<1>{});
    check(Shape<3>{});
}

TEST_CASE("a batch that weighs nothing loses nothing") {
    std::vector<double> const y{1, 2}, t{0, 0}, w{0, 0};
    std::vector<double> dy(2, 9.0);
    CHECK(loss_of<MeanSquaredError, Shape<1>>({}, y, t, w.data(), dy.data(), 0.0) == 0.0);
    CHECK(dy == std::vector<double>{0, 0});
}

TEST_CASE("the mean of a million numbers keeps its digits in float") {
    std::vector<float> const y(1u << 20, 0.1f), t(1u << 20, 0.0f);
    float* const none = nullptr;
    float const value = loss_of<MeanSquaredError, Shape<1>>({}, y, t, none, none, float(y.size()));
    CHECK(relative(double(value), 0.01) < 1e-6);
}
