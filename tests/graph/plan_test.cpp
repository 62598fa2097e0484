// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/plan.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/residual.hpp>

#include <cstddef>
#include <type_traits>

using namespace lamina;
using namespace lamina::testing;

namespace {

template <class... L>
using Net = Network<Sequential<L...>, float>;

using Deep = Net<Input<64>, Dense<64>, Squash, Dense<64>, Squash, Dense<64>, Squash, Dense<1>>;
using Walkthrough = Net<Input<3>, Dense<64>, Squash, Dense<1>, Squash>;

} // namespace

// Inference: two buffers in turn, however deep. Training keeps what the backward pass reads, and
// the gradients take turns.
static_assert(Deep::inference.per_sample == 64 + 64);
static_assert(Deep::training.per_sample < Deep::training.without_reuse / 2);
static_assert(Deep::training.per_sample == 3 * 64 + 2 * 16 + 2 * 64);
static_assert(Deep::arena(1, false) < Deep::arena(1, true));

// An activation whose slope is a function of its output lies where Dense's output lay and runs as
// its epilogue; Dense behind it takes the slope along.
static_assert(Walkthrough::training.rows[2].in_place && Walkthrough::training.rows[2].fused);
static_assert(Walkthrough::training.rows[1].away && !Walkthrough::training.rows[2].away);
static_assert(Walkthrough::training.rows[3].fused_slope);
static_assert(Walkthrough::training.rows[2].slope_away);
static_assert(Walkthrough::inference.rows[4].fused && Walkthrough::inference.rows[3].away);

// ... but not when somebody else looks in between, ...
using Watched = Network<std::remove_const_t<decltype(graph<Input<3>>([](auto x) {
    auto h = x | Dense<8>{};
    auto y = h | Squash{};
    return outputs(y | Dense<2>{}, h | Dense<1>{}, y);
}))>, float>;
static_assert([] {
    for (int i = 0; i < Watched::size; ++i)
        if (Watched::training.rows[i].in_place || Watched::training.rows[i].fused_slope)
            return false;
    return true;
}());

// ... nor, in training, when its slope is a function of its input.
using Unlike = Net<Input<3>, Dense<8>, Bump, Dense<1>>;
static_assert(!Unlike::training.rows[2].in_place && !Unlike::training.rows[3].fused_slope);
static_assert(Unlike::inference.rows[2].in_place && Unlike::inference.rows[2].fused);

// Nobody writes over a y that its layer reads in backward, not even through a view.
using Through = Net<Input<2, 3>, Dense<4>, Squash, Flatten, Squash, Dense<1>>;
static_assert(Through::training.rows[3].in_place && !Through::training.rows[4].in_place);
static_assert(Through::inference.rows[3].in_place && Through::inference.rows[4].in_place);
// Dropout reads neither; Dense does not read its y.
using Free = Net<Input<3>, Dense<4>, Dropout, Dense<1>>;
static_assert(Free::training.rows[2].in_place && Free::inference.rows[2].in_place);

// The user's numbers are never written into.
static_assert(!Net<Input<3>, Squash>::inference.rows[1].in_place);

// The backward pass ends where nothing above is trained; the input's gradient is there on demand.
using First = Net<Input<3>, Squash, Dense<4>>;
static_assert(!First::training.rows[0].grad && !First::training.rows[1].backward);
using Explained = Network<Sequential<Input<3>, Squash, Dense<4>>, float, true>;
static_assert(Explained::training.rows[0].grad && Explained::training.rows[1].backward);

// What is kept for the batch and for training only.
using Normal = Net<Input<3>, Dense<4>, BatchNormalization, Dense<1>>;
static_assert(Normal::training.state == 2 * 4 && Normal::training.per_batch > 0);
static_assert(Net<Input<5, 3>, Recurrent<4>>::inference.per_sample
              <= Net<Input<5, 3>, Recurrent<4>>::training.per_sample);

// Everything of a sample begins on a cache line.
static_assert([] {
    for (int i = 1; i < Deep::size; ++i)
        if (Deep::training.rows[i].y % 16 || Deep::training.rows[i].dy % 16) return false;
    return Deep::training.per_sample % 16 == 0;
}());

// Parameters lie one after another in the order of the table: one block, no holes.
static_assert(Walkthrough::parameters == 3 * 64 + 64 + 64 + 1);
static_assert(Walkthrough::training.rows[1].parameters == 0);
static_assert(Walkthrough::training.rows[3].parameters == 4 * 64);

TEST_CASE("Values and gradients that live at once never overlap") {
    // check_layer would see it in the numbers (the arena is filled with NaN before each pass): here
    // are the shapes of graphs that it is most easily done wrong for
    check_layer("a long way around", graph<Input<4>>([](auto x) {
                    auto early = x | Dense<4>{} | Squash{};
                    auto late = early | Dense<9>{} | Squash{} | Dense<9>{} | Bump{} | Dense<4>{};
                    return late + early;
                }));
    check_layer("diamonds", graph<Input<4>>([](auto x) {
                    auto a = x | Dense<4>{};
                    auto b = (a | Squash{}) + (a | Bump{}) + a;
                    auto c = (b | Dense<4>{} | Squash{}) + (b | Bump{});
                    return outputs(c + a, b | Squash{}, c);
                }));
    check_layer("chains in place", Sequential{Input<5>{}, Dense<7>{}, Dropout{.rate = 0}, Squash{},
                                              Dropout{.rate = 0}, Dense<3>{}, Bump{}, Squash{},
                                              Dropout{.rate = 0}});
    check_layer("an output in the middle, in place before and behind",
                graph<Input<3>>([](auto x) {
                    auto h = x | Dense<4>{} | Squash{};
                    auto y = h | Dropout{.rate = 0} | Dense<4>{} | Squash{};
                    return outputs(h, y, y | Dropout{.rate = 0});
                }));
    check_layer("one branch trained, one not", graph<Input<3>>([](auto x) {
                    auto a = x | frozen(Dense<4>{}) | Squash{};
                    auto b = x | Dense<4>{} | Squash{};
                    return join(a, b, a + b) | Concatenate{} | Squash{} | Dense<2>{};
                }));
}
