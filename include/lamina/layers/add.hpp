// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace lamina {

/// The sum of its inputs, number by number: join(a, b) | Add{}, or a + b.
///
/// Input       two or more nodes of one shape
/// Output      that shape
/// Errors      (compile time) the shapes differ
/// Source      keras.layers.Add
struct Add {
    template <class First, class... In>
    struct On {
        static constexpr bool fits = sizeof...(In) > 0 && (std::is_same_v<First, In> && ...) && !First::integer;
        static void otherwise() {
            static_assert(fits, "Add takes inputs of one shape. In a Residual the block must give back its input's shape.");
        }
        using Output = First;
        static constexpr bool needs_x = false, needs_y = false, each_moment = true;
        static constexpr std::size_t flops = First::size * sizeof...(In);

        static void forward(auto const& c) {
            std::apply([&](auto first, auto... more) {
                for (std::size_t i = 0; i < first.size(); ++i) c.y[i] = (first[i] + ... + more[i]);
            }, c.inputs());
        }
        static void backward(auto const& c) {
            std::apply([&](auto... dx) {
                for (std::size_t i = 0; i < c.dy.size(); ++i) ((dx[i] = c.dy[i]), ...);
            }, c.dinputs());
        }
    };
};

/// a + b: the sum of two nodes.
template <AnyNode A, AnyNode B>
constexpr auto operator+(A a, B b) { return join(a, b) | Add{}; }

} // namespace lamina
