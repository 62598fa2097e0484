// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/psnr.hpp>

#include <lamina/core/error.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("PSNR by hand: errors of 1/10 and 1/100 are 20 and 40 dB") {
    Doubles const y{0.1, 0.9, 0.5, 0.5, /**/ 0.01, 0.99, 1, 0}, t{0, 1, 0.4, 0.6, 0, 1, 0.99, 0.01};
    using Image = Shape<2, 2, 1>;
    CHECK(near(evaluate_metric<Image>(PSNR{}, y, t), 30, 1e-9)); // the mean of the two
    CHECK(near(in_batches<Image>(PSNR{}, y, t, 1), 30, 1e-9));
    CHECK(near(in_batches<Shape<8>>(PSNR{}, y, t, 1), -10 * std::log10(0.0101 / 2), 1e-9));
    CHECK(near(evaluate_metric<Image>(PSNR{.max_value = 10}, y, t), 50, 1e-9));
    CHECK(PSNR::name == "psnr");
}

TEST_CASE("PSNR: weights of pixels and of samples") {
    Doubles const y{0.1, 5, 0.5, 5, /**/ 0.01, 0.99}, t{0, 1, 0.4, 0, 0, 1};
    using Image = Shape<1, 2, 1>;
    CHECK(near(in_batches<Image>(PSNR{}, y, t, 3, {1, 0, 1, 0, 1, 1}), (20 + 20 + 2 * 40) / 4.0,
               1e-9));
    CHECK(in_batches<Image>(PSNR{}, y, t, 3, {0, 0, 0, 0, 0, 0}) == 0.0);
}

TEST_CASE("PSNR: what has no error counts as 100 dB") {
    Doubles const y{0.5, 0.25}, t{0.5, 0.15};
    CHECK(near(in_batches<Shape<1>>(PSNR{}, y, t, 2), 60, 1e-9));
    CHECK_THROWS_AS(evaluate_metric(PSNR{.max_value = 0}, y, t), Error);
}
