// SPDX-License-Identifier: BSD-3-Clause
// package: libdlib-dev
// package: libopenblas-openmp-dev
// header: dlib/dnn.h
// library: dlib
// library: openblas
// directory: openblas-openmp
// options: -fopenmp
//
// dlib, by a loop of one's own: its dnn_trainer, which is for long runs, takes several times as
// long for these.

#include "../support/dlib_net.hpp"
#include "../support/peer.hpp"

#include <dlib/revision.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <type_traits>
#include <vector>

namespace {

template <std::size_t Last, std::size_t... Before>
struct Dlib {
    static constexpr char const* name = "dlib";
    static std::string about() {
        return std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION) +
               ", with OpenBLAS, a loop of one's own";
    }
    static constexpr std::size_t reversed[]{Last, Before...};
    static constexpr bool binary = Last == 1;
    using Stack = typename bench::DlibStack<Last, Before...>::Net;
    using Net =
        std::conditional_t<binary, dlib::loss_binary_log<Stack>, dlib::loss_multiclass_log<Stack>>;
    using Label = std::conditional_t<binary, float, unsigned long>;

    bench::TrainTask const& t;
    Net made;
    dlib::resizable_tensor full;
    std::mt19937 random{1};

    explicit Dlib(bench::TrainTask const& task) : t(task) {
        bench::begin_dlib(t, reversed, made, full, [&] { made.subnet().forward(full); });
        bench::dlib_parameters<true>(made.subnet(), t.net.parameters);
    }
    void operator()() {
        Net net = made;
        std::vector<dlib::adam> solvers(Net::num_computational_layers, dlib::adam(0, 0.9f, 0.999f));
        std::size_t const inputs = t.net.inputs();
        std::vector<std::size_t> order(t.samples);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::vector<Label> y(t.batch);
        dlib::resizable_tensor x = full;
        for (std::size_t epoch = 0; epoch < t.epochs; ++epoch) {
            if (t.shuffle) std::shuffle(order.begin(), order.end(), random);
            double loss = 0;
            for (std::size_t begin = 0; begin < t.samples; begin += t.batch) {
                std::size_t const batch = std::min(t.batch, t.samples - begin);
                x.set_size(long(batch), full.k(), full.nr(), full.nc());
                float* const to = x.host_write_only();
                for (std::size_t s = 0; s < batch; ++s) {
                    std::size_t const row = order[begin + s];
                    std::copy_n(t.x + row * inputs, inputs, to + s * inputs);
                    y[s] = binary ? Label(2 * t.y[row] - 1) : Label(t.y[row]);
                }
                loss += net.compute_loss(x, y.begin());
                net.back_propagate_error(x);
                net.update_parameters(solvers, double(t.learning_rate));
            }
            if (!(loss > 0)) throw std::runtime_error("no loss");
        }
        bench::dlib_parameters<false>(net.subnet(), t.trained);
    }
};

} // namespace

extern "C" bench::Peers<bench::TrainTask> lamina_train_peers() {
    return bench::peers<bench::TrainTask, Dlib<1, 64, 3>, Dlib<1, 64, 64, 10>,
                        Dlib<10, 512, 512, 784>, Dlib<3, 40, 100, 24>>();
}
