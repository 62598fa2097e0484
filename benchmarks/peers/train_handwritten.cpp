// SPDX-License-Identifier: BSD-3-Clause
// options: -fno-math-errno -fno-trapping-math -fassociative-math -fno-signed-zeros
//
// The plain loops that a person writes for one network, its widths constants, and the compiler
// vectorises. No library, one thread.

#include "../support/peer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace {

template <std::size_t... Widths>
struct HandWritten {
    static constexpr char const* name = "hand-written";
    static std::string about() { return "plain loops, widths known to the compiler, -O3"; }
    static constexpr std::size_t widths[]{Widths...}, layers = sizeof...(Widths) - 1;
    static constexpr std::size_t inputs = widths[0], outputs = widths[layers];

    bench::TrainTask const& t;
    std::vector<float> w, g, m, v, d, below;
    std::vector<float> h[layers + 1];
    std::vector<std::size_t> order;
    std::uint64_t random = 88172645463325252u;
    double loss = 0;

    explicit HandWritten(bench::TrainTask const& task) : t(task) {
        if (t.threads > 1 || t.net.layers != layers ||
            !std::equal(widths, widths + layers + 1, t.net.widths))
            throw bench::NotDone{};
        for (auto* one : {&w, &g, &m, &v}) one->resize(t.net.parameter_count());
        for (std::size_t l = 0; l <= layers; ++l) h[l].resize(t.batch * widths[l]);
        std::size_t const widest = *std::max_element(widths, widths + layers + 1);
        d.resize(t.batch * widest);
        below.resize(t.batch * widest);
    }
    std::size_t below_number(std::size_t n) { // xorshift, Marsaglia (2003)
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        return std::size_t(((random >> 32) * n) >> 32);
    }
    template <std::size_t L>
    static constexpr std::size_t offset() {
        std::size_t at = 0;
        for (std::size_t l = 0; l < L; ++l) at += (widths[l] + 1) * widths[l + 1];
        return at;
    }
    template <std::size_t L>
    void forward(std::size_t batch) {
        constexpr std::size_t in = widths[L], out = widths[L + 1];
        float const* const p = w.data() + offset<L>();
        for (std::size_t s = 0; s < batch; ++s) {
            float const* const x = h[L].data() + s * in;
            float* __restrict const y = h[L + 1].data() + s * out;
            for (std::size_t o = 0; o < out; ++o) y[o] = p[in * out + o];
            for (std::size_t i = 0; i < in; ++i)
                for (std::size_t o = 0; o < out; ++o) y[o] += x[i] * p[i * out + o];
            if (L + 1 < layers)
                for (std::size_t o = 0; o < out; ++o) y[o] = y[o] > 0 ? y[o] : 0;
        }
    }
    template <std::size_t L>
    void backward(std::size_t batch) {
        constexpr std::size_t in = widths[L], out = widths[L + 1];
        float const* const p = w.data() + offset<L>();
        float* const gradient = g.data() + offset<L>();
        for (std::size_t s = 0; s < batch; ++s) {
            float const* const x = h[L].data() + s * in;
            float const* const dy = d.data() + s * out;
            float* __restrict const dx = below.data() + s * in;
            float* __restrict const to = gradient;
            for (std::size_t o = 0; o < out; ++o) to[in * out + o] += dy[o];
            for (std::size_t i = 0; i < in; ++i)
                for (std::size_t o = 0; o < out; ++o) to[i * out + o] += x[i] * dy[o];
            if (L > 0)
                for (std::size_t i = 0; i < in; ++i) {
                    float sum = 0;
                    for (std::size_t o = 0; o < out; ++o) sum += p[i * out + o] * dy[o];
                    dx[i] = x[i] > 0 ? sum : 0;
                }
        }
        d.swap(below);
    }
    void start(std::size_t const* rows, std::size_t batch) {
        for (std::size_t s = 0; s < batch; ++s)
            std::copy_n(t.x + rows[s] * inputs, inputs, h[0].data() + s * inputs);
    }
    void scores(std::size_t const* rows, std::size_t batch) {
        float const share = 1 / float(batch);
        for (std::size_t s = 0; s < batch; ++s) {
            float* const y = h[layers].data() + s * outputs;
            float* const dy = d.data() + s * outputs;
            int const label = t.y[rows[s]];
            if constexpr (outputs == 1) {
                float const p = 1 / (1 + std::exp(-y[0]));
                loss -= std::log(std::max(label == 1 ? p : 1 - p, 1e-7f));
                dy[0] = (p - float(label)) * share;
            } else {
                float const top = *std::max_element(y, y + outputs);
                float sum = 0;
                for (std::size_t o = 0; o < outputs; ++o) sum += dy[o] = std::exp(y[o] - top);
                loss -= y[label] - top - std::log(sum);
                for (std::size_t o = 0; o < outputs; ++o) dy[o] *= share / sum;
                dy[label] -= share;
            }
        }
    }
    template <std::size_t... L>
    void step(std::size_t const* rows, std::size_t batch, std::index_sequence<L...>) {
        (forward<L>(batch), ...);
        scores(rows, batch);
        std::fill(g.begin(), g.end(), 0.0f);
        (backward<layers - 1 - L>(batch), ...);
    }
    void operator()() {
        std::copy_n(t.net.parameters, w.size(), w.data());
        std::fill(m.begin(), m.end(), 0.0f);
        std::fill(v.begin(), v.end(), 0.0f);
        order.resize(t.samples);
        std::iota(order.begin(), order.end(), std::size_t{0});
        double steps = 0;
        for (std::size_t epoch = 0; epoch < t.epochs; ++epoch) {
            loss = 0;
            if (t.shuffle)
                for (std::size_t i = t.samples; i > 1; --i)
                    std::swap(order[i - 1], order[below_number(i)]);
            for (std::size_t begin = 0; begin < t.samples; begin += t.batch) {
                std::size_t const batch = std::min(t.batch, t.samples - begin);
                std::size_t const* const rows = order.data() + begin;
                start(rows, batch);
                step(rows, batch, std::make_index_sequence<layers>{});
                steps += 1;
                update(steps);
            }
        }
        std::copy(w.begin(), w.end(), t.trained);
    }
    void update(double steps) {
        float const rate = float(double(t.learning_rate) * std::sqrt(1 - std::pow(0.999, steps)) /
                                 (1 - std::pow(0.9, steps)));
        float* __restrict const to = w.data();
        float* __restrict const mean = m.data();
        float* __restrict const square = v.data();
        float const* const from = g.data();
        for (std::size_t i = 0; i < w.size(); ++i) {
            mean[i] += 0.1f * (from[i] - mean[i]);
            square[i] += 0.001f * (from[i] * from[i] - square[i]);
            to[i] -= rate * mean[i] / (std::sqrt(square[i]) + 1e-7f);
        }
    }
};

} // namespace

extern "C" bench::Peers<bench::TrainTask> lamina_train_peers() {
    return bench::peers<bench::TrainTask, HandWritten<3, 64, 1>, HandWritten<10, 64, 64, 1>,
                        HandWritten<784, 512, 512, 10>, HandWritten<24, 100, 40, 3>>();
}
