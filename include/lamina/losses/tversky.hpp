// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/losses/overlap.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// Dice, in which what is answered and is not there costs alpha, and what is there and is not
/// answered costs beta: a beta above 1/2 for areas that must not be missed. Over the whole batch,
/// as Dice.
///
/// Output   probabilities (Sigmoid, Softmax)
/// Target   as the output, from 0 to 1
/// Formula  1 - sum(t y) / (sum(t y) + alpha sum((1 - t) y) + beta sum(t (1 - y)) + 1e-7)
/// Errors   (compile time) the output gives no probabilities
///          (run time) a target that is not from 0 to 1; a negative alpha or beta
/// Source   Salehi, Erdogmus and Gholipour (2017); keras.losses.Tversky, in whose code (3.x) alpha
///          and beta have changed places beside its documentation: in Keras' files they do, too
struct Tversky {
    float alpha = 0.5f, beta = 0.5f;

    static constexpr std::string_view name = "tversky", title = "Tversky";
    static constexpr TargetRule rule = TargetRule::probability;
    template <class Y>
    using On = detail::OverlapLoss<Tversky, Y>;
    template <Meaning M>
    using After = detail::AfterShares<M>;

    void check() const {
        detail::Check{"Tversky"}.not_negative("alpha", alpha).not_negative("beta", beta);
    }
    void config(auto const& out) const {
        out("alpha", beta);
        out("beta", alpha);
    }
    double false_positives() const { return double(alpha); }
    double false_negatives() const { return double(beta); }
    static constexpr double epsilon() { return 1e-7; }
};

} // namespace lamina
