// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/refused.hpp>
#include <lamina/model/layer_view.hpp>
#include <lamina/model/weights.hpp>

#include <cstdint>

namespace lamina {

/// Stands for the numbers of a network that was refused at compile time.
struct RefusedNetwork {
    using Scalar = float;
};
template <>
struct Weights<RefusedNetwork> {
    Block<float> values{1}, state{1};

    explicit Weights(Refused = {}, std::uint64_t = 0) {}
    void initialize(std::uint64_t) {}
    void for_each_parameter(auto const&) const {}
    void for_each_state(auto const&) const {}
    LayerView<float> layer(auto const&) const { return {}; }
};
Weights(Refused)->Weights<RefusedNetwork>;
Weights(Refused, std::uint64_t)->Weights<RefusedNetwork>;

} // namespace lamina
