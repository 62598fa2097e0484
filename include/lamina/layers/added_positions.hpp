// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>

#include <cstddef>

namespace lamina::detail {

/// What layers that add a vector to each moment of a sequence have in common; `table` has the
/// vectors, as In lies.
template <class In>
struct AddedPositions {
    static constexpr bool fits = is_sequence<In>;
    static void otherwise() {
        static_assert(fits, "A position is added to a sequence of vectors. Put Embedding or "
                            "Reshape<Time, Features> before it.");
    }
    using Output = In;
    static constexpr bool needs_x = false, needs_y = false, in_place = true;
    static constexpr std::size_t flops = In::size;

    static void add(auto const& c, auto const* table) { // y = x + table
        parallel_for(c.threads, c.batch, 16384 / In::size + 1,
                     [&](std::size_t begin, std::size_t end, std::size_t) {
                         for (std::size_t n = begin; n < end; ++n)
                             kernels::map(In::size, c.y.sample(n), sum, c.x.sample(n), table);
                     });
    }
    /// The same of one moment, whose vector this is.
    static void add_moment(auto const& c, auto const* vector) {
        for (std::size_t n = 0; n < c.batch; ++n)
            kernels::map(In::last, c.y.sample(n), sum, c.x.sample(n), vector);
    }

protected:
    static constexpr auto sum = [](auto a, auto b) { return a + b; };
};

} // namespace lamina::detail
