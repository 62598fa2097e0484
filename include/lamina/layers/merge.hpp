// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/layers/broadcast.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace lamina::detail {

/// A layer M that makes one number of the numbers that stand in one place of its inputs, bound on
/// their shapes: M::value(x...) is it, for a batch of numbers, and M::slope<K>(dy, x...) the
/// gradient of the K-th.
template <class M, class First, class... In>
struct Merge {
    static constexpr bool fits = sizeof...(In) > 0 && (std::is_same_v<First, In> && ...) &&
                                 !First::integer;
    using Output = First;
    static constexpr bool needs_y = false, each_moment = true;
    static constexpr std::size_t flops = First::size * sizeof...(In);

    static void forward(auto const& c) {
        auto const value = [](auto... x) { return M::value(x...); };
        spread(c.inputs(), [&](auto... x) {
            if (c.one && kernels::is_few<First::size>)
                kernels::map(kernels::few<First::size>, c.y.data, value, x.data...);
            else kernels::map(c.threads, c.y.size(), c.y.data, value, x.data...);
        });
    }
    static void backward(auto const& c) {
        auto const one = [&]<std::size_t K>(std::integral_constant<std::size_t, K>, auto... x) {
            auto const slope = [](auto dy, auto... of) { return M::template slope<K>(dy, of...); };
            if (c.call.needs_dx[K])
                kernels::map(c.threads, c.dy.size(), c.call.dx[K], slope, c.dy.data, x.data...);
        };
        spread(c.inputs(), [&](auto... x) {
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (one(std::integral_constant<std::size_t, K>{}, x...), ...);
            }
            (std::make_index_sequence<1 + sizeof...(In)>{});
        });
    }
};

/// ... or, of two shapes, one that counts for all of the other.
template <class M, class... In>
constexpr auto merged() {
    if constexpr (broadcasts<In...>) return std::type_identity<BroadcastMerge<M, true, In...>>{};
    else return std::type_identity<Merge<M, In...>>{};
}
template <class M, class... In>
using Merged = typename decltype(merged<M, In...>())::type;

/// What Maximum and Minimum do: the first of the largest or smallest numbers has the gradient.
template <bool Largest>
struct Extreme {
    template <class V>
    static V value(V first, auto... x) {
        if constexpr (Largest) ((first = kernels::max(first, x)), ...);
        else ((first = kernels::min(first, x)), ...);
        return first;
    }
    template <std::size_t K, class V>
    static V slope(V dy, auto... x) {
        V const all[]{x...}, zero(typename V::value_type{0});
        V out = dy;
        for (std::size_t i = 0; i < sizeof...(x); ++i) {
            if (i < K) out = select(beats(all[K], all[i]), out, zero);
            if (i > K) out = select(beats(all[i], all[K]), zero, out);
        }
        return out;
    }

private:
    static auto beats(auto a, auto b) {
        if constexpr (Largest) return a > b;
        else return a < b;
    }
};

} // namespace lamina::detail
