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
// libtorch, its C++ front end, without gradients; the same samples in the same tensor each time.

#include "../support/libtorch.hpp"
#include "../support/peer.hpp"

#include <torch/torch.h>

#include <cstring>

namespace {

struct Libtorch {
    static constexpr char const* name = "libtorch";
    static std::string about() { return bench::about_libtorch(); }
    bench::InferTask t;
    torch::nn::Sequential net;
    torch::Tensor x;

    explicit Libtorch(bench::InferTask const& task) : t(task) {
        at::set_num_threads(t.threads);
        torch::NoGradGuard const constant;
        float const* p = t.net.parameters;
        for (std::size_t i = 0; i < t.net.layers; ++i) {
            auto const in = static_cast<std::int64_t>(t.net.widths[i]);
            auto const out = static_cast<std::int64_t>(t.net.widths[i + 1]);
            torch::nn::Linear layer(in, out);
            auto* const numbers = const_cast<float*>(p);
            layer->weight.copy_(torch::from_blob(numbers, {in, out}).t());
            layer->bias.copy_(torch::from_blob(numbers + in * out, {out}));
            net->push_back(layer);
            p += (in + 1) * out;
            if (i + 1 < t.net.layers) net->push_back(torch::nn::ReLU());
            else if (out == 1) net->push_back(torch::nn::Sigmoid());
            else net->push_back(torch::nn::Softmax(1));
        }
        net->eval();
        x = torch::from_blob(const_cast<float*>(t.x), {static_cast<std::int64_t>(t.batch),
                                                       static_cast<std::int64_t>(t.net.inputs())});
    }
    void operator()() {
        c10::InferenceMode const mode;
        auto const y = net->forward(x);
        std::memcpy(t.y, y.data_ptr<float>(), t.batch * t.net.outputs() * sizeof(float));
    }
};

} // namespace

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::peers<bench::InferTask, Libtorch>();
}
