// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/graph/function.hpp>
#include <lamina/graph/node.hpp>

#include <cstddef>
#include <utility>

namespace lamina {

namespace detail {

/// x | layer I | layer I+1 | ...: eight at a time, so that neither recursion nor nesting grows
/// deep.
template <std::size_t I, std::size_t N>
constexpr auto chain(auto x, auto const& l) {
    if constexpr (I == N) return x;
    else if constexpr (N - I >= 8)
        return chain<I + 8, N>(x | leaf<I>(l) | leaf<I + 1>(l) | leaf<I + 2>(l) | leaf<I + 3>(l) |
                                   leaf<I + 4>(l) | leaf<I + 5>(l) | leaf<I + 6>(l) |
                                   leaf<I + 7>(l),
                               l);
    else return chain<I + 1, N>(x | leaf<I>(l), l);
}

} // namespace detail

/// Layers one after another: Sequential{Dense<64>{}, ReLU{}}, or as a type, Sequential<Dense<64>,
/// ReLU>. A block, and so a layer wherever a layer may stand.
template <class... L>
struct Sequential {
    detail::LeavesOf<L...> layers;
    constexpr Sequential() = default;
    constexpr Sequential(L... l) requires(sizeof...(L) > 0) : layers{{l}...} {}
    constexpr auto operator()(AnyNode auto x) const {
        return detail::chain<0, sizeof...(L)>(x, layers);
    }
    void write_layers(std::byte*& at) const requires(detail::is_written<L>&&...) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (detail::write(detail::leaf<I>(layers), at), ...);
        }
        (std::index_sequence_for<L...>{});
    }
};

/// ... that begins with its input: a whole network.
template <std::size_t... Dims, class... L>
struct Sequential<Input<Dims...>, L...> : Sequential<L...> {
    using Inputs = lamina::Inputs<Input<Dims...>>;
    constexpr Sequential() = default;
    constexpr Sequential(Input<Dims...>, L... l) : Sequential<L...>(l...) {}
};
template <std::size_t... Dims, class... L>
struct Sequential<Tokens<Dims...>, L...> : Sequential<L...> {
    using Inputs = lamina::Inputs<Tokens<Dims...>>;
    constexpr Sequential() = default;
    constexpr Sequential(Tokens<Dims...>, L... l) : Sequential<L...>(l...) {}
};
template <class... L>
Sequential(L...) -> Sequential<L...>;

} // namespace lamina
