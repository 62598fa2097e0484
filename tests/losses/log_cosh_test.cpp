// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/log_cosh.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("LogCosh: values and gradients") {
    check_elementwise(LogCosh{}, apart,
                      mean_of([](auto y, auto t) { return std::log(std::cosh(y - t)); }));
}

TEST_CASE("LogCosh near 0 and far away") {
    std::vector<float> dy(1);
    float* const none = nullptr;
    auto const at = [&](float e) {
        return loss_of<LogCosh, Shape<1>>({}, std::vector{e}, std::vector{0.0f}, none, dy.data(),
                                          1.0f);
    };
    CHECK(relative(double(at(1e-4f)), 0.5e-8, 1e-12) < 1e-5);   // nothing is lost near 0
    CHECK(relative(double(dy[0]), 1e-4, 1e-12) < 1e-5);
    CHECK(at(0.0f) == 0.0f);
    CHECK(dy[0] == 0.0f);
    CHECK(relative(double(at(-200.0f)), 200 - std::log(2.0)) < 1e-6);
    CHECK(dy[0] == -1.0f);
    CHECK(relative(double(at(1e30f)), 1e30) < 1e-6);
    CHECK(dy[0] == 1.0f);
    for (float const e : {0.5f, 5.0f, 29.0f, 31.0f}) {
        CHECK(relative(double(at(e)), std::log(std::cosh(double(e)))) < 1e-6);
        CHECK(relative(double(dy[0]), std::tanh(double(e))) < 1e-6);
    }
}
