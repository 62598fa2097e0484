// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/sequential.hpp>
#include <lamina/layers/add.hpp>

#include <type_traits>

namespace lamina {

/// x + block(x): Residual{Dense<64>{}, ReLU{}}. The block gives back its input's shape.
///
/// Input       what the block takes
/// Output      that shape
/// Errors      (compile time) the block gives another shape
/// Source      He, Zhang, Ren and Sun (2016), "Deep residual learning for image recognition"
template <class... L>
struct Residual {
    Sequential<L...> block;
    constexpr Residual() = default;
    constexpr Residual(L... l) requires(sizeof...(L) > 0) : block{l...} {}
    template <AnyNode N>
    constexpr auto operator()(N x) const {
        auto const y = x | block;
        if constexpr (AnyNode<std::remove_const_t<decltype(y)>>) {
            constexpr bool same = std::is_same_v<typename decltype(y)::Output, typename N::Output>;
            static_assert(same, "Residual: its block must give back its input's shape. End it with "
                                "as many features.");
            if constexpr (same) return x + y;
            else return Refused{};
        } else return x + y;
    }
};
template <class... L>
Residual(L...) -> Residual<L...>;

} // namespace lamina
