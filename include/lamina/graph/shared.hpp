// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/graph/node.hpp>

#include <type_traits>

/// Rows that use another row's parameters: shared as they are, tied as their transpose.
namespace lamina {

namespace detail {

template <class B>
inline constexpr bool is_activation = false;
template <class B>
requires requires { requires B::elementwise; }
inline constexpr bool is_activation<B> = true;

} // namespace detail

/// x | shared(y): the layer that made y once more, with the same parameters and options.
template <class N>
struct SharedNode {
    static constexpr bool nameless = true;
    N node;
    constexpr auto operator()(AnyNode auto x) const {
        using L = typename N::Layer;
        using B = typename L::template On<typename decltype(x)::Output>;
        constexpr bool fits = detail::fits_of<B>();
        constexpr bool same =
            !fits || std::is_same_v<ParametersOf<B>, ParametersOf<typename N::Bound>>;
        // Dense<16, ReLU> ends with ReLU, which has nothing to share.
        constexpr bool has = ParametersOf<B>::count > 0 || !detail::is_activation<B>;
        static_assert(!fits || has, "shared: an activation made this node. Share the layer itself: "
                                    "auto tower = shared(Dense<16, ReLU>{}).");
        static_assert(same, "shared: the two inputs need parameters of different shapes. Give both "
                            "the same features.");
        if constexpr (!fits) {
            return detail::bind<B>(L{}, node.index, x);
        } else if constexpr (same && has) {
            auto const y = detail::append<B>(L{}, node.index, x);
            if (y.graph->rows) y.graph->rows[y.index].layer = y.graph->rows[node.index].layer;
            return y;
        } else {
            return Refused{};
        }
    }
};
template <AnyNode N>
constexpr SharedNode<N> shared(N node) {
    return {node};
}
constexpr Refused shared(Refused) { return {}; }

/// auto tower = shared(layer or block): wherever it is called it has the same parameters, as a
/// layer object in Keras:
///
///     graph<Input<8>, Input<8>>([](auto a, auto b) {
///         auto tower = shared(Sequential{Dense<16, ReLU>{}, Dense<4>{}});
///         return join(a | tower, b | tower) | Concatenate{} | Dense<1, Sigmoid>{};
///     });
///
/// To be made within the network's function, and not copied: a copy would be another layer.
template <class L>
class SharedLayer {
public:
    static constexpr bool nameless = true;
    constexpr explicit SharedLayer(L const& layer) : layer_(layer) {}
    SharedLayer(SharedLayer const&) = delete;
    SharedLayer& operator=(SharedLayer const&) = delete;

    constexpr auto operator()(AnyNode auto x, AnyNode auto... more) {
        auto& graph = *x.graph;
        int const at = graph.size, back = graph.back;
        if (first_ < 0) first_ = at;
        else graph.back = at - first_;
        auto const y = detail::call_layer(layer_, x, more...);
        if (first_ == at) rows_ = graph.size - at;
        else graph.shares = graph.shares && graph.size - at == rows_;
        graph.back = back;
        return y;
    }

private:
    L layer_;
    int first_ = -1, rows_ = 0; // where it was called first, and how much it wrote there
};
template <class L>
constexpr SharedLayer<L> shared(L layer) {
    return SharedLayer<L>(layer);
}
template <AnyNode N, class L>
constexpr auto operator|(N x, SharedLayer<L>& layer) {
    return layer(x);
}
template <class... N, class L>
constexpr auto operator|(Nodes<N...> x, SharedLayer<L>& layer) {
    return detail::spread(x, [&](auto... n) { return layer(n...); });
}
template <class X, class L>
constexpr Refused operator|(X, SharedLayer<L> const&) {
    static_assert(!sizeof(L), "shared: what is shared has a name and no const: "
                              "auto tower = shared(Dense<16>{}); and then x | tower.");
    return {};
}
/// x | tied(e): the transpose of the layer that made e, reading e's parameters: an output
/// projection by the embedding matrix (Press and Wolf, 2017).
template <class N>
struct Tied {
    static constexpr bool nameless = true;
    N node;
    constexpr auto operator()(AnyNode auto x) const {
        constexpr bool has = requires { typename N::Layer::Transposed; };
        static_assert(has, "tied: the layer given has no transpose. Tie to an Embedding.");
        if constexpr (has) {
            using L = typename N::Layer::Transposed;
            return detail::bind<typename L::template On<typename decltype(x)::Output>>(
                L{}, node.index, x);
        } else {
            return Refused{};
        }
    }
};
template <AnyNode N>
constexpr Tied<N> tied(N node) {
    return {node};
}
constexpr Refused tied(Refused) { return {}; }

} // namespace lamina
