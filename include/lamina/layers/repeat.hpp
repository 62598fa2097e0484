// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>

#include <cstddef>

namespace lamina {

/// A layer or block several times, one behind the other, each with parameters of its own; made by
/// repeat<6>(TransformerEncoderLayer<8, 2048>{}).
template <std::size_t Times, class L>
struct Repeated {
    static constexpr bool nameless = true;
    L layer;

    constexpr auto operator()(AnyNode auto x) const {
        if constexpr (Times == 0) return x;
        else return x | layer | Repeated<Times - 1, L>{layer};
    }
};

/// x | repeat<3>(layer): x | layer | layer | layer.
template <std::size_t Times, class L>
constexpr Repeated<Times, L> repeat(L layer) {
    return {layer};
}

} // namespace lamina
