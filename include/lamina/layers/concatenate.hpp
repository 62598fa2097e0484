// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/graph/node.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace lamina {

namespace detail {

/// S with another last axis.
template <class S, std::size_t Last>
constexpr auto with_last() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return Shape<(I + 1 == S::rank ? Last : S::dims[I])...>{};
    }
    (std::make_index_sequence<S::rank>{});
}

} // namespace detail

/// Its inputs side by side along the last axis: join(a, b) | Concatenate{}.
///
/// Input       two or more nodes that differ in the last axis only
/// Output      the same with the last axes added
/// Mask        as of Add
/// Errors      (compile time) the other axes differ; there is one input only; tokens
/// Source      keras.layers.Concatenate
struct Concatenate {
    void config(auto const& out) const { out("axis", -1); }

    template <class First, class... In>
    struct On {
        static constexpr std::size_t width = (First::last + ... + In::last);
        using Output = decltype(detail::with_last<First, width>());
        template <class S>
        static constexpr bool like_first = !S::integer && [] {
            if (S::rank != First::rank) return false;
            for (std::size_t i = 0; i + 1 < S::rank; ++i)
                if (S::dims[i] != First::dims[i]) return false;
            return true;
        }();
        static constexpr bool fits =
            sizeof...(In) > 0 && !First::integer && (like_first<In> && ...);
        static void otherwise() {
            static_assert(fits, "Concatenate takes inputs that differ in the last axis only. "
                                "Reshape or Flatten them first.");
        }
        static constexpr bool needs_x = false, needs_y = false, each_moment = true;

        static void forward(auto const& c) { // y = [x0 x1 ...], row by row
            detail::spread(c.inputs(), [&](auto... x) {
                std::size_t at = 0;
                auto const put = [&]<class T, class S>(View<T, S> part) {
                    for (std::size_t r = 0; r < part.rows(); ++r)
                        std::copy_n(part.data + r * S::last, S::last, c.y.data + r * width + at);
                    at += S::last;
                };
                (put(x), ...);
            });
        }
        static void backward(auto const& c) { // [dx0 dx1 ...] = dy
            detail::spread(c.dinputs(), [&](auto... dx) {
                std::size_t at = 0;
                auto const take = [&]<class T, class S>(View<T, S> part) {
                    for (std::size_t r = 0; r < part.rows(); ++r)
                        std::copy_n(c.dy.data + r * width + at, S::last, part.data + r * S::last);
                    at += S::last;
                };
                (take(dx), ...);
            });
        }
    };
};

} // namespace lamina
