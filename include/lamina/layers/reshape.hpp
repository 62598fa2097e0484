// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace lamina {

namespace detail {

/// The same numbers in another shape. The plan lets y share x's memory; where it cannot (y is an
/// output of the network, or others read x too) they are copied.
template <class In, class Out>
struct Relabel {
    using Output = Out;
    static constexpr bool needs_x = false, needs_y = false, view = true;

    static void forward(auto const& c) { copy(c.x.data, c.x.size(), c.y.data); }
    static void backward(auto const& c) { copy(c.dy.data, c.dy.size(), c.dx.data); }

private:
    static void copy(auto const* from, std::size_t n, auto* to) {
        if (from != to) std::copy_n(from, n, to);
    }
};

} // namespace detail

/// Each sample in another shape: Reshape<4, 3> takes Shape<12> or Shape<2, 6> as Shape<4, 3>, the
/// last axis running fastest. Costs nothing.
///
/// Input       any shape of numbers with as many of them
/// Output      Shape<Dims...>
/// Errors      (compile time) the sizes differ; the input is tokens
/// Source      keras.layers.Reshape
template <std::size_t... Dims>
struct Reshape {
    static constexpr bool fits = ((Dims > 0) && ...);
    static void otherwise() { static_assert(fits, "Reshape<Dims...> takes numbers above 0."); }

    void config(auto const& out) const { out("target_shape", std::array{Dims...}); }

    template <class In>
    struct On : detail::Relabel<In, Shape<Dims...>> {
        static constexpr bool same_size = Shape<Dims...>::size == In::size;
        static constexpr bool fits = same_size && !In::integer;
        static void otherwise() {
            static_assert(!In::integer, "Reshape takes numbers, not tokens. Put Embedding first.");
            static_assert(In::integer || same_size, "Reshape<Dims...>: the product of Dims is not "
                                                    "the size of its input. Choose axes that "
                                                    "multiply to it.");
        }
    };
};

} // namespace lamina
