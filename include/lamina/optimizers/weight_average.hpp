// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/option.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/span.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/optimizers/stretch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lamina {

/// An exponential moving average of the weights beside the training: average = momentum * average +
/// (1 - momentum) * weights after each step, the weights themselves after the first. 0: off.
///
/// Source      Polyak and Juditsky (1992); Keras' use_ema, ema_momentum, ema_overwrite_frequency
struct WeightAverage {
    double momentum = 0;                   ///< as a rule 0.99 or more
    std::uint64_t overwrite_frequency = 0; ///< after so many steps it replaces the weights

    void check() const { detail::Check{"WeightAverage"}.share("momentum", momentum); }
    constexpr bool operator==(WeightAverage const&) const = default;
};

/// Takes the weights after step t = 1, 2, ... into the average, and overwrites them with it where
/// the options say so. Parameters that are not trained are left alone in both.
template <class T, PoolOrNone P>
void update_average(WeightAverage const& options, std::uint64_t t, T* w, T* average,
                    Span<Stretch const> trained, P threads) {
    if (!(options.momentum > 0)) return;
    T const kept = t > 1 ? T(options.momentum) : T{0};
    T const taken = t > 1 ? T(1 - options.momentum) : T{1};
    bool const overwrite = options.overwrite_frequency && t % options.overwrite_frequency == 0;
    for (Stretch const& s : trained) {
        T* const a = average + s.from;
        kernels::map(
            threads, s.size, a,
            [kept, taken](auto old, auto now) {
                using V = decltype(old);
                return kernels::fma(V(kept), old, V(taken) * now);
            },
            static_cast<T const*>(a), static_cast<T const*>(w + s.from));
        if (overwrite) std::copy_n(a, s.size, w + s.from);
    }
}

#ifdef LAMINA_SOURCE
template void update_average(WeightAverage const&, std::uint64_t, float*, float*,
                             Span<Stretch const>, std::nullptr_t);
template void update_average(WeightAverage const&, std::uint64_t, float*, float*,
                             Span<Stretch const>, Threads*);
#elif !LAMINA_BODIES
extern template void update_average(WeightAverage const&, std::uint64_t, float*, float*,
                                    Span<Stretch const>, std::nullptr_t);
extern template void update_average(WeightAverage const&, std::uint64_t, float*, float*,
                                    Span<Stretch const>, Threads*);
#endif

} // namespace lamina
