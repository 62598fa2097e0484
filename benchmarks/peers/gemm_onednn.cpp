// SPDX-License-Identifier: BSD-3-Clause
// package: libdnnl-dev
// header: dnnl.hpp
// library: dnnl
// options: -fopenmp
//
// oneDNN: its sgemm, and its matmul primitive, made once and executed.

#include "../support/peer.hpp"

#include <dnnl.hpp>

#include <omp.h>

namespace {

std::string version() {
    dnnl_version_t const* const v = dnnl_version();
    bool const avx512 = dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core;
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
           std::to_string(v->patch) + (avx512 ? ", AVX-512" : ", without AVX-512");
}

struct Sgemm {
    static constexpr char const* name = "oneDNN sgemm";
    static std::string about() { return version(); }
    bench::GemmTask t;
    explicit Sgemm(bench::GemmTask const& task) : t(task) { omp_set_num_threads(task.threads); }
    void operator()() const {
        dnnl_sgemm(t.transposed_a ? 'T' : 'N', t.transposed_b ? 'T' : 'N', dnnl_dim_t(t.m),
                   dnnl_dim_t(t.n), dnnl_dim_t(t.k), 1.0f, t.a, dnnl_dim_t(t.lda), t.b,
                   dnnl_dim_t(t.ldb), 0.0f, t.c, dnnl_dim_t(t.ldc));
    }
};

struct Matmul {
    static constexpr char const* name = "oneDNN matmul";
    static std::string about() { return version(); }
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    dnnl::memory a, b, c;
    dnnl::matmul matmul;

    static dnnl::memory::desc matrix(std::size_t rows, std::size_t columns, std::size_t ld,
                                     bool transposed) {
        auto const n = [](std::size_t v) { return static_cast<dnnl::memory::dim>(v); };
        return {{n(rows), n(columns)},
                dnnl::memory::data_type::f32,
                transposed ? dnnl::memory::dims{1, n(ld)} : dnnl::memory::dims{n(ld), 1}};
    }
    explicit Matmul(bench::GemmTask const& t)
        : a(matrix(t.m, t.k, t.lda, t.transposed_a), engine, const_cast<float*>(t.a)),
          b(matrix(t.k, t.n, t.ldb, t.transposed_b), engine, const_cast<float*>(t.b)),
          c(matrix(t.m, t.n, t.ldc, false), engine, t.c) {
        omp_set_num_threads(t.threads);
        dnnl::matmul::desc const what(a.get_desc(), b.get_desc(), c.get_desc());
        matmul = dnnl::matmul({what, engine});
    }
    void operator()() {
        matmul.execute(stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
        stream.wait();
    }
};

} // namespace

extern "C" bench::Peers<bench::GemmTask> lamina_gemm_peers() {
    return bench::peers<bench::GemmTask, Sgemm, Matmul>();
}
