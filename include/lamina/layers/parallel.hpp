// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/sequential.hpp>
#include <lamina/layers/concatenate.hpp>

#include <cstddef>
#include <utility>

namespace lamina {

/// Branches on the same input, their outputs side by side:
/// Parallel{Dense<8>{}, Sequential{Dense<4>{}, Tanh{}}} gives 12 features.
///
/// Input       what every branch takes
/// Output      the branches' outputs, their last axes added
/// Errors      (compile time) the outputs differ in another axis; there is one branch only
/// Source      the "inception" of Szegedy et al. (2015), "Going deeper with convolutions"
template <class... L>
struct Parallel {
    static_assert(sizeof...(L) > 1, "Parallel takes two branches or more.");
    detail::LeavesOf<L...> branches;
    constexpr Parallel() = default;
    constexpr Parallel(L... l) : branches{{l}...} {}
    constexpr auto operator()(AnyNode auto x) const {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return join((x | detail::leaf<I>(branches))...) | Concatenate{};
        }
        (std::index_sequence_for<L...>{});
    }
};
template <class... L>
Parallel(L...) -> Parallel<L...>;

} // namespace lamina
