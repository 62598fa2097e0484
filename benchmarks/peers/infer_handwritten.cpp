// SPDX-License-Identifier: BSD-3-Clause
// options: -fno-math-errno -fno-trapping-math -fassociative-math -fno-signed-zeros
//
// The plain loops that a person writes for one network, its widths constants, and the compiler
// vectorises. No library.

#include "../support/peer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace {

template <std::size_t In, std::size_t Out, bool Rectify>
inline float const* layer(float const* __restrict x, float const* __restrict p,
                          float* __restrict y) {
    float const* const bias = p + In * Out;
    for (std::size_t o = 0; o < Out; ++o) y[o] = bias[o];
    for (std::size_t i = 0; i < In; ++i)
        for (std::size_t o = 0; o < Out; ++o) y[o] += x[i] * p[i * Out + o];
    if (Rectify)
        for (std::size_t o = 0; o < Out; ++o) y[o] = y[o] > 0 ? y[o] : 0;
    return bias + Out;
}

template <std::size_t... Widths>
struct Stack {
    static constexpr std::size_t widths[]{Widths...}, layers = sizeof...(Widths) - 1;

    template <std::size_t I = 0>
    static void forward(float const* p, float const* x, float* y) {
        if constexpr (I + 1 == layers) {
            layer<widths[I], widths[I + 1], false>(x, p, y);
        } else {
            alignas(64) float h[widths[I + 1]];
            p = layer<widths[I], widths[I + 1], true>(x, p, h);
            forward<I + 1>(p, h, y);
        }
    }
    static void run(bench::InferTask const& t) {
        constexpr std::size_t outputs = widths[layers];
        for (std::size_t s = 0; s < t.batch; ++s) {
            float* const y = t.y + s * outputs;
            forward(t.net.parameters, t.x + s * widths[0], y);
            if constexpr (outputs == 1) {
                y[0] = 1 / (1 + std::exp(-y[0]));
            } else {
                float const top = *std::max_element(y, y + outputs);
                float sum = 0;
                for (std::size_t o = 0; o < outputs; ++o) sum += y[o] = std::exp(y[o] - top);
                for (std::size_t o = 0; o < outputs; ++o) y[o] /= sum;
            }
        }
    }
    static bool fits(bench::Net const& net) {
        return net.layers == layers && std::equal(widths, widths + layers + 1, net.widths);
    }
};

template <class Net>
struct Fixed {
    static constexpr char const* name = "hand-written";
    static std::string about() { return "plain loops, widths known to the compiler, -O3"; }
    bench::InferTask t;
    explicit Fixed(bench::InferTask const& task) : t(task) {
        if (!Net::fits(t.net) || t.threads > 1) throw bench::NotDone{};
    }
    void operator()() const { Net::run(t); }
};

} // namespace

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::peers<bench::InferTask, Fixed<Stack<3, 64, 1>>, Fixed<Stack<10, 64, 64, 1>>,
                        Fixed<Stack<784, 512, 512, 10>>, Fixed<Stack<20, 48, 24, 5>>>();
}
