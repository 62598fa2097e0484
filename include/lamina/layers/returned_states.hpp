// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/refused.hpp>
#include <lamina/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

/// What recurrent layers with ReturnState consist of: a layer that gives its states beside its
/// output, and the slices of that.
namespace lamina {

/// The layer gives its last state too: `auto [y, h, c] = x | LSTM<64, ReturnState>{};`, as Keras'
/// return_state=True.
struct ReturnState {};

namespace detail {

/// Features [From, From + Count) of each moment, or of the last.
template <std::size_t From, std::size_t Count, bool Last>
struct Slice {
    template <class In>
    struct On {
        static constexpr std::size_t first = Last ? In::rows - 1 : 0, rows = In::rows - first;
        using Output =
            std::conditional_t<Last || In::rank == 1, Shape<Count>, Shape<In::rows, Count>>;
        static constexpr bool needs_x = false, needs_y = false, each_moment = !Last;

        static void forward(auto const& c) {
            for (std::size_t n = 0; n < c.batch; ++n)
                for (std::size_t r = 0; r < rows; ++r)
                    std::copy_n(c.x.sample(n) + (first + r) * In::last + From, Count,
                                c.y.sample(n) + r * Count);
        }
        static void backward(auto const& c) {
            std::fill_n(c.dx.data, c.dx.size(), 0);
            for (std::size_t n = 0; n < c.batch; ++n)
                for (std::size_t r = 0; r < rows; ++r)
                    std::copy_n(c.dy.sample(n) + r * Count, Count,
                                c.dx.sample(n) + (first + r) * In::last + From);
        }
        struct Step : Slice<From, Count, false>::template On<Moment<In>> {
            using Output = Moment<typename On::Output>; // of the last: the last so far
            static constexpr bool endless = true;
        };
    };
};

/// What a layer with ReturnState gives: auto [y, h] = x | GRU<64, ReturnState>{};
template <class Y, class H>
struct Returned {
    Y y;
    H h;
};
template <class Y, class H>
Returned(Y, H) -> Returned<Y, H>;
/// ... and LSTM: auto [y, h, c] = x | LSTM<64, ReturnState>{};
template <class Y, class H, class C>
struct ReturnedWithCell {
    Y y;
    H h;
    C c;
};
template <class Y, class H, class C>
ReturnedWithCell(Y, H, C) -> ReturnedWithCell<Y, H, C>;

/// What is several nodes has no layer behind it; what was refused before has said so.
template <class Y, class L>
constexpr Refused take_apart(L const&) {
    static_assert(std::is_same_v<Y, Refused>,
                  "With ReturnState a layer gives several nodes. Take them apart: auto [y, h, c] = "
                  "x | LSTM<64, ReturnState>{};");
    return {};
}
template <class Y, class H, class L>
constexpr Refused operator|(Returned<Y, H>, L const& layer) {
    return take_apart<Y>(layer);
}
template <class Y, class H, class C, class L>
constexpr Refused operator|(ReturnedWithCell<Y, H, C>, L const& layer) {
    return take_apart<Y>(layer);
}

/// Which options the layer takes that a layer with ReturnState is made of: all but that.
template <class O>
using IsNotReturnState = std::bool_constant<!std::is_same_v<O, ReturnState>>;

} // namespace detail

} // namespace lamina
