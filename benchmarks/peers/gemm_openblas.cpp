// SPDX-License-Identifier: BSD-3-Clause
// package: libopenblas-openmp-dev
// header: cblas.h
// library: openblas
// directory: openblas-openmp
//
// OpenBLAS, its OpenMP build: the one with threads of its own fights with OpenMP's for the cores.

#include "../support/peer.hpp"

#include <cblas.h>

namespace {

struct OpenBlas {
    static constexpr char const* name = "OpenBLAS";
    static std::string about() {
        return std::string(openblas_get_config()) + ", kernels for " + openblas_get_corename();
    }
    bench::GemmTask t;
    explicit OpenBlas(bench::GemmTask const& task) : t(task) {
        openblas_set_num_threads(task.threads);
    }
    void operator()() const {
        cblas_sgemm(CblasRowMajor, t.transposed_a ? CblasTrans : CblasNoTrans,
                    t.transposed_b ? CblasTrans : CblasNoTrans, int(t.m), int(t.n), int(t.k), 1.0f,
                    t.a, int(t.lda), t.b, int(t.ldb), 0.0f, t.c, int(t.ldc));
    }
};

} // namespace

extern "C" bench::Peers<bench::GemmTask> lamina_gemm_peers() {
    return bench::peers<bench::GemmTask, OpenBlas>();
}
