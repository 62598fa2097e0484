// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/merge.hpp>

#include <cstddef>

namespace lamina {

/// The first input less the second, number by number: join(a, b) | Subtract{}, or a - b.
///
/// Input       two nodes of one shape, or of shapes as of Multiply
/// Output      that shape, the larger one
/// Mask        as of Add
/// Errors      (compile time) the shapes do not fit; not two inputs; tokens
/// Source      keras.layers.Subtract
struct Subtract {
    template <class... In>
    struct On : detail::Merged<Subtract, In...> {
        using From = detail::Merged<Subtract, In...>;
        static constexpr bool fits = From::fits && sizeof...(In) == 2;
        static void otherwise() {
            static_assert(fits, "Subtract takes two inputs of one shape, or that differ in axes of "
                                "length 1. Give them the same with Dense or Reshape.");
        }
    };

    static auto value(auto a, auto b) { return a - b; }
    template <std::size_t K, class V>
    static V slope(V dy, V, V) {
        return K == 0 ? dy : -dy;
    }
};

/// a - b: the difference of two nodes.
template <AnyNode A, AnyNode B>
constexpr auto operator-(A a, B b) {
    return join(a, b) | Subtract{};
}
template <class N>
constexpr Refused operator-(Refused, N const&) {
    return {};
}
template <AnyNode N>
constexpr Refused operator-(N, Refused) {
    return {};
}

} // namespace lamina
