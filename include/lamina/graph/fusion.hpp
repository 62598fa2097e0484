// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// The one place where the rules of fusion stand. Each rule speaks of types; the plan adds "and
/// nobody else looks in between".
namespace lamina {

/// Forward: Producer, then Layer, run as one kernel. The producer stores value(y) of the layer
/// behind it.
template <class Producer, class Layer>
inline constexpr bool fuses_forward = requires {
    requires Producer::takes_epilogue;
    requires Layer::elementwise;
};

/// Backward: Layer stores dx slope(x) of the elementwise layer that made its x, whose own backward
/// then falls away. Only for those whose slope is a function of their output.
template <class Producer, class Layer>
inline constexpr bool fuses_backward = requires {
    requires Layer::takes_slope;
    requires Producer::elementwise;
    requires !Producer::needs_x;
};

/// An output layer and a loss that are computed together from the logits. Specialised beside each
/// pair, in losses/: `type` is the loss of the logits, made from the loss that the user gave.
template <class OutputLayer, class Loss>
struct FromLogits {
    static constexpr bool value = false;
    using type = Loss;
};

} // namespace lamina
