// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/some_lanes.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

/// Products with a small matrix of few columns: several of its rows fill one register.
namespace lamina::kernels::detail {

/// How K x N is read, N numbers of a row and those of the next `together` - 1 at once: number k of
/// the sum meets row k, in lanes (k % together) N and behind.
template <class T, std::size_t K, std::size_t N>
struct FewColumns {
    static constexpr std::size_t together = std::bit_floor(std::max<std::size_t>(lanes<T> / N, 1));
    static constexpr bool fit = N > 1 && together > 1 && K > together;
    static constexpr std::size_t steps = (K + together - 1) / together,
                                 of_batch = lanes<T> / together; // steps, of a batch of x
    static constexpr std::size_t most = steps >= 8   ? 4
                                        : steps >= 2 ? 2
                                                     : 1,
                                 parts = std::min(most, of_batch);
    static constexpr std::size_t whole = K / lanes<T>; // batches of x
    /// Of these so many that each load of a whole batch of the matrix ends within it.
    static constexpr std::size_t inside = [] {
        auto const end = [](std::size_t n) { return (n * lanes<T> - together) * N + lanes<T>; };
        std::size_t n = whole;
        while (n > 0 && end(n) > K * N) --n;
        return n;
    }();
};

/// Number from + l / N of x for lane l.
template <std::size_t From, std::size_t N, class V, std::size_t... L>
LAMINA_ALWAYS_INLINE inline V spread(V const& x, std::index_sequence<L...>) {
    return shuffle<int((From + L / N) % V::size)...>(x, x);
}
/// v, and the rows in the lanes behind it added to it: the sums are in the first N.
template <std::size_t Rows, std::size_t N, class V, std::size_t... L>
LAMINA_ALWAYS_INLINE inline V folded(V const& v, std::index_sequence<L...> all) {
    if constexpr (Rows == 1) return v;
    else return folded<Rows / 2, N>(v + shuffle<int((L + Rows / 2 * N) % V::size)...>(v, v), all);
}

/// store(x[r, K] b[K, N] + bias) for each row.
template <std::size_t K, std::size_t N, class T, class Store>
LAMINA_ALWAYS_INLINE inline void narrow_product(std::size_t rows, T const* __restrict x,
                                                T const* __restrict b, T const* __restrict bias,
                                                Store const& store) {
    using V = Batch<T>;
    using Way = FewColumns<T, K, N>;
    constexpr std::make_index_sequence<V::size> all{};
    V const first = bias ? load_lanes<N, V>(bias) : V(T{0});
    for (std::size_t r = 0; r < rows; ++r, x += K) {
        V sum[Way::parts];
        sum[0] = first;
        LAMINA_UNROLL
        for (std::size_t s = 1; s < Way::parts; ++s) sum[s] = V(T{0});
        auto const meet = [&]<std::size_t... S>(V const& v, T const* from, auto read,
                                                std::index_sequence<S...>) LAMINA_ALWAYS_INLINE {
            ((sum[S % Way::parts] =
                  fma(spread<S * Way::together, N>(v, all), read(from + S * Way::together * N, S),
                      sum[S % Way::parts])),
             ...);
        };
        for (std::size_t i = 0; i < Way::inside; ++i)
            meet(
                load<V>(x + i * V::size), b + i * V::size * N,
                [](T const* p, std::size_t) { return load<V>(p); },
                std::make_index_sequence<Way::of_batch>{});
        auto const end =
            [&]<std::size_t I>(std::integral_constant<std::size_t, I>) LAMINA_ALWAYS_INLINE {
                constexpr std::size_t at = I * V::size, count = std::min(K - at, V::size);
                meet(
                    load_parts<count, V>(x + at), b + at * N,
                    [&](T const* p, std::size_t s) LAMINA_ALWAYS_INLINE {
                        std::size_t const row = at + s * Way::together;
                        return load<V>(p, std::min((K - row) * N, V::size));
                    },
                    std::make_index_sequence<(count + Way::together - 1) / Way::together>{});
            };
        if constexpr (Way::inside < Way::whole)
            end(std::integral_constant<std::size_t, Way::inside>{});
        if constexpr (Way::inside + 1 < Way::whole)
            end(std::integral_constant<std::size_t, Way::inside + 1>{});
        if constexpr (K % V::size != 0) end(std::integral_constant<std::size_t, Way::whole>{});
        static_assert(Way::inside + 2 >= Way::whole);
        V v = sum[0];
        if constexpr (Way::parts == 2) v += sum[1];
        if constexpr (Way::parts == 4) v = (v + sum[1]) + (sum[2] + sum[3]);
        store.template operator()<N>(folded<Way::together, N>(v, all), r, 0);
    }
}

} // namespace lamina::kernels::detail
