// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/elementwise.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/simd.hpp>

namespace lamina {

/// y = scale x + offset, the same for all numbers: Rescaling{1 / 255.0f} makes pixels of 0 to 255
/// numbers of 0 to 1. It is also what a node and a number make: 1 - gate, 0.5 * x, x / 255.
///
/// Input       any shape of numbers
/// Output      that shape
/// Options     scale, offset
/// Errors      (compile time) the input is tokens; (run time) an option is not finite
/// Source      keras.layers.Rescaling
struct Rescaling {
    float scale = 1.0f, offset = 0.0f;

    void config(auto const& out) const {
        out("scale", scale);
        out("offset", offset);
    }
    void check() const {
        detail::Check{"Rescaling"}.finite("scale", scale).finite("offset", offset);
    }

    static constexpr bool from_output = true;
    template <class In>
    using On = Elementwise<Rescaling, In>;

    template <class V>
    LAMINA_ALWAYS_INLINE V value(V x) const {
        return kernels::fma(V(scale), x, V(offset));
    }
    template <class V>
    LAMINA_ALWAYS_INLINE V slope(V) const {
        return V(scale);
    }
};

template <AnyNode N>
constexpr auto operator*(N x, double by) {
    return x | Rescaling{.scale = float(by)};
}
template <AnyNode N>
constexpr auto operator*(double by, N x) {
    return x * by;
}
template <AnyNode N>
constexpr auto operator/(N x, double by) {
    return x * (1 / by);
}
template <AnyNode N>
constexpr auto operator+(N x, double more) {
    return x | Rescaling{.offset = float(more)};
}
template <AnyNode N>
constexpr auto operator+(double more, N x) {
    return x + more;
}
template <AnyNode N>
constexpr auto operator-(N x, double less) {
    return x + -less;
}
template <AnyNode N>
constexpr auto operator-(double from, N x) {
    return x | Rescaling{.scale = -1.0f, .offset = float(from)};
}

// What was refused swallows the number too.
constexpr Refused operator*(Refused, double) { return {}; }
constexpr Refused operator*(double, Refused) { return {}; }
constexpr Refused operator/(Refused, double) { return {}; }
constexpr Refused operator+(Refused, double) { return {}; }
constexpr Refused operator+(double, Refused) { return {}; }
constexpr Refused operator-(Refused, double) { return {}; }
constexpr Refused operator-(double, Refused) { return {}; }

} // namespace lamina
