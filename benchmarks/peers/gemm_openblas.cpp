// SPDX-License-Identifier: BSD-3-Clause
// package: libopenblas-openmp-dev
// header: cblas.h
// library: openblas
// directory: openblas-openmp
//
// OpenBLAS, its OpenMP build: the one with threads of its own fights with OpenMP's for the cores.

#include "../support/cblas.hpp"

namespace {

struct OpenBlas : bench::CblasGemm {
    static constexpr char const* name = "OpenBLAS";
    static std::string about() {
        return std::string(openblas_get_config()) + ", kernels for " + openblas_get_corename();
    }
    explicit OpenBlas(bench::GemmTask const& task) : CblasGemm{task} {
        openblas_set_num_threads(task.threads);
    }
};

} // namespace

extern "C" bench::Peers<bench::GemmTask> lamina_gemm_peers() {
    return bench::peers<bench::GemmTask, OpenBlas>();
}
