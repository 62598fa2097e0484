// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/hinge.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Hinge: values and gradients") {
    auto const fill = [](Random random, std::size_t n, double* y, double* t) {
        for (std::size_t i = 0; i < n; ++i) {
            t[i] = random.uniform(2 * i) < 0.5f ? -1.0 : 1.0;
            y[i] = uniform(random, 2 * i + 1, -3, 3);
        }
    };
    check_elementwise(Hinge{}, fill,
                      mean_of([](auto y, auto t) { return std::max(1 - t * y, 0.0L); }));
}

TEST_CASE("Hinge by hand; the label 0 counts as -1") {
    std::vector<double> const y{0.5, 0.5, 2, -3};
    std::vector<double> dy(4);
    double* const none = nullptr;
    CHECK(loss_of<Hinge, Shape<1>>({}, y, std::vector<double>{1, -1, 1, -1}, none, dy.data(), 1.0)
          == 0.5 + 1.5);
    CHECK(dy == std::vector<double>{-1, 1, 0, 0});
    CHECK(loss_of<Hinge, Shape<1>>({}, y, std::vector<double>{1, 0, 1, 0}, none, dy.data(), 1.0)
          == 0.5 + 1.5);
    CHECK(dy == std::vector<double>{-1, 1, 0, 0});
}
