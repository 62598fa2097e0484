// SPDX-License-Identifier: BSD-3-Clause
//
// The suite train: fit from given weights on, batches shuffled anew for each epoch and gathered.
// lamina also computes the accuracy of each epoch; the peers compute the loss alone.

#include "support/networks.hpp"
#include "support/runner.hpp"
#include "support/stacks.hpp"

#include <lamina/lamina.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace lamina;

namespace {

/// The parameters after training by plain loops in double, without shuffling.
std::vector<float> reference(bench::TrainTask const& t) {
    std::size_t const n = t.net.parameter_count(), layers = t.net.layers;
    std::vector<double> w(t.net.parameters, t.net.parameters + n), m(n), v(n), g(n);
    std::size_t const* const widths = t.net.widths;
    double steps = 0;
    for (std::size_t epoch = 0; epoch < t.epochs; ++epoch)
        for (std::size_t begin = 0; begin < t.samples; begin += t.batch) {
            std::size_t const end = std::min(begin + t.batch, t.samples);
            std::fill(g.begin(), g.end(), 0.0);
            for (std::size_t s = begin; s < end; ++s) {
                std::vector<std::vector<double>> h{
                    {t.x + s * widths[0], t.x + (s + 1) * widths[0]}};
                std::size_t at = 0;
                for (std::size_t l = 0; l < layers; ++l) {
                    std::size_t const in = widths[l], out = widths[l + 1];
                    std::vector<double> y(w.begin() + std::ptrdiff_t(at + in * out),
                                          w.begin() + std::ptrdiff_t(at + (in + 1) * out));
                    for (std::size_t i = 0; i < in; ++i)
                        for (std::size_t o = 0; o < out; ++o) y[o] += h[l][i] * w[at + i * out + o];
                    if (l + 1 < layers)
                        for (double& one : y) one = std::max(one, 0.0);
                    h.push_back(y);
                    at += (in + 1) * out;
                }
                std::vector<double> d = h.back(); // the gradient of the scores: p - target
                if (d.size() == 1) {
                    d[0] = 1 / (1 + std::exp(-d[0])) - t.y[s];
                } else {
                    double sum = 0, top = *std::max_element(d.begin(), d.end());
                    for (double& one : d) sum += one = std::exp(one - top);
                    for (double& one : d) one /= sum;
                    d[std::size_t(t.y[s])] -= 1;
                }
                for (std::size_t l = layers; l-- > 0;) {
                    std::size_t const in = widths[l], out = widths[l + 1];
                    at -= (in + 1) * out;
                    std::vector<double> below(in);
                    double const share = 1 / double(end - begin);
                    for (std::size_t o = 0; o < out; ++o) g[at + in * out + o] += share * d[o];
                    for (std::size_t i = 0; i < in; ++i) {
                        for (std::size_t o = 0; o < out; ++o) {
                            g[at + i * out + o] += share * h[l][i] * d[o];
                            below[i] += w[at + i * out + o] * d[o];
                        }
                        if (l > 0 && h[l][i] <= 0) below[i] = 0;
                    }
                    d.swap(below);
                }
            }
            steps += 1;
            double const rate = double(t.learning_rate) * std::sqrt(1 - std::pow(0.999, steps)) /
                                (1 - std::pow(0.9, steps));
            for (std::size_t i = 0; i < n; ++i) {
                m[i] += 0.1 * (g[i] - m[i]);
                v[i] += 0.001 * (g[i] * g[i] - v[i]);
                w[i] -= rate * m[i] / (std::sqrt(v[i]) + 1e-7);
            }
        }
    return {w.begin(), w.end()};
}

double distance(std::vector<float> const& a, std::vector<float> const& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (double(a[i]) - double(b[i])) * (double(a[i]) - double(b[i]));
    return std::sqrt(sum);
}

struct Plan {
    std::vector<std::size_t> widths;
    std::size_t samples, batch, epochs;
    char const* unit;
    bool higher;
    double amount; // bench::Case
    std::size_t checked_samples;
};

template <class Definition, class Loss>
void measure(bench::Suite& suite, Definition const& definition, Loss const& loss,
             Plan const& plan) {
    std::size_t const inputs = plan.widths.front(), outputs = plan.widths.back();
    std::string name = std::to_string(inputs);
    for (std::size_t i = 1; i < plan.widths.size(); ++i)
        name += "-" + std::to_string(plan.widths[i]);
    name += ", batch " + std::to_string(plan.batch);
    if (!suite.wants({name, 1}) && !suite.wants({name, 2})) return;

    float const rate = 1e-3f;
    auto const model = compile(definition, Adam{.learning_rate = rate}, loss, Accuracy{});
    std::vector<float> parameters;
    model.weights.for_each_parameter([&](int, auto const&, auto const& tensor, float const* p) {
        parameters.insert(parameters.end(), p, p + tensor.extents.size);
    });
    bench::Samples const data(plan.samples, inputs, outputs);
    std::vector<float> const labels(data.y.begin(), data.y.end());
    std::vector<float> trained(parameters.size());
    bench::TrainTask task{{plan.widths.size() - 1, plan.widths.data(), parameters.data()},
                          plan.checked_samples,
                          plan.samples,
                          plan.batch,
                          plan.epochs,
                          data.x.data(),
                          data.y.data(),
                          rate,
                          false,
                          trained.data(),
                          1};
    // Where it should come to, and how far that is. Adam's first steps are as large for the
    // smallest gradients, where the forms of its epsilon differ: peers end up to 3.5 % of the way
    // beside it, and at the same loss to 0.06 %. A rate that is 5 % larger makes that 1 %.
    std::vector<float> const right = reference(task);
    double const before = mean_loss(task, parameters.data()), goal = mean_loss(task, right.data());
    double const way = distance(parameters, right);
    std::function<std::string()> const wrong = [&] {
        double const after = mean_loss(task, trained.data()), off = distance(trained, right) / way;
        std::fill(trained.begin(), trained.end(), 0.0f);
        if (off <= 0.05 && std::abs(after - goal) <= 0.002 * goal) return std::string{};
        return "the loss went from " + std::to_string(before) + " to " + std::to_string(after) +
               ", not to " + std::to_string(goal) + "; the parameters are off by " +
               std::to_string(100 * off) + " % of their way";
    };
    Threads pool(2);
    auto const ours = [&] {
        auto fresh = model;
        Array const x(task.x, {task.samples, inputs});
        UseThreads const threads = task.threads > 1 ? UseThreads(pool) : UseThreads(1);
        FitOptions const options{.epochs = task.epochs,
                                 .batch_size = task.batch,
                                 .shuffle = task.shuffle,
                                 .verbose = 0,
                                 .threads = threads};
        if (outputs == 1) fresh.fit(x, Array(labels.data(), {task.samples}), options);
        else fresh.fit(x, Array(task.y, {task.samples}), options);
        float* to = task.trained;
        fresh.weights.for_each_parameter([&](int, auto const&, auto const& tensor, float* p) {
            to = std::copy_n(p, tensor.extents.size, to);
        });
    };
    for (int threads : {1, 2}) {
        bench::Case const what{name, threads, plan.unit, plan.higher, plan.amount, 4};
        if (!suite.wants(what)) continue;
        task.threads = threads;
        task.samples = plan.checked_samples;
        task.shuffle = false;
        std::vector<bench::Contender> all{{"lamina", bench::times(ours), wrong}};
        suite.add_peers(all, task, wrong);
        suite.measure(what, std::move(all), [&] {
            task.samples = plan.samples;
            task.shuffle = true;
        });
    }
}

} // namespace

int main(int argc, char** argv) {
    bench::Suite suite("train", argc, argv);
    // five epochs of a hundred steps
    measure(suite, Sequential{Input<3>{}, Dense<64>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
            BinaryCrossentropy{}, {{3, 64, 1}, 3200, 32, 5, "ms/100 steps", false, 1e3 / 5, 3200});
    measure(
        suite,
        Sequential{Input<10>{}, Dense<64>{}, ReLU{}, Dense<64>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
        BinaryCrossentropy{}, {{10, 64, 64, 1}, 1000, 32, 10, "ms/10 epochs", false, 1e3, 992});
    measure(suite,
            Sequential{Input<784>{}, Dense<512>{}, ReLU{}, Dense<512>{}, ReLU{}, Dense<10>{},
                       Softmax{}},
            SparseCategoricalCrossentropy{},
            {{784, 512, 512, 10}, 6400, 128, 1, "samples/s", true, 6400, 384});
    // of no list
    measure(
        suite,
        Sequential{Input<24>{}, Dense<100>{}, ReLU{}, Dense<40>{}, ReLU{}, Dense<3>{}, Softmax{}},
        SparseCategoricalCrossentropy{},
        {{24, 100, 40, 3}, 2000, 50, 5, "ms/100 steps", false, 1e3 / 2, 2000});
    bench::train_convolutions(suite);
    bench::train_recurrent(suite);
    bench::train_encoders(suite);
    bench::train_embeddings(suite);
    return suite.finish();
}
