// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peer.hpp"

#include <RTNeural/RTNeural.h>

#include <algorithm>
#include <string>
#include <vector>

/// RTNeural's networks, which predict one sample after the other and do not train. Which of its
/// backends computes is said by a macro of its own before this is included.
namespace bench {

template <class Model, std::size_t... Widths>
struct RtNeural {
    static constexpr char const* name = LAMINA_RTNEURAL_NAME;
    static std::string about() { return LAMINA_RTNEURAL_ABOUT; }
    static constexpr std::size_t widths[]{Widths...}, layers = sizeof...(Widths) - 1;
    static constexpr std::size_t outputs = widths[layers];
    InferTask t;
    Model model;

    template <std::size_t L>
    float const* set(float const* p) {
        constexpr std::size_t in = widths[L], out = widths[L + 1];
        std::vector<std::vector<float>> kernel(out, std::vector<float>(in));
        for (std::size_t i = 0; i < in; ++i)
            for (std::size_t o = 0; o < out; ++o) kernel[o][i] = p[i * out + o];
        model.template get<2 * L>().setWeights(kernel);
        model.template get<2 * L>().setBias(p + in * out);
        return p + (in + 1) * out;
    }
    explicit RtNeural(InferTask const& task) : t(task) {
        if (t.threads > 1 || t.net.layers != layers ||
            !std::equal(widths, widths + layers + 1, t.net.widths))
            throw NotDone{};
        float const* p = t.net.parameters;
        p = set<0>(p);
        p = set<1>(p);
        if constexpr (layers > 2) p = set<2>(p);
        model.reset();
    }
    void operator()() {
        for (std::size_t s = 0; s < t.batch; ++s) {
            alignas(64) float x[(widths[0] + 15) / 16 * 16]{}; // it reads whole registers
            std::copy_n(t.x + s * widths[0], widths[0], x);
            model.forward(x);
            std::copy_n(model.getOutputs(), outputs, t.y + s * outputs);
        }
    }
};

template <int In, int Out>
using RtDense = RTNeural::DenseT<float, In, Out>;
template <int N>
using RtReLU = RTNeural::ReLuActivationT<float, N>;
template <int A, int B, int C>
using RtNet2 = RTNeural::ModelT<float, A, C, RtDense<A, B>, RtReLU<B>, RtDense<B, C>,
                                RTNeural::SigmoidActivationT<float, C>>;
template <template <class, int> class End, int A, int B, int C, int D>
using RtNet3 = RTNeural::ModelT<float, A, D, RtDense<A, B>, RtReLU<B>, RtDense<B, C>, RtReLU<C>,
                                RtDense<C, D>, End<float, D>>;
template <class T, int N>
using RtSigmoid = RTNeural::SigmoidActivationT<T, N>;
template <class T, int N>
using RtSoftmax = RTNeural::SoftmaxActivationT<T, N>;

/// With or without the networks that end in a softmax.
template <bool Softmax>
Peers<InferTask> rtneural_peers() {
    using Small = RtNeural<RtNet2<3, 64, 1>, 3, 64, 1>;
    using Middle = RtNeural<RtNet3<RtSigmoid, 10, 64, 64, 1>, 10, 64, 64, 1>;
    if constexpr (!Softmax) return peers<InferTask, Small, Middle>();
    else
        return peers<InferTask, Small, Middle,
                     RtNeural<RtNet3<RtSoftmax, 784, 512, 512, 10>, 784, 512, 512, 10>,
                     RtNeural<RtNet3<RtSoftmax, 20, 48, 24, 5>, 20, 48, 24, 5>>();
}

} // namespace bench
