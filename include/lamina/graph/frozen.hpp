// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>

namespace lamina {

/// frozen(layer or block): its parameters stay as they are; the backward pass ends where nothing
/// above is trained.
template <class L>
struct Frozen {
    static constexpr bool nameless = true;
    L layer;
    constexpr auto operator()(AnyNode auto x, AnyNode auto... more) const {
        auto& graph = *x.graph;
        bool const before = graph.frozen;
        graph.frozen = true;
        auto const y = detail::call_layer(layer, x, more...);
        graph.frozen = before;
        return y;
    }
};
template <class L>
constexpr Frozen<L> frozen(L layer) {
    return {layer};
}
template <AnyNode N>
constexpr Refused frozen(N) {
    static_assert(!is_node<N>, "frozen takes a layer, not what comes out of it. Write x | "
                               "frozen(Dense<3>{}).");
    return {};
}

} // namespace lamina
