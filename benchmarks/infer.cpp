// SPDX-License-Identifier: BSD-3-Clause
//
// The suite infer: the time of a prediction, from the samples to their probabilities. lamina's
// Predictor, whose weights are prepared as those of the peers' sessions are, predicts into a
// workspace that it has used before, and the result is copied out of it, as the peers write theirs.

#include "support/networks.hpp"
#include "support/runner.hpp"
#include "support/stacks.hpp"

#include <lamina/lamina.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace lamina;

namespace {

std::string wrong_probabilities(bench::InferTask const& t) {
    for (std::size_t i = 0; i<t.batch; i += t.batch> 8 ? t.batch / 5 : 1) {
        auto const right = probabilities(t.net, t.net.parameters, t.x + i * t.net.inputs());
        for (std::size_t j = 0; j < right.size(); ++j) {
            float const y = t.y[i * right.size() + j];
            if (!(std::abs(double(y) - right[j]) <= 2e-5))
                return "output " + std::to_string(j) + " of sample " + std::to_string(i) + " is " +
                       std::to_string(y) + ", not " + std::to_string(right[j]);
        }
    }
    return {};
}

template <class Definition>
void measure(bench::Suite& suite, Definition const& definition, std::vector<std::size_t> widths,
             std::vector<std::size_t> const& batches) {
    std::size_t const inputs = widths.front(), outputs = widths.back();
    std::string name = std::to_string(inputs);
    for (std::size_t i = 1; i < widths.size(); ++i) name += "-" + std::to_string(widths[i]);
    auto const model = compile(definition, Adam{}, MeanSquaredError{});
    using Model = decltype(model);
    std::vector<float> parameters;
    model.weights.for_each_parameter([&](int, auto const&, auto const& tensor, float const* p) {
        parameters.insert(parameters.end(), p, p + tensor.extents.size);
    });
    for (std::size_t i = 0; i < parameters.size(); ++i) // biases too shall be seen
        if (parameters[i] == 0) parameters[i] = 0.1f * Random{5}.uniform(i);
    auto ours = model;
    std::size_t taken = 0;
    ours.weights.for_each_parameter([&](int, auto const&, auto const& tensor, float* p) {
        std::copy_n(parameters.data() + taken, tensor.extents.size, p);
        taken += tensor.extents.size;
    });
    Predictor const predictor{ours};
    PreparedWeights const prepared{ours.weights};
    Threads pool(2);
    for (int threads : {1, 2})
        for (std::size_t batch : batches) {
            bool const long_one = parameters.size() > 100000;
            bench::Case const what{name + ", batch " + std::to_string(batch), threads,
                                   long_one ? "us" : "ns", false, long_one ? 1e6 : 1e9};
            if (!suite.wants(what) || (threads > 1 && !long_one)) continue;
            auto const x = bench::random_numbers(batch * inputs, 7);
            Block<float> y(batch * outputs);
            bench::InferTask const task{{widths.size() - 1, widths.data(), parameters.data()},
                                        batch,
                                        x.data(),
                                        y.data(),
                                        threads};
            std::function<std::string()> const wrong = [&] {
                std::string text = wrong_probabilities(task);
                std::fill_n(y.data(), y.size(), -1.0f);
                return text;
            };
            typename std::remove_const_t<Model>::Workspace work;
            auto const one = [&, n = batch, to = y.data(), from = x.data()] {
                predictor.predict_into(from, n, to, work);
            };
            auto const two = [&, n = batch, to = y.data(), from = x.data()] {
                void const* const in[]{from};
                std::copy_n(lamina::predict(prepared, work, in, n, 0, &pool), n * outputs, to);
            };
            std::vector<bench::Contender> all;
            if (threads == 1) all.push_back({"lamina", bench::times(one), wrong});
            else all.push_back({"lamina", bench::times(two), wrong});
            suite.add_peers(all, task, wrong);
            suite.measure(what, std::move(all));
        }
}

} // namespace

int main(int argc, char** argv) {
    bench::Suite suite("infer", argc, argv);
    measure(suite, Sequential{Input<3>{}, Dense<64>{}, ReLU{}, Dense<1>{}, Sigmoid{}}, {3, 64, 1},
            {1});
    measure(
        suite,
        Sequential{Input<10>{}, Dense<64>{}, ReLU{}, Dense<64>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
        {10, 64, 64, 1}, {1});
    measure(suite,
            Sequential{Input<784>{}, Dense<512>{}, ReLU{}, Dense<512>{}, ReLU{}, Dense<10>{},
                       Softmax{}},
            {784, 512, 512, 10}, {1, 32, 256});
    // of no list
    measure(
        suite,
        Sequential{Input<20>{}, Dense<48>{}, ReLU{}, Dense<24>{}, ReLU{}, Dense<5>{}, Softmax{}},
        {20, 48, 24, 5}, {1, 16});
    bench::infer_stacks(suite);
    return suite.finish();
}
