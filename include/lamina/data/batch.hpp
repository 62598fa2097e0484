// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lamina {

/// Some samples: n rows of x and n rows of y, one behind the other.
template <class T = float>
struct Batch {
    Span<T const> x;
    Span<T const> y;
    std::size_t n = 0;
};

/// What fit can take batches from. next(batch) sets the batch and returns true, or returns false at
/// the end of the epoch; the spans hold until the next call. restart(epoch) begins an epoch: the
/// same epoch has the same batches. steps() is how many batches it has, 0 if nobody knows.
template <class B>
concept Batches = requires(B& b, Batch<float>& batch, std::size_t epoch) {
    { b.next(batch) } -> std::same_as<bool>;
    { b.steps() } -> std::convertible_to<std::size_t>;
    b.restart(epoch);
};

struct BatchOptions {
    std::size_t batch_size = 32;
    bool shuffle = true;
    /// For ranges and generators: how many samples wait to be drawn from. Arrays are shuffled
    /// whole.
    std::size_t shuffle_buffer = 1024;
    std::uint64_t seed = 0;
    /// Batches in an epoch; 0: until the samples end. Ranges and generators go on in the next epoch
    /// where the last one ended, and begin again when they end.
    std::size_t steps = 0;
    /// Leave out a last batch that is short?
    bool drop_last = false;
};

namespace detail {

void check(BatchOptions const& options);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void check(BatchOptions const& options) {
    if (options.batch_size == 0) {
        fail(Error::Kind::argument, {"batches"}, {".batch_size is 0, and it is at least 1."});
    }
    if (options.shuffle && options.shuffle_buffer == 0) {
        fail(Error::Kind::argument, {"batches"},
             {".shuffle_buffer is 0. For the samples as they come set .shuffle = false."});
    }
}

#endif

} // namespace detail

} // namespace lamina
