// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/check_layer.hpp"
#include "support/golden.hpp"

#include <lamina/kernels/recurrent.hpp>
#include <lamina/model/stepper.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

// What recurrent layers owe besides what every layer owes: few samples take another way than many,
// and many are cut into pieces; and token by token the numbers are the same.
namespace lamina::testing {

template <class D>
void check_recurrent(char const* name, D const& definition, Conditions const& given = {}) {
    for (std::size_t const batch : {std::size_t{1}, std::size_t{7}})
        check_findings(name, batch, examine(definition, batch, given), given);
    INFO(name);
    CHECK(same_with_threads(definition, given));
}
/// More samples than are walked through together.
template <class D>
void check_pieces(char const* name, D const& definition) {
    std::size_t const batch = kernels::recurrent_piece + 3;
    check_findings(name, batch, examine(definition, batch, {}), {});
}

/// The numbers of moment t of `batch` sequences of `time` moments.
template <class X>
std::vector<X> moment_of(std::vector<X> const& x, std::size_t batch, std::size_t time,
                         std::size_t t) {
    std::size_t const width = x.size() / batch / time;
    std::vector<X> moment;
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t j = 0; j < width; ++j) moment.push_back(x[(n * time + t) * width + j]);
    return moment;
}

/// Output 0 of a network over numbers or tokens (below 5, 0 among them), stepped: every moment of
/// it, or the last if it has no time axis. `states` follow x and are there at once.
template <class T, int... Stepped, class D, class... State>
void check_steps(D const& definition, std::size_t batch, double tolerance, State const&... states) {
    using N = Network<D, T>;
    Weights<N> weights(definition, 7);
    for (std::size_t i = 0; i < N::parameters; ++i)
        weights.values[i] += T(0.3f * (Random{9}.uniform(i) - 0.5f));
    auto const& in = *N::written.rows[0].op;
    auto const& out = *N::written.rows[std::size_t(N::inference.outputs[0])].op;
    std::size_t const time = in.output.dims[0];
    std::vector<T> x(batch * in.output.size);
    std::vector<std::int32_t> tokens(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = T(2 * Random{5}.uniform(i) - 1);
        tokens[i] = std::int32_t(Random{6}.below(i, 5));
    }
    void const* inputs[]{in.integer ? static_cast<void const*>(tokens.data()) : x.data(),
                         static_cast<void const*>(states.data())...};
    Workspace<N> work;
    T const* const y = predict(weights, work, inputs, batch);
    std::vector<T> const full(y, y + batch * out.output.size);
    Stepper<N, Stepped...> step(weights, batch);
    for (int round = 0; round < 2; ++round) {
        step.start(states.data()...);
        std::vector<T> now;
        for (std::size_t t = 0; t < time; ++t) {
            T const* got = nullptr;
            if constexpr (N::table[0].op->integer)
                got = step(moment_of(tokens, batch, time, t).data());
            else got = step(moment_of(x, batch, time, t).data());
            bool const every = out.output.rank == 2;
            std::size_t const size = out.output.size / (every ? time : 1);
            now.assign(got, got + batch * size);
            auto const expected = every ? moment_of(full, batch, time, t) : full;
            if (every || t + 1 == time) CHECK(apart(now, expected.data()) <= tolerance);
        }
    }
}

/// How PyTorch's gates stand in Keras' order: Keras' gate k is PyTorch's order[k].
template <std::size_t Gates>
struct TorchGates {
    std::array<std::size_t, Gates> order;
    bool two_biases; // that of x and that of h apart

    /// weight_ih, weight_hh and the biases of a case under a prefix ("param/", "grad_param/") and
    /// with a suffix ("_l0"), as the numbers of the layer.
    std::vector<double> numbers(golden::Case const& c, std::string const& prefix,
                                std::string const& suffix) const {
        std::vector<double> all;
        for (char const* name : {"weight_ih", "weight_hh"}) {
            auto const& w = c[prefix + name + suffix];
            std::size_t const u = w.shape[0] / Gates, k = w.shape[1];
            for (std::size_t i = 0; i < k; ++i)
                for (std::size_t const gate : order)
                    for (std::size_t j = 0; j < u; ++j) all.push_back(w[(gate * u + j) * k + i]);
        }
        auto const& in = c[prefix + "bias_ih" + suffix];
        auto const& recurrent = c[prefix + "bias_hh" + suffix];
        bool const gradient = prefix.rfind("grad", 0) == 0;
        std::size_t const u = in.size() / Gates;
        auto const put = [&](auto const& number) {
            for (std::size_t const gate : order)
                for (std::size_t j = 0; j < u; ++j) all.push_back(number(gate * u + j));
        };
        if (two_biases) {
            put([&](std::size_t i) { return in[i]; });
            put([&](std::size_t i) { return recurrent[i]; });
        } else { // one bias does for both; each has its gradient
            put([&](std::size_t i) { return gradient ? in[i] : in[i] + recurrent[i]; });
        }
        return all;
    }
};
inline constexpr TorchGates<1> torch_rnn{{0}, false};
inline constexpr TorchGates<4> torch_lstm{{0, 1, 2, 3}, false};
inline constexpr TorchGates<3> torch_gru{{1, 0, 2}, true};

/// [time, batch, ...] as [batch, time, ...].
inline std::vector<double> batch_first(golden::Array const& a) {
    std::size_t const time = a.shape[0], batch = a.shape[1], size = a.size() / time / batch;
    std::vector<double> b(a.size());
    for (std::size_t t = 0; t < time; ++t)
        for (std::size_t n = 0; n < batch; ++n)
            for (std::size_t i = 0; i < size; ++i)
                b[(n * time + t) * size + i] = a[(t * batch + n) * size + i];
    return b;
}

inline void check_near(std::vector<double> const& expected, double const* found) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(found[i] - expected[i]) <= 1e-11 * std::max(1.0, std::abs(expected[i])));
}

/// One pass with given numbers against what it should give.
struct Numbers {
    std::vector<double> parameters, gradients;
    std::vector<std::vector<double>> x, y, dy, dx;
};
/// A layer of PyTorch's, one direction, from a zero state.
inline Numbers torch_numbers(golden::Case const& c, auto const& gates) {
    return {gates.numbers(c, "param/", "_l0"), gates.numbers(c, "grad_param/", "_l0"),
            {batch_first(c["in/x"])},          {batch_first(c["out/y"])},
            {batch_first(c["gout/y"])},        {batch_first(c["grad_in/x"])}};
}
inline void check_pass(Rig<double>& bench, Numbers const& given) {
    REQUIRE(given.parameters.size() == bench.parameters);
    REQUIRE(given.gradients.size() == bench.parameters);
    std::copy(given.parameters.begin(), given.parameters.end(), bench.values.data());
    for (std::size_t k = 0; k < given.x.size(); ++k) {
        REQUIRE(given.x[k].size() == bench.x[k].size());
        bench.x[k] = given.x[k];
    }
    for (std::size_t o = 0; o < given.dy.size(); ++o) {
        REQUIRE(given.dy[o].size() == bench.factor[o].size());
        bench.factor[o] = given.dy[o];
    }
    auto const all = bench.backward();
    double const* at = all.data();
    for (std::size_t o = 0; o < given.y.size(); at += given.y[o++].size())
        check_near(given.y[o], at);
    check_near(given.gradients, bench.gradients.data());
    for (std::size_t k = 0; k < given.dx.size(); ++k) check_near(given.dx[k], bench.dy_of(int(k)));
}
template <class D>
void check_pass(D const& definition, std::size_t batch, Numbers const& given) {
    Bench<Network<D, double, true>> bench(definition, batch, Conditions{});
    check_pass(bench, given);
}

} // namespace lamina::testing
