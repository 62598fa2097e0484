// SPDX-License-Identifier: BSD-3-Clause
// package: libeigen3-dev
// header: Eigen/Core
// directory: eigen3
//
// Eigen's array expressions, on one thread, for what it has functions for.

#include "../support/peer.hpp"

#include <Eigen/Core>

#include <cmath>

namespace {

using Array = Eigen::Array<float, Eigen::Dynamic, 1>;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using In = Eigen::Map<Array const, Eigen::Aligned64>;
using Out = Eigen::Map<Array>;
using Task = bench::KernelTask;

struct EigenArrays {
    static constexpr char const* name = "Eigen";
    static std::string about() {
        return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) +
               "." + std::to_string(EIGEN_MINOR_VERSION) + ", " + Eigen::SimdInstructionSetsInUse();
    }
    void (*work)(Task const&) = nullptr;
    Task mine;

    static Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }
    static In x(Task const& t) { return {t.x, index(t.rows * t.n)}; }
    static Out y(Task const& t) { return {t.y, index(t.rows * t.n)}; }
    explicit EigenArrays(Task const& task) : mine(task) {
        std::string const k = task.kernel;
        if (task.threads > 1) throw bench::NotDone{};
        if (k == "exp") work = [](Task const& t) { y(t) = x(t).exp(); };
        else if (k == "tanh") work = [](Task const& t) { y(t) = x(t).tanh(); };
        else if (k == "sigmoid") work = [](Task const& t) { y(t) = x(t).logistic(); };
        else if (k == "sum") work = [](Task const& t) { t.y[0] = x(t).sum(); };
        else if (k == "sum_of_squares")
            work = [](Task const& t) { t.y[0] = x(t).matrix().squaredNorm(); };
        else if (k == "transpose")
            work = [](Task const& t) {
                Eigen::Map<Matrix const, Eigen::Aligned64> const from(t.x, index(t.rows),
                                                                      index(t.n));
                Eigen::Map<Matrix>(t.y, index(t.n), index(t.rows)) = from.transpose();
            };
        else if (k == "softmax")
            work = [](Task const& t) {
                for (std::size_t r = 0; r < t.rows; ++r) {
                    Eigen::Map<Array const> const from(t.x + r * t.n, index(t.n));
                    Out to(t.y + r * t.n, index(t.n));
                    to = (from - from.maxCoeff()).exp();
                    to *= 1 / to.sum();
                }
            };
        else if (k == "adam")
            work = [](Task const& t) {
                Out m(t.more, index(t.n)), v(t.more + t.n, index(t.n));
                float const rate = 1e-3f * std::sqrt(1 - 0.999f) / (1 - 0.9f);
                m += 0.1f * (x(t) - m);
                v += 0.001f * (x(t).square() - v);
                y(t) -= rate * m / (v.sqrt() + 1e-7f);
            };
        else throw bench::NotDone{};
    }
    void operator()() const { work(mine); }
};

} // namespace

extern "C" bench::Peers<bench::KernelTask> lamina_kernels_peers() {
    return bench::peers<bench::KernelTask, EigenArrays>();
}
