// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/flatten.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/residual.hpp>

#include <array>
#include <type_traits>

using namespace lamina;
using namespace lamina::testing;

namespace {

using Image = Sequential<Input<3, 4, 2>, Flatten, Dense<2>>;
using Behind = Sequential<Input<3, 4>, Dense<5>, Squash, Flatten, Dense<2>>;

template <class In>
using Flat = typename Flatten::On<In>::Output;

} // namespace

static_assert(std::is_same_v<Flat<Shape<3, 4, 2>>, Shape<24>>);
static_assert(std::is_same_v<Flat<Shape<7>>, Shape<7>>);
static_assert(std::is_same_v<Flat<Shape<1, 1>>, Shape<1>>);
static_assert(Flatten::On<Shape<3>>::fits && !Flatten::On<Indices<3>>::fits);

TEST_CASE("Flatten: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, Flatten{}});
    check_layer("image", Image{});
    check_layer("17 x 3", Sequential{Input<17, 3>{}, Flatten{}});
    check_layer("behind an activation", Behind{});
    check_layer("before one that works in place",
                Sequential{Input<3, 4>{}, Dense<4>{}, Squash{}, Flatten{}, Squash{}, Dense<2>{}});
    check_layer("twice", Sequential{Input<2, 3>{}, Dense<4>{}, Flatten{}, Flatten{}, Squash{}});
    check_layer("before its input's other reader", graph<Input<2, 3>>([](auto x) {
                    auto h = x | Dense<3>{};
                    return outputs(h | Flatten{} | Squash{}, h | Squash{} | Dense<2>{});
                }));
    check_layer("of an input that others read", graph<Input<2, 3>>([](auto x) {
                    return outputs(x | Flatten{} | Squash{}, x | Flatten{}, x | Dense<2>{});
                }));
    check_layer("of an output", graph<Input<2, 3>>([](auto x) {
                    auto h = x | Dense<2>{} | Squash{};
                    return outputs(h, h | Flatten{} | Dense<3>{});
                }));
}

TEST_CASE("Flatten costs nothing: no memory, no work") {
    using OnInput = Network<Image, float>;
    static_assert(OnInput::inference.rows[1].input == 0 && OnInput::inference.rows[1].away);
    static_assert(OnInput::training.rows[1].input == 0 && OnInput::training.rows[1].away);
    static_assert(OnInput::inference.per_sample == 16);   // Dense's two numbers, on a cache line

    using On = Network<Behind, float>;
    static_assert(On::training.rows[3].in_place && On::inference.rows[3].in_place);
    static_assert(On::training.rows[3].y == On::training.rows[2].y);
    static_assert(On::training.rows[3].dy == On::training.rows[2].dy);
}

TEST_CASE("Flatten keeps the order of the numbers") {
    using N = Network<Sequential<Input<2, 3>, Flatten>, float>;
    Weights<N> const weights;
    Workspace<N> work;
    std::array<float, 12> const x{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    void const* in[]{x.data()};
    float const* const y = predict(weights, work, in, 2);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(y[i] == x[i]);
}
