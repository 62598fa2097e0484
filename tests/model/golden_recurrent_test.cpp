// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>
#include <lamina/layers/gru.hpp>
#include <lamina/layers/lstm.hpp>

#include "support/golden.hpp"
#include "support/recurrent.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

void append(std::vector<double>& all, std::vector<double> const& more) {
    all.insert(all.end(), more.begin(), more.end());
}
/// PyTorch keeps a Dense kernel as (out, in).
void append_dense(std::vector<double>& all, golden::Case const& c, std::string const& prefix) {
    auto const& weight = c[prefix + "fc.weight"];
    std::size_t const out = weight.shape[0], in = weight.shape[1];
    for (std::size_t i = 0; i < in; ++i)
        for (std::size_t o = 0; o < out; ++o) all.push_back(weight[o * in + i]);
    append(all, c[prefix + "fc.bias"].values);
}

/// Twenty steps over the whole data.
template <class M>
void check_run(M& model, Arrays const& x, Arrays const& y, golden::Case const& c,
               std::vector<double> const& start, std::vector<double> const& end, double bound) {
    REQUIRE(start.size() == M::parameter_count);
    std::copy(start.begin(), start.end(), model.weights.values.data());
    for (std::size_t t = 0; t < 20; ++t)
        CHECK(std::abs(model.train_on_batch(x, y) - c["out/losses"][t]) < bound);
    double worst = 0;
    for (std::size_t i = 0; i < end.size(); ++i)
        worst = std::max(worst, std::abs(model.weights.values[i] - end[i]));
    CHECK(worst < bound);
}

} // namespace

// PyTorch's LSTM has two biases that do the same, each with its own moments in the optimizer. Two
// more features that are always 1 have rows of the kernel that are these biases.
TEST_CASE("twenty steps of an LSTM are PyTorch's") {
    golden::Case const c("train_lstm_ce_rmsprop");
    auto const numbers = [&](std::string const& prefix) {
        auto all = c[prefix + "emb.weight"].values;
        auto const lstm = torch_lstm.numbers(c, prefix + "lstm.", "_l0");
        all.insert(all.end(), lstm.begin(), lstm.begin() + 5 * 24);
        append(all, c[prefix + "lstm.bias_ih_l0"].values);
        append(all, c[prefix + "lstm.bias_hh_l0"].values);
        all.insert(all.end(), lstm.begin() + 5 * 24, lstm.end() - 24);
        append_dense(all, c, prefix);
        return all;
    };
    auto model = compile<double>(
        graph<Tokens<7>, Input<7, 2>>([](auto tokens, auto ones) {
            return join(tokens | Embedding<12, 5, DenseGradient>{}, ones) | Concatenate{} |
                   LSTM<6, NoBias>{} | Dense<3>{} | Softmax{};
        }),
        RMSprop{.learning_rate = 0.01, .rho = 0.99, .epsilon = 1e-8, .form = Form::torch},
        SparseCategoricalCrossentropy{});
    auto const x = c["in/x"].values, y = c["in/target"].values;
    std::vector<double> const ones(5 * 7 * 2, 1);
    check_run(model, Arrays{Array(x.data(), {5, 7}), Array(ones.data(), {5, 7, 2})}, y, c,
              numbers("param/"), numbers("out/final_param/"), 1e-10);
}

TEST_CASE("twenty steps of two GRUs, clipped where they are large, are PyTorch's") {
    golden::Case const c("train_gru_charlm_adam_clip");
    auto const numbers = [&](std::string const& prefix) {
        auto all = c[prefix + "emb.weight"].values;
        append(all, torch_gru.numbers(c, prefix + "gru.", "_l0"));
        append(all, torch_gru.numbers(c, prefix + "gru.", "_l1"));
        append_dense(all, c, prefix);
        return all;
    };
    auto model = compile<double>(Sequential{Tokens<7>{}, Embedding<12, 5, DenseGradient>{},
                                            GRU<6, ReturnSequences>{}, GRU<6, ReturnSequences>{},
                                            Dense<12>{}, Softmax{}},
                                 Adam{.learning_rate = 0.02,
                                      .epsilon = 1e-8,
                                      .form = Form::torch,
                                      .clip = {.global_norm = 1.0}},
                                 SparseCategoricalCrossentropy{});
    auto const x = c["in/x"].values, y = c["in/target"].values;
    check_run(model, Array(x.data(), {5, 7}), Array(y.data(), {5, 7}), c, numbers("param/"),
              numbers("out/final_param/"), 1e-10);
    // what it then says of each moment: PyTorch's logits are [sample, token, moment]
    auto const p = model.predict(Array(x.data(), {5, 7}));
    auto const& logits = c["out/final_eval"];
    for (std::size_t n = 0; n < 5; ++n)
        for (std::size_t t = 0; t < 7; ++t) {
            auto const logit = [&](std::size_t k) { return logits[(n * 12 + k) * 7 + t]; };
            double sum = 0;
            for (std::size_t k = 0; k < 12; ++k) sum += std::exp(logit(k));
            for (std::size_t k = 0; k < 12; ++k)
                CHECK(std::abs(p.data()[(n * 7 + t) * 12 + k] - std::exp(logit(k)) / sum) < 1e-10);
        }
}
