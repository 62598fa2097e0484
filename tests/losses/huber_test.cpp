// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/huber.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Huber: values and gradients") {
    for (float const delta : {1.0f, 0.35f})
        check_elementwise(Huber{.delta = delta}, apart, mean_of([delta](auto y, auto t) {
                              long double const d = delta, e = std::abs(y - t);
                              return e <= d ? e * e / 2 : d * e - d * d / 2;
                          }));
}

TEST_CASE("Huber by hand") {
    std::vector<double> const y{0.5, 3, -3, 0}, t{0, 0, 0, 0};
    std::vector<double> dy(4);
    double* const none = nullptr;
    CHECK(loss_of<Huber, Shape<1>>({}, y, t, none, dy.data(), 1.0) == 0.125 + 2.5 + 2.5);
    CHECK(dy == std::vector<double>{0.5, 1, -1, 0});
    CHECK(loss_of<Huber, Shape<4>>({.delta = 2}, y, t, none, dy.data(), 1.0)
          == (0.125 + 4 + 4) / 4);
}
