// SPDX-License-Identifier: BSD-3-Clause
// path: LAMINA_RTNEURAL_SOURCE
// header: RTNeural/RTNeural.h
// options: -ffast-math -DRTNEURAL_DEFAULT_ALIGNMENT=64
//
// RTNeural, the loops of its STL backend vectorised by -ffast-math.

#define RTNEURAL_USE_STL 1
#define LAMINA_RTNEURAL_NAME "RTNeural (STL)"
#define LAMINA_RTNEURAL_ABOUT "STL backend, -O3 -ffast-math"

#include "../support/rtneural.hpp"

#include "../support/stack.hpp"

namespace {

/// The last h of an LSTM, a dense layer, a softmax: 40x64-128-10, what the suite has.
struct Lstm {
    static constexpr char const* name = LAMINA_RTNEURAL_NAME;
    static std::string about() { return LAMINA_RTNEURAL_ABOUT; }
    static constexpr int in = 64, units = 128, out = 10;
    bench::StackTask const& t;
    RTNeural::LSTMLayerT<float, in, units> lstm;
    RTNeural::DenseT<float, units, out> dense;
    RTNeural::SoftmaxActivationT<float, out> softmax;

    static std::vector<std::vector<float>> rows(float const*& p, std::size_t n, std::size_t width) {
        std::vector<std::vector<float>> all;
        for (; all.size() < n; p += width) all.emplace_back(p, p + width);
        return all;
    }
    explicit Lstm(bench::StackTask const& task) : t(task) {
        using Kind = bench::Layer;
        auto const& net = t.net;
        if (t.threads > 1 || net.count != 3 || net.layers[0].kind != Kind::lstm ||
            net.layers[0].a != units || net.shape[1] != in || net.layers[1].kind != Kind::dense ||
            net.layers[1].a != out || net.layers[2].kind != Kind::softmax)
            throw bench::NotDone{};
        float const* p = net.parameters;
        lstm.setWVals(rows(p, in, 4 * units));
        lstm.setUVals(rows(p, units, 4 * units));
        lstm.setBVals(rows(p, 1, 4 * units)[0]);
        auto const kernel = rows(p, units, out);
        std::vector<std::vector<float>> turned(out, std::vector<float>(units));
        for (std::size_t i = 0; i < units; ++i)
            for (std::size_t o = 0; o < out; ++o) turned[o][i] = kernel[i][o];
        dense.setWeights(turned);
        dense.setBias(p);
    }
    void operator()() {
        auto const* x = static_cast<float const*>(t.x);
        for (std::size_t s = 0; s < t.batch; ++s) {
            lstm.reset();
            for (std::size_t moment = 0; moment < t.net.shape[0]; ++moment, x += in) {
                alignas(64) float now[in];
                std::copy_n(x, in, now);
                lstm.forward(now);
            }
            dense.forward(lstm.outs);
            softmax.forward(dense.outs);
            std::copy_n(softmax.outs, out, t.y + s * out);
        }
    }
};

} // namespace

extern "C" bench::Peers<bench::StackTask> lamina_infer_stack_peers() {
    return bench::peers<bench::StackTask, Lstm>();
}
extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::rtneural_peers<true>();
}
