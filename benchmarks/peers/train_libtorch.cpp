// SPDX-License-Identifier: BSD-3-Clause
// package: libtorch-dev
// package: libopenblas-openmp-dev
// header: torch/torch.h
// header: ATen/ATen.h
// library: torch
// library: torch_cpu
// library: c10
// library: openblas
// directory: torch/csrc/api/include
// directory: openblas-openmp
// options: -fopenmp
// standard: 17
//
// libtorch, its C++ front end: a permutation for each epoch, index_select for each batch, the loss
// from logits.

#include "../support/libtorch.hpp"
#include "../support/peer.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

struct Libtorch {
    static constexpr char const* name = "libtorch";
    static std::string about() { return bench::about_libtorch(); }
    bench::TrainTask const& t;
    torch::nn::Sequential net;
    std::vector<torch::nn::Linear> layers;
    static std::int64_t index(std::size_t i) { return static_cast<std::int64_t>(i); }

    explicit Libtorch(bench::TrainTask const& task) : t(task) {
        at::set_num_threads(t.threads);
        for (std::size_t i = 0; i < t.net.layers; ++i) {
            layers.emplace_back(index(t.net.widths[i]), index(t.net.widths[i + 1]));
            net->push_back(layers.back());
            if (i + 1 < t.net.layers) net->push_back(torch::nn::ReLU());
        }
    }
    void operator()() {
        {
            torch::NoGradGuard const constant;
            auto* p = const_cast<float*>(t.net.parameters);
            for (auto& layer : layers) {
                std::int64_t const in = layer->weight.size(1), out = layer->weight.size(0);
                layer->weight.copy_(torch::from_blob(p, {in, out}).t());
                layer->bias.copy_(torch::from_blob(p + in * out, {out}));
                p += (in + 1) * out;
            }
        }
        namespace F = torch::nn::functional;
        bool const binary = t.net.outputs() == 1;
        auto const x =
            torch::from_blob(const_cast<float*>(t.x), {index(t.samples), index(t.net.inputs())});
        auto const classes =
            torch::from_blob(const_cast<int*>(t.y), {index(t.samples)}, torch::kInt32);
        auto const y =
            binary ? classes.to(torch::kFloat32).unsqueeze(1) : classes.to(torch::kInt64);
        torch::optim::Adam adam(net->parameters(),
                                torch::optim::AdamOptions(double(t.learning_rate)).eps(1e-7));
        for (std::size_t epoch = 0; epoch < t.epochs; ++epoch) {
            auto const order = t.shuffle ? torch::randperm(index(t.samples), torch::kInt64)
                                         : torch::arange(index(t.samples), torch::kInt64);
            double loss_sum = 0;
            for (std::size_t begin = 0; begin < t.samples; begin += t.batch) {
                auto const rows =
                    order.slice(0, index(begin), index(std::min(begin + t.batch, t.samples)));
                auto const bx = x.index_select(0, rows), by = y.index_select(0, rows);
                auto const out = net->forward(bx);
                auto const loss = binary ? F::binary_cross_entropy_with_logits(out, by)
                                         : F::cross_entropy(out, by);
                adam.zero_grad();
                loss.backward();
                adam.step();
                loss_sum += loss.item<double>();
            }
            if (!(loss_sum > 0)) throw std::runtime_error("no loss");
        }
        torch::NoGradGuard const constant;
        float* to = t.trained;
        for (auto& layer : layers) {
            auto const kernel = layer->weight.t().contiguous();
            to = std::copy_n(kernel.data_ptr<float>(), kernel.numel(), to);
            to = std::copy_n(layer->bias.data_ptr<float>(), layer->bias.numel(), to);
        }
    }
};

} // namespace

extern "C" bench::Peers<bench::TrainTask> lamina_train_peers() {
    return bench::peers<bench::TrainTask, Libtorch>();
}
