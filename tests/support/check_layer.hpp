// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <doctest/doctest.h>

#include <lamina/graph/engine.hpp>
#include <lamina/graph/frozen.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/graph/shared.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
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
    double alone = 0;           // gradients without those of the inputs, and by the loop
};

/// A network with random numbers in it, ready to run: its table and its numbers, so that what works
/// on them is compiled once for all networks.
template <class T>
class Rig {
public:
    std::size_t batch;
    std::size_t const parameters, states;   // how many numbers
    Block<T> &values, &state;
    std::vector<std::vector<T>> x, factor;             // each input; what each output counts
    std::vector<std::vector<std::int32_t>> tokens;     // the inputs that are of whole numbers
    std::vector<T> gradients, next_state;
    T loss = 0;

    static std::size_t size_of(Row<T> const& row) { return row.op->output.size; }
    std::size_t size_of(int output) const { return size_of(rows[train.outputs[output]]); }
    bool whole_numbers(std::size_t input) const { return rows[input].op->integer; }

    /// A forward pass over samples [first, first + count): all the outputs, one after another.
    std::vector<T> forward(bool training, std::size_t first, std::size_t count,
                           Threads* threads = nullptr) {
        auto const in = inputs(first);
        auto const w = work_on(in.data(), training, count, threads);
        loss = 0;
        (training ? run_training : run_inference)(*this, w);
        std::vector<T> all;
        for (std::size_t o = 0; o < factor.size(); ++o) {
            Half const& half = training ? train : infer;
            Place const& at = half.places[half.outputs[o]];
            T const* const y = arena.data() + half.per_batch + at.y * count;
            all.insert(all.end(), y, y + count * size_of(int(o)));
        }
        return all;
    }
    std::vector<T> forward(bool training, Threads* threads = nullptr) {
        return forward(training, 0, batch, threads);
    }

    /// The loss of a training pass over the whole batch.
    double value() {
        auto const y = forward(true);
        std::vector<T> penalty_gradients(parameters + 1);
        penalties(penalty_gradients);
        double sum = double(loss);
        std::size_t at = 0;
        for (auto const& of_output : factor)
            for (T const f : of_output) sum += double(f) * double(y[at++]);
        return sum;
    }

    /// Forward and backward. Gives everything that came of it: outputs, gradients of parameters and
    /// of those inputs where they are wanted, the next state, the loss.
    std::vector<T> backward(Threads* threads = nullptr) {
        std::vector<T> result = forward(true, threads);
        for (std::size_t o = 0; o < factor.size(); ++o) {
            T* const dy = dy_of(train.outputs[o]);
            std::copy(factor[o].begin(), factor[o].end(), dy);
        }
        std::fill(gradients.begin(), gradients.end(), T{0});
        auto const in = inputs(0);
        auto w = work_on(in.data(), true, batch, threads, false);
        w.gradients = gradients.data();
        run_backward(*this, w);
        penalties(gradients);
        result.insert(result.end(), gradients.begin(), gradients.end());
        result.insert(result.end(), next_state.begin(), next_state.end());
        result.push_back(loss);
        for (std::size_t k = 0; k < x.size(); ++k) {
            if (!train.places[k].grad) continue;
            T const* const dx = dy_of(int(k));
            result.insert(result.end(), dx, dx + x[k].size());
        }
        return result;
    }
    T* dy_of(int row) { return arena.data() + train.per_batch + train.places[row].dy * batch; }

    // Its table and its plans.
    struct Half {
        Place const* places;
        int const* outputs;
        std::size_t per_batch, per_sample;
        std::size_t (*arena)(std::size_t batch);
    };
    using Run = void (*)(Rig&, Work<T> const&);
    Row<T> const* rows;
    int row_count;
    Half train, infer;

protected:
    template <class N>
    Rig(Weights<N>& weights, std::size_t samples, Conditions const& given, Run on_training,
        Run on_inference, Run on_backward)
        : batch(samples), parameters(N::parameters), states(N::training.state),
          values(weights.values), state(weights.state), x(std::size_t(N::inputs)),
          factor(std::size_t(N::output_count)), tokens(x.size()), gradients(parameters + 1),
          next_state(states), rows(N::written.rows.data()), row_count(N::size),
          train{N::training.rows, N::training.outputs, N::training.per_batch,
                N::training.per_sample, [](std::size_t n) { return N::arena(n, true); }},
          infer{N::inference.rows, N::inference.outputs, N::inference.per_batch,
                N::inference.per_sample, [](std::size_t n) { return N::arena(n, false); }},
          run_training(on_training), run_inference(on_inference), run_backward(on_backward),
          layers(weights.layers.data()), scratch_of_one(N::training.scratch) {
        draw(given);
    }

private:
    Run run_training, run_inference, run_backward;
    std::byte const* layers;
    std::size_t scratch_of_one;
    Block<T> arena, scratch;

    void draw(Conditions const& given) {
        for (std::size_t i = 0; i < parameters; ++i)
            values[i] += T(given.spread * (Random{9}.uniform(i) - 0.5f));
        for (std::size_t i = 0; i < states; ++i) state[i] += T(0.5f * Random{10}.uniform(i));
        std::copy_n(state.data(), states, next_state.begin());
        for (std::size_t k = 0; k < x.size(); ++k) {
            std::size_t const size = size_of(rows[k]);
            Random const numbers = Random{5}.child(k), draws = Random{6}.child(k);
            for (std::size_t i = 0; i < batch * size; ++i) {
                x[k].push_back(T(2 * numbers.uniform(i) - 1));
                // sample n ends in n tokens of padding, but begins with a token
                bool const padding = i % size > 0 && i % size + i / size >= size;
                auto const token = 1 + draws.below(i, std::size_t(given.classes - 1));
                tokens[k].push_back(padding ? 0 : std::int32_t(token));
            }
        }
        for (std::size_t o = 0; o < factor.size(); ++o)
            for (std::size_t i = 0; i < batch * size_of(int(o)); ++i)
                factor[o].push_back(T(2 * Random{7}.child(o).uniform(i) - 1));
    }
    std::vector<void const*> inputs(std::size_t first) const {
        std::vector<void const*> in;
        for (std::size_t k = 0; k < x.size(); ++k) {
            std::size_t const at = first * size_of(rows[k]);
            if (whole_numbers(k)) in.push_back(tokens[k].data() + at);
            else in.push_back(x[k].data() + at);
        }
        return in;
    }
    void penalties(std::vector<T>& to) {
        auto const in = inputs(0);
        auto w = work_on(in.data(), true, batch, nullptr, false);
        w.gradients = to.data();
        lamina::detail::regularize_loop(rows, train.places, row_count, train.per_batch, w);
    }
    Work<T> work_on(void const* const* in, bool training, std::size_t count, Threads* threads,
                    bool forget = true) {
        arena.reserve((training ? train : infer).arena(count));
        scratch.reserve(scratch_of_one * (threads ? threads->count() : 1) + 1);
        T const nan = std::numeric_limits<T>::quiet_NaN();
        if (forget) std::fill_n(arena.data(), arena.size(), nan);
        if (forget) std::fill_n(scratch.data(), scratch.size(), nan);
        return {.layers = layers, .values = values.data(), .state = state.data(),
                .next_state = next_state.data(), .arena = arena.data(), .scratch = scratch.data(),
                .loss = &loss, .inputs = in, .batch = count, .training = training,
                .threads = threads, .random = Random{11}};
    }
};

/// Network N: as the library runs it, or by the loop over the table that it takes for large ones.
template <class N>
struct HasWeights {
    Weights<N> weights;
};
template <class N, bool Loop = false>
struct Bench : HasWeights<N>, Rig<typename N::Scalar> {
    using T = typename N::Scalar;
    Bench(typename N::Definition const& definition, std::size_t samples, Conditions const& given)
        : HasWeights<N>{Weights<N>(definition, 3)},
          Rig<T>(HasWeights<N>::weights, samples, given, forward_of<true>, forward_of<false>,
                 backward_of) {}
    Bench(Bench const&) = delete;

private:
    template <bool Training>
    static void forward_of(Rig<T>& rig, Work<T> const& w) {
        auto const& half = Training ? rig.train : rig.infer;
        if constexpr (Loop)
            lamina::detail::forward_loop(rig.rows, half.places, rig.row_count, half.per_batch, w);
        else N::template forward<Training>(w);
    }
    static void backward_of(Rig<T>& rig, Work<T> const& w) {
        if constexpr (Loop)
            lamina::detail::backward_loop(rig.rows, rig.train.places, rig.row_count,
                                          rig.train.per_batch, rig.train.per_sample, w);
        else N::backward(w);
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
/// neither truncation nor rounding is felt). Of more than 4,000 numbers every second is looked at,
/// of more than 8,000 every third, and so on.
inline void compare_gradients(Rig<double>& rig, Findings& f) {
    rig.backward();
    auto const analytic = rig.gradients;
    std::vector<std::vector<double>> dx(rig.x.size());
    for (std::size_t k = 0; k < dx.size(); ++k) {
        double const* const at = rig.dy_of(int(k));
        if (!rig.whole_numbers(k)) dx[k].assign(at, at + rig.x[k].size());
    }
    double worst = 0, scale = 0.01;
    std::size_t numbers = rig.parameters, met = 0;
    for (auto const& x : rig.x) numbers += x.size();
    std::size_t const stride = numbers / 4000 + 1;
    auto const compare = [&](double& at, double expected) {
        if (met++ % stride > 0) return;
        double const keep = at, h = 1e-5;
        auto const difference = [&](double step) {
            at = keep + step;
            double const up = rig.value();
            at = keep - step;
            double const down = rig.value();
            at = keep;
            return up - down;
        };
        double const slope = (8 * difference(h) - difference(2 * h)) / (12 * h);
        double const d = std::abs(slope - expected);
        worst = std::max(worst, std::isnan(d) ? HUGE_VAL : d);
        scale = std::max(scale, std::abs(expected));
    };
    for (int i = 0; i < rig.row_count; ++i) {
        auto const& row = rig.rows[i];
        if (!row.arity || row.owner != i) continue;
        std::size_t const begin = rig.train.places[i].parameters;
        for (std::size_t k = begin; k < begin + row.op->parameters; ++k)
            if (row.frozen) f.frozen = std::max(f.frozen, std::abs(analytic[k]));
            else compare(rig.values[k], analytic[k]);
    }
    for (std::size_t k = 0; k < dx.size(); ++k)
        for (std::size_t i = 0; i < dx[k].size(); ++i) compare(rig.x[k][i], dx[k][i]);
    f.gradient = worst / scale;
}

/// A batch against its samples one by one.
inline double compare_samples(Rig<double>& rig, bool training) {
    auto const whole = rig.forward(training);
    double worst = 0;
    for (std::size_t n = 0; n < rig.batch; ++n) {
        auto const one = rig.forward(training, n, 1);
        std::size_t in_one = 0, in_whole = 0;
        for (int o = 0; o < int(rig.factor.size()); ++o) {
            std::size_t const size = rig.size_of(o);
            std::vector<double> const part(one.data() + in_one, one.data() + in_one + size);
            worst = std::max(worst, apart(part, whole.data() + in_whole + n * size));
            in_one += size;
            in_whole += size * rig.batch;
        }
    }
    return worst;
}

/// The same network: in double, as the library runs it; the rest by the loop: without gradients of
/// its inputs; in float.
inline Findings examine(Rig<double>& rig, Rig<double>& alone, Rig<float>& single,
                        Conditions const& given) {
    Findings f;
    std::copy_n(single.values.data(), rig.parameters, rig.values.data());
    std::copy_n(single.values.data(), rig.parameters, alone.values.data());
    compare_gradients(rig, f);

    auto const all = rig.backward();
    f.repeats = same_bits(all, rig.backward());
    alone.backward();
    f.alone = apart(rig.gradients, alone.gradients.data());
    f.single = apart(all, single.backward().data());

    auto const inference = rig.forward(false);
    f.modes = apart(rig.forward(true), inference.data());
    f.repeats = f.repeats && same_bits(inference, rig.forward(false));
    f.by_sample = compare_samples(rig, false);
    if (given.by_sample) f.by_sample_training = compare_samples(rig, true);
    return f;
}

/// With so many samples that its work is cut into pieces for threads.
inline bool same_with_threads(Rig<double>& large) {
    Threads pool{3};
    auto const by_one = large.backward();
    return same_bits(by_one, large.backward(&pool)) &&
           same_bits(large.forward(false), large.forward(false, &pool));
}

template <class D>
Findings examine(D const& definition, std::size_t batch = 3, Conditions const& given = {}) {
    using N = Network<D, double, true>;
    Bench<N> bench(definition, batch, given);
    Bench<Network<D, double, false>, true> alone(definition, batch, given);
    Bench<Network<D, float, true>, true> single(definition, batch, given);
    return examine(bench, alone, single, given);
}
template <class D>
bool same_with_threads(D const& definition, Conditions const& given) {
    using N = Network<D, double, true>;
    std::size_t largest = 1;
    for (auto const& row : N::written.rows)
        if (row.op) largest = std::max(largest, row.op->output.size);
    Bench<N, true> large(definition, 60000 / largest + 1, given);
    return same_with_threads(large);
}

inline void check_findings(char const* name, std::size_t batch, Findings const& f,
                           Conditions const& given) {
    INFO(std::string(name) << ", batch of " << batch);
    CHECK(f.gradient < 1e-7);
    CHECK(f.frozen == 0);
    CHECK(f.by_sample < 1e-12);
    CHECK(f.by_sample_training < 1e-12);
    if (given.one_mode) CHECK(f.modes < 1e-12);
    CHECK(f.alone < 1e-12);
    CHECK(f.single < 1e-3);
    CHECK(f.repeats);
}

/// All of it, for a batch of three samples and for one.
template <class D>
void check_layer(char const* name, D const& definition, Conditions const& given = {}) {
    for (std::size_t const batch : {std::size_t{3}, std::size_t{1}})
        check_findings(name, batch, examine(definition, batch, given), given);
    INFO(name);
    CHECK(same_with_threads(definition, given));
}

} // namespace lamina::testing
