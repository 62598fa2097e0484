// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/lstm.hpp>

#include "support/recurrent.hpp"

#include <lamina/graph/frozen.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/masking.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<LSTM<5>::On<Shape<7, 3>>::Output, Shape<5>>);
static_assert(std::is_same_v<LSTM<5, ReturnSequences>::On<Shape<7, 3>>::Output, Shape<7, 5>>);
static_assert(LSTM<5>::On<Shape<7, 3>, Shape<5>, Shape<5>>::fits);
static_assert(!LSTM<5>::On<Shape<7>>::fits && !LSTM<5>::On<Shape<7, 3, 1>>::fits);
static_assert(!LSTM<5>::On<Indices<7>>::fits && !LSTM<5>::On<Shape<7, 3>, Shape<5>>::fits);
static_assert(!LSTM<5>::On<Shape<7, 3>, Shape<5>, Shape<4>>::fits);
static_assert(Network<Sequential<Input<7, 3>, LSTM<5>>, float>::parameters == 20 * (3 + 5 + 1));
static_assert(Network<Sequential<Input<7, 3>, LSTM<5, NoBias>>, float>::parameters == 20 * (3 + 5));

namespace {

constexpr auto encoder_decoder = graph<Input<4, 3>, Input<3, 2>>([](auto from, auto to) {
    auto const [y, h, c] = from | LSTM<5, ReturnState>{};
    return outputs(join(to, h, c) | LSTM<5, ReturnSequences>{}, y);
});

} // namespace

TEST_CASE("LSTM: what every layer owes") {
    check_recurrent("1 unit", Sequential{Input<3, 2>{}, LSTM<1>{}});
    check_recurrent("one moment", Sequential{Input<1, 3>{}, LSTM<4>{}});
    check_recurrent("penalties",
                    Sequential{Input<3, 2>{}, LSTM<3>{.kernel_l2 = 0.2f, .recurrent_l1 = 0.3f}});
    check_recurrent("17 units", Sequential{Input<2, 3>{}, LSTM<17, ReturnSequences>{}});
    check_recurrent("sequences", Sequential{Input<4, 3>{}, LSTM<5, ReturnSequences>{}});
    check_recurrent("stacked", Sequential{Input<3, 2>{}, LSTM<3, ReturnSequences>{}, LSTM<2>{}});
    check_recurrent("backwards", Sequential{Input<4, 3>{}, LSTM<5, GoBackwards>{}});
    check_recurrent("sequences backwards",
                    Sequential{Input<4, 3>{}, LSTM<5, ReturnSequences, GoBackwards, NoBias>{}});
    check_pieces("pieces", Sequential{Input<2, 2>{}, LSTM<3, ReturnSequences>{}});
    check_recurrent("frozen", Sequential{Input<4, 3>{}, Dense<2>{},
                                         frozen(LSTM<4, ReturnSequences>{}), LSTM<2>{}});
}

TEST_CASE("LSTM: what penalties add to the loss") {
    using N = Network<Sequential<Input<3, 1>, LSTM<1>>, double>; // kernels of four weights each
    Bench<N> bench(Sequential{Input<3, 1>{}, LSTM<1>{.kernel_l1 = 0.5f,
                                                     .kernel_l2 = 2.0f,
                                                     .recurrent_l1 = 0.25f,
                                                     .recurrent_l2 = 0.125f}},
                   1, Conditions{});
    double const weights[]{-1, 2, 0, 3, 4, -2, 0, 6};
    for (std::size_t i = 0; i < 8; ++i) bench.weights.values[i] = weights[i];
    bench.value();
    CHECK(bench.loss == 0.5 * 6 + 2 * 14 + 0.25 * 12 + 0.125 * 56);
}

TEST_CASE("LSTM: masked moments") {
    check_recurrent("last", Sequential{Tokens<5>{}, Embedding<5, 3, MaskZero>{}, LSTM<4>{}});
    check_recurrent("sequences", Sequential{Tokens<5>{}, Embedding<5, 3, MaskZero>{},
                                            LSTM<4, ReturnSequences>{}, LSTM<3, GoBackwards>{}});
    check_recurrent("backwards", Sequential{Tokens<5>{}, Embedding<5, 3, MaskZero>{},
                                            LSTM<4, ReturnSequences, GoBackwards>{}});
}

TEST_CASE("LSTM: states that it begins with and gives") {
    check_recurrent("encoder and decoder", encoder_decoder);
    check_recurrent(
        "every output", graph<Input<4, 3>, Input<5>, Input<5>>([](auto x, auto h, auto c) {
            auto const [y, last, cell] = join(x, h, c) | LSTM<5, ReturnSequences, ReturnState>{};
            return outputs(y, last, cell);
        }));
    check_recurrent("backwards", graph<Tokens<4>, Input<5>, Input<5>>([](auto t, auto h, auto c) {
                        auto x = t | Embedding<5, 3, MaskZero>{};
                        auto const [y, last, cell] =
                            join(x, h, c) | LSTM<5, ReturnSequences, GoBackwards, ReturnState>{};
                        return outputs(y, cell, last);
                    }));
}

TEST_CASE("LSTM: dropout of the input and of the state") {
    Conditions const drops{.by_sample = false, .one_mode = false};
    check_recurrent("input", Sequential{Input<4, 3>{}, Dense<3>{}, LSTM<5>{.dropout = 0.4f}},
                    drops);
    check_recurrent("state",
                    Sequential{Input<4, 3>{}, LSTM<5, ReturnSequences>{.recurrent_dropout = 0.4f}},
                    drops);
    check_recurrent("both", graph<Input<4, 3>, Input<5>, Input<5>>([](auto x, auto h, auto c) {
                        return join(x, h, c) |
                               LSTM<5, GoBackwards>{.dropout = 0.3f, .recurrent_dropout = 0.5f};
                    }),
                    drops);

    // one draw for each feature, at every moment: what is dropped is dropped throughout
    using N = Network<Sequential<Input<6, 4>, LSTM<3>>, double, true>;
    Bench<N> bench(Sequential{Input<6, 4>{}, LSTM<3>{.dropout = 0.5f}}, 8, Conditions{});
    bench.backward();
    double const* const dx = bench.dy_of(0);
    std::size_t dropped = 0;
    for (std::size_t n = 0; n < 8; ++n)
        for (std::size_t j = 0; j < 4; ++j) {
            std::size_t zeros = 0;
            for (std::size_t t = 0; t < 6; ++t) zeros += dx[(n * 6 + t) * 4 + j] == 0;
            CHECK((zeros == 0 || zeros == 6));
            dropped += zeros == 6;
        }
    CHECK(dropped > 4);
    CHECK(dropped < 28);
}

TEST_CASE("LSTM: PyTorch's numbers") {
    for (bool const given_state : {true, false}) {
        golden::Case const c(given_state ? "rnn_1_lstm" : "rnn_1_lstm_zero_state");
        Numbers pass{torch_lstm.numbers(c, "param/", "_l0"),
                     torch_lstm.numbers(c, "grad_param/", "_l0"),
                     {batch_first(c["in/x"])},
                     {batch_first(c["out/y"])},
                     {batch_first(c["gout/y"])},
                     {batch_first(c["grad_in/x"])}};
        if (!given_state) {
            check_pass(Sequential{Input<5, 3>{}, LSTM<4, ReturnSequences>{}}, 2, pass);
            continue;
        }
        for (char const* name : {"h", "c"}) {
            std::string const s(name);
            pass.x.push_back(c["in/" + s + "0"].values);
            pass.dx.push_back(c["grad_in/" + s + "0"].values);
            pass.y.push_back(c["out/" + s + "n"].values);
            pass.dy.push_back(c["gout/" + s + "n"].values);
        }
        check_pass(graph<Input<5, 3>, Input<4>, Input<4>>([](auto x, auto h, auto cell) {
                       auto const [y, hn, cn] =
                           join(x, h, cell) | LSTM<4, ReturnSequences, ReturnState>{};
                       return outputs(y, hn, cn);
                   }),
                   2, pass);
    }
}

TEST_CASE("LSTM: PyTorch's numbers of two layers") {
    for (bool const given_state : {true, false}) {
        golden::Case const c(given_state ? "rnn_3_lstm" : "rnn_3_lstm_zero_state");
        Numbers pass{torch_lstm.numbers(c, "param/", "_l0"),
                     torch_lstm.numbers(c, "grad_param/", "_l0"),
                     {c["in/x"].values},
                     {c["out/y"].values},
                     {c["gout/y"].values},
                     {c["grad_in/x"].values}};
        for (auto [all, prefix] :
             {std::pair{&pass.parameters, "param/"}, std::pair{&pass.gradients, "grad_param/"}}) {
            auto const second = torch_lstm.numbers(c, prefix, "_l1");
            all->insert(all->end(), second.begin(), second.end());
        }
        if (!given_state) {
            check_pass(
                Sequential{Input<3, 2>{}, LSTM<6, ReturnSequences>{}, LSTM<6, ReturnSequences>{}},
                3, pass);
            continue;
        }
        for (std::size_t const layer : {0u, 1u}) {
            auto const add = [&](std::vector<std::vector<double>>& to, std::string const& name) {
                double const* const numbers = c[name].data() + layer * 18; // [layer, 3, 6]
                to.emplace_back(numbers, numbers + 18);
            };
            for (std::string const s : {"h", "c"}) {
                add(pass.x, "in/" + s + "0");
                add(pass.dx, "grad_in/" + s + "0");
                add(pass.y, "out/" + s + "n");
                add(pass.dy, "gout/" + s + "n");
            }
        }
        check_pass(graph<Input<3, 2>, Input<6>, Input<6>, Input<6>, Input<6>>(
                       [](auto x, auto h0, auto c0, auto h1, auto c1) {
                           using L = LSTM<6, ReturnSequences, ReturnState>;
                           auto const [first, hn0, cn0] = join(x, h0, c0) | L{};
                           auto const [y, hn1, cn1] = join(first, h1, c1) | L{};
                           return outputs(y, hn0, cn0, hn1, cn1);
                       }),
                   3, pass);
    }
}

TEST_CASE("LSTM: PyTorch's cell, and its packed sequences of several lengths") {
    golden::Case const cell("cell_lstm");
    Numbers const one{
        torch_lstm.numbers(cell, "param/", ""),
        torch_lstm.numbers(cell, "grad_param/", ""),
        {cell["in/x"].values, cell["in/h"].values, cell["in/c"].values},
        {cell["out/h"].values, cell["out/c"].values},
        {cell["gout/h"].values, cell["gout/c"].values},
        {cell["grad_in/x"].values, cell["grad_in/h"].values, cell["grad_in/c"].values}};
    check_pass(graph<Input<1, 3>, Input<4>, Input<4>>([](auto x, auto h, auto c) {
                   auto const [y, hn, cn] = join(x, h, c) | LSTM<4, ReturnState>{};
                   return outputs(hn, cn);
               }),
               2, one);

    golden::Case const c("rnn_lstm_lengths");
    auto x = c["in/x"].values, y = c["out/y"].values, dy = c["gout/y"].values;
    for (std::size_t n = 0; n < 3; ++n)
        for (std::size_t t = std::size_t(c["in/lens"][n]); t < 5; ++t) {
            for (std::size_t j = 0; j < 3; ++j) x[(n * 5 + t) * 3 + j] = 0; // padding
            for (std::size_t j = 0; j < 4; ++j) {
                std::size_t const at = (n * 5 + t) * 4 + j;
                y[at] = y[at - 4]; // PyTorch gives 0, Keras the output before
                dy[at] = 0;
            }
        }
    check_pass(graph<Input<5, 3>>([](auto input) {
                   auto const [all, h, state] =
                       input | Masking{} | LSTM<4, ReturnSequences, ReturnState>{};
                   return outputs(all, h, state);
               }),
               3,
               Numbers{torch_lstm.numbers(c, "param/", "_l0"),
                       torch_lstm.numbers(c, "grad_param/", "_l0"),
                       {x},
                       {y, c["out/hn"].values, c["out/cn"].values},
                       {dy, c["gout/hn"].values, c["gout/cn"].values},
                       {c["grad_in/x"].values}});
}

TEST_CASE("LSTM: token by token") {
    auto const sequences = Sequential{Input<6, 3>{}, LSTM<5, ReturnSequences>{}, LSTM<17>{}};
    for (std::size_t const batch : {1u, 2u, 5u, 19u}) {
        check_steps<double>(sequences, batch, 1e-13);
        check_steps<float>(sequences, batch, 1e-5);
        check_steps<double>(
            Sequential{Tokens<6>{}, Embedding<5, 3, MaskZero>{}, LSTM<5, ReturnSequences>{}}, batch,
            1e-13);
    }
    std::vector<double> h(10), c(10);
    for (std::size_t i = 0; i < 10; ++i) h[i] = 0.1 * double(i), c[i] = 1 - h[i];
    check_steps<double, 0>(graph<Input<6, 3>, Input<5>, Input<5>>([](auto x, auto h0, auto c0) {
                               auto const [y, last, cell] =
                                   join(x, h0, c0) | LSTM<5, ReturnSequences, ReturnState>{};
                               return outputs(y, last, cell);
                           }),
                           2, 1e-13, h, c);
    check_steps<double, 0>(graph<Input<6, 3>, Input<5>, Input<5>>([](auto x, auto h0, auto c0) {
                               auto const [y, last, cell] =
                                   join(x, h0, c0) | LSTM<5, ReturnState>{};
                               return outputs(cell, last);
                           }),
                           2, 1e-13, h, c);
}

TEST_CASE("LSTM: one unit by hand") {
    using N = Network<Sequential<Input<2, 1>, LSTM<1>>, double>;
    Bench<N> bench({}, 1, Conditions{});
    double const values[]{0.5, -0.3, 0.8, 0.2, 0.1, 0.4, -0.6, 0.7, 0.0, 1.0, 0.1, -0.2};
    std::copy_n(values, 12, bench.weights.values.data());
    bench.x[0] = {1.5, -0.5};
    double h = 0, c = 0;
    for (double const x : bench.x[0]) {
        auto const sum = [&](int k) { return x * values[k] + h * values[4 + k] + values[8 + k]; };
        auto const sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
        double const i = sigmoid(sum(0)), f = sigmoid(sum(1)), g = std::tanh(sum(2));
        double const o = sigmoid(sum(3));
        c = f * c + i * g;
        h = o * std::tanh(c);
    }
    CHECK(std::abs(bench.forward(false)[0] - h) < 1e-15);
}

TEST_CASE("LSTM: how its parameters begin") {
    using N = Network<Sequential<Input<2, 3>, LSTM<4>>, float>;
    Weights<N> const weights;
    for (std::size_t j = 0; j < 16; ++j)
        CHECK(weights.values[(3 + 4) * 16 + j] == (j / 4 == 1 ? 1.0f : 0.0f));
    for (std::size_t a = 0; a < 4; ++a) // the rows of the recurrent kernel are orthonormal
        for (std::size_t b = 0; b < 4; ++b) {
            double dot = 0;
            for (std::size_t j = 0; j < 16; ++j)
                dot += double(weights.values[48 + a * 16 + j]) *
                       double(weights.values[48 + b * 16 + j]);
            CHECK(std::abs(dot - double(a == b)) < 1e-5);
        }
    using Other =
        Network<Sequential<Input<2, 3>, LSTM<4, KernelInitializer<Ones>,
                                             RecurrentInitializer<Zeros>, BiasInitializer<Zeros>>>,
                float>;
    Weights<Other> const other;
    for (std::size_t i = 0; i < Other::parameters; ++i) CHECK(other.values[i] == float(i < 48));
}
