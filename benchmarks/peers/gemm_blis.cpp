// SPDX-License-Identifier: BSD-3-Clause
// package: libblis-openmp-dev
// header: blis.h
// header: cblas.h
// library: blis
// directory: blis-openmp
//
// BLIS. Debian's 0.9 takes a processor it does not know for none at all; told to be for Skylake-X
// (architecture 0) it runs its AVX-512 kernels. Through cblas, which knows vectors.

#include "../support/cblas.hpp"

#include <blis.h>

#include <cstdlib>

namespace {

struct Blis : bench::CblasGemm {
    static constexpr char const* name = "BLIS";
    static std::string about() {
        return std::string(bli_info_get_version_str()) + ", kernels for " +
               bli_arch_string(bli_arch_query_id()) +
               (std::getenv("BLIS_ARCH_TYPE") ? " (BLIS_ARCH_TYPE=0)" : "");
    }
    explicit Blis(bench::GemmTask const& task) : CblasGemm{task} {
        bli_thread_set_num_threads(task.threads);
    }
};

} // namespace

extern "C" bench::Peers<bench::GemmTask> lamina_gemm_peers() {
    if (__builtin_cpu_supports("avx512f")) setenv("BLIS_ARCH_TYPE", "0", 0);
    return bench::peers<bench::GemmTask, Blis>();
}
