// SPDX-License-Identifier: BSD-3-Clause
// options: -ffast-math
//
// Plain loops, which the compiler vectorises at -O3 -ffast-math, with the C library's vectors of
// exp and the like.

#include "../support/peer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace {

struct Plain {
    static constexpr char const* name = "plain loop";
    static std::string about() { return "-O3 -march=native -ffast-math"; }
    void (*work)(bench::KernelTask const&) = nullptr;
    bench::KernelTask mine;

    template <class F>
    static void map(bench::KernelTask const& t, F const& f) {
        float const* __restrict const x = t.x;
        float* __restrict const y = t.y;
        for (std::size_t i = 0; i < t.n; ++i) y[i] = f(x[i]);
    }
    explicit Plain(bench::KernelTask const& task) : mine(task) {
        using Task = bench::KernelTask;
        std::string const k = task.kernel;
        if (task.threads > 1) throw bench::NotDone{};
        if (k == "exp") {
            work = [](Task const& t) { map(t, [](float x) { return std::exp(x); }); };
        } else if (k == "tanh") {
            work = [](Task const& t) { map(t, [](float x) { return std::tanh(x); }); };
        } else if (k == "sigmoid") {
            work = [](Task const& t) { map(t, [](float x) { return 1 / (1 + std::exp(-x)); }); };
        } else if (k == "gelu") {
            work = [](Task const& t) {
                map(t, [](float x) { return 0.5f * x * std::erfc(-0.70710678f * x); });
            };
        } else if (k == "sum") {
            work = [](Task const& t) {
                float sum = 0;
                for (std::size_t i = 0; i < t.n; ++i) sum += t.x[i];
                t.y[0] = sum;
            };
        } else if (k == "sum_of_squares") {
            work = [](Task const& t) {
                float sum = 0;
                for (std::size_t i = 0; i < t.n; ++i) sum += t.x[i] * t.x[i];
                t.y[0] = sum;
            };
        } else if (k == "softmax") {
            work = [](Task const& t) {
                for (std::size_t r = 0; r < t.rows; ++r) {
                    float const* __restrict const x = t.x + r * t.n;
                    float* __restrict const y = t.y + r * t.n;
                    float top = x[0], sum = 0;
                    for (std::size_t i = 0; i < t.n; ++i) top = std::max(top, x[i]);
                    for (std::size_t i = 0; i < t.n; ++i) sum += y[i] = std::exp(x[i] - top);
                    float const share = 1 / sum;
                    for (std::size_t i = 0; i < t.n; ++i) y[i] *= share;
                }
            };
        } else if (k == "adam") {
            work = [](Task const& t) {
                float const* __restrict const g = t.x;
                float* __restrict const w = t.y;
                float* __restrict const m = t.more;
                float* __restrict const v = t.more + t.n;
                float const rate = 1e-3f * std::sqrt(1 - 0.999f) / (1 - 0.9f);
                for (std::size_t i = 0; i < t.n; ++i) {
                    m[i] += 0.1f * (g[i] - m[i]);
                    v[i] += 0.001f * (g[i] * g[i] - v[i]);
                    w[i] -= rate * m[i] / (std::sqrt(v[i]) + 1e-7f);
                }
            };
        } else if (k == "transpose") {
            work = [](Task const& t) {
                for (std::size_t i = 0; i < t.rows; ++i)
                    for (std::size_t j = 0; j < t.n; ++j) t.y[j * t.rows + i] = t.x[i * t.n + j];
            };
        } else if (k == "gather") {
            work = [](Task const& t) {
                for (std::size_t i = 0; i < t.rows; ++i)
                    std::memcpy(t.y + i * t.n, t.x + std::size_t(t.index[i]) * t.n,
                                t.n * sizeof(float));
            };
        } else {
            throw bench::NotDone{};
        }
    }
    void operator()() const { work(mine); }
};

} // namespace

extern "C" bench::Peers<bench::KernelTask> lamina_kernels_peers() {
    return bench::peers<bench::KernelTask, Plain>();
}
