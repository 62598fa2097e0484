// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <doctest/doctest.h>

#include <lamina/graph/sequential.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

// What every layer owes, and every network made of layers:
//
//     check_layer("Dense", Sequential{Input<3>{}, Dense<5>{}});
//
// The loss is the sum of the outputs, each times a random number, and of all penalties. Before each
// pass the arena is filled with NaN, so that nobody lives on what was there before.
namespace lamina::testing {

/// What is known of a network beforehand.
struct Conditions {
    bool by_sample = true;     // while training, too, each sample is treated alone
    bool one_mode = true;      // training computes the same numbers as inference
    int classes = 5;           // tokens are below
    float spread = 0.3f;       // of what is added to the parameters' initial values
};

/// How far the network is from what it owes; 0 is perfect.
struct Findings {
    double gradient = 0;        // against central differences, in double
    double frozen = 0;          // gradient that reached what is frozen
    double by_sample = 0;       // a batch of n against n batches of 1, inference
    double by_sample_training = 0;
    double modes = 0;           // training against inference
    double single = 0;          // float against double
    bool repeats = true;        // a second call gives the same bits
    bool threads = true;        // three threads give the same bits
    double alone = 0;           // gradients without those of the inputs, and by the loop
};

/// A network with random numbers in it, ready to run: as the library runs it, or by the loop over
/// the table that it takes for large networks.
template <class N, bool Loop = false>
struct Bench {
    using T = typename N::Scalar;
    static constexpr int inputs = N::inputs, outputs = N::output_count;

    std::size_t batch;
    Weights<N> weights;
    Workspace<N> work;
    std::vector<T> x[inputs], factor[outputs];
    std::vector<std::int32_t> tokens[inputs];
    std::vector<T> gradients = std::vector<T>(N::parameters + 1), penalty_gradients = gradients;
    std::vector<T> next_state;
    T loss = 0;

    Bench(typename N::Definition const& definition, std::size_t samples, Conditions const& given)
        : batch(samples), weights(definition, 3),
          next_state(weights.state.data(), weights.state.data() + weights.state.size()) {
        for (std::size_t i = 0; i < N::parameters; ++i)
            weights.values[i] += T(given.spread * (Random{9}.uniform(i) - 0.5f));
        for (std::size_t i = 0; i < N::training.state; ++i)
            weights.state[i] += T(0.5f * Random{10}.uniform(i));
        for (int k = 0; k < inputs; ++k) {
            std::size_t const size = N::table[std::size_t(k)].op->output.size;
            for (std::size_t i = 0; i < batch * size; ++i) {
                x[k].push_back(T(2 * Random{5}.child(std::uint64_t(k)).uniform(i) - 1));
                // sample n ends in n tokens of padding, but begins with a token
                bool const padding = i % size > 0 && i % size + i / size >= size;
                Random const draws = Random{6}.child(std::uint64_t(k));
                auto const token = 1 + draws.below(i, std::size_t(given.classes - 1));
                tokens[k].push_back(padding ? 0 : std::int32_t(token));
            }
        }
        for (int o = 0; o < outputs; ++o)
            for (std::size_t i = 0; i < batch * size_of(o); ++i)
                factor[o].push_back(T(2 * Random{7}.child(std::uint64_t(o)).uniform(i) - 1));
    }

    static std::size_t size_of(int output) {
        return N::table[std::size_t(N::training.outputs[output])].op->output.size;
    }
    static bool whole_numbers(int input) { return N::table[std::size_t(input)].op->integer; }

    /// A forward pass over samples [first, first + count): all the outputs, one after another.
    std::vector<T> forward(bool training, std::size_t first, std::size_t count,
                           Threads* threads = nullptr) {
        void const* in[inputs];
        place(in, first);
        auto w = work_on(in, training, count, threads);
        std::fill_n(work.arena.data(), work.arena.size(), std::numeric_limits<T>::quiet_NaN());
        std::fill_n(work.scratch.data(), work.scratch.size(), std::numeric_limits<T>::quiet_NaN());
        loss = 0;
        if constexpr (Loop) {
            auto const& plan = training ? N::training : N::inference;
            lamina::detail::forward_loop(N::table.data(), plan.rows, N::size, plan.per_batch, w);
        } else if (training) {
            N::template forward<true>(w);
        } else {
            N::template forward<false>(w);
        }
        std::vector<T> all;
        for (int o = 0; o < outputs; ++o) {
            int const row = training ? N::training.outputs[o] : N::inference.outputs[o];
            T const* const y = N::y_of(row, work.arena.data(), count, training);
            all.insert(all.end(), y, y + count * size_of(o));
        }
        return all;
    }
    std::vector<T> forward(bool training, Threads* threads = nullptr) {
        return forward(training, 0, batch, threads);
    }

    /// The loss of a training pass over the whole batch.
    double value() {
        auto const y = forward(true);
        void const* in[inputs];
        place(in, 0);
        auto w = work_on(in, true, batch, nullptr);
        w.gradients = penalty_gradients.data();
        N::regularize(w);
        double sum = double(loss);
        std::size_t at = 0;
        for (int o = 0; o < outputs; ++o)
            for (T const f : factor[o]) sum += double(f) * double(y[at++]);
        return sum;
    }

    /// Forward and backward: gradients of the parameters, and of the inputs where they are wanted.
    std::vector<T> backward(Threads* threads = nullptr) {
        std::vector<T> result = forward(true, threads);
        for (int o = 0; o < outputs; ++o) {
            T* const dy = N::dy_of(N::training.outputs[o], work.arena.data(), batch);
            std::copy(factor[o].begin(), factor[o].end(), dy);
        }
        std::fill(gradients.begin(), gradients.end(), T{0});
        void const* in[inputs];
        place(in, 0);
        auto w = work_on(in, true, batch, threads);
        w.gradients = gradients.data();
        auto const& plan = N::training;
        if constexpr (Loop)
            lamina::detail::backward_loop(N::table.data(), plan.rows, N::size, plan.per_batch,
                                          plan.per_sample, w);
        else N::backward(w);
        N::regularize(w);
        result.insert(result.end(), gradients.begin(), gradients.end());
        result.insert(result.end(), next_state.begin(), next_state.end());
        result.push_back(loss);
        for (int k = 0; k < inputs; ++k) {
            if (!N::training.rows[k].grad) continue;
            T const* const dx = N::dy_of(k, work.arena.data(), batch);
            result.insert(result.end(), dx, dx + x[k].size());
        }
        return result;
    }

private:
    void place(void const** in, std::size_t first) const {
        for (int k = 0; k < inputs; ++k) {
            std::size_t const at = first * N::table[std::size_t(k)].op->output.size;
            in[k] = whole_numbers(k) ? static_cast<void const*>(tokens[k].data() + at)
                                     : static_cast<void const*>(x[k].data() + at);
        }
    }
    Work<T> work_on(void const** in, bool training, std::size_t count, Threads* threads) {
        work.reserve(count, training, threads);
        return {.layers = weights.layers.data(), .values = weights.values.data(),
                .state = weights.state.data(), .next_state = next_state.data(),
                .arena = work.arena.data(), .scratch = work.scratch.data(), .loss = &loss,
                .inputs = in, .batch = count, .training = training, .threads = threads,
                .random = Random{11}};
    }
};

template <class T>
double apart(std::vector<T> const& a, auto const* b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        double const d = std::abs(double(a[i]) - double(b[i]));
        double const size = std::max(1.0, std::abs(double(a[i])));
        worst = std::max(worst, std::isnan(d) ? HUGE_VAL : d / size);
    }
    return worst;
}
template <class T>
bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// The parameters' and inputs' gradients against differences of the loss (of fourth order, so that
/// neither truncation nor rounding is felt).
template <class N>
void compare_gradients(Bench<N>& bench, Findings& f) {
    bench.backward();
    auto const analytic = bench.gradients;
    std::vector<double> dx[N::inputs];
    for (int k = 0; k < N::inputs; ++k)
        if (!bench.whole_numbers(k)) {
            double const* const at = N::dy_of(k, bench.work.arena.data(), bench.batch);
            dx[k].assign(at, at + bench.x[k].size());
        }
    double worst = 0, scale = 0.01;
    auto const compare = [&](double& at, double expected) {
        double const keep = at, h = 1e-5;
        auto const difference = [&](double step) {
            at = keep + step;
            double const up = bench.value();
            at = keep - step;
            double const down = bench.value();
            at = keep;
            return up - down;
        };
        double const slope = (8 * difference(h) - difference(2 * h)) / (12 * h);
        double const d = std::abs(slope - expected);
        worst = std::max(worst, std::isnan(d) ? HUGE_VAL : d);
        scale = std::max(scale, std::abs(expected));
    };
    for (int i = 0; i < N::size; ++i) {
        auto const& row = N::table[std::size_t(i)];
        if (!row.arity || row.owner != i) continue;
        std::size_t const begin = N::training.rows[i].parameters;
        for (std::size_t k = begin; k < begin + row.op->parameters; ++k)
            if (row.frozen) f.frozen = std::max(f.frozen, std::abs(analytic[k]));
            else compare(bench.weights.values[k], analytic[k]);
    }
    for (int k = 0; k < N::inputs; ++k)
        for (std::size_t i = 0; i < dx[k].size(); ++i) compare(bench.x[k][i], dx[k][i]);
    f.gradient = worst / scale;
}

template <class D>
Findings examine(D const& definition, std::size_t batch = 3, Conditions const& given = {}) {
    using N = Network<D, double, true>;
    using Alone = Network<D, double, false>;
    using Single = Network<D, float, true>;
    Findings f;
    Bench<N> bench(definition, batch, given);
    Bench<Alone, true> alone(definition, batch, given);
    Bench<Single, true> single(definition, batch, given);
    std::copy_n(single.weights.values.data(), N::parameters, bench.weights.values.data());
    std::copy_n(single.weights.values.data(), N::parameters, alone.weights.values.data());
    for (int k = 0; k < N::inputs; ++k)
        bench.x[k].assign(single.x[k].begin(), single.x[k].end());

    compare_gradients(bench, f);

    auto const all = bench.backward();
    f.repeats = same_bits(all, bench.backward());
    auto const in_single = single.backward();
    f.single = apart(all, in_single.data());
    for (int k = 0; k < N::inputs; ++k) alone.x[k] = bench.x[k];
    alone.backward();
    f.alone = apart(bench.gradients, alone.gradients.data());

    auto const training = bench.forward(true), inference = bench.forward(false);
    f.modes = apart(training, inference.data());
    f.repeats = f.repeats && same_bits(inference, bench.forward(false));
    auto const sample_by_sample = [&](bool mode, std::vector<double> const& whole) {
        double worst = 0;
        for (std::size_t n = 0; n < batch; ++n) {
            auto const one = bench.forward(mode, n, 1);
            std::size_t in_one = 0, in_whole = 0;
            for (int o = 0; o < N::output_count; ++o) {
                std::size_t const size = bench.size_of(o);
                std::vector<double> const part(one.data() + in_one, one.data() + in_one + size);
                worst = std::max(worst, apart(part, whole.data() + in_whole + n * size));
                in_one += size;
                in_whole += size * batch;
            }
        }
        return worst;
    };
    f.by_sample = sample_by_sample(false, inference);
    if (given.by_sample) f.by_sample_training = sample_by_sample(true, training);

    // so many samples that the work is cut into pieces
    std::size_t largest = 1;
    for (int i = 0; i < N::size; ++i)
        largest = std::max(largest, N::table[std::size_t(i)].op->output.size);
    Bench<N> large(definition, 60000 / largest + 1, given);
    Threads pool{3};
    auto const by_one = large.backward();
    f.threads = same_bits(by_one, large.backward(&pool))
                && same_bits(large.forward(false), large.forward(false, &pool));
    return f;
}

inline void check_findings(char const* name, std::size_t batch, Findings const& f,
                           Conditions const& given) {
    INFO(name << ", batch of " << batch);
    CHECK(f.gradient < 1e-7);
    CHECK(f.frozen == 0);
    CHECK(f.by_sample < 1e-12);
    CHECK(f.by_sample_training < 1e-12);
    if (given.one_mode) CHECK(f.modes < 1e-12);
    CHECK(f.alone < 1e-12);
    CHECK(f.single < 1e-3);
    CHECK(f.repeats);
    CHECK(f.threads);
}

/// All of it, for a batch of three samples and for one.
template <class D>
void check_layer(char const* name, D const& definition, Conditions const& given = {}) {
    for (std::size_t const batch : {std::size_t{3}, std::size_t{1}})
        check_findings(name, batch, examine(definition, batch, given), given);
}

} // namespace lamina::testing
