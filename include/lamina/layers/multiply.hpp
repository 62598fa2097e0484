// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/merge.hpp>

#include <cstddef>

namespace lamina {

/// The product of its inputs, number by number: join(a, b) | Multiply{}, or a * b. What a gate
/// does: x * (x | Dense<width<decltype(x)>, Sigmoid>{}).
///
/// Input       two or more nodes of one shape
/// Output      that shape
/// Mask        as of Add
/// Errors      (compile time) the shapes differ (nothing is broadcast); there is one input only;
///             tokens
/// Source      keras.layers.Multiply
struct Multiply {
    template <class... In>
    struct On : detail::Merge<Multiply, In...> {
        using From = detail::Merge<Multiply, In...>;
        static constexpr bool fits = From::fits;
        static void otherwise() {
            static_assert(fits,
                          "Multiply takes inputs of one shape. Give them the same with Dense, "
                          "RepeatVector or Reshape.");
        }
    };

    static auto value(auto... x) { return (x * ...); }
    template <std::size_t K, class V>
    static V slope(V dy, auto... x) { // dy times the others
        std::size_t i = 0;
        ((dy = i++ == K ? dy : dy * x), ...);
        return dy;
    }
};

/// a * b: the product of two nodes, number by number.
template <AnyNode A, AnyNode B>
constexpr auto operator*(A a, B b) {
    return join(a, b) | Multiply{};
}
template <class N>
constexpr Refused operator*(Refused, N const&) {
    return {};
}
template <AnyNode N>
constexpr Refused operator*(N, Refused) {
    return {};
}

} // namespace lamina
