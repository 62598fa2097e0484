// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/math.hpp>
#include <lamina/losses/elementwise.hpp>
#include <lamina/losses/pairing.hpp>
#include <lamina/losses/probability.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// The Kullback-Leibler divergence: the sum of t log(t / y) over each vector. y below 1e-7 counts
/// as 1e-7, above 1 as 1, and has no slope there; 0 log 0 is 0 (Keras lifts t to 1e-7 instead).
///
/// Output   a distribution (Softmax)
/// Target   as the output: a distribution
/// Errors   (compile time) the output gives no probabilities, or their logarithms, which PyTorch's
///          takes
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.KLDivergence; torch.nn.KLDivLoss
struct KLDivergence {
    static constexpr std::string_view name = "kl_divergence", title = "KLDivergence";
    static constexpr TargetRule rule = TargetRule::probability;
    static constexpr bool sums = true;
    template <class Y>
    using On = ElementwiseLoss<KLDivergence, Y>;
    template <Meaning M>
    struct After {
        static constexpr bool fits = M != Meaning::number && M != Meaning::log_distribution;
        static void otherwise() {
            static_assert(fits, "KLDivergence takes probabilities, not their logarithms or any "
                                "numbers. Put Softmax before it.");
        }
    };

    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V t) const {
        using T = typename V::value_type;
        V const zero(T(0)), one(T(1)), least(detail::keras_epsilon<T>);
        V const q = kernels::min(one, kernels::max(least, y));
        V const some = kernels::select(t > zero, t, one);
        return {t * (kernels::log(some) - kernels::log(q)), kernels::select(y == q, -t / q, zero)};
    }
};

} // namespace lamina
