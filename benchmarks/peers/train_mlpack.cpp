// SPDX-License-Identifier: BSD-3-Clause
// package: libarmadillo-dev
// package: libopenblas-openmp-dev
// path: LAMINA_MLPACK_INCLUDE
// path: LAMINA_ENSMALLEN_INCLUDE
// header: mlpack.hpp
// header: ensmallen.hpp
// header: armadillo
// library: openblas
// directory: openblas-openmp
// options: -fopenmp -DARMA_DONT_USE_WRAPPER -DARMA_NO_DEBUG
//
// mlpack with ensmallen's Adam, where their headers are given.

#include "../support/mlpack_net.hpp"
#include "../support/peer.hpp"

#include <omp.h>

namespace {

template <class Net, bool Binary>
struct Mlpack {
    static constexpr char const* name = "mlpack";
    static std::string about() { return bench::mlpack_about(); }
    bench::TrainTask const& t;
    Net net;
    bench::Floats x, y;

    explicit Mlpack(bench::TrainTask const& task) : t(task) {
        if (Binary != (t.net.outputs() == 1)) throw bench::NotDone{};
        omp_set_num_threads(t.threads);
        bench::build_mlpack(net, t.net);
        x = bench::Floats(t.x, t.net.inputs(), t.all_samples);
        y.set_size(1, t.all_samples);
        std::copy_n(t.y, t.all_samples, y.begin());
    }
    void operator()() {
        std::copy_n(t.net.parameters, t.net.parameter_count(), net.Parameters().memptr());
        // ensmallen divides its step by the size of the batch
        ens::Adam adam(double(t.learning_rate) * double(t.batch), t.batch, 0.9, 0.999, 1e-7,
                       t.epochs * t.samples, -1, t.shuffle);
        if (t.samples == t.all_samples) net.Train(x, y, adam);
        else net.Train(x.head_cols(t.samples), y.head_cols(t.samples), adam);
        std::copy_n(net.Parameters().memptr(), t.net.parameter_count(), t.trained);
    }
};

} // namespace

extern "C" bench::Peers<bench::TrainTask> lamina_train_peers() {
    return bench::peers<bench::TrainTask, Mlpack<bench::MlpackBinary, true>,
                        Mlpack<bench::MlpackClasses, false>>();
}
