// SPDX-License-Identifier: BSD-3-Clause
// package: libdlib-dev
// package: libopenblas-openmp-dev
// header: dlib/dnn.h
// library: dlib
// library: openblas
// directory: openblas-openmp
// options: -fopenmp
//
// dlib. Its networks end in raw scores; the sigmoid or the softmax is computed here.

#include "../support/dlib_net.hpp"
#include "../support/peer.hpp"

#include <dlib/revision.h>

namespace {

template <std::size_t... Reversed>
struct Dlib {
    static constexpr char const* name = "dlib";
    static std::string about() {
        return std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION) +
               ", with OpenBLAS";
    }
    static constexpr std::size_t reversed[]{Reversed...};
    bench::InferTask t;
    typename bench::DlibStack<Reversed...>::Net net;
    dlib::resizable_tensor x;

    explicit Dlib(bench::InferTask const& task) : t(task) {
        bench::begin_dlib(t, reversed, net, x, [&] { net.forward(x); });
        bench::dlib_parameters<true>(net, t.net.parameters);
    }
    void operator()() {
        std::size_t const outputs = t.net.outputs();
        std::copy_n(t.x, x.size(), x.host_write_only());
        float const* const scores = net.forward(x).host();
        for (std::size_t s = 0; s < t.batch; ++s) {
            float const* const from = scores + s * outputs;
            float* const y = t.y + s * outputs;
            if (outputs == 1) {
                y[0] = 1 / (1 + std::exp(-from[0]));
                continue;
            }
            float const top = *std::max_element(from, from + outputs);
            float sum = 0;
            for (std::size_t o = 0; o < outputs; ++o) sum += y[o] = std::exp(from[o] - top);
            for (std::size_t o = 0; o < outputs; ++o) y[o] /= sum;
        }
    }
};

} // namespace

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::peers<bench::InferTask, Dlib<1, 64, 3>, Dlib<1, 64, 64, 10>,
                        Dlib<10, 512, 512, 784>, Dlib<5, 24, 48, 20>>();
}
