// SPDX-License-Identifier: BSD-3-Clause
//
// Peers for the suite kernels that are right, wrong, slow, and not able to, for suite.sh.

#include "../../benchmarks/support/peer.hpp"

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

namespace {

struct Right {
    static constexpr char const* name = "right \"quoted\"";
    static std::string about() { return "version 1\nof two lines"; }
    bench::KernelTask mine;
    explicit Right(bench::KernelTask const& task) : mine(task) {}
    void operator()() const {
        for (std::size_t i = 0; i < mine.n; ++i) mine.y[i] = std::exp(mine.x[i]);
    }
};
struct Wrong : Right {
    static constexpr char const* name = "wrong";
    using Right::Right;
    void operator()() const {
        Right::operator()();
        mine.y[mine.n - 1] *= 1.001f;
    }
};
/// Does nothing: it must not pass for what the one before it has done.
struct Idle : Right {
    static constexpr char const* name = "idle";
    using Right::Right;
    void operator()() const {}
};
/// Says that it took a second for each.
struct Slow : Right {
    static constexpr char const* name = "slow";
    using Right::Right;
    double operator()(std::size_t times) const {
        Right::operator()();
        return double(times);
    }
};
struct Unable : Right {
    static constexpr char const* name = "unable";
    explicit Unable(bench::KernelTask const& task) : Right(task) { throw bench::NotDone{}; }
};

} // namespace

extern "C" bench::Peers<bench::KernelTask> lamina_kernels_peers() {
    return bench::peers<bench::KernelTask, Right, Wrong, Idle, Slow, Unable>();
}
