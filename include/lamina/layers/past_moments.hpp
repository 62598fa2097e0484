// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina::detail {

/// What a causal window sees of the past where it goes moment by moment: the last Count moments of
/// each sample, in a ring in the row's memory.
template <std::size_t Count, std::size_t Features>
struct PastMoments {
    static constexpr std::size_t size = Count * Features; // numbers of memory for each sample

    /// The features of sample n so many moments ago, 0 being now; null: before the first one.
    static auto const* moment(auto const& c, std::size_t n, std::size_t back) {
        using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
        if (back > c.position) return static_cast<T const*>(nullptr);
        if (Count == 0 || back == 0) return static_cast<T const*>(c.x.data + n * Features);
        return static_cast<T const*>(c.memory + n * size + place(c.position - back));
    }
    /// Puts the moment that is now where the oldest one was.
    static void keep(auto const& c, std::size_t n) {
        if constexpr (Count > 0)
            std::copy_n(c.x.data + n * Features, Features, c.memory + n * size + place(c.position));
    }

private:
    static std::size_t place(std::size_t position) {
        return position % (Count + !Count) * Features;
    }
};

} // namespace lamina::detail
