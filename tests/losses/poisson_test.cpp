// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/poisson.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Poisson: values and gradients") {
    auto const fill = [](Random random, std::size_t n, double* y, double* t) {
        for (std::size_t i = 0; i < n; ++i) {
            t[i] = double(random.below(2 * i, 5));
            y[i] = uniform(random, 2 * i + 1, 0.1, 5);
        }
    };
    check_elementwise(Poisson{}, fill,
                      mean_of([](auto y, auto t) { return y - t * std::log(y + 1e-7L); }));
}

TEST_CASE("Poisson: a rate of 0") {
    std::vector<double> const y{0, 0}, t{0, 2};
    std::vector<double> dy(2);
    double* const none = nullptr;
    CHECK(relative(loss_of<Poisson, Shape<1>>({}, y, t, none, dy.data(), 1.0), -2 * std::log(1e-7))
          < 1e-12);
    CHECK(dy[0] == 1.0);
    CHECK(relative(dy[1], 1 - 2 / 1e-7) < 1e-12);
}
