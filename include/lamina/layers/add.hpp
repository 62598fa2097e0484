// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/layers/broadcast.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// The sum of its inputs, number by number: join(a, b) | Add{}, or a + b.
///
/// Input       two or more nodes of one shape; or two, of which one has axes of length 1, or fewer
///             axes, where the other has more: Shape<28, 28, 16> and Shape<16>, or
///             Shape<28, 28, 1>, as NumPy broadcasts
/// Output      that shape, the larger one
/// Mask        a moment counts where it counts in any of the inputs that have a mask. (Keras 3
///             drops the mask where one of them has none; Keras 2 kept it.)
/// Errors      (compile time) the shapes do not fit; there is one input only; tokens
/// Source      keras.layers.Add
struct Add {
    template <class First, class... In>
    struct Same {
        static constexpr bool same = (std::is_same_v<First, In> && ...);
        static constexpr bool fits = sizeof...(In) > 0 && same && !First::integer;
        static void otherwise() {
            static_assert(fits, "Add takes inputs of one shape, or two that differ in axes of "
                                "length 1. Give them the same with Dense or Reshape.");
        }
        using Output = First;
        static constexpr bool needs_x = false, needs_y = false, each_moment = true;
        static constexpr std::size_t flops = First::size * sizeof...(In);

        static void forward(auto const& c) { // y = x0 + x1 + ...
            auto const sum = [](auto... x) { return (x + ...); };
            detail::spread(c.inputs(), [&](auto... x) {
                if (c.one && kernels::is_few<First::size>)
                    kernels::map(kernels::few<First::size>, c.y.data, sum, x.data...);
                else kernels::map(c.threads, c.y.size(), c.y.data, sum, x.data...);
            });
        }
        static void backward(auto const& c) { // each dx = dy
            detail::spread(c.dinputs(), [&](auto... dx) {
                int input = 0;
                auto const copy = [&](auto to) {
                    if (c.call.needs_dx[input++]) std::copy_n(c.dy.data, c.dy.size(), to.data);
                };
                (copy(dx), ...);
            });
        }
    };

    template <class... In>
    static constexpr auto bound() {
        if constexpr (detail::broadcasts<In...>)
            return std::type_identity<detail::BroadcastMerge<Add, false, In...>>{};
        else return std::type_identity<Same<In...>>{};
    }
    template <class... In>
    using On = typename decltype(bound<In...>())::type;

    static auto value(auto a, auto b) { return a + b; }
    template <std::size_t, class V>
    static V slope(V dy, V, V) {
        return dy;
    }
};

/// a + b: the sum of two nodes.
template <AnyNode A, AnyNode B>
constexpr auto operator+(A a, B b) {
    return join(a, b) | Add{};
}
template <class N>
constexpr Refused operator+(Refused, N const&) {
    return {};
}
template <AnyNode N>
constexpr Refused operator+(N, Refused) {
    return {};
}

} // namespace lamina
