// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/optimizers/apply.hpp>
#include <lamina/optimizers/clip.hpp>
#include <lamina/optimizers/form.hpp>
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/weight_average.hpp>

#include <cstddef>
#include <cstdint>

namespace lamina {

/// Stochastic gradient descent, with or without momentum:
///
///     m = momentum m - rate (1 - dampening) g,  w += m               Keras' form
///     m = momentum m + (1 - dampening) g,       w -= rate m          PyTorch's form
///
/// which differ when the rate changes. Nesterov's look-ahead: w += momentum m - rate g, and w -=
/// rate (g + momentum m). The first step is not dampened.
///
/// Source      Sutskever et al. (2013); keras.optimizers.SGD; torch.optim.SGD
struct SGD {
    Schedule learning_rate = 0.01;
    double momentum = 0;
    bool nesterov = false;
    double dampening = 0;
    double weight_decay = 0;
    Form form = Form::keras;
    Clip clip{};
    WeightAverage average{};

    static constexpr std::size_t slots = 1;
    void check() const { detail::Check{"optimizer"}.share("dampening", dampening); }
    constexpr bool decoupled() const { return form == Form::keras; }

    template <class T, class Sweep>
    void step(std::uint64_t t, double rate, Sweep const& sweep) const {
        if (momentum == 0)
            return sweep(detail::keeps<0>, [r = T(rate)](auto& w, auto g) {
                w = kernels::fnma(decltype(g)(r), g, w);
            });
        double const share = t > 1 ? 1 - dampening : 1, ahead = nesterov ? momentum : 1;
        bool const inside = form == Form::keras; // the momentum holds -rate
        T const mu = T(momentum), taken = T(inside ? -rate * share : share);
        T const by = T(inside ? ahead : -rate * ahead), direct = T(nesterov ? rate : 0);
        sweep(detail::keeps<1>, [=](auto& w, auto g, auto& m) {
            using V = decltype(g);
            m = kernels::fma(V(taken), g, V(mu) * m);
            w = kernels::fnma(V(direct), g, kernels::fma(V(by), m, w));
        });
    }
};

LAMINA_COMPILED_ONCE(SGD);

} // namespace lamina
