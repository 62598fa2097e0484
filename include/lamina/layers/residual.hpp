// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/sequential.hpp>
#include <lamina/layers/add.hpp>

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
    constexpr auto operator()(AnyNode auto x) const { return x + (x | block); }
};
template <class... L>
Residual(L...) -> Residual<L...>;

} // namespace lamina
