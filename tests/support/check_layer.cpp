// SPDX-License-Identifier: BSD-3-Clause
#include "support/check_layer.hpp"

#include "support/guarded_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace lamina::testing {

template <class T>
Rig<T>::Rig(Facts const& facts, std::byte const* options, std::size_t samples,
            Conditions const& given, Block<T>* all_values, Block<T>* all_state)
    : batch(samples), parameters(facts.parameters), states(facts.states),
      values(all_values ? *all_values : own_values), state(all_state ? *all_state : own_state),
      x(facts.inputs), factor(facts.outputs), tokens(x.size()), gradients(parameters + 1),
      next_state(states), rows(facts.rows), row_count(facts.row_count), train(facts.train),
      infer(facts.infer), net(facts), layers(options) {
    if (!all_values) {
        own_values.reserve(parameters + 1);
        own_state.reserve(states + 1);
        lamina::detail::initialize(rows, train.places, row_count, seed, values.data(),
                                   state.data());
    }
    draw(given);
}
template <class T>
void Rig<T>::loop() {
    net.training = net.inference = nullptr;
    net.backward = nullptr;
}

template <class T>
std::size_t Rig<T>::size_of(int output) const {
    return size_of(rows[train.outputs[output]]);
}
template <class T>
bool Rig<T>::whole_numbers(std::size_t input) const {
    return rows[input].op->integer;
}
template <class T>
T* Rig<T>::dy_of(int row) {
    return arena.data() + train.per_batch + train.places[row].dy * batch;
}

template <class T>
std::vector<T> Rig<T>::forward(bool training, std::size_t first, std::size_t count,
                               Threads* threads) {
    auto const in = inputs(first);
    auto const w = work_on(in.data(), training, count, threads);
    loss = 0;
    Half const& half = training ? train : infer;
    if (auto const run = training ? net.training : net.inference) run(w, row_count);
    else lamina::detail::forward_loop(rows, half.places, row_count, half.per_batch, w);
    std::vector<T> all;
    for (std::size_t o = 0; o < factor.size(); ++o) {
        Place const& at = half.places[half.outputs[o]];
        T const* const y = arena.data() + half.per_batch + at.y * count;
        all.insert(all.end(), y, y + count * size_of(int(o)));
    }
    return all;
}
template <class T>
std::vector<T> Rig<T>::forward(bool training, Threads* threads) {
    return forward(training, 0, batch, threads);
}

template <class T>
double Rig<T>::value() {
    auto const y = forward(true);
    std::vector<T> penalty_gradients(parameters + 1);
    penalties(penalty_gradients);
    double sum = double(loss);
    std::size_t at = 0;
    for (auto const& of_output : factor)
        for (T const f : of_output) sum += double(f) * double(y[at++]);
    return sum;
}

template <class T>
std::vector<T> Rig<T>::backward(Threads* threads, T there) {
    std::vector<T> result = forward(true, threads);
    for (std::size_t o = 0; o < factor.size(); ++o) {
        T* const dy = dy_of(train.outputs[o]);
        std::copy(factor[o].begin(), factor[o].end(), dy);
    }
    std::fill(gradients.begin(), gradients.end(), there);
    auto const in = inputs(0);
    auto w = work_on(in.data(), true, batch, threads, false);
    w.gradients = gradients.data();
    if (net.backward) net.backward(w);
    else
        lamina::detail::backward_loop(rows, train.places, row_count, train.per_batch,
                                      train.per_sample, w);
    penalties(gradients);
    for (T& gradient : gradients) gradient -= there;
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

template <class T>
bool Rig<T>::guarded() {
    auto const in = inputs(0);
    bool same = true;
    for (bool const training : {false, true}) {
        Half const& half = training ? train : infer;
        same = same && forward_guarded(rows, half.places, row_count, half.per_batch,
                                       work_on(in.data(), training, batch, nullptr));
    }
    for (std::size_t o = 0; o < factor.size(); ++o)
        std::copy(factor[o].begin(), factor[o].end(), dy_of(train.outputs[o]));
    auto w = work_on(in.data(), true, batch, nullptr, false);
    w.gradients = gradients.data();
    return backward_guarded(rows, train.places, row_count, train.per_batch, train.per_sample, w) &&
           same;
}

template <class T>
void Rig<T>::draw(Conditions const& given) {
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
template <class T>
std::vector<void const*> Rig<T>::inputs(std::size_t first) const {
    std::vector<void const*> in;
    for (std::size_t k = 0; k < x.size(); ++k) {
        std::size_t const at = first * size_of(rows[k]);
        if (whole_numbers(k)) in.push_back(tokens[k].data() + at);
        else in.push_back(x[k].data() + at);
    }
    return in;
}
template <class T>
void Rig<T>::penalties(std::vector<T>& to) {
    auto const in = inputs(0);
    auto w = work_on(in.data(), true, batch, nullptr, false);
    w.gradients = to.data();
    lamina::detail::regularize_loop(rows, train.places, row_count, train.per_batch, w);
}
template <class T>
Work<T> Rig<T>::work_on(void const* const* in, bool training, std::size_t count, Threads* threads,
                        bool forget) {
    arena.reserve(net.arena(count, training));
    scratch.reserve(net.scratch * (threads ? threads->count() : 1) + 1);
    T const nan = std::numeric_limits<T>::quiet_NaN();
    if (forget) std::fill_n(arena.data(), arena.size(), nan);
    if (forget) std::fill_n(scratch.data(), scratch.size(), nan);
    return {.layers = layers, .values = values.data(), .state = state.data(),
            .next_state = next_state.data(), .arena = arena.data(), .scratch = scratch.data(),
            .loss = &loss, .inputs = in, .batch = count, .one = count == 1 && !training,
            .training = training, .threads = threads, .random = Random{11}};
}

template class Rig<double>;
template class Rig<float>;

namespace {

/// The parameters' and inputs' gradients against differences of the loss (of fourth order, so that
/// neither truncation nor rounding is felt). Of more than 4,000 numbers every second is looked at,
/// of more than 8,000 every third, and so on.
void compare_gradients(Rig<double>& rig, Findings& f) {
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
double compare_samples(Rig<double>& rig, bool training) {
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

} // namespace

Findings examine(Rig<double>& rig, Rig<double>& alone, Rig<float>& single,
                 Conditions const& given) {
    Findings f;
    std::copy_n(single.values.data(), rig.parameters, rig.values.data());
    std::copy_n(single.values.data(), rig.parameters, alone.values.data());
    compare_gradients(rig, f);

    auto const all = rig.backward();
    f.repeats = same_bits(all, rig.backward());
    alone.backward(nullptr, 1);
    f.alone = apart(rig.gradients, alone.gradients.data());
    f.single = apart(all, single.backward().data());

    auto const inference = rig.forward(false);
    f.modes = apart(rig.forward(true), inference.data());
    f.repeats = f.repeats && same_bits(inference, rig.forward(false));
    f.guarded = alone.guarded() && single.guarded();
    f.by_sample = std::max(compare_samples(rig, false), compare_samples(alone, false));
    if (given.by_sample) f.by_sample_training = compare_samples(rig, true);
    return f;
}

bool same_with_threads(Rig<double>& large) {
    Threads pool{3};
    auto const by_one = large.backward();
    return same_bits(by_one, large.backward(&pool)) &&
           same_bits(large.forward(false), large.forward(false, &pool));
}

void check_findings(char const* name, std::size_t batch, Findings const& f,
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
    CHECK(f.guarded);
}

} // namespace lamina::testing
