// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peer.hpp"

#include <lamina/core/block.hpp>
#include <lamina/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

/// For the suites of whole networks: samples to learn from, and what a network computes, in double
/// and by plain loops.
namespace bench {

/// The network's probabilities for one sample.
inline std::vector<double> probabilities(Net const& net, float const* parameters, float const* x) {
    std::vector<double> h(x, x + net.inputs()), next;
    float const* p = parameters;
    for (std::size_t layer = 0; layer < net.layers; ++layer) {
        std::size_t const in = net.widths[layer], out = net.widths[layer + 1];
        next.assign(p + in * out, p + (in + 1) * out);
        for (std::size_t i = 0; i < in; ++i)
            for (std::size_t o = 0; o < out; ++o) next[o] += h[i] * double(p[i * out + o]);
        if (layer + 1 < net.layers)
            for (double& v : next) v = std::max(v, 0.0);
        h.swap(next);
        p += (in + 1) * out;
    }
    if (h.size() == 1) {
        h[0] = 1 / (1 + std::exp(-h[0]));
    } else {
        double const top = *std::max_element(h.begin(), h.end());
        double sum = 0;
        for (double& v : h) sum += v = std::exp(v - top);
        for (double& v : h) v /= sum;
    }
    return h;
}

/// The mean cross-entropy over the samples.
inline double mean_loss(TrainTask const& t, float const* parameters) {
    double sum = 0;
    for (std::size_t i = 0; i < t.samples; ++i) {
        auto const p = probabilities(t.net, parameters, t.x + i * t.net.inputs());
        double const right = p.size() > 1 ? p[std::size_t(t.y[i])] : t.y[i] == 1 ? p[0] : 1 - p[0];
        sum -= std::log(std::max(right, 1e-12));
    }
    return sum / double(t.samples);
}

inline lamina::Block<float> random_numbers(std::size_t n, std::uint64_t seed) {
    lamina::Block<float> b(n);
    for (std::size_t i = 0; i < n; ++i) b[i] = 2.0f * lamina::Random{seed}.uniform(i) - 1.0f;
    return b;
}

/// Samples whose class can be learnt: that of the nearest of some random directions, with noise.
struct Samples {
    lamina::Block<float> x;
    std::vector<int> y;
    Samples(std::size_t count, std::size_t inputs, std::size_t classes)
        : x(random_numbers(count * inputs, 1)), y(count) {
        std::size_t const directions = std::max<std::size_t>(classes, 2);
        auto const w = random_numbers(directions * inputs, 2);
        for (std::size_t i = 0; i < count; ++i) {
            float best = -1e9f;
            for (std::size_t k = 0; k < directions; ++k) {
                float score = 0.3f * float(lamina::Random{3}.normal(i * directions + k));
                for (std::size_t j = 0; j < inputs; ++j)
                    score += w[k * inputs + j] * x[i * inputs + j];
                if (score > best) best = score, y[i] = int(k);
            }
        }
    }
};

} // namespace bench
