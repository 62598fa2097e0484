// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/bidirectional.hpp>

#include "support/recurrent.hpp"

#include <lamina/activations/silu.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/gru.hpp>
#include <lamina/layers/lstm.hpp>
#include <lamina/layers/simple_rnn.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(Network<Sequential<Input<7, 3>, Bidirectional<LSTM<5>>>, float>::parameters ==
              2 * 20 * (3 + 5 + 1));

TEST_CASE("Bidirectional: what every layer owes") {
    check_recurrent("LSTM", Sequential{Input<3, 2>{}, Bidirectional<LSTM<3>>{}});
    check_recurrent("sequences",
                    Sequential{Input<3, 2>{}, Bidirectional<LSTM<3, ReturnSequences>>{}});
    check_recurrent("penalties",
                    Sequential{Input<3, 2>{}, Bidirectional{LSTM<3>{.recurrent_l2 = 0.3f}}});
    check_recurrent("sum", Sequential{Input<3, 2>{}, Bidirectional<GRU<3>, Sum>{}});
    check_recurrent("product",
                    Sequential{Input<3, 2>{}, Bidirectional<GRU<3, ReturnSequences>, Mul>{}});
    check_recurrent(
        "average",
        Sequential{Input<3, 2>{}, Bidirectional<SimpleRNN<3, SiLU, ReturnSequences>, Ave>{}});
    check_recurrent("one moment, one unit",
                    Sequential{Input<1, 2>{}, Bidirectional<GRU<1, ResetBefore>>{}});
    check_recurrent("masked",
                    Sequential{Tokens<5>{}, Embedding<5, 3, MaskZero>{},
                               Bidirectional<LSTM<3, ReturnSequences>>{}, Bidirectional<GRU<2>>{}});
    check_recurrent("dropout",
                    Sequential{Input<3, 2>{}, Dense<3>{},
                               Bidirectional{GRU<3>{.dropout = 0.4f, .recurrent_dropout = 0.3f}}},
                    {.by_sample = false, .one_mode = false});
    check_recurrent("states", graph<Input<3, 2>, Input<4>, Input<4>>([](auto x, auto a, auto b) {
                        return join(x, a, b) | Bidirectional<GRU<4, ReturnSequences>>{};
                    }));
}

TEST_CASE("Bidirectional of two layers: what every layer owes") {
    check_recurrent("LSTM, GRU", Sequential{Input<3, 2>{}, Bidirectional{LSTM<3>{}, GRU<2>{}}});
    check_recurrent("sequences",
                    Sequential{Input<3, 2>{}, Bidirectional{GRU<2, ReturnSequences>{},
                                                            SimpleRNN<4, ReturnSequences>{}}});
    check_recurrent("other units", Sequential{Input<4, 2>{}, Dense<3>{},
                                              Bidirectional{LSTM<1, NoBias>{}, LSTM<5>{}}});
    check_recurrent("sum", Sequential{Input<3, 2>{}, Bidirectional<LSTM<3>, Sum, GRU<3>>{}});
    check_recurrent("masked",
                    Sequential{Tokens<5>{}, Embedding<5, 3, MaskZero>{},
                               Bidirectional{LSTM<3, ReturnSequences>{}, GRU<2, ReturnSequences>{}},
                               Bidirectional{GRU<2, ResetBefore>{}, LSTM<3>{}}});
    check_recurrent("dropout",
                    Sequential{Input<3, 2>{}, Dense<3>{},
                               Bidirectional{GRU<3>{.dropout = 0.4f}, LSTM<2>{.dropout = 0.3f}}},
                    {.by_sample = false, .one_mode = false});
    check_recurrent(
        "states, LSTM first",
        graph<Input<3, 2>, Input<4>, Input<4>, Input<3>>([](auto x, auto h, auto c, auto back) {
            return join(x, h, c, back) | Bidirectional{LSTM<4>{}, GRU<3>{}};
        }));
    check_recurrent(
        "states, LSTM last",
        graph<Input<3, 2>, Input<4>, Input<3>, Input<3>>([](auto x, auto s, auto h, auto c) {
            return join(x, s, h, c) |
                   Bidirectional{GRU<4, ReturnSequences>{}, LSTM<3, ReturnSequences>{}};
        }));
}

TEST_CASE("Bidirectional of two layers is what they are by themselves, side by side") {
    auto const both = graph<Input<5, 3>>([](auto x) {
        return x | Bidirectional{LSTM<4, ReturnSequences>{}, GRU<2, ReturnSequences>{}};
    });
    auto const forward = Sequential{Input<5, 3>{}, LSTM<4, ReturnSequences>{}};
    auto const backward = Sequential{Input<5, 3>{}, GRU<2, ReturnSequences, GoBackwards>{}};
    Bench<Network<std::remove_cv_t<decltype(both)>, double>> all(both, 2, {});
    Bench<Network<std::remove_cv_t<decltype(forward)>, double>> first(forward, 2, {});
    Bench<Network<std::remove_cv_t<decltype(backward)>, double>> second(backward, 2, {});
    CHECK(all.parameters == first.parameters + second.parameters);
    std::copy_n(all.values.data(), first.parameters, first.values.data());
    std::copy_n(all.values.data() + first.parameters, second.parameters, second.values.data());
    auto const y = all.forward(false), a = first.forward(false), b = second.forward(false);
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t t = 0; t < 5; ++t) {
            double const* const at = y.data() + (n * 5 + t) * 6;
            for (std::size_t j = 0; j < 4; ++j) CHECK(at[j] == a[(n * 5 + t) * 4 + j]);
            for (std::size_t j = 0; j < 2; ++j) CHECK(at[4 + j] == b[(n * 5 + 4 - t) * 2 + j]);
        }
}

TEST_CASE("Bidirectional: PyTorch's numbers") {
    for (bool const given_state : {true, false}) {
        golden::Case const c(given_state ? "rnn_4_gru" : "rnn_4_gru_zero_state");
        Numbers pass = torch_numbers(c, torch_gru);
        for (auto [all, prefix] :
             {std::pair{&pass.parameters, "param/"}, std::pair{&pass.gradients, "grad_param/"}}) {
            auto const back = torch_gru.numbers(c, prefix, "_l0_reverse");
            all->insert(all->end(), back.begin(), back.end());
        }
        if (!given_state) {
            check_pass(Sequential{Input<6, 4>{}, Bidirectional<GRU<3, ReturnSequences>>{}}, 1,
                       pass);
            continue;
        }
        auto const half = [](golden::Array const& both, int k) {
            return std::vector<double>(both.data() + 3 * k, both.data() + 3 * k + 3);
        };
        // the last state of the way back is its output at the first moment
        for (int k : {0, 1}) {
            pass.x.push_back(half(c["in/h0"], k));
            pass.dx.push_back(half(c["grad_in/h0"], k));
            for (std::size_t j = 0; j < 3; ++j)
                pass.dy[0][(k ? 0 : 5) * 6 + std::size_t(3 * k) + j] += half(c["gout/hn"], k)[j];
        }
        check_pass(graph<Input<6, 4>, Input<3>, Input<3>>([](auto x, auto a, auto b) {
                       return join(x, a, b) | Bidirectional<GRU<3, ReturnSequences>>{};
                   }),
                   1, pass);
    }
}

TEST_CASE("Bidirectional: padding is skipped both ways, and zeros come out of it") {
    using Padded =
        Sequential<Tokens<5>, Embedding<9, 3, MaskZero>, Bidirectional<LSTM<4, ReturnSequences>>>;
    using Short =
        Sequential<Tokens<3>, Embedding<9, 3, MaskZero>, Bidirectional<LSTM<4, ReturnSequences>>>;
    Bench<Network<Padded, double>> padded({}, 1, Conditions{});
    Bench<Network<Short, double>> alone({}, 1, Conditions{});
    padded.tokens[0] = {0, 7, 2, 5, 0};
    alone.tokens[0] = {7, 2, 5};
    auto const y = padded.forward(false), z = alone.forward(false);
    for (std::size_t j = 0; j < 8; ++j) {
        CHECK(y[j] == 0);
        CHECK(y[4 * 8 + j] == 0);
    }
    CHECK(apart(z, y.data() + 8) < 1e-15);
}

TEST_CASE("Bidirectional: its two halves are named") {
    using N = Network<Sequential<Input<4, 3>, Bidirectional<LSTM<5, NoBias>>>, float>;
    Weights<N> const weights;
    std::vector<std::string> names;
    weights.for_each_parameter(
        [&](int, std::string const& path, auto const&, float const*) { names.push_back(path); });
    CHECK(names == std::vector<std::string>{
                       "bidirectional/forward/kernel", "bidirectional/forward/recurrent_kernel",
                       "bidirectional/backward/kernel", "bidirectional/backward/recurrent_kernel"});
}
