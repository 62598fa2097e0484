// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/option.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/span.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/norm.hpp>
#include <lamina/optimizers/stretch.hpp>

#include <cmath>
#include <cstddef>
#include <limits>

namespace lamina {

/// Keeps gradients small, before anything else is done with them. 0: off. If several are given they
/// act in this order. Norms as in Keras; PyTorch's clip_grad_norm_ adds 1e-6 to what it divides by.
struct Clip {
    double value = 0;       ///< every number lies within +-value
    double norm = 0;        ///< every tensor's Euclidean norm is at most this
    double global_norm = 0; ///< that of all trained parameters together is at most this

    void check() const {
        detail::Check{"Clip"}
            .not_negative("value", value)
            .not_negative("norm", norm)
            .not_negative("global_norm", global_norm);
    }
    constexpr bool operator==(Clip const&) const = default;
};

namespace detail {

/// What a gradient of this norm is multiplied by.
inline double shrink(double norm, double most) { return norm > most ? most / norm : 1.0; }

/// Clips by value and by norm in place. Returns what all of g has still to be multiplied by for the
/// global norm: the sweep does it on its way.
template <class T, PoolOrNone P>
T clip(Clip const& clip, T* g, Span<Stretch const> trained, Span<Stretch const> tensors,
       P threads) {
    // g by a factor, then within +-most: one body for both
    auto const change = [&](Stretch const& s, T by, T most) {
        kernels::map(
            threads, s.size, g + s.from,
            [by, most](auto v) {
                using V = decltype(v);
                return kernels::max(V(-most), kernels::min(V(most), v * V(by)));
            },
            static_cast<T const*>(g + s.from));
    };
    auto const squares = [&](Stretch const& s) {
        return kernels::sum_of_squares(s.size, g + s.from, threads);
    };
    if (clip.value > 0)
        for (Stretch const& s : trained) change(s, T{1}, T(clip.value));
    if (clip.norm > 0)
        for (Stretch const& s : tensors) {
            double const by = shrink(std::sqrt(squares(s)), clip.norm);
            if (by < 1) change(s, T(by), std::numeric_limits<T>::max());
        }
    if (!(clip.global_norm > 0)) return T{1};
    double sum = 0;
    for (Stretch const& s : trained) sum += squares(s);
    return T(shrink(std::sqrt(sum), clip.global_norm));
}

#ifdef LAMINA_SOURCE
template float clip(Clip const&, float*, Span<Stretch const>, Span<Stretch const>, std::nullptr_t);
template float clip(Clip const&, float*, Span<Stretch const>, Span<Stretch const>, Threads*);
#elif !LAMINA_BODIES
extern template float clip(Clip const&, float*, Span<Stretch const>, Span<Stretch const>,
                           std::nullptr_t);
extern template float clip(Clip const&, float*, Span<Stretch const>, Span<Stretch const>, Threads*);
#endif

} // namespace detail

} // namespace lamina
