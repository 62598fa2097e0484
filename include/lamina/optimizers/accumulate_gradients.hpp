// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/span.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/optimizers/optimizer_among.hpp>
#include <lamina/optimizers/stretch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lamina {

/// An optimizer that takes one step for a group of batches, with the mean of their gradients; made
/// by accumulate_gradients(). It has the options of O.
template <class O>
struct GradientsAccumulated : O {
    std::int64_t gradient_accumulation_steps = 1; ///< batches in a group
    using InFiles = O;                            // Keras has it as an option of each optimizer

    /// What O keeps, then the sums of the gradients.
    static constexpr std::size_t slots = O::slots + 1;
    template <class T>
    constexpr T slot_start(std::size_t k) const {
        if constexpr (requires(O const& o) { o.template slot_start<T>(k); })
            if (k < O::slots) return O::template slot_start<T>(k);
        return T{0};
    }
    void check() const {
        if constexpr (requires(O const& o) { o.check(); }) O::check();
        if (gradient_accumulation_steps < 1)
            detail::refuse(
                "accumulate_gradients",
                {"it has groups of ", gradient_accumulation_steps, " batches. Give at least 1."});
    }
    /// How many groups are complete after the t-th batch.
    std::uint64_t updates(std::uint64_t t) const { return t / group(); }
    bool completes(std::uint64_t t) const { return t % group() == 0; }

    template <class T, class Sweep>
    void step(std::uint64_t t, double rate, Sweep const& sweep) const {
        O::template step<T>(updates(t), rate, sweep);
    }

    /// Adds the gradients of a batch to the sums of its group's. Rows of tables, the stretches from
    /// the `sparse`-th on, are 0 afterwards.
    template <class T, PoolOrNone P>
    static void add_to_sums(T* sums, T* g, Span<Stretch const> of, std::size_t sparse, P threads) {
        for (std::size_t i = 0; i < of.size(); ++i) {
            auto const [from, size] = of[i];
            kernels::map(
                threads, size, sums + from, [](auto sum, auto more) { return sum + more; },
                static_cast<T const*>(sums + from), static_cast<T const*>(g + from));
            if (i >= sparse) std::fill_n(g + from, size, T{0});
        }
    }
    /// Puts the means of a complete group in the gradients' place, and begins the next one.
    template <class T, PoolOrNone P>
    void take_means(T* sums, T* g, Span<Stretch const> of, P threads) const {
        for (Stretch const& s : of) {
            kernels::map(
                threads, s.size, g + s.from,
                [n = T(gradient_accumulation_steps)](auto sum) { return sum / decltype(sum)(n); },
                static_cast<T const*>(sums + s.from));
            std::fill_n(sums + s.from, s.size, T{0});
        }
    }

private:
    std::uint64_t group() const { return static_cast<std::uint64_t>(gradient_accumulation_steps); }
};

/// The optimizer with a step for every few batches, which takes the mean of their gradients: as a
/// batch that is as many times as large, in the memory of a small one.
///
///     compile(net, accumulate_gradients(4, Adam{}), loss)      // batches of 32 train as of 128
///
/// Weights change, obey their constraints and enter their average after the last batch of each
/// group; clipping and weight decay are of the mean. Schedules count batches, as in Keras, and so
/// does the log. BatchNormalization and dropout see the small batches. A group that a run leaves
/// incomplete goes on in the next one, also from a file: the sums are saved with what else the
/// optimizer keeps. Of Embedding's tables a step changes the rows for which the sum is not 0: it
/// looks at all of them once in a group, and each batch costs no more than the rows that it
/// touches.
///
/// Errors      (compile time) no optimizer, or one that accumulates already
///             (run time) less than one batch
/// Source      Keras' gradient_accumulation_steps; PyTorch's several backward() for a step(), with
///             the loss divided by their number
template <class S, class O>
requires(std::is_integral_v<S>&& detail::is_optimizer<O>) constexpr auto accumulate_gradients(
    S batches, O const& optimizer) {
    constexpr bool once = !requires { optimizer.gradient_accumulation_steps; };
    static_assert(once, "accumulate_gradients: the optimizer accumulates already. Give the number "
                        "of batches once.");
    if constexpr (once)
        return GradientsAccumulated<O>{optimizer, static_cast<std::int64_t>(batches)};
    else return optimizer;
}
template <class... Given>
constexpr auto accumulate_gradients(Given const&... given) {
    static_assert(
        sizeof...(Given) > 99,
        "accumulate_gradients(4, Adam{}): a whole number of batches, then the optimizer.");
    return detail::optimizer_among(given...);
}

} // namespace lamina
