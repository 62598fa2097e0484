// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/model/callbacks/callback.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace lamina {

/// The pool of one call, where it has one of its own.
struct CallThreads {
    Threads* pool = nullptr;

    CallThreads() = default;
    CallThreads(CallThreads const&) = delete;
    CallThreads& operator=(CallThreads const&) = delete;
    ~CallThreads();
};

/// How many threads work: a number (0: one for each core) or a pool of the caller's. What is too
/// small to share runs on the caller whatever is said here, and the bits never depend on it.
class UseThreads {
public:
    UseThreads() = default;
    UseThreads(int count) : count_(static_cast<std::size_t>(count)) {
        if (count < 0) refuse(count);
    }
    UseThreads(std::size_t count) : count_(count) {}
    UseThreads(Threads& pool) : pool_(&pool) {}

    /// The pool to use for so much work, in floating-point operations between two meetings of the
    /// threads; null: the caller alone. A meeting costs up to a microsecond, some ten thousand
    /// operations, and ten of them if a worker has to be woken.
    Threads* pool_for(std::size_t flops, CallThreads& made) const;
    /// The same for a step of training whose way forward takes so many. Its threads send each other
    /// the weights as well, which were changed, so 12 million operations, forward and back, are the
    /// least: where two cores share no cache, 8-128-128-4 took 1.8 times as long with two threads
    /// for 32 samples (3.5 million), and as long as with one for 128.
    Threads* pool_for_step(std::size_t flops, CallThreads& made) const {
        return pool_for(flops / 2, made);
    }

private:
    [[noreturn]] static void refuse(int count);

    std::size_t count_ = 0;
    Threads* pool_ = nullptr;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE CallThreads::~CallThreads() { delete pool; }
[[noreturn, gnu::cold]] LAMINA_INLINE void UseThreads::refuse(int count) {
    detail::refuse("threads", {count, " threads cannot work. Give at least 1, or 0 for one on "
                                      "each core."});
}
LAMINA_INLINE Threads* UseThreads::pool_for(std::size_t flops, CallThreads& made) const {
    if (flops < 2'000'000 || count_ == 1) return nullptr;
    if (pool_) return pool_;
    made.pool = new Threads(count_);
    return made.pool->count() > 1 ? made.pool : nullptr;
}

#endif

/// Samples kept apart from training: .validation_data = {x, y}, or {x, y, sample_weight}.
struct Validation {
    Arrays x{}, y{};
    Array sample_weight{};
};

struct FitOptions {
    std::size_t epochs = 1;
    std::size_t batch_size = 32;   // the last batch of an epoch may be shorter
    float validation_split = 0.0f; // this share of the samples, the last ones, before any shuffling
    Validation validation_data{};  // ... or these
    bool shuffle = true;           // anew for each epoch
    std::uint64_t seed = 0;        // of shuffling, dropout and noise
    /// What the classes 0, 1, ... of the one output count: of its samples, or of the moments of a
    /// sequence and the pixels of an image. As in Keras the loss is the sum through how many there
    /// are; PyTorch's CrossEntropyLoss divides by the sum of the weights.
    std::vector<float> class_weight{};
    /// One for each sample, or one for each moment or pixel of the one output: (n, time). With
    /// several outputs a sample's weight counts in the loss of each. Not with batches. What
    /// validation_split keeps apart is weighed by them too, as in Keras, but not by class_weight.
    Array sample_weight{};
    std::size_t initial_epoch = 0; // the first epoch to run, when a run goes on
    bool resume = false;           // go on where the model's progress() says, within an epoch too
    std::vector<GivenCallback> callbacks{};
    int verbose = 1; // 1 bar, 2 one line an epoch, 0 nothing
    std::FILE* log = stdout;
    UseThreads threads{};
};

struct EvaluateOptions {
    std::size_t batch_size = 256;
    Array sample_weight{}; // as FitOptions'
    int verbose = 0;       // 1 bar, 2 one line
    std::FILE* log = stdout;
    UseThreads threads{};
};

struct PredictOptions {
    std::size_t batch_size = 256;
    UseThreads threads{};
};

/// How predict_stochastic() draws.
struct StochasticOptions {
    std::uint64_t seed = 0;
    std::size_t batch_size = 256;
    UseThreads threads{};
};

/// Of one batch, in a loop of one's own.
struct TrainOnBatchOptions {
    Array sample_weight{};             // as FitOptions'; may be negative: a policy's advantage
    std::vector<float> class_weight{}; // as FitOptions'
    UseThreads threads = 1;
};

namespace detail {

void check_batch_size(std::size_t size, char const* where);

/// Where the samples begin that are kept apart from training: Keras cuts at floor(n (1 - share)).
std::size_t training_samples(std::size_t n, float share);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void check_batch_size(std::size_t size, char const* where) {
    if (size == 0) refuse(where, {"batch_size is 0. Give at least 1."});
}
[[gnu::cold]] LAMINA_INLINE std::size_t training_samples(std::size_t n, float share) {
    if (!is_finite(share) || share < 0 || share >= 1)
        refuse("fit", {"validation_split is ", double(share),
                       ". It is a share of the samples, from 0 to below 1."});
    // the share is a float, so its last digits must not cost a sample
    return std::size_t(double(n) - double(share) * double(n) + 6e-8 * double(n));
}

#endif

} // namespace detail

} // namespace lamina
