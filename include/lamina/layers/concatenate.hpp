// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace lamina {

/// Its inputs side by side along the last axis: join(a, b) | Concatenate{}.
///
/// Input       two or more nodes that differ in the last axis only
/// Output      the same with the last axes added
/// Errors      (compile time) the other axes differ
/// Source      keras.layers.Concatenate
struct Concatenate {
    template <class First, class... In>
    struct On {
        static constexpr std::size_t rows = First::rows, width = (First::last + ... + In::last);
        static constexpr bool same_rank = ((In::rank == First::rank) && ...);
        static constexpr bool fits = same_rank && ((In::rows == rows) && ...) && !First::integer;
        static void otherwise() {
            static_assert(fits, "Concatenate takes inputs that differ in the last axis only. Reshape or Flatten them first.");
        }
        using Output = std::conditional_t<First::rank == 1, Shape<width>, Shape<rows, width>>;
        static constexpr bool needs_x = false, needs_y = false, each_moment = true;

        /// copy(y's number, the part's number), part after part.
        static void walk(auto y, auto const& parts, auto copy) {
            std::size_t at = 0;
            auto const one = [&]<class T, class S>(View<T, S> part) {
                for (std::size_t r = 0; r < part.rows(); ++r)
                    for (std::size_t j = 0; j < S::last; ++j) copy(y[r * width + at + j], part[r * S::last + j]);
                at += S::last;
            };
            std::apply([&](auto... part) { (one(part), ...); }, parts);
        }
        static void forward(auto const& c) {
            walk(c.y, c.inputs(), [](auto& y, auto const& x) { y = x; });
        }
        static void backward(auto const& c) {
            walk(c.dy, c.dinputs(), [](auto const& dy, auto& dx) { dx = dy; });
        }
    };
};

} // namespace lamina
