// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/simple_rnn.hpp>

#include "support/recurrent.hpp"

#include <lamina/activations/leaky_relu.hpp>
#include <lamina/activations/relu.hpp>
#include <lamina/activations/silu.hpp>
#include <lamina/graph/frozen.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<SimpleRNN<5>::On<Shape<7, 3>>::Output, Shape<5>>);
static_assert(std::is_same_v<SimpleRNN<5, ReturnSequences>::On<Shape<7, 3>>::Output, Shape<7, 5>>);
static_assert(SimpleRNN<5, ReLU>::On<Shape<7, 3>, Shape<5>>::fits);
static_assert(!SimpleRNN<5>::On<Shape<7>>::fits && !SimpleRNN<5>::On<Indices<7>>::fits);
static_assert(Network<Sequential<Input<7, 3>, SimpleRNN<5>>, float>::parameters == 5 * (3 + 5 + 1));

TEST_CASE("SimpleRNN: what every layer owes") {
    check_recurrent("1 unit", Sequential{Input<3, 2>{}, SimpleRNN<1>{}});
    check_recurrent("one moment", Sequential{Input<1, 3>{}, SimpleRNN<4>{}});
    check_recurrent("penalties", Sequential{Input<3, 2>{},
                                            SimpleRNN<3>{.kernel_l2 = 0.2f, .recurrent_l1 = 0.3f}});
    check_recurrent("17 units",
                    Sequential{Input<2, 3>{}, SimpleRNN<17, ReturnSequences, NoBias>{}});
    check_recurrent("stacked", Sequential{Input<3, 2>{}, SimpleRNN<3, ReturnSequences>{},
                                          SimpleRNN<2, GoBackwards>{}});
    check_recurrent("a slope of its input",
                    Sequential{Input<4, 3>{}, SimpleRNN<5, SiLU, ReturnSequences, GoBackwards>{}});
    check_recurrent("an activation with options",
                    Sequential{Input<4, 3>{}, SimpleRNN<5, LeakyReLU>{.activation = {0.5f}}});
    check_recurrent("frozen", Sequential{Input<3, 3>{}, Dense<2>{},
                                         frozen(SimpleRNN<4, ReturnSequences>{}), SimpleRNN<2>{}});
    check_pieces("pieces", Sequential{Input<2, 2>{}, SimpleRNN<3, SiLU, ReturnSequences>{}});
    check_recurrent("masked", Sequential{Tokens<5>{}, Embedding<5, 3, MaskZero>{},
                                         SimpleRNN<4, ReturnSequences>{}, SimpleRNN<3, SiLU>{}});
    check_recurrent("states", graph<Input<4, 3>, Input<5>>([](auto x, auto h) {
                        auto const [y, last] =
                            join(x, h) | SimpleRNN<5, SiLU, ReturnSequences, ReturnState>{};
                        return outputs(y, last);
                    }));
    check_recurrent("dropout",
                    Sequential{Input<4, 3>{}, Dense<3>{},
                               SimpleRNN<5>{.dropout = 0.4f, .recurrent_dropout = 0.4f}},
                    {.by_sample = false, .one_mode = false});
}

TEST_CASE("SimpleRNN: PyTorch's numbers") {
    for (bool const given_state : {true, false}) {
        golden::Case const c(given_state ? "rnn_0_rnn" : "rnn_0_rnn_zero_state");
        Numbers pass = torch_numbers(c, torch_rnn);
        if (!given_state) {
            check_pass(Sequential{Input<5, 3>{}, SimpleRNN<4, ReturnSequences>{}}, 2, pass);
            continue;
        }
        pass.x.push_back(c["in/h0"].values);
        pass.dx.push_back(c["grad_in/h0"].values);
        pass.y.push_back(c["out/hn"].values);
        pass.dy.push_back(c["gout/hn"].values);
        check_pass(graph<Input<5, 3>, Input<4>>([](auto x, auto h) {
                       auto const [y, last] =
                           join(x, h) | SimpleRNN<4, ReturnSequences, ReturnState>{};
                       return outputs(y, last);
                   }),
                   2, pass);
    }
}

TEST_CASE("SimpleRNN: token by token") {
    for (std::size_t const batch : {1u, 5u, 19u}) {
        check_steps<double>(
            Sequential{Input<6, 3>{}, SimpleRNN<5, ReturnSequences>{}, SimpleRNN<17, ReLU>{}},
            batch, 1e-13);
        check_steps<float>(
            Sequential{Tokens<6>{}, Embedding<5, 3, MaskZero>{}, SimpleRNN<17, ReturnSequences>{}},
            batch, 1e-5);
    }
}

TEST_CASE("SimpleRNN: two units by hand") {
    using N = Network<Sequential<Input<2, 1>, SimpleRNN<2, ReLU>>, double>;
    Bench<N> bench({}, 1, Conditions{});
    double const values[]{1, -1, 0.5, 2, 1, -3, 0.5, 1};
    std::copy_n(values, 8, bench.weights.values.data());
    bench.x[0] = {2, 1};
    // h = relu(2.5, -1) = (2.5, 0), then relu(1 + 1.25 + 0.5, -1 + 5 + 1)
    CHECK(bench.forward(false) == std::vector<double>{2.75, 5});
}
