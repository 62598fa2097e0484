// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/gru.hpp>

#include "support/recurrent.hpp"

#include <lamina/graph/frozen.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<GRU<5>::On<Shape<7, 3>>::Output, Shape<5>>);
static_assert(std::is_same_v<GRU<5, ReturnSequences>::On<Shape<7, 3>>::Output, Shape<7, 5>>);
static_assert(GRU<5>::On<Shape<7, 3>, Shape<5>>::fits);
static_assert(!GRU<5>::On<Shape<7>>::fits && !GRU<5>::On<Indices<7>>::fits);
static_assert(!GRU<5>::On<Shape<7, 3>, Shape<5>, Shape<5>>::fits);
static_assert(Network<Sequential<Input<7, 3>, GRU<5>>, float>::parameters == 15 * (3 + 5 + 2));
static_assert(Network<Sequential<Input<7, 3>, GRU<5, ResetBefore>>, float>::parameters ==
              15 * (3 + 5 + 1));

TEST_CASE("GRU: what every layer owes") {
    check_recurrent("1 unit", Sequential{Input<3, 2>{}, GRU<1>{}});
    check_recurrent("one moment", Sequential{Input<1, 3>{}, GRU<4>{}});
    check_recurrent("penalties",
                    Sequential{Input<3, 2>{}, GRU<3>{.kernel_l2 = 0.2f, .recurrent_l1 = 0.3f}});
    check_recurrent("17 units", Sequential{Input<2, 3>{}, GRU<17, ReturnSequences, NoBias>{}});
    check_recurrent("stacked", Sequential{Input<3, 2>{}, GRU<3, ReturnSequences>{}, GRU<2>{}});
    check_recurrent("backwards", Sequential{Input<4, 3>{}, GRU<5, ReturnSequences, GoBackwards>{},
                                            GRU<2, GoBackwards>{}});
    check_recurrent("frozen", Sequential{Input<3, 3>{}, Dense<2>{},
                                         frozen(GRU<4, ReturnSequences>{}), GRU<2>{}});
    check_pieces("pieces", Sequential{Input<2, 2>{}, GRU<3, ReturnSequences>{}});
    check_recurrent("masked", Sequential{Tokens<5>{}, Embedding<5, 3, MaskZero>{},
                                         GRU<4, ReturnSequences>{}, GRU<3, GoBackwards>{}});
    check_recurrent("states", graph<Tokens<4>, Input<5>>([](auto tokens, auto h) {
                        auto x = tokens | Embedding<5, 3, MaskZero>{};
                        auto const [y, last] = join(x, h) | GRU<5, ReturnSequences, ReturnState>{};
                        return outputs(join(y, last) | GRU<5>{}, y);
                    }));
}

TEST_CASE("GRU that resets before: what every layer owes") {
    check_recurrent("1 unit", Sequential{Input<3, 2>{}, GRU<1, ResetBefore>{}});
    check_recurrent("17 units", Sequential{Input<2, 3>{}, GRU<17, ResetBefore, NoBias>{}});
    check_recurrent("backwards",
                    Sequential{Input<4, 3>{}, GRU<5, ReturnSequences, GoBackwards, ResetBefore>{}});
    check_pieces("pieces", Sequential{Input<2, 2>{}, GRU<3, ReturnSequences, ResetBefore>{}});
    check_recurrent("masked", Sequential{Tokens<5>{}, Embedding<5, 3, MaskZero>{},
                                         GRU<4, ReturnSequences, ResetBefore>{}});
    check_recurrent("state", graph<Input<4, 3>, Input<5>>([](auto x, auto h) {
                        auto const [y, last] = join(x, h) | GRU<5, ResetBefore, ReturnState>{};
                        return outputs(y, last);
                    }));
}

TEST_CASE("GRU: dropout of the input and of the state") {
    Conditions const drops{.by_sample = false, .one_mode = false};
    check_recurrent(
        "after",
        Sequential{Input<4, 3>{}, Dense<3>{}, GRU<5>{.dropout = 0.4f, .recurrent_dropout = 0.4f}},
        drops);
    check_recurrent("before", graph<Input<4, 3>, Input<5>>([](auto x, auto h) {
                        return join(x, h) | GRU<5, ReturnSequences, ResetBefore>{
                                                .dropout = 0.3f, .recurrent_dropout = 0.5f};
                    }),
                    drops);
}

TEST_CASE("GRU: PyTorch's numbers") {
    for (bool const given_state : {true, false}) {
        golden::Case const c(given_state ? "rnn_2_gru" : "rnn_2_gru_zero_state");
        Numbers pass = torch_numbers(c, torch_gru);
        if (!given_state) {
            check_pass(Sequential{Input<5, 3>{}, GRU<4, ReturnSequences>{}}, 2, pass);
            continue;
        }
        pass.x.push_back(c["in/h0"].values);
        pass.dx.push_back(c["grad_in/h0"].values);
        pass.y.push_back(c["out/hn"].values);
        pass.dy.push_back(c["gout/hn"].values);
        check_pass(graph<Input<5, 3>, Input<4>>([](auto x, auto h) {
                       auto const [y, last] = join(x, h) | GRU<4, ReturnSequences, ReturnState>{};
                       return outputs(y, last);
                   }),
                   2, pass);
    }
    golden::Case const cell("cell_gru");
    check_pass(graph<Input<1, 3>, Input<4>>([](auto x, auto h) { return join(x, h) | GRU<4>{}; }),
               2,
               Numbers{torch_gru.numbers(cell, "param/", ""),
                       torch_gru.numbers(cell, "grad_param/", ""),
                       {cell["in/x"].values, cell["in/h"].values},
                       {cell["out/y"].values},
                       {cell["gout/y"].values},
                       {cell["grad_in/x"].values, cell["grad_in/h"].values}});
}

TEST_CASE("GRU: token by token") {
    for (std::size_t const batch : {1u, 5u, 19u}) {
        check_steps<double>(Sequential{Input<6, 3>{}, GRU<5, ReturnSequences>{}, GRU<17>{}}, batch,
                            1e-13);
        check_steps<float>(Sequential{Input<6, 3>{}, GRU<5, ResetBefore, ReturnSequences>{}}, batch,
                           1e-5);
        check_steps<double>(
            Sequential{Tokens<6>{}, Embedding<5, 3, MaskZero>{}, GRU<17, ResetBefore>{}}, batch,
            1e-13);
    }
    std::vector<double> h(10);
    for (std::size_t i = 0; i < 10; ++i) h[i] = 0.1 * double(i);
    check_steps<double, 0>(graph<Input<6, 3>, Input<5>>([](auto x, auto h0) {
                               auto const [y, last] =
                                   join(x, h0) | GRU<5, ReturnSequences, ReturnState>{};
                               return outputs(last, y);
                           }),
                           2, 1e-13, h);
}

TEST_CASE("GRU: one unit by hand, both forms") {
    double const values[]{0.5, -0.3, 0.8, 0.1, 0.4, -0.6, 0.2, -0.1, 0.3, 0.05, 0.15, -0.25};
    auto const by_hand = [&](bool before) {
        double h = 0;
        auto const* const v = values;
        for (double const x : {1.5, -0.5}) {
            auto const sigmoid = [](double s) { return 1 / (1 + std::exp(-s)); };
            auto const of_x = [&](int k) { return x * v[k] + v[6 + k]; };
            auto const of_h = [&](int k) { return h * v[3 + k] + (before ? 0 : v[9 + k]); };
            double const z = sigmoid(of_x(0) + of_h(0)), r = sigmoid(of_x(1) + of_h(1));
            double const n = std::tanh(of_x(2) + r * of_h(2));
            h = z * h + (1 - z) * n;
        }
        return h;
    };
    auto const check = [&](auto definition, double expected) {
        using N = Network<decltype(definition), double>;
        Bench<N> bench(definition, 1, Conditions{});
        std::copy_n(values, N::parameters, bench.weights.values.data());
        bench.x[0] = {1.5, -0.5};
        CHECK(std::abs(bench.forward(false)[0] - expected) < 1e-15);
    };
    check(Sequential{Input<2, 1>{}, GRU<1>{}}, by_hand(false));
    check(Sequential{Input<2, 1>{}, GRU<1, ResetBefore>{}}, by_hand(true));
}
