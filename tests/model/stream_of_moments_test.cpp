// SPDX-License-Identifier: BSD-3-Clause
// Streams: networks that are stepped for longer than they were made for.
#include <lamina/model/stepper.hpp>

#include "support/check_layer.hpp"

#include <lamina/activations/relu.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/conv_1d.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/gru.hpp>
#include <lamina/layers/lstm.hpp>
#include <lamina/layers/position_embedding.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

template <std::size_t Time>
using Convolutions = Sequential<Input<Time, 2>, Conv1D<4, 3, ReLU, Causal, Dilation<2>>,
                                Conv1D<6, 2, Causal, Groups<2>>, Conv1D<3, 1, Causal, NoBias>>;
template <std::size_t Time>
using Recurrence = Sequential<Input<Time, 2>, Conv1D<4, 3, Causal>, LSTM<5, ReturnSequences>,
                              BatchNormalization, GRU<3, ReturnSequences>, Dense<2>>;

/// A network made for three moments, stepped through 30, against one made for 30.
template <class Short, class Long>
void check_stream(std::size_t batch) {
    constexpr std::size_t time = 30;
    using N = Network<Short, double>;
    using M = Network<Long, double>;
    constexpr std::size_t out = M::written.rows[M::size - 1].op->output.size / time;
    Weights<N> weights;
    Weights<M> long_weights;
    for (std::size_t i = 0; i < N::parameters; ++i)
        weights.values[i] += double(Random{1}.uniform(i)) - 0.5;
    std::copy_n(weights.values.data(), N::parameters, long_weights.values.data());
    std::vector<double> x(batch * time * 2);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 2 * double(Random{2}.uniform(i)) - 1;
    void const* const in[]{x.data()};
    Workspace<M> work;
    double const* const y = predict(long_weights, work, in, batch);

    Stepper step(weights, batch);
    static_assert(decltype(step)::endless && decltype(step)::limit > 1000000);
    for (int round = 0; round < 2; ++round) {
        step.start();
        for (std::size_t t = 0; t < time; ++t) {
            std::vector<double> moment;
            for (std::size_t n = 0; n < batch; ++n)
                for (std::size_t j = 0; j < 2; ++j) moment.push_back(x[(n * time + t) * 2 + j]);
            double const* const now = step(moment.data());
            for (std::size_t n = 0; n < batch; ++n)
                for (std::size_t j = 0; j < out; ++j)
                    CHECK(std::abs(now[n * out + j] - y[(n * time + t) * out + j]) < 1e-12);
        }
    }
}

} // namespace

TEST_CASE("a stream through causal convolutions has no end") {
    check_stream<Convolutions<3>, Convolutions<30>>(1);
    check_stream<Convolutions<3>, Convolutions<30>>(3);
}

TEST_CASE("a stream through recurrent layers has no end") {
    check_stream<Recurrence<3>, Recurrence<30>>(1);
    check_stream<Recurrence<3>, Recurrence<30>>(2);
}

TEST_CASE("what counts its moments has an end") {
    using N = Network<Sequential<Input<3, 2>, PositionEmbedding, GRU<3>>, double>;
    static_assert(!Stepper<N>::endless && Stepper<N>::limit == 3);
}
