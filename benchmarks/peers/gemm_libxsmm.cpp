// SPDX-License-Identifier: BSD-3-Clause
// package: libxsmm-dev
// header: libxsmm.h
// library: xsmm
// library: xsmmnoblas
// options: -fopenmp
//
// libxsmm: a kernel compiled for the shape before the clock runs; on one thread, and up to 600
// cubed, beyond which it is not meant to be used. Its kernels take our A transposed, but not our
// B: that one is transposed by its own function first, which is part of the work.

#include "../support/peer.hpp"

#include <libxsmm.h>

#include <vector>

namespace {

struct Libxsmm {
    static constexpr char const* name = "libxsmm";
    static std::string about() {
        return std::string(LIBXSMM_VERSION) + ", kernels for " + libxsmm_get_target_arch();
    }
    bench::GemmTask t;
    libxsmm_smmfunction kernel = nullptr;
    std::vector<float> b;

    // A row-major matrix is the transpose of a column-major one: C' = B' A'.
    explicit Libxsmm(bench::GemmTask const& task) : t(task) {
        if (t.threads > 1 || double(t.m) * double(t.n) * double(t.k) > 600.0 * 600.0 * 600.0)
            throw bench::NotDone{};
        if (t.transposed_b) b.resize(t.k * t.n);
        using Int = libxsmm_blasint;
        Int const lda = Int(t.lda), ldb = Int(t.transposed_b ? t.n : t.ldb), ldc = Int(t.ldc);
        float const one = 1.0f, zero = 0.0f;
        int const flags = t.transposed_a ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
        kernel = libxsmm_smmdispatch(Int(t.n), Int(t.m), Int(t.k), &ldb, &lda, &ldc, &one, &zero,
                                     &flags, nullptr);
        if (!kernel) throw bench::NotDone{};
    }
    void operator()() {
        if (t.transposed_b) {
            using Int = libxsmm_blasint;
            libxsmm_otrans(b.data(), t.b, sizeof(float), Int(t.k), Int(t.n), Int(t.ldb), Int(t.n));
            kernel(b.data(), t.a, t.c);
        } else {
            kernel(t.b, t.a, t.c);
        }
    }
};

} // namespace

extern "C" bench::Peers<bench::GemmTask> lamina_gemm_peers() {
    libxsmm_init();
    return bench::peers<bench::GemmTask, Libxsmm>();
}
