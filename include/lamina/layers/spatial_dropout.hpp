// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/random.hpp>
#include <lamina/graph/node.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina::detail {

/// One draw for each feature of a sample, the same at all its moments or pixels.
template <class In>
struct SpatialDropout {
    using Output = In;
    static constexpr std::size_t f = In::last, time = In::rows, flops = In::size;
    static constexpr bool needs_x = false, needs_y = false, in_place = true;

    static void forward(auto const& c) { apply(c, c.x.data, c.y.data); }
    static void backward(auto const& c) { apply(c, c.dy.data, c.dx.data); }

private:
    template <class C, class T>
    static void apply(C const& c, T const* from, std::remove_const_t<T>* to) {
        double const rate = c.training ? double(c.layer.rate) : 0.0;
        if (!(rate > 0)) {
            if (from != to) std::copy_n(from, c.y.size(), to);
            return;
        }
        using Number = std::remove_const_t<T>;
        Random const random = c.random();
        auto const scale = rate < 1 ? Number(1 / (1 - rate)) : Number(0);
        for (std::size_t n = 0; n < c.batch; ++n)
            for (std::size_t j = 0; j < f; ++j) {
                bool const keep = double(random.uniform(n * f + j)) >= rate;
                for (std::size_t t = 0; t < time; ++t) {
                    std::size_t const i = (n * time + t) * f + j;
                    to[i] = keep ? from[i] * scale : Number(0);
                }
            }
    }
};

} // namespace lamina::detail
