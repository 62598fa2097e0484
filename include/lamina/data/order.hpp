// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/random.hpp>
#include <lamina/core/span.hpp>

#include <cstddef>
#include <utility>

namespace lamina::detail {

/// Fisher and Yates' shuffle: every order is as likely as any other, and the same on every machine.
inline void shuffle(Span<std::size_t> values, Random random) {
    for (std::size_t i = values.size(); i > 1; --i) {
        std::swap(values[i - 1], values[random.below(i, i)]);
    }
}

} // namespace lamina::detail
