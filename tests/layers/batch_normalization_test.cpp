// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/batch_normalization.hpp>

#include "support/check_layer.hpp"
#include "support/golden.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

constexpr Conditions over_the_batch{.by_sample = false, .one_mode = false};

/// PyTorch's channels stand second, ours last.
std::vector<double> channels_last(double const* from, std::vector<std::size_t> const& shape) {
    std::size_t const channels = shape.size() > 1 ? shape[1] : 1;
    std::size_t inner = 1, size = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        size *= shape[i];
        if (i > 1) inner *= shape[i];
    }
    std::vector<double> to(size);
    for (std::size_t i = 0; i < size; ++i) {
        std::size_t const n = i / (channels * inner), c = i / inner % channels, k = i % inner;
        to[(n * inner + k) * channels + c] = from[i];
    }
    return to;
}
std::vector<double> channels_last(golden::Array const& a) {
    return channels_last(a.data(), a.shape);
}

void check_near(std::vector<double> const& expected, double const* found, double tolerance) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(found[i] - expected[i])
              <= tolerance * std::max(1.0, std::abs(expected[i])));
}

/// One golden family: the layer on samples of shape S, of which there are as many as in `run`.
template <class Net, class FrozenNet>
void check_golden(std::string const& run, float torch_momentum, float epsilon) {
    INFO("batchnorm " << run);
    golden::Case const train("batchnorm_train_" + run), eval("batchnorm_eval_" + run);
    golden::Case const steps("batchnorm_3train_1eval_" + run);
    constexpr std::size_t f = Net::table[1].op->output.dims[Net::table[1].op->output.rank - 1];
    std::size_t const batch = train["in/x"].shape[0];
    BatchNormalization const layer{.momentum = 1 - torch_momentum, .epsilon = epsilon};
    auto const fill = [&](auto& bench, golden::Case const& from) {
        std::copy_n(from["param/weight"].data(), f, bench.weights.values.data());
        std::copy_n(from["param/bias"].data(), f, bench.weights.values.data() + f);
        std::copy_n(from["bufin/running_mean"].data(), f, bench.weights.state.data());
        std::copy_n(from["bufin/running_var"].data(), f, bench.weights.state.data() + f);
    };
    typename Net::Definition net;
    static_cast<BatchNormalization&>(const_cast<BatchNormalization&>(
        lamina::detail::leaf<0>(net.layers))) = layer;
    Bench<Net> bench(net, batch, over_the_batch);

    // running statistics after `count` steps, had PyTorch divided the variance by n
    auto const check_state = [&](golden::Case const& from, int count) {
        double const n = double(bench.x[0].size() / f), kept = std::pow(1 - torch_momentum, count);
        for (std::size_t j = 0; j < f; ++j) {
            double const mean = from["bufout/running_mean"][j];
            double const before = kept * from["bufin/running_var"][j];
            double const variance =
                before + (from["bufout/running_var"][j] - before) * (n - 1) / n;
            CHECK(std::abs(bench.next_state[j] - mean) < 1e-6);
            CHECK(std::abs(bench.next_state[f + j] - variance) < 1e-6);
        }
    };
    {
        fill(bench, train);
        bench.x[0] = channels_last(train["in/x"]);
        bench.factor[0] = channels_last(train["gout/y"]);
        auto const all = bench.backward();
        check_near(channels_last(train["out/y"]), all.data(), 1e-10);
        check_near(train["grad_param/weight"].values, bench.gradients.data(), 1e-10);
        check_near(train["grad_param/bias"].values, bench.gradients.data() + f, 1e-10);
        check_near(channels_last(train["grad_in/x"]), all.data() + all.size() - bench.x[0].size(),
                   1e-10);
        check_state(train, 1);
    }
    {   // by the moving statistics: inference, and a frozen layer
        fill(bench, eval);
        bench.x[0] = channels_last(eval["in/x"]);
        check_near(channels_last(eval["out/y"]), bench.forward(false).data(), 1e-10);

        typename FrozenNet::Definition frozen_net;
        const_cast<BatchNormalization&>(lamina::detail::leaf<0>(frozen_net.layers).layer) = layer;
        Bench<FrozenNet> frozen_bench(frozen_net, batch, over_the_batch);
        fill(frozen_bench, eval);
        auto const state = frozen_bench.next_state;
        frozen_bench.x[0] = bench.x[0];
        frozen_bench.factor[0] = channels_last(eval["gout/y"]);
        auto const all = frozen_bench.backward();
        check_near(channels_last(eval["out/y"]), all.data(), 1e-10);
        check_near(channels_last(eval["grad_in/x"]),
                   all.data() + all.size() - bench.x[0].size(), 1e-10);
        CHECK(frozen_bench.next_state == state);
        for (std::size_t j = 0; j < 2 * f; ++j) CHECK(frozen_bench.gradients[j] == 0);
    }
    {
        fill(bench, steps);
        auto const shape = std::vector<std::size_t>(steps["in/xs"].shape.begin() + 1,
                                                    steps["in/xs"].shape.end());
        std::size_t const size = bench.x[0].size();
        for (std::size_t step = 0; step < 3; ++step) {
            bench.x[0] = channels_last(steps["in/xs"].data() + step * size, shape);
            auto const y = bench.forward(true);
            check_near(channels_last(steps["out/train"].data() + step * size, shape), y.data(),
                       1e-10);
            std::copy_n(bench.next_state.begin(), 2 * f, bench.weights.state.data());
        }
        check_state(steps, 3);
    }
}

template <class In>
using Alone = Network<Sequential<In, BatchNormalization>, double, true>;
template <class In>
using AloneFrozen = Network<Sequential<In, Frozen<BatchNormalization>>, double, true>;

} // namespace

TEST_CASE("BatchNormalization: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, BatchNormalization{}}, over_the_batch);
    check_layer("5", Sequential{Input<4>{}, Dense<5>{}, BatchNormalization{}, Dense<2>{}},
                over_the_batch);
    check_layer("image", Sequential{Input<3, 2, 17>{}, BatchNormalization{}, Squash{}},
                over_the_batch);
    check_layer("67", Sequential{Input<67>{}, BatchNormalizationWith<NoScale>{}}, over_the_batch);
    check_layer("no center", Sequential{Input<7, 3>{}, BatchNormalizationWith<NoCenter>{}},
                over_the_batch);
    check_layer("neither", Sequential{Input<2, 3>{}, Dense<4>{},
                                      BatchNormalizationWith<NoCenter, NoScale>{}},
                over_the_batch);
    check_layer("frozen", Sequential{Input<4>{}, Dense<5>{}, frozen(BatchNormalization{})});
    check_layer("masked", Sequential{Tokens<5>{}, Embedding<5, 4, MaskZero>{},
                                     BatchNormalization{}, Squash{}},
                over_the_batch);
}

TEST_CASE("BatchNormalization: PyTorch's numbers") {
    check_golden<Alone<Input<4>>, AloneFrozen<Input<4>>>("0", 0.1f, 1e-5f);
    check_golden<Alone<Input<5, 4>>, AloneFrozen<Input<5, 4>>>("1", 0.3f, 1e-3f);
    check_golden<Alone<Input<4, 5, 3>>, AloneFrozen<Input<4, 5, 3>>>("2", 0.1f, 1e-5f);
}

TEST_CASE("BatchNormalization: two samples by hand") {
    using N = Network<Sequential<Input<2>, BatchNormalization>, double>;
    Bench<N> bench(Sequential{Input<2>{}, BatchNormalization{.momentum = 0.5f, .epsilon = 0}}, 2,
                   Conditions{.spread = 0});
    bench.x[0] = {1, 10, 3, 14};
    std::copy_n(std::array{0.0, 0.0, 1.0, 1.0}.data(), 4, bench.weights.state.data());
    CHECK(bench.forward(true) == std::vector<double>{-1, -1, 1, 1});
    // mean 2 and 12, variance 1 and 4, half of the way
    CHECK(bench.next_state[0] == 1);
    CHECK(bench.next_state[1] == 6);
    CHECK(bench.next_state[2] == 1);
    CHECK(bench.next_state[3] == 2.5);
    CHECK(bench.forward(false) == bench.x[0]);   // the state itself was not written
}

TEST_CASE("BatchNormalization: moments that do not count change nothing but themselves") {
    using N = Network<Sequential<Tokens<4>, Embedding<5, 3, MaskZero>, BatchNormalization>, double>;
    Bench<N> bench({}, 2, Conditions{});
    bench.tokens[0] = {1, 2, 3, 0, 4, 0, 0, 0};
    auto const y = bench.forward(true);
    auto const state = bench.next_state;
    bench.weights.values[0] = 1e3;   // the vector of token 0
    auto const z = bench.forward(true);
    CHECK(bench.next_state == state);
    CHECK(std::equal(y.begin(), y.begin() + 9, z.begin()));
    CHECK(y[9] != z[9]);
}

TEST_CASE("BatchNormalization: a large mean costs no digits") {
    using N = Network<Sequential<Input<1>, BatchNormalization>, float>;
    std::size_t const n = 4096;
    Bench<N> bench({}, n, Conditions{.spread = 0});
    for (std::size_t i = 0; i < n; ++i) bench.x[0][i] = 1000.0f + (i % 2 ? 0.125f : -0.125f);
    auto const y = bench.forward(true);
    double const expected = 0.125 / std::sqrt(0.125 * 0.125 + 1e-3);
    for (std::size_t i = 0; i < n; ++i)
        CHECK(y[i] == doctest::Approx(i % 2 ? expected : -expected).epsilon(1e-4));
}
