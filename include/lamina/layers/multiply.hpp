// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/merge.hpp>

#include <cstddef>

namespace lamina {

/// The product of its inputs, number by number: join(a, b) | Multiply{}, or a * b. What a gate
/// does: x * (x | Dense<16, Sigmoid>{}), or one for each channel of an image,
/// x * (x | GlobalAveragePooling2D{} | Dense<16, Sigmoid>{}).
///
/// Input       two or more nodes of one shape; or two, of which one has axes of length 1, or fewer
///             axes, where the other has more: Shape<28, 28, 16> and Shape<16>, or
///             Shape<28, 28, 1>, as NumPy broadcasts
/// Output      that shape, the larger one
/// Mask        as of Add. Keras 3 leaves moments that an input has masked out of that input's part
///             in y; here they are seen as they are (zeros behind Masking)
/// Errors      (compile time) the shapes do not fit; there is one input only; tokens
/// Source      keras.layers.Multiply
struct Multiply {
    template <class... In>
    struct On : detail::Merged<Multiply, In...> {
        using From = detail::Merged<Multiply, In...>;
        static constexpr bool fits = From::fits;
        static void otherwise() {
            static_assert(fits, "Multiply takes inputs of one shape, or two that differ in axes of "
                                "length 1. Give them the same with Dense or Reshape.");
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
