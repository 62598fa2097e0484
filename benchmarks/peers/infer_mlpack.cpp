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
// mlpack, where its headers are given.

#include "../support/mlpack_net.hpp"
#include "../support/peer.hpp"

#include <cmath>

#include <omp.h>

namespace {

template <class Net, bool Binary>
struct Mlpack {
    static constexpr char const* name = "mlpack";
    static std::string about() { return bench::mlpack_about(); }
    bench::InferTask t;
    Net net;
    bench::Floats x, y;

    explicit Mlpack(bench::InferTask const& task)
        : t(task), x(task.x, task.net.inputs(), task.batch),
          y(task.y, task.net.outputs(), task.batch, false, true) {
        if (Binary != (t.net.outputs() == 1)) throw bench::NotDone{};
        omp_set_num_threads(t.threads);
        bench::build_mlpack(net, t.net);
    }
    void operator()() {
        net.Predict(x, y, t.batch);
        if (!Binary) // its end is the logarithm
            for (std::size_t i = 0; i < t.batch * t.net.outputs(); ++i) t.y[i] = std::exp(t.y[i]);
    }
};

} // namespace

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::peers<bench::InferTask, Mlpack<bench::MlpackBinary, true>,
                        Mlpack<bench::MlpackClasses, false>>();
}
