// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>

namespace lamina {

/// named<"encoder">(layer or block): what it is called in paths, instead of its type.
template <Name Text, class L>
struct Named {
    static constexpr bool nameless = true;
    L layer;
    constexpr auto operator()(AnyNode auto x, AnyNode auto... more) const {
        x.graph->name = Text.view();
        return detail::call_layer(layer, x, more...);
    }
};
template <Name Text, class L>
constexpr Named<Text, L> named(L layer) {
    return {layer};
}
template <Name Text, AnyNode N>
constexpr Refused named(N) {
    static_assert(!is_node<N>,
                  "named takes a layer, not what comes out of it: x | named<...>(Dense<3>{}).");
    return {};
}

} // namespace lamina
