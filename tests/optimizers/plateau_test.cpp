// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/optimizers/plateau.hpp>

#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using lamina::Form;
using lamina::Plateau;

namespace {

/// The rates after each of the values, from 1 on.
std::vector<double> rates(Plateau plateau, std::vector<double> const& values) {
    std::vector<double> found;
    double rate = 1;
    for (double v : values) found.push_back(rate = plateau.next(rate, v));
    return found;
}

} // namespace

TEST_CASE("PyTorch's ReduceLROnPlateau") {
    golden::Case const c("lr_plateau");
    golden::Array const &metric = c["in/metric"], &expected = c["out/lr"];
    Plateau plateau{.factor = 0.5, .patience = 2, .form = Form::torch};
    double rate = 0.1;
    std::size_t lowered = 0;
    CHECK(rate == doctest::Approx(expected[0]));
    for (std::size_t i = 0; i < metric.size(); ++i) {
        double const next = plateau.next(rate, metric[i]);
        lowered += next < rate;
        rate = next;
        CHECK(std::fabs(rate - expected[i + 1]) < 1e-12);
    }
    CHECK(lowered > 1);
}

TEST_CASE("Keras' form: the patience-th epoch counts") {
    Plateau const plateau{.factor = 0.5, .patience = 2};
    CHECK(rates(plateau, {5, 5, 5, 5, 5, 4, 4, 4}) ==
          std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125});
    // better means by more than the threshold
    CHECK(rates({.factor = 0.5, .patience = 1, .threshold = 0.1}, {5, 4.95, 4.8, 4.75}) ==
          std::vector<double>{1, 0.5, 0.5, 0.25});
    CHECK(rates({.mode = Plateau::Mode::max, .factor = 0.5, .patience = 1, .threshold = 0.1},
                {5, 5.05, 5.2, 5}) == std::vector<double>{1, 0.5, 0.5, 0.25});
}

TEST_CASE("a rest after each lowering") {
    // in Keras the epoch that ends the rest counts again
    CHECK(rates({.factor = 0.5, .patience = 1, .cooldown = 2}, {5, 5, 5, 5, 5, 5}) ==
          std::vector<double>{1, 0.5, 0.5, 0.25, 0.25, 0.125});
    // in PyTorch it does not
    CHECK(rates({.factor = 0.5, .patience = 0, .cooldown = 2, .form = Form::torch},
                {5, 5, 5, 5, 5, 5, 5, 5}) ==
          std::vector<double>{1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125});
}

TEST_CASE("never below the least rate") {
    CHECK(rates({.factor = 0.5, .patience = 1, .min_rate = 0.3}, {5, 5, 5, 5}) ==
          std::vector<double>{1, 0.5, 0.3, 0.3});
    CHECK(rates({.factor = 0.5, .patience = 0, .min_rate = 0.3, .form = Form::torch},
                {5, 5, 5, 5}) == std::vector<double>{1, 0.5, 0.3, 0.3});
}

TEST_CASE("PyTorch's threshold is a share of the best; a maximum") {
    Plateau const max{.mode = Plateau::Mode::max,
                      .factor = 0.5,
                      .patience = 0,
                      .threshold = 0.1,
                      .form = Form::torch};
    CHECK(rates(max, {10, 10.9, 11.1, 12.2, 12.9}) ==
          std::vector<double>{1, 0.5, 0.5, 0.5 * 0.5, 0.25});
}

TEST_CASE("NaN is never better, also not the first") {
#ifdef __FAST_MATH__
    return;   // which knows no NaN
#endif
    double const nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(rates({.factor = 0.5, .patience = 2}, {nan, nan, 5, nan, nan}) ==
          std::vector<double>{1, 0.5, 0.5, 0.5, 0.25});
}

TEST_CASE("its memory is its value") {
    Plateau a{.factor = 0.5, .patience = 3};
    a.next(1, 5);
    a.next(1, 6);
    Plateau b = a;
    CHECK(a == b);
    CHECK(a.next(1, 6) == b.next(1, 6));
    CHECK(a.next(1, 6) == 0.5);
    CHECK(!(a == b));
}
