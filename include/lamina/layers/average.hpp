// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/merge.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace lamina {

/// The mean of its inputs, number by number: join(a, b, c) | Average{}, what an ensemble ends in.
///
/// Input       two or more nodes of one shape
/// Output      that shape
/// Mask        as of Add
/// Errors      (compile time) the shapes differ (nothing is broadcast); there is one input only;
///             tokens
/// Source      keras.layers.Average
struct Average {
    template <class... In>
    struct On : detail::Merge<Average, In...> {
        using From = detail::Merge<Average, In...>;
        static constexpr bool fits = From::fits, needs_x = false;
        static void otherwise() {
            static_assert(fits, "Average takes inputs of one shape. Give them the same with Dense, "
                                "RepeatVector or Reshape.");
        }
        static void backward(auto const& c) { // each dx = dy / n
            auto const share = [](auto dy) {
                using V = decltype(dy);
                return dy * V(typename V::value_type(1.0 / sizeof...(In)));
            };
            for (std::size_t k = 0; k < sizeof...(In); ++k)
                if (c.call.needs_dx[k])
                    kernels::map(c.threads, c.dy.size(), c.call.dx[k], share, c.dy.data);
        }
    };

    template <class V>
    static V value(V first, auto... x) {
        return (first + ... + x) * V(typename V::value_type(1.0 / (1 + sizeof...(x))));
    }
};

} // namespace lamina
