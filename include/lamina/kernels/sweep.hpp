// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>
#include <utility>

namespace lamina::kernels {

namespace detail {

template <class T, class F, std::size_t... S>
void sweep_piece(std::size_t n, T* __restrict w, T const* __restrict g,
                 [[maybe_unused]] T* __restrict slot0, [[maybe_unused]] std::size_t stride, T scale,
                 F const& f, std::index_sequence<S...>) {
    using V = Batch<T>;
    V const times(scale);
    std::size_t const rest = n % lanes<T>, whole = n - rest;
    if (rest != 0) { // first, so that it does not wait for the others
        V value = load<V>(w + whole, rest);
        V slot[sizeof...(S) + 1]{load<V>(slot0 + S * stride + whole, rest)..., V(T{0})};
        f(value, load<V>(g + whole, rest) * times, slot[S]...);
        kernels::store(w + whole, value, rest);
        (kernels::store(slot0 + S * stride + whole, slot[S], rest), ...);
    }
    for (std::size_t i = 0; i < whole; i += lanes<T>) {
        V value = load<V>(w + i);
        V slot[sizeof...(S) + 1]{load<V>(slot0 + S * stride + i)..., V(T{0})};
        f(value, load<V>(g + i) * times, slot[S]...);
        kernels::store(w + i, value);
        (kernels::store(slot0 + S * stride + i, slot[S]), ...);
    }
}

} // namespace detail

/// One step of an optimizer over n weights: f(V& w, V g, V& s0, ..., V& s(slots-1)) once for each
/// batch of them, V = Batch<T>. g is multiplied by `scale` on the way; slot k of weight i is
/// slot0[k * stride + i]. w, g and the slots do not overlap; nothing beyond n numbers of each is
/// touched. f may see zeros behind the last weight. Every number is computed alike wherever it
/// stands, so the bits depend neither on the threads nor on the pieces.
template <std::size_t slots, class T, class F, PoolOrNone P>
void sweep(std::size_t n, T* w, T const* g, T* slot0, std::size_t stride, T scale, F const& f,
           P threads) {
    constexpr std::size_t piece = 16384;
    if (n <= piece || threads == nullptr)
        return detail::sweep_piece(n, w, g, slot0, stride, scale, f,
                                   std::make_index_sequence<slots>{});
    parallel_for(threads, n, piece, [&](std::size_t begin, std::size_t end, std::size_t) {
        detail::sweep_piece(end - begin, w + begin, g + begin, slot0 + begin, stride, scale, f,
                            std::make_index_sequence<slots>{});
    });
}

} // namespace lamina::kernels
