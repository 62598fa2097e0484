// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/dropout.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina {

/// Sets a share of the numbers to 0 while training and makes the others larger, so that the mean
/// stays: y = x / (1 - rate) with probability 1 - rate, else 0. Does nothing at inference. The same
/// seed gives the same draws, whatever the threads; backward draws them again.
///
/// Input       any shape of numbers
/// Output      that shape
/// Options     rate: the share, 0 <= rate <= 1
/// Errors      (compile time) the input is tokens
///             (run time) rate is not from 0 to 1
/// Source      keras.layers.Dropout; Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov
///             (2014), "Dropout: a simple way to prevent neural networks from overfitting"
struct Dropout {
    float rate = 0.5f;

    void check() const { detail::Check{"Dropout"}.share("rate", rate); }

    template <class In>
    struct On {
        static constexpr bool fits = !In::integer;
        static void otherwise() {
            static_assert(fits, "Dropout takes numbers, not tokens. Put Embedding before it.");
        }
        using Output = In;
        static constexpr bool needs_x = false, needs_y = false, in_place = true;
        static constexpr bool each_moment = true;
        static constexpr std::size_t flops = In::size;

        static void forward(auto const& c) { apply(c, c.x.data, c.y.data); }
        static void backward(auto const& c) { apply(c, c.dy.data, c.dx.data); }

    private:
        static void apply(auto const& c, auto const* from, auto* to) {
            std::size_t const n = c.y.size();
            double const rate = c.training ? double(c.layer.rate) : 0.0;
            if (rate > 0) kernels::dropout(c.threads, n, from, to, rate, c.random());
            else if (from != to) std::copy_n(from, n, to);
        }
    };
};

} // namespace lamina
