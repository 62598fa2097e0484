// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/global_pooling.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina::detail {

/// What the poolings over all moments, or all pixels, have in common: vectors in, one vector out.
template <class In>
struct GlobalPooling {
    using Output = Shape<In::last>;
    static constexpr std::size_t time = In::rows, f = In::last, flops = In::size;
    static constexpr bool needs_x = false, needs_y = false;
};

template <class In>
struct GlobalAverage : GlobalPooling<In> {
    static void forward(auto const& c) {
        kernels::average_over_time(c.threads, c.batch, In::rows, In::last, c.x.data, c.mask,
                                   c.y.data);
    }
    static void backward(auto const& c) {
        kernels::average_over_time_dx(c.threads, c.batch, In::rows, In::last, c.dy.data, c.mask,
                                      c.dx.data);
    }
};

template <class In>
struct GlobalMax : GlobalPooling<In> {
    static constexpr std::size_t cache = In::last; // where the largest was
    static void forward(auto const& c) {
        kernels::max_over_time(c.threads, c.batch, In::rows, In::last, c.x.data, c.mask, c.y.data,
                               c.cache);
    }
    static void backward(auto const& c) {
        kernels::max_over_time_dx(c.threads, c.batch, In::rows, In::last, c.dy.data, c.cache,
                                  c.dx.data);
    }
};

} // namespace lamina::detail
