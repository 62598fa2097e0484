// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/kl_divergence.hpp>

#include "check_loss.hpp"

#include <tuple>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("KLDivergence: values and gradients") {
    check_elementwise(KLDivergence{}, shared_class(class_probabilities),
                      [](double const* y, double const* t, std::size_t n) {
                          long double sum = 0;
                          for (std::size_t i = 0; i < n; ++i)
                              if (t[i] > 0)
                                  sum += static_cast<long double>(t[i])
                                         * std::log(static_cast<long double>(t[i])
                                                    / static_cast<long double>(y[i]));
                          return sum;
                      });
}

TEST_CASE("KLDivergence by hand and at its edges") {
    double* const none = nullptr;
    std::vector<double> dy(2);
    // .5 log(.5 / .25) + .5 log(.5 / .75)
    std::vector<double> const y{0.25, 0.75}, t{0.5, 0.5};
    CHECK(relative(loss_of<KLDivergence, Shape<2>>({}, y, t, none, dy.data(), 1.0),
                   0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3)) < 1e-13);
    // 0 log 0 = 0; a probability of 0 counts as 1e-7 and has no slope
    std::vector<double> const sure{0, 1}, other{1, 0};
    CHECK(loss_of<KLDivergence, Shape<2>>({}, sure, sure, none, dy.data(), 1.0) == 0.0);
    CHECK(relative(loss_of<KLDivergence, Shape<2>>({}, sure, other, none, dy.data(), 1.0),
                   -std::log(1e-7)) < 1e-13);
    CHECK(dy[0] == 0.0);
    CHECK(dy[1] == 0.0);
    // one above 1 counts as 1; just within there is a slope
    for (auto const& [y0, held, within] : {std::tuple{0.5e-7, 1e-7, false},
                                           {1.5e-7, 1.5e-7, true}, {1 - 1e-8, 1 - 1e-8, true},
                                           {1.5, 1.0, false}}) {
        CHECK(relative(loss_of<KLDivergence, Shape<2>>({}, std::vector{y0, 0.5}, other, none,
                                                       dy.data(), 1.0),
                       -std::log(held), 1e-9) < 1e-7);
        CHECK(relative(dy[0], within ? -1 / y0 : 0.0, 1e-9) < 1e-7);
    }
}
