// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/glu.hpp>

#include "support/check_golden.hpp"
#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/activations/gelu.hpp>
#include <lamina/activations/silu.hpp>
#include <lamina/activations/tanh.hpp>
#include <lamina/layers/dense.hpp>

#include <cmath>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<GLU<>::On<Shape<5, 6>>::Output, Shape<5, 3>>);
static_assert(std::is_same_v<GLU<>::On<Shape<5, 6>, Shape<5, 6>>::Output, Shape<5, 6>>);
static_assert(!GLU<>::On<Shape<5>>::fits && !GLU<>::On<Shape<5>, Shape<6>>::fits);
static_assert(!GLU<>::On<Indices<6>>::fits);

TEST_CASE("GLU: what every layer owes") {
    check_layer("2", Sequential{Input<2>{}, GLU{}});
    check_layer("a sequence", Sequential{Input<5, 6>{}, GLU{}, Dense<2>{}});
    check_layer("image", Sequential{Input<3, 2, 34>{}, GLU<SiLU>{}});
    check_layer("slope from the output", Sequential{Input<3>{}, Dense<10>{}, GLU<Tanh>{}});
    check_layer("two inputs", graph<Input<3, 5>, Input<3, 5>>([](auto value, auto gate) {
                    return join(value, gate) | GLU<GELU>{} | Dense<2>{};
                }));
    check_layer("two inputs that are layers", graph<Input<3>>([](auto x) {
                    return join(x | Dense<17>{}, x | frozen(Dense<17>{})) | GLU<SiLU>{};
                }));
    check_layer("the same twice", graph<Input<7>>([](auto x) {
                    auto h = x | Dense<4>{};
                    return join(h, h) | GLU<Tanh>{};
                }));
    check_layer("frozen above", Sequential{Input<3>{}, frozen(Dense<4>{}), GLU{}, Dense<2>{}});
}

TEST_CASE("GLU: PyTorch's numbers") {
    check_golden(golden::Case("act_glu"), Sequential{Input<8>{}, GLU{}}, {"in/x"}, {"out/y"}, {},
                 {});
}

TEST_CASE("GLU: by hand") {
    using N = Network<Sequential<Input<4>, GLU<>>, double>;
    Bench<N> bench({}, 1, Conditions{});
    bench.x[0] = {2, -3, 0, std::log(3.0)};   // the gates are 1/2 and 3/4
    auto const y = bench.forward(false);
    CHECK(y[0] == doctest::Approx(1));
    CHECK(y[1] == doctest::Approx(-2.25));
}
