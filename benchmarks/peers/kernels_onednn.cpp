// SPDX-License-Identifier: BSD-3-Clause
// package: libdnnl-dev
// header: dnnl.hpp
// library: dnnl
// options: -fopenmp
//
// oneDNN's eltwise, softmax and reorder primitives, made once and executed.

#include "../support/peer.hpp"

#include <dnnl.hpp>

#include <string>

#include <omp.h>

namespace {

struct Primitive {
    static constexpr char const* name = "oneDNN";
    static std::string about() {
        dnnl_version_t const* const v = dnnl_version();
        return std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
               std::to_string(v->patch);
    }
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    dnnl::memory x, y;
    dnnl::primitive work;

    explicit Primitive(bench::KernelTask const& t) {
        omp_set_num_threads(t.threads);
        using Desc = dnnl::memory::desc;
        auto const rows = static_cast<dnnl::memory::dim>(t.rows);
        auto const n = static_cast<dnnl::memory::dim>(t.n);
        auto const type = dnnl::memory::data_type::f32;
        Desc const plain({rows, n}, type, dnnl::memory::dims{n, 1});
        std::string const k = t.kernel;
        bool const transposes = k == "transpose";
        Desc const turned({rows, n}, type, dnnl::memory::dims{1, rows});
        x = dnnl::memory(plain, engine, const_cast<float*>(t.x));
        y = dnnl::memory(transposes ? turned : plain, engine, t.y);
        auto const eltwise = [&](dnnl::algorithm f) {
            dnnl::eltwise_forward::desc const what(dnnl::prop_kind::forward_inference, f, plain,
                                                   0.0f);
            work = dnnl::eltwise_forward({what, engine});
        };
        if (k == "exp") eltwise(dnnl::algorithm::eltwise_exp);
        else if (k == "tanh") eltwise(dnnl::algorithm::eltwise_tanh);
        else if (k == "sigmoid") eltwise(dnnl::algorithm::eltwise_logistic);
        else if (k == "gelu") eltwise(dnnl::algorithm::eltwise_gelu_erf);
        else if (k == "softmax")
            work = dnnl::softmax_forward(
                {dnnl::softmax_forward::desc(dnnl::prop_kind::forward_inference, plain, 1),
                 engine});
        else if (transposes) work = dnnl::reorder(x, y);
        else throw bench::NotDone{};
    }
    void operator()() {
        work.execute(stream, {{DNNL_ARG_FROM, x}, {DNNL_ARG_TO, y}});
        stream.wait();
    }
};

} // namespace

extern "C" bench::Peers<bench::KernelTask> lamina_kernels_peers() {
    return bench::peers<bench::KernelTask, Primitive>();
}
