// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/kernels.hpp"

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
    bool guarded = true;        // and so does one on operands between guard pages
    double alone = 0;           // gradients without those of the inputs, by the loop, and added
};

/// Of the parameters' initial values.
inline constexpr std::uint64_t seed = 3;

/// A network with random numbers in it, ready to run: its table and its numbers, so that what works
/// on them is compiled once for all networks.
template <class T>
class Rig {
public:
    std::size_t batch;
    std::size_t const parameters, states;   // how many numbers
    Block<T> &values, &state;               // its own, or those of a network's weights
    std::vector<std::vector<T>> x, factor;             // each input; what each output counts
    std::vector<std::vector<std::int32_t>> tokens;     // the inputs that are of whole numbers
    std::vector<T> gradients, next_state;
    T loss = 0;

    static std::size_t size_of(Row<T> const& row) { return row.op->output.size; }
    std::size_t size_of(int output) const;
    bool whole_numbers(std::size_t input) const;

    /// A forward pass over samples [first, first + count): all the outputs, one after another.
    std::vector<T> forward(bool training, std::size_t first, std::size_t count,
                           Threads* threads = nullptr);
    std::vector<T> forward(bool training, Threads* threads = nullptr);

    /// The loss of a training pass over the whole batch.
    double value();

    /// Forward and backward. Gives everything that came of it: outputs, gradients of parameters and
    /// of those inputs where they are wanted, the next state, the loss. The parameters' gradients
    /// are added to `there`, which is taken away again.
    std::vector<T> backward(Threads* threads = nullptr, T there = T{0});
    T* dy_of(int row);

    /// Whether each layer does the same, forward and backward, where its operands lie between guard
    /// pages. Of a Bench by the loop.
    bool guarded();

    // Its table and its plans.
    struct Half {
        Place const* places;
        int const* outputs;
        std::size_t per_batch, per_sample;
    };
    Row<T> const* rows;
    int row_count;
    Half train, infer;

    /// What there is to know of a network, and its passes; null: they go by the loop.
    struct Facts {
        std::size_t parameters, states, inputs, outputs, scratch;
        Row<T> const* rows;
        int row_count;
        Half train, infer;
        std::size_t (*arena)(std::size_t batch, bool with_gradients);
        void (*training)(Work<T> const&, int end);
        void (*inference)(Work<T> const&, int end);
        void (*backward)(Work<T> const&);
    };
    /// With Loop nothing of N's own passes is compiled.
    template <class N, bool Loop>
    static constexpr Facts facts_of() {
        Facts facts{N::parameters,
                    N::training.state,
                    N::inputs,
                    N::output_count,
                    N::training.scratch,
                    N::written.rows.data(),
                    N::size,
                    {N::training.rows, N::training.outputs, N::training.per_batch,
                     N::training.per_sample},
                    {N::inference.rows, N::inference.outputs, N::inference.per_batch,
                     N::inference.per_sample},
                    &N::arena,
                    nullptr,
                    nullptr,
                    nullptr};
        if constexpr (!Loop) {
            facts.training = &N::template forward<true>;
            facts.inference = &N::template forward<false>;
            facts.backward = &N::backward;
        }
        return facts;
    }

    /// On the numbers of a network's weights, or on its own. options: what the layers are told.
    Rig(Facts const& facts, std::byte const* options, std::size_t samples,
        Conditions const& given, Block<T>* all_values = nullptr, Block<T>* all_state = nullptr);
    Rig(Rig const&) = delete;
    /// From now on by the loop.
    void loop();

private:
    Facts net;
    Block<T> own_values, own_state;
    std::byte const* layers;
    Block<T> arena, scratch;

    void draw(Conditions const& given);
    std::vector<void const*> inputs(std::size_t first) const;
    void penalties(std::vector<T>& to);
    Work<T> work_on(void const* const* in, bool training, std::size_t count, Threads* threads,
                    bool forget = true);
};
extern template class Rig<double>;
extern template class Rig<float>;

/// Network N as the library runs it.
template <class N>
struct HasWeights {
    Weights<N> weights;
};
template <class N>
struct Bench : HasWeights<N>, Rig<typename N::Scalar> {
    using T = typename N::Scalar;
    Bench(typename N::Definition const& definition, std::size_t samples, Conditions const& given)
        : HasWeights<N>{Weights<N>(definition, seed)},
          Rig<T>(Rig<T>::template facts_of<N, false>(), HasWeights<N>::weights.layers.data(),
                 samples, given, &HasWeights<N>::weights.values, &HasWeights<N>::weights.state) {}
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

/// The same network: in double, as the library runs it; the rest by the loop: without gradients of
/// its inputs; in float.
Findings examine(Rig<double>& rig, Rig<double>& alone, Rig<float>& single, Conditions const& given);

/// With so many samples that its work is cut into pieces for threads.
bool same_with_threads(Rig<double>& large);

template <class D>
Findings examine(D const& definition, std::size_t batch = 3, Conditions const& given = {}) {
    Bench<Network<D, double, true>> bench(definition, batch, given);
    std::byte const* const options = bench.weights.layers.data();
    using Alone = Network<D, double, false>;
    Rig<double> alone(Rig<double>::facts_of<Alone, true>(), options, batch, given);
    using Single = Network<D, float, true>;
    Rig<float> single(Rig<float>::facts_of<Single, true>(), options, batch, given);
    return examine(bench, alone, single, given);
}
template <class D>
bool same_with_threads(D const& definition, Conditions const& given) {
    using N = Network<D, double, true>;
    std::size_t largest = 1;
    for (auto const& row : N::written.rows)
        if (row.op) largest = std::max(largest, row.op->output.size);
    Bench<N> large(definition, 60000 / largest + 1, given);
    large.loop();
    return same_with_threads(large);
}

void check_findings(char const* name, std::size_t batch, Findings const& f,
                    Conditions const& given);

/// All of it, for a batch of three samples and for one.
template <class D>
void check_layer(char const* name, D const& definition, Conditions const& given = {}) {
    for (std::size_t const batch : {std::size_t{3}, std::size_t{1}})
        check_findings(name, batch, examine(definition, batch, given), given);
    INFO(name);
    CHECK(same_with_threads(definition, given));
}

} // namespace lamina::testing
