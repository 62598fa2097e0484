// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/sinusoidal_position_encoding.hpp>

#include "support/check_golden.hpp"
#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/dense.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("SinusoidalPositionEncoding: what every layer owes") {
    check_layer("1 x 1", Sequential{Input<1, 1>{}, SinusoidalPositionEncoding{}});
    check_layer("5 x 3", Sequential{Input<5, 3>{}, SinusoidalPositionEncoding{}});
    check_layer("5 x 16", Sequential{Input<5, 16>{}, SinusoidalPositionEncoding{}, Dense<3>{}});
    check_layer("in place", Sequential{Input<7, 3>{}, Dense<5>{}, SinusoidalPositionEncoding{}});
    check_layer("not in place", Sequential{Input<7, 3>{}, Squash{}, SinusoidalPositionEncoding{}});
    check_layer("two readers", graph<Input<4, 17>>([](auto x) {
                    auto h = x | Dense<17>{};
                    return h + (h | SinusoidalPositionEncoding{.max_wavelength = 50});
                }));
    check_layer("twice", Sequential{Input<9, 33>{}, SinusoidalPositionEncoding{},
                                    SinusoidalPositionEncoding{}});
    check_layer("frozen above", Sequential{Input<5, 3>{}, frozen(Dense<3>{}),
                                           SinusoidalPositionEncoding{}, Dense<2>{}});
}

TEST_CASE("SinusoidalPositionEncoding: the golden case") {
    golden::Case const golden("sinusoidal_position");
    using N = Network<Sequential<Input<10, 8>, SinusoidalPositionEncoding>, double>;
    Bench<N> bench({}, 2, Conditions{});
    bench.x[0].assign(160, 0.0);
    auto const y = bench.forward(false);
    CHECK(worst(golden["out/y"].values, y.data()) < 1e-14);
    CHECK(worst(golden["out/y"].values, y.data() + 80) < 1e-14);
}

TEST_CASE("SinusoidalPositionEncoding: the sine and the cosine themselves, far away too") {
    std::vector<double> table(5000 * 19);
    kernels::sinusoidal_table(3, 5000, 19, 10000.0, table.data());
    double most = 0;
    for (std::size_t t = 0; t < 5000; ++t)
        for (std::size_t j = 0; j < 19; ++j) {
            double const step = std::pow(10000.0, -2.0 * double(j / 2) / 19);
            double const angle = double(t + 3) * step;
            double const exact = j % 2 ? std::cos(angle) : std::sin(angle);
            most = std::max(most, std::abs(table[t * 19 + j] - exact));
        }
    CHECK(most < 2e-12);
}

TEST_CASE("SinusoidalPositionEncoding: moment by moment") {
    check_steps<0>("from an input", Sequential{Input<7, 5>{}, SinusoidalPositionEncoding{}});
    check_steps<0>("in place",
                   Sequential{Input<9, 5>{}, Dense<18>{}, SinusoidalPositionEncoding{}});
}
