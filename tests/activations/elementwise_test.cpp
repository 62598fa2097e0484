// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/elementwise.hpp>

#include "support/check_layer.hpp"

#include <doctest/doctest.h>

#include <lamina/activations/elu.hpp>
#include <lamina/activations/silu.hpp>
#include <lamina/layers/dense.hpp>

#include <type_traits>

using namespace lamina;
using namespace lamina::testing;

namespace {

// the example of the documentation
struct Cube {
    static constexpr bool from_output = false;
    template <class In>
    using On = Elementwise<Cube, In>;
    template <class V>
    V value(V x) const { return x * x * x; }
    template <class V>
    V slope(V x) const { return V(3) * x * x; }
};

template <class F, class In>
constexpr bool fits = F::template On<In>::fits;

} // namespace

static_assert(std::is_same_v<ELU::On<Shape<3, 4>>::Output, Shape<3, 4>>);
static_assert(fits<ELU, Shape<3>> && fits<ELU, Shape<3, 4, 5>> && !fits<ELU, Indices<3>>);
static_assert(ELU::On<Shape<3>>::needs_y && !ELU::On<Shape<3>>::needs_x);
static_assert(SiLU::On<Shape<3>>::needs_x && !SiLU::On<Shape<3>>::needs_y);

TEST_CASE("Elementwise: what every layer owes") {
    check_layer("of the output", Sequential{Input<7>{}, ELU{.alpha = 1.5f}});
    check_layer("of the input", Sequential{Input<5, 3>{}, SiLU{}});
    check_layer("one's own", Sequential{Input<2, 3, 2>{}, Cube{}});
    check_layer("behind Dense",
                Sequential{Input<3>{}, Dense<17>{}, ELU{}, Dense<5>{}, SiLU{}, Dense<2>{}, Cube{}});
    check_layer("one behind another", Sequential{Input<3>{}, SiLU{}, ELU{}, Cube{}, Dense<2>{}});
}
