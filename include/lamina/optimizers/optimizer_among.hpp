// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/optimizers/sgd.hpp>

/// For what wraps an optimizer and was given something else.
namespace lamina::detail {

template <class O>
inline constexpr bool is_optimizer = requires {
    O::slots;
};

/// An optimizer among these, so that one mistake is one error.
template <class First, class... More>
constexpr auto optimizer_among(First const& first, More const&... more) {
    if constexpr (is_optimizer<First>) return first;
    else if constexpr (sizeof...(More) > 0) return optimizer_among(more...);
    else return SGD{};
}

} // namespace lamina::detail
