// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/optimizers/clip.hpp>
#include <lamina/optimizers/form.hpp>
#include <lamina/optimizers/moving_average.hpp>
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/weight_average.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace lamina {

/// Adam with Nesterov's look-ahead and a momentum that grows with time:
///
///     mu(t) = beta_1 (1 - 0.96^(t momentum_decay) / 2),  p(t) = mu(1) mu(2) ... mu(t)
///     m = beta_1 m + (1 - beta_1) g,  v = beta_2 v + (1 - beta_2) g^2
///     w -= rate (mu(t+1) m / (1 - p(t+1)) + (1 - mu(t)) g / (1 - p(t))) /
///          (sqrt(v / (1 - beta_2^t)) + epsilon)
///
/// The form decides about weight_decay alone.
///
/// Source      Dozat (2016); keras.optimizers.Nadam; torch.optim.NAdam, whose momentum_decay is
///             0.004, its learning_rate 0.002 and its epsilon 1e-8 (1.x has p(t) mu(t) mu(t+1) for
///             p(t+1))
struct Nadam {
    Schedule learning_rate = 1e-3;
    double beta_1 = 0.9;
    double beta_2 = 0.999;
    double epsilon = 1e-7;
    double momentum_decay = 1;
    double weight_decay = 0;
    Form form = Form::keras;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 2;
    void check() const {
        detail::Check{"optimizer"}.not_negative("momentum_decay", momentum_decay);
    }
    constexpr bool decoupled() const { return form == Form::keras; }

    template <class T, class Sweep>
    void step(std::uint64_t t, double rate, Sweep const& sweep) const {
        double const now = mu(static_cast<double>(t)), next = mu(static_cast<double>(t) + 1);
        double const product = product_of_mu(t), root = std::sqrt(detail::gathered(beta_2, t));
        T const a = T(1 - beta_1), b = T(1 - beta_2),
                e = detail::epsilon_outside<T>(epsilon * root);
        // sqrt(v / c2) + epsilon = (sqrt(v) + epsilon sqrt(c2)) / sqrt(c2)
        T const rm = T(rate * root * next / (1 - product * next));
        T const rg = T(rate * root * (1 - now) / (1 - product));
        sweep(detail::keeps<2>, [=](auto& w, auto g, auto& m, auto& v) {
            using V = decltype(g);
            m = detail::moved(m, g, a);
            v = detail::moved_square(v, g, b);
            w = w - kernels::fma(V(rm), m, V(rg) * g) / (kernels::sqrt(v) + V(e));
        });
    }

private:
    double mu(double t) const { return beta_1 * (1 - 0.5 * std::pow(0.96, t * momentum_decay)); }
    /// mu(1) ... mu(t) without walking there: with q = 0.96^momentum_decay, the logarithm of the
    /// product of all 1 - q^i / 2 is -sum over k of (q / 2)^k / k * (1 - q^(k t)) / (1 - q^k).
    double product_of_mu(std::uint64_t t) const {
        double const steps = static_cast<double>(t), q = std::pow(0.96, momentum_decay);
        if (steps * (1 - beta_1) > 40) return 0; // beside 1
        double const qt = std::pow(q, steps);
        double sum = 0, qk = 1, qkt = 1, half = 1;
        for (int k = 1; half > 1e-17; ++k) {
            qk *= q;
            qkt *= qt;
            half *= 0.5;
            // the mean of 1, q^k, q^2k, ... where q is so near 1 that both differences vanish
            double const terms = qk < 1 ? (1 - qkt) / (1 - qk) : steps;
            sum += half * qk / k * terms;
        }
        return std::pow(beta_1, steps) * std::exp(-sum);
    }
};

} // namespace lamina
