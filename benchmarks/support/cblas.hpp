// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peer.hpp"

#include <cblas.h>

namespace bench {

/// C = A B through the C interface that BLAS libraries share.
struct CblasGemm {
    GemmTask t;
    void operator()() const {
        cblas_sgemm(CblasRowMajor, t.transposed_a ? CblasTrans : CblasNoTrans,
                    t.transposed_b ? CblasTrans : CblasNoTrans, int(t.m), int(t.n), int(t.k), 1.0f,
                    t.a, int(t.lda), t.b, int(t.ldb), 0.0f, t.c, int(t.ldc));
    }
};

} // namespace bench
