// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stack.hpp"

#include <ATen/Version.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

/// libtorch's stacks of layers, through its C++ front end, in the forms of which now one, now the
/// other is faster.
namespace bench {

enum class TorchForm { plain, channels_last, bag };

template <TorchForm Form>
struct TorchStack {
    static constexpr char const* name = Form == TorchForm::plain ? "libtorch"
                                        : Form == TorchForm::bag ? "libtorch (EmbeddingBag)"
                                                                 : "libtorch (channels_last)";
    static std::string about() {
        return std::string(TORCH_VERSION) + (at::hasMKLDNN() ? ", with oneDNN" : "");
    }

    using Tensor = torch::Tensor;
    static std::int64_t index(std::size_t i) { return static_cast<std::int64_t>(i); }

    /// Some of the task's parameters: part of a tensor of libtorch's, and how it is turned.
    struct Parameter {
        Tensor whole;
        std::function<Tensor(Tensor)> turned; // of whole or its gradient: as the task has it
    };
    StackTask const& t;
    std::vector<std::function<Tensor(Tensor)>> layers;
    std::vector<Parameter> parameters;
    std::vector<Tensor> trained; // each once
    Tensor x, dy;
    bool images = false;

    explicit TorchStack(StackTask const& task) : t(task) {
        using Kind = Layer::Kind;
        if (Form == TorchForm::channels_last && !t.net.has(Kind::conv_2d)) throw NotDone{};
        if (Form == TorchForm::bag && !t.net.has(Kind::embedding)) throw NotDone{};
        at::set_num_threads(t.threads);
        build();
        set_parameters();
        images = t.net.rank == 3;
        if (t.mode == StackTask::train) return;
        x = samples(t.batch);
        if (t.mode == StackTask::gradients) {
            x.set_requires_grad(!t.net.takes_tokens());
            torch::NoGradGuard const constant;
            auto const like = forward(x);
            dy = shaped(const_cast<float*>(t.dy), like);
        }
    }

    void operator()() {
        if (t.mode == StackTask::predict) {
            c10::InferenceMode const mode;
            copy_out(forward(x), t.y);
        } else if (t.mode == StackTask::gradients) {
            for (auto& p : trained) p.mutable_grad() = Tensor();
            x.mutable_grad() = Tensor();
            auto const y = forward(x);
            y.backward(dy);
            if (!t.collect) return;
            torch::NoGradGuard const constant;
            copy_out(y, t.y);
            copy_out(x.grad(), t.dx);
            float* to = t.dparameters;
            for (auto& p : parameters) to = copy_out_of(p.turned(p.whole.grad()), to);
        } else {
            train();
        }
    }

private:
    Tensor parameter(std::vector<std::int64_t> const& shape) {
        trained.push_back(torch::zeros(shape).set_requires_grad(true));
        return trained.back();
    }
    static Tensor transposed(Tensor w) { return w.t(); }
    static Tensor same(Tensor w) { return w; }

    void build() {
        namespace F = torch::nn::functional;
        std::vector<std::int64_t> shape; // of a sample, as the task has it
        for (std::size_t i = 0; i < t.net.rank; ++i) shape.push_back(index(t.net.shape[i]));
        std::vector<std::int64_t> flattened;
        for (std::size_t i = 0; i < t.net.count; ++i) {
            Layer const& l = t.net.layers[i];
            auto const a = index(l.a), b = index(l.b);
            bool const last = i + 1 == t.net.count;
            switch (l.kind) {
            case Layer::dense: {
                auto const w = parameter({a, shape.back()}), bias = parameter({a});
                if (flattened.empty()) {
                    parameters.push_back({w, transposed});
                } else { // from channels first
                    auto const f = flattened;
                    parameters.push_back(
                        {w, [=](Tensor v) {
                             return v.view({a, f[2], f[0], f[1]}).permute({2, 3, 1, 0});
                         }});
                    flattened.clear();
                }
                parameters.push_back({bias, same});
                layers.push_back([=](Tensor h) { return torch::linear(h, w, bias); });
                shape.back() = a;
                break;
            }
            case Layer::relu:
                layers.push_back([](Tensor h) { return torch::relu(h); });
                break;
            case Layer::softmax:
                if (t.mode == StackTask::train && last) break; // the loss is from logits
                layers.push_back([](Tensor h) { return torch::softmax(h, -1); });
                break;
            case Layer::flatten:
                if (Form == TorchForm::channels_last)
                    layers.push_back([](Tensor h) { return h.permute({0, 2, 3, 1}).flatten(1); });
                else {
                    layers.push_back([](Tensor h) { return h.flatten(1); });
                    flattened = shape;
                }
                shape = {shape[0] * shape[1] * shape[2]};
                break;
            case Layer::conv_2d: {
                auto w = parameter({a, shape[2], b, b});
                if (Form == TorchForm::channels_last) {
                    trained.back() = w = w.detach()
                                             .contiguous(at::MemoryFormat::ChannelsLast)
                                             .set_requires_grad(true);
                }
                auto const bias = parameter({a});
                parameters.push_back({w, [](Tensor v) { return v.permute({2, 3, 1, 0}); }});
                parameters.push_back({bias, same});
                std::int64_t const padding = l.c ? (b - 1) / 2 : 0;
                layers.push_back([=](Tensor h) { return torch::conv2d(h, w, bias, 1, padding); });
                if (!l.c) shape[0] -= b - 1, shape[1] -= b - 1;
                shape[2] = a;
                break;
            }
            case Layer::max_pool_2d:
                layers.push_back([=](Tensor h) { return torch::max_pool2d(h, a); });
                shape[0] /= a, shape[1] /= a;
                break;
            case Layer::lstm: {
                auto const w = parameter({4 * a, shape[1]}), u = parameter({4 * a, a}),
                           bias = parameter({4 * a});
                auto const none = torch::zeros({4 * a}); // libtorch has two biases
                for (auto const& one : {w, u}) parameters.push_back({one, transposed});
                parameters.push_back({bias, same});
                layers.push_back([=](Tensor h) {
                    auto const zeros = torch::zeros({1, h.size(0), a});
                    auto const out = torch::lstm(h, {zeros, zeros}, {w, u, bias, none}, true, 1,
                                                 0.0, t.mode == StackTask::train, false, true);
                    return std::get<1>(out)[0];
                });
                shape = {a};
                break;
            }
            case Layer::embedding: {
                auto const table = parameter({a, b});
                parameters.push_back({table, same});
                if (Form == TorchForm::bag) {
                    if (last || t.net.layers[i + 1].kind != Layer::mean_over_time) throw NotDone{};
                    layers.push_back([=](Tensor h) {
                        return F::embedding_bag(h, table,
                                                F::EmbeddingBagFuncOptions().mode(torch::kMean));
                    });
                } else {
                    layers.push_back([=](Tensor h) { return torch::embedding(table, h); });
                }
                shape.push_back(b);
                break;
            }
            case Layer::mean_over_time:
                if (Form != TorchForm::bag) layers.push_back([](Tensor h) { return h.mean(1); });
                shape = {shape[1]};
                break;
            case Layer::encoder:
                add_encoder(a, b, shape[1]);
                break;
            }
        }
    }

    void add_encoder(std::int64_t heads, std::int64_t hidden, std::int64_t d) {
        auto const in = parameter({3 * d, d}), in_bias = parameter({3 * d}),
                   out = parameter({d, d}), out_bias = parameter({d}), scale1 = parameter({d}),
                   shift1 = parameter({d}), w1 = parameter({hidden, d}), b1 = parameter({hidden}),
                   w2 = parameter({d, hidden}), b2 = parameter({d}), scale2 = parameter({d}),
                   shift2 = parameter({d});
        for (std::int64_t k = 0; k < 3; ++k) {
            parameters.push_back({in, [=](Tensor w) { return w.narrow(0, k * d, d).t(); }});
            parameters.push_back({in_bias, [=](Tensor w) { return w.narrow(0, k * d, d); }});
        }
        parameters.push_back({out, transposed});
        for (auto const& one : {out_bias, scale1, shift1}) parameters.push_back({one, same});
        parameters.push_back({w1, transposed});
        parameters.push_back({b1, same});
        parameters.push_back({w2, transposed});
        for (auto const& one : {b2, scale2, shift2}) parameters.push_back({one, same});
        bool const fused = t.mode == StackTask::predict;
        layers.push_back([=](Tensor h) {
            if (fused)
                return at::_transformer_encoder_layer_fwd(h, d, heads, in, in_bias, out, out_bias,
                                                          false, false, 1e-5, scale1, shift1,
                                                          scale2, shift2, w1, b1, w2, b2);
            auto const n = h.size(0), time = h.size(1), width = d / heads;
            auto const qkv = torch::linear(h, in, in_bias)
                                 .view({n, time, 3, heads, width})
                                 .permute({2, 0, 3, 1, 4});
            auto const q = qkv[0] * (1 / std::sqrt(double(width)));
            auto const weights = torch::softmax(torch::matmul(q, qkv[1].transpose(-2, -1)), -1);
            auto const seen = torch::matmul(weights, qkv[2]).transpose(1, 2).reshape({n, time, d});
            auto const middle =
                torch::layer_norm(h + torch::linear(seen, out, out_bias), {d}, scale1, shift1);
            auto const wide = torch::relu(torch::linear(middle, w1, b1));
            return torch::layer_norm(middle + torch::linear(wide, w2, b2), {d}, scale2, shift2);
        });
    }

    void set_parameters() {
        torch::NoGradGuard const constant;
        auto* from = const_cast<float*>(t.net.parameters);
        for (auto& p : parameters) {
            auto part = p.turned(p.whole);
            part.copy_(torch::from_blob(from, part.sizes()));
            from += part.numel();
        }
    }
    /// Images as libtorch wants them: channels first, in the memory's order of this form.
    static Tensor as_image(Tensor nhwc) {
        auto const nchw = nhwc.permute({0, 3, 1, 2});
        return Form == TorchForm::channels_last ? nchw : nchw.contiguous();
    }
    Tensor shaped(float* p, Tensor const& like) {
        if (like.dim() != 4) return torch::from_blob(p, like.sizes());
        return as_image(
            torch::from_blob(p, {like.size(0), like.size(2), like.size(3), like.size(1)}));
    }
    Tensor samples(std::size_t count) {
        std::vector<std::int64_t> shape{index(count)};
        for (std::size_t i = 0; i < t.net.rank; ++i) shape.push_back(index(t.net.shape[i]));
        auto* const p = const_cast<void*>(t.x);
        if (t.net.takes_tokens())
            return torch::from_blob(p, shape, torch::kInt32).to(torch::kInt64);
        auto const all = torch::from_blob(p, shape);
        return t.net.rank == 3 ? as_image(all) : all;
    }
    Tensor forward(Tensor h) const {
        for (auto const& layer : layers) h = layer(h);
        return h;
    }
    static float* copy_out_of(Tensor const& from, float* to) {
        auto const flat = from.contiguous();
        return std::copy_n(flat.template data_ptr<float>(), flat.numel(), to);
    }
    static void copy_out(Tensor from, float* to) {
        if (to) copy_out_of(from.dim() == 4 ? from.permute({0, 2, 3, 1}) : from, to);
    }

    void train() {
        set_parameters();
        if (!x.defined() || index(t.samples) != x.size(0)) x = samples(t.samples);
        auto const y =
            torch::from_blob(const_cast<int*>(t.labels), {index(t.samples)}, torch::kInt32)
                .to(torch::kInt64);
        torch::optim::Adam adam(
            trained, torch::optim::AdamOptions(double(t.learning_rate)).eps(double(t.epsilon)));
        auto const order = t.shuffle ? torch::randperm(index(t.samples), torch::kInt64)
                                     : torch::arange(index(t.samples), torch::kInt64);
        double loss_sum = 0;
        for (std::size_t begin = 0; begin < t.samples; begin += t.batch) {
            auto const rows =
                order.slice(0, index(begin), index(std::min(begin + t.batch, t.samples)));
            auto bx = x.index_select(0, rows);
            if (Form == TorchForm::channels_last)
                bx = bx.contiguous(at::MemoryFormat::ChannelsLast);
            auto const loss =
                torch::nn::functional::cross_entropy(forward(bx), y.index_select(0, rows));
            adam.zero_grad();
            loss.backward();
            adam.step();
            loss_sum += loss.template item<double>();
        }
        if (!(loss_sum > 0)) throw std::runtime_error("no loss");
        torch::NoGradGuard const constant;
        if (!t.collect) return;
        float* to = t.trained;
        for (auto& p : parameters) to = copy_out_of(p.turned(p.whole), to);
    }
};

using TorchPlain = TorchStack<TorchForm::plain>;
using TorchChannelsLast = TorchStack<TorchForm::channels_last>;
using TorchBag = TorchStack<TorchForm::bag>;

} // namespace bench
