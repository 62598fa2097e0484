// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/squared_hinge.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("SquaredHinge: values and gradients") {
    auto const fill = [](Random random, std::size_t n, double* y, double* t) {
        for (std::size_t i = 0; i < n; ++i) {
            t[i] = random.uniform(2 * i) < 0.5f ? -1.0 : 1.0;
            y[i] = uniform(random, 2 * i + 1, -3, 3);
        }
    };
    check_elementwise(SquaredHinge{}, fill, mean_of([](auto y, auto t) {
                          return std::max(1 - t * y, 0.0L) * std::max(1 - t * y, 0.0L);
                      }));
}

TEST_CASE("SquaredHinge by hand; the label 0 counts as -1") {
    std::vector<double> const y{0.5, 0.5, 2, -3}, t{1, 0, 1, -1};
    std::vector<double> dy(4);
    double* const none = nullptr;
    CHECK(loss_of<SquaredHinge, Shape<1>>({}, y, t, none, dy.data(), 1.0) == 0.25 + 2.25);
    CHECK(dy == std::vector<double>{-1, 3, 0, 0});
}
