// SPDX-License-Identifier: BSD-3-Clause
// package: libeigen3-dev
// header: Eigen/Core
// directory: eigen3
// options: -fopenmp
//
// Eigen, its threads by OpenMP. Nothing is copied: maps of the operands, noalias.

#include "../support/peer.hpp"

#include <Eigen/Core>

namespace {

struct EigenProduct {
    static constexpr char const* name = "Eigen";
    static std::string about() {
        return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) +
               "." + std::to_string(EIGEN_MINOR_VERSION) + ", " + Eigen::SimdInstructionSetsInUse();
    }
    using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    using Map = Eigen::Map<Matrix, Eigen::Aligned64>;
    using ConstMap = Eigen::Map<Matrix const, Eigen::Aligned64>;

    bench::GemmTask t;
    ConstMap a, b;
    Map c;
    static Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }
    explicit EigenProduct(bench::GemmTask const& task)
        : t(task), a(t.a, index(t.transposed_a ? t.k : t.m), index(t.transposed_a ? t.m : t.k)),
          b(t.b, index(t.transposed_b ? t.n : t.k), index(t.transposed_b ? t.k : t.n)),
          c(t.c, index(t.m), index(t.n)) {
        Eigen::setNbThreads(t.threads);
    }
    void operator()() {
        if (t.transposed_a) c.noalias() = a.transpose() * b;
        else if (t.transposed_b) c.noalias() = a * b.transpose();
        else c.noalias() = a * b;
    }
};

} // namespace

extern "C" bench::Peers<bench::GemmTask> lamina_gemm_peers() {
    return bench::peers<bench::GemmTask, EigenProduct>();
}
