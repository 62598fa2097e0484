// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <type_traits>

/// What a benchmark asks of a peer, and how a peer answers. A peer is one file,
/// benchmarks/peers/<suite>_<name>.cpp, that becomes a shared module of its own; docs/benchmarks.md
/// says how to write one. Nothing of lamina is included here, and C++17 is enough.
namespace bench {

/// C = op(A) op(B), m x n, the sum over k; row-major. op(A) is A, m x k, or the transpose of A,
/// k x m; op(B) likewise.
struct GemmTask {
    std::size_t m, n, k;
    bool transposed_a, transposed_b;
    float const* a;
    std::size_t lda;
    float const* b;
    std::size_t ldb;
    float* c;
    std::size_t ldc;
    int threads;
};

/// A stack of dense layers, ReLU between them; at the end a sigmoid if the last width is 1,
/// otherwise a softmax. The parameters lie one behind the other: of each layer the kernel, inputs x
/// outputs, row-major, then the bias.
struct Net {
    std::size_t layers;        // of weights
    std::size_t const* widths; // layers + 1 of them, the input's first
    float const* parameters;

    std::size_t inputs() const { return widths[0]; }
    std::size_t outputs() const { return widths[layers]; }
    std::size_t parameter_count() const {
        std::size_t n = 0;
        for (std::size_t i = 0; i < layers; ++i) n += (widths[i] + 1) * widths[i + 1];
        return n;
    }
};

/// Trains from net.parameters on, anew each time it is done: epochs passes over the samples, in
/// batches, with Adam (beta 0.9, 0.999, epsilon 1e-7 or 1e-8) and the mean binary or categorical
/// cross-entropy. The task stays where it is; samples and shuffle may change between two runs: the
/// results are compared without shuffling, and the time is that with it.
struct TrainTask {
    Net net;
    std::size_t samples, all_samples, batch, epochs; // all that there are, to train on later
    float const* x;                                  // samples x inputs
    int const* y; // a class for each: 0 or 1, or 0 ... outputs - 1
    float learning_rate;
    bool shuffle;   // anew for each epoch; otherwise in the order in which they lie
    float* trained; // the parameters at the end
    int threads;
};

/// Predicts: y = the probabilities of `batch` samples.
struct InferTask {
    Net net;
    std::size_t batch;
    float const* x; // batch x inputs
    float* y;       // batch x outputs
    int threads;
};

/// A loop over numbers. What each of them computes stands in benchmarks/kernels.cpp.
struct KernelTask {
    char const* kernel;
    std::size_t rows, n; // rows of n numbers
    float const* x;
    float* y;
    float* more;      // for those that need it
    int const* index; // for gather: the rows to take
    int threads;
};

/// One way to do a task.
template <class Task>
struct Peer {
    char const* name;
    void (*about)(char* text, std::size_t size); // its version and what it runs here
    void* (*prepare)(Task const*);               // null: this it does not do
    double (*run)(void*, std::size_t times);     // seconds, or 0: the caller's clock counts
    void (*release)(void*);
};
template <class Task>
struct Peers {
    Peer<Task> const* first;
    std::size_t count;
};

/// Thrown by a constructor for what a peer does not do.
struct NotDone {};

template struct Peers<GemmTask>; // what C's linkage returns is whole
template struct Peers<TrainTask>;
template struct Peers<InferTask>;
template struct Peers<KernelTask>;

/// A class with name, about(), a constructor from a Task, and operator(), which does it once; or
/// operator()(times), which does it so many times, in another process, and returns the seconds.
template <class Task, class Work>
Peer<Task> peer() {
    return {Work::name,
            [](char* text, std::size_t size) {
                try {
                    std::snprintf(text, size, "%s", std::string(Work::about()).c_str());
                } catch (std::exception const& e) {
                    std::snprintf(text, size, "%s", e.what());
                }
            },
            [](Task const* task) -> void* {
                try {
                    return new Work(*task);
                } catch (NotDone const&) {
                } catch (std::exception const& e) {
                    std::fprintf(stderr, "%s: %s\n", Work::name, e.what());
                }
                return nullptr;
            },
            [](void* work, std::size_t times) -> double {
                if constexpr (std::is_invocable_v<Work&, std::size_t>) {
                    return (*static_cast<Work*>(work))(times);
                } else {
                    for (std::size_t i = 0; i < times; ++i) {
                        (*static_cast<Work*>(work))();
                        asm volatile("" : : : "memory"); // as if what it wrote had been read
                    }
                    return 0;
                }
            },
            [](void* work) { delete static_cast<Work*>(work); }};
}

/// What a module exports: extern "C" bench::Peers<bench::GemmTask> lamina_gemm_peers().
template <class Task, class... Work>
Peers<Task> peers() {
    static Peer<Task> const all[]{peer<Task, Work>()...};
    return {all, sizeof...(Work)};
}

} // namespace bench
