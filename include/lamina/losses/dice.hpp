// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/overlap.hpp>
#include <lamina/losses/target.hpp>

#include <string_view>

namespace lamina {

/// How far the areas of a segmentation do not lie on one another: 0 where they are the same, 1
/// where they have nothing in common, however small they are beside the image. One number for the
/// whole batch, all its samples and classes together (Keras' axis=None), so it depends on what is
/// in a batch with what.
///
/// Output   probabilities (Sigmoid, Softmax)
/// Target   as the output, from 0 to 1
/// Formula  1 - 2 sum(t y) / (sum(t) + sum(y) + 1e-7); a weight multiplies what is summed
/// Errors   (compile time) the output gives no probabilities
///          (run time) a target that is not from 0 to 1
/// Source   keras.losses.Dice; Milletari, Navab and Ahmadi (2016), "V-Net"
struct Dice {
    static constexpr std::string_view name = "dice", title = "Dice";
    static constexpr TargetRule rule = TargetRule::probability;
    template <class Y>
    using On = detail::OverlapLoss<Dice, Y>;
    template <Meaning M>
    using After = detail::AfterShares<M>;

    static constexpr double false_positives() { return 0.5; }
    static constexpr double false_negatives() { return 0.5; }
    static constexpr double epsilon() { return 0.5e-7; }
};

} // namespace lamina
