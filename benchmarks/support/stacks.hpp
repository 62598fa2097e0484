// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runner.hpp"

#include <lamina/lamina.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Cases of the suites train and infer that are stacks of layers of any kind: what lamina's network
/// does with a batch beside the peers of StackTask. What is right is said by the same network in
/// double; so each peer is a second witness, and one who disagrees is FAILED.
namespace bench {

/// The cases of each file in cases/.
void train_convolutions(Suite&);
void train_recurrent(Suite&);
void train_encoders(Suite&);
void train_embeddings(Suite&);
void infer_stacks(Suite&);

/// A network in lamina's words and in those for peers.
template <class D>
struct StackCase {
    std::string name; // without the batch
    D definition;
    std::vector<std::size_t> shape;
    std::vector<Layer> layers;

    std::string with_batch(std::size_t batch) const {
        return name + ", batch " + std::to_string(batch);
    }
};

template <class D>
StackCase(std::string, D, std::vector<std::size_t>, std::vector<Layer>) -> StackCase<D>;

/// The convolutional network of Keras' tutorial, with a Dense in it.
inline auto cnn_28x28() {
    using namespace lamina;
    return StackCase{"CNN 28x28",
                     Sequential{Input<28, 28, 1>{}, Conv2D<32, 3>{}, ReLU{}, Conv2D<64, 3>{},
                                ReLU{}, MaxPooling2D<2>{}, Flatten{}, Dense<128>{}, ReLU{},
                                Dense<10>{}, Softmax{}},
                     {28, 28, 1},
                     {{Layer::conv_2d, 32, 3, 0},
                      {Layer::relu},
                      {Layer::conv_2d, 64, 3, 0},
                      {Layer::relu},
                      {Layer::max_pool_2d, 2},
                      {Layer::flatten},
                      {Layer::dense, 128},
                      {Layer::relu},
                      {Layer::dense, 10},
                      {Layer::softmax}}};
}

/// A smaller one of more layers, on small coloured pictures.
inline auto cnn_32x32() {
    using namespace lamina;
    return StackCase{"CNN 32x32x3",
                     Sequential{Input<32, 32, 3>{}, Conv2D<16, 3, Same>{}, ReLU{},
                                Conv2D<16, 3, Same>{}, ReLU{}, MaxPooling2D<2>{},
                                Conv2D<32, 3, Same>{}, ReLU{}, MaxPooling2D<2>{}, Flatten{},
                                Dense<64>{}, ReLU{}, Dense<10>{}, Softmax{}},
                     {32, 32, 3},
                     {{Layer::conv_2d, 16, 3, 1},
                      {Layer::relu},
                      {Layer::conv_2d, 16, 3, 1},
                      {Layer::relu},
                      {Layer::max_pool_2d, 2},
                      {Layer::conv_2d, 32, 3, 1},
                      {Layer::relu},
                      {Layer::max_pool_2d, 2},
                      {Layer::flatten},
                      {Layer::dense, 64},
                      {Layer::relu},
                      {Layer::dense, 10},
                      {Layer::softmax}}};
}

/// An LSTM and a Dense of ten classes.
template <std::size_t Time, std::size_t Features, std::size_t Units>
auto lstm() {
    using namespace lamina;
    return StackCase{"LSTM " + std::to_string(Time) + "x" + std::to_string(Features) + "-" +
                         std::to_string(Units),
                     Sequential{Input<Time, Features>{}, LSTM<Units>{}, Dense<10>{}, Softmax{}},
                     {Time, Features},
                     {{Layer::lstm, Units}, {Layer::dense, 10}, {Layer::softmax}}};
}

/// A Transformer's encoder layer.
template <std::size_t Time, std::size_t Width, std::size_t Heads, std::size_t Hidden>
auto encoder() {
    using namespace lamina;
    return StackCase{"encoder " + std::to_string(Time) + "x" + std::to_string(Width) + "/" +
                         std::to_string(Heads) + "/" + std::to_string(Hidden),
                     Sequential{Input<Time, Width>{}, TransformerEncoderLayer<Heads, Hidden>{}},
                     {Time, Width},
                     {{Layer::encoder, Heads, Hidden}}};
}

template <class T, class F>
lamina::Block<T> filled(std::size_t n, F const& f) {
    lamina::Block<T> b(n);
    for (std::size_t i = 0; i < n; ++i) b[i] = T(f(i));
    return b;
}
inline lamina::Block<float> uniform_numbers(std::size_t n, std::uint64_t seed) {
    return filled<float>(n, [=](auto i) { return 2 * lamina::Random{seed}.uniform(i) - 1; });
}
template <class To, class From>
lamina::Block<To> as_type(From const* p, std::size_t n) {
    return filled<To>(n, [=](auto i) { return p[i]; });
}

/// All parameters one behind the other; biases that begin with zeros are drawn, to be seen.
template <class N>
std::vector<float> drawn_parameters(lamina::Weights<N> const& weights) {
    std::vector<float> all;
    weights.for_each_parameter([&](int, auto const&, auto const& tensor, auto const* p) {
        all.insert(all.end(), p, p + tensor.extents.size);
    });
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] == 0) all[i] = 0.1f * lamina::Random{5}.uniform(i);
    return all;
}
template <class N>
void set_parameters(lamina::Weights<N>& weights, std::vector<float> const& all) {
    float const* from = all.data();
    weights.for_each_parameter([&](int, auto const&, auto const& tensor, auto* p) {
        for (std::size_t i = 0; i < tensor.extents.size; ++i) p[i] = *from++;
    });
}

/// The distance to what is right as a share of its norm, if that is too much; nothing otherwise.
inline std::string off(char const* what, float const* found, double const* right, std::size_t n,
                       double bound) {
    double norm = 0, distance = 0;
    for (std::size_t i = 0; i < n; ++i) {
        double const d = double(found[i]) - right[i];
        norm += right[i] * right[i];
        distance += d * d;
    }
    double const share = std::sqrt(distance / std::max(norm, 1e-30));
    if (share <= bound) return {};
    return std::string(what) + " is off by " + std::to_string(100 * share) + " % of its norm";
}

/// A network's forward and backward pass over a batch, its gradients those of input and parameters.
template <class N>
struct Passes {
    using T = typename N::Scalar;
    lamina::Weights<N> weights;
    lamina::Block<T> arena, scratch, gradients, next_state;
    std::size_t batch;
    static constexpr int input = 0;

    Passes(typename N::Definition const& definition, std::vector<float> const& parameters,
           std::size_t samples, std::size_t threads)
        : weights(definition), arena(N::arena(samples, true)),
          scratch(N::training.scratch * threads + 1), gradients(N::parameters + 1),
          next_state(N::training.state + 1), batch(samples) {
        set_parameters(weights, parameters);
    }
    T* dx() { return N::dy_of(input, arena.data(), batch); }
    /// y: where the output goes, or null. As a loss does, dy is given between the two passes: in
    /// the arena it may lie where something of the forward pass was.
    void operator()(T const* x, T const* dy, T* y, lamina::Threads* threads) {
        void const* const in[]{x};
        lamina::Work<T> const work{.layers = weights.layers.data(),
                                   .values = weights.values.data(),
                                   .state = weights.state.data(),
                                   .next_state = next_state.data(),
                                   .gradients = gradients.data(),
                                   .arena = arena.data(),
                                   .scratch = scratch.data(),
                                   .inputs = in,
                                   .batch = batch,
                                   .training = true,
                                   .threads = threads};
        N::template forward<true>(work);
        int const last = N::training.outputs[0];
        std::size_t const outputs = batch * N::table[std::size_t(last)].op->output.size;
        if (y) std::copy_n(N::y_of(last, arena.data(), batch, true), outputs, y);
        std::copy_n(dy, outputs, N::dy_of(last, arena.data(), batch));
        std::fill_n(gradients.data(), N::parameters, T{0});
        N::backward(work);
    }
};

/// Forward and backward, ms.
template <class D>
void measure_gradients(Suite& suite, StackCase<D> const& c, std::size_t batch) {
    std::string const name = c.with_batch(batch);
    if (!suite.wants({name, 1}) && !suite.wants({name, 2})) return;
    using N = lamina::Network<D, float, true>;
    using Right = lamina::Network<D, double, true>;
    std::vector<float> const parameters = drawn_parameters(lamina::Weights<N>(c.definition));
    Stack const net{c.shape.data(),  c.shape.size(),    c.layers.data(),
                    c.layers.size(), parameters.data(), parameters.size()};
    std::size_t const inputs = net.inputs(),
                      outputs = N::table[std::size_t(N::training.outputs[0])].op->output.size;
    auto const x = uniform_numbers(batch * inputs, 7), dy = uniform_numbers(batch * outputs, 8);
    lamina::Block<float> y(batch * outputs), dx(batch * inputs), dparameters(parameters.size());

    Passes<Right> right(c.definition, parameters, batch, 1);
    auto const x_in_double = as_type<double>(x.data(), x.size());
    auto const dy_in_double = as_type<double>(dy.data(), dy.size());
    lamina::Block<double> right_y(y.size());
    right(x_in_double.data(), dy_in_double.data(), right_y.data(), nullptr);

    lamina::Threads pool(2);
    Passes<N> ours(c.definition, parameters, batch, 2);
    StackTask task{StackTask::gradients, net, batch, x.data(), 1};
    task.outputs = outputs, task.y = y.data(), task.dy = dy.data();
    task.dx = dx.data(), task.dparameters = dparameters.data();
    auto const run = [&] {
        ours(x.data(), dy.data(), task.collect ? y.data() : nullptr,
             task.threads > 1 ? &pool : nullptr);
        if (!task.collect) return;
        std::copy_n(ours.dx(), dx.size(), dx.data());
        std::copy_n(ours.gradients.data(), parameters.size(), dparameters.data());
    };
    std::function<std::string()> const wrong = [&] {
        // where a ReLU's input is 0 but for rounding, a slope may be 0 or 1
        double const bound = 2e-3;
        std::string text = off("y", y.data(), right_y.data(), y.size(), 1e-4);
        if (text.empty()) text = off("dx", dx.data(), right.dx(), dx.size(), bound);
        std::size_t at = 0;
        right.weights.for_each_parameter(
            [&](int, auto const& path, auto const& tensor, double const*) {
                // keys' biases have no gradient, but for rounding: softmax does not see them
                bool const none = path.find("key_bias") != std::string::npos;
                if (text.empty() && !none)
                    text = off(path.c_str(), dparameters.data() + at, right.gradients.data() + at,
                               tensor.extents.size, bound);
                at += tensor.extents.size;
            });
        for (auto* block : {&y, &dx, &dparameters}) std::fill_n(block->data(), block->size(), NAN);
        return text;
    };
    for (int threads : {1, 2}) {
        Case const what{name, threads, "ms", false, 1e3, 8};
        if (!suite.wants(what)) continue;
        task.threads = threads;
        task.collect = true;
        std::vector<Contender> all{{"lamina", times(run), wrong}};
        suite.add_peers(all, task, wrong);
        suite.measure(what, std::move(all), [&] { task.collect = false; });
    }
}

/// From samples to what the last layer gives.
template <class D>
void measure_prediction(Suite& suite, StackCase<D> const& c,
                        std::vector<std::size_t> const& batches) {
    using N = lamina::Network<D, float>;
    using Right = lamina::Network<D, double>;
    lamina::Weights<N> weights(c.definition);
    lamina::Weights<Right> in_double(c.definition);
    std::vector<float> const parameters = drawn_parameters(weights);
    set_parameters(weights, parameters);
    set_parameters(in_double, parameters);
    lamina::PreparedWeights const prepared{weights};
    lamina::Workspace<N> work;
    lamina::Threads pool(2);
    Stack const net{c.shape.data(),  c.shape.size(),    c.layers.data(),
                    c.layers.size(), parameters.data(), parameters.size()};
    for (int threads : {1, 2})
        for (std::size_t batch : batches) {
            Case const what{c.with_batch(batch), threads, "us", false, 1e6, 2};
            if (!suite.wants(what)) continue;
            std::size_t const outputs =
                N::table[std::size_t(N::inference.outputs[0])].op->output.size;
            auto const x = uniform_numbers(batch * net.inputs(), 7);
            auto const x_in_double = as_type<double>(x.data(), x.size());
            lamina::Block<float> y(batch * outputs);
            lamina::Workspace<Right> room;
            void const *const in[]{x.data()}, *const in_right[]{x_in_double.data()};
            double const* const right = lamina::predict(in_double, room, in_right, batch);
            StackTask task{StackTask::predict, net, batch, x.data(), threads};
            task.outputs = outputs, task.y = y.data();
            std::function<std::string()> const wrong = [&] {
                auto const text = off("y", y.data(), right, y.size(), 2e-5);
                std::fill_n(y.data(), y.size(), NAN);
                return text;
            };
            auto const run = [&] {
                std::copy_n(
                    lamina::predict(prepared, work, in, batch, 0, threads > 1 ? &pool : nullptr),
                    y.size(), y.data());
            };
            std::vector<Contender> all{{"lamina", times(run), wrong}};
            suite.add_peers(all, task, wrong);
            suite.measure(what, std::move(all));
        }
}

/// Classes that can be learnt: of each a pattern that its samples show with noise; of tokens, some
/// that stand in its samples more often.
template <class X>
struct LabelledSamples {
    lamina::Block<X> x;
    std::vector<int> labels;
    LabelledSamples(std::size_t count, std::size_t inputs, std::size_t classes,
                    std::size_t vocabulary)
        : x(count * inputs), labels(count) {
        using lamina::Random;
        for (std::size_t s = 0; s < count; ++s) {
            auto const label = Random{1}.below(s, classes);
            labels[s] = int(label);
            for (std::size_t i = 0; i < inputs; ++i) {
                std::size_t const at = s * inputs + i;
                if constexpr (std::is_integral_v<X>) {
                    std::size_t const all = Random{2}.below(at, vocabulary);
                    bool const own = Random{3}.below(at, 8) == 0;
                    x[at] = X(own ? all / classes * classes % vocabulary + label : all);
                    x[at] = std::min(x[at], X(vocabulary - 1));
                } else {
                    x[at] = 2 * Random{2}.uniform(at) - 1 +
                            0.5f * (Random{3}.uniform(label * inputs + i) - 0.5f);
                }
            }
        }
    }
};

struct TrainingPlan {
    std::size_t batch, samples, checked_samples, classes, vocabulary;
    char const* unit;
    bool higher;
    double amount; // Case
};

/// An epoch with Adam. The definition ends in Softmax.
template <class X, class D>
void measure_training(Suite& suite, StackCase<D> const& c, TrainingPlan const& plan) {
    using namespace lamina;
    std::string const name = c.with_batch(plan.batch);
    if (!suite.wants({name, 1}) && !suite.wants({name, 2})) return;
    float const rate = 1e-3f, epsilon = 1e-8f;
    Adam const adam{.learning_rate = rate, .epsilon = epsilon, .form = Form::torch};
    auto start = compile(c.definition, adam, SparseCategoricalCrossentropy{}, Accuracy{});
    auto in_double = compile<double>(c.definition, adam, SparseCategoricalCrossentropy{});
    std::vector<float> const parameters = drawn_parameters(start.weights);
    set_parameters(start.weights, parameters);
    set_parameters(in_double.weights, parameters);
    Stack const net{c.shape.data(),  c.shape.size(),    c.layers.data(),
                    c.layers.size(), parameters.data(), parameters.size()};
    LabelledSamples<X> const data(plan.samples, net.inputs(), plan.classes, plan.vocabulary);
    std::vector<float> trained(parameters.size());
    StackTask task{StackTask::train, net, plan.batch, data.x.data(), 1};
    task.all_samples = plan.samples, task.labels = data.labels.data();
    task.learning_rate = rate, task.epsilon = epsilon, task.trained = trained.data();

    auto const array = [&](X const* x, std::size_t count) {
        if (c.shape.size() == 3) return Array(x, {count, c.shape[0], c.shape[1], c.shape[2]});
        if (c.shape.size() == 2) return Array(x, {count, c.shape[0], c.shape[1]});
        return Array(x, {count, c.shape[0]});
    };
    std::size_t const checked = plan.checked_samples;
    auto const loss_with = [&](std::vector<float> const& values) {
        auto other = in_double;
        set_parameters(other.weights, values);
        auto const [loss] =
            other.evaluate(array(data.x.data(), checked), Array(data.labels.data(), {checked}));
        return double(loss);
    };
    auto learnt = in_double;
    learnt.fit(array(data.x.data(), checked), Array(data.labels.data(), {checked}),
               {.epochs = 1, .batch_size = plan.batch, .shuffle = false, .verbose = 0});
    std::vector<double> right;
    learnt.weights.for_each_parameter([&](int, auto const&, auto const& tensor, double const* p) {
        right.insert(right.end(), p, p + tensor.extents.size);
    });
    std::vector<float> const right_in_float(right.begin(), right.end());
    double const before = loss_with(parameters), goal = loss_with(right_in_float);
    double way = 0;
    for (std::size_t i = 0; i < right.size(); ++i)
        way += (right[i] - double(parameters[i])) * (right[i] - double(parameters[i]));
    std::function<std::string()> const wrong = [&] {
        double const after = loss_with(trained);
        double distance = 0;
        for (std::size_t i = 0; i < right.size(); ++i)
            distance += (right[i] - double(trained[i])) * (right[i] - double(trained[i]));
        double const share = std::sqrt(distance / way);
        std::fill(trained.begin(), trained.end(), 0.0f);
        if (share <= 0.05 && std::abs(after - goal) <= 0.002 * goal) return std::string{};
        return "the loss went from " + std::to_string(before) + " to " + std::to_string(after) +
               ", not to " + std::to_string(goal) + "; the parameters are off by " +
               std::to_string(100 * share) + " % of their way";
    };
    Threads pool(2);
    auto const run = [&] {
        auto model = start;
        UseThreads const threads = task.threads > 1 ? UseThreads(pool) : UseThreads(1);
        model.fit(array(data.x.data(), task.samples), Array(data.labels.data(), {task.samples}),
                  {.epochs = 1,
                   .batch_size = plan.batch,
                   .shuffle = task.shuffle,
                   .verbose = 0,
                   .threads = threads});
        if (!task.collect) return;
        float* to = trained.data();
        model.weights.for_each_parameter([&](int, auto const&, auto const& tensor, float* p) {
            to = std::copy_n(p, tensor.extents.size, to);
        });
    };
    for (int threads : {1, 2}) {
        Case const what{name, threads, plan.unit, plan.higher, plan.amount, 4};
        if (!suite.wants(what)) continue;
        task.threads = threads;
        task.samples = checked;
        task.shuffle = false;
        task.collect = true;
        std::vector<Contender> all{{"lamina", times(run), wrong}};
        suite.add_peers(all, task, wrong);
        suite.measure(what, std::move(all), [&] {
            task.samples = plan.samples;
            task.shuffle = true;
            task.collect = false;
        });
    }
}

} // namespace bench
