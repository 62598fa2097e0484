// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_small.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>

/// A convolution's one moment: what its taps see lies in several places.
namespace lamina::kernels {

namespace detail {

template <std::size_t Taps, std::size_t K, std::size_t N, std::size_t C, std::size_t Last, class T,
          class Store>
LAMINA_ALWAYS_INLINE inline void tap_columns(T const* const (&x)[Taps], T const* w, T const* bias,
                                             Store const& store) {
    constexpr std::size_t S = SmallCut<T, Taps * K, N, true>::parts;
    Batch<T> sum[S][1][C];
    begin_tile<Last>(sum, bias);
    for (std::size_t t = 0; t < Taps; ++t, w += K * N)
        if (x[t]) multiply_add_rows<1, C, S, Last, K, N, K, 1>(sum, x[t], w);
    end_tile<Last>(sum, store);
}

} // namespace detail

/// y[N] = e.value(b + sum over the taps t of x[t][K] w[t, K, N]); b may be null, and x[t], which
/// are then zeros.
template <std::size_t Taps, std::size_t K, std::size_t N, class T, class Epilogue>
LAMINA_ALWAYS_INLINE inline void sum_taps(T const* const (&x)[Taps], T const* w, T const* b, T* y,
                                          Epilogue const& e) {
    using Cut = detail::SmallCut<T, Taps * K, N, true>;
    constexpr std::size_t step = Cut::columns * lanes<T>, last = Cut::whole_blocks * step;
    detail::StoreValue<T, N, Epilogue> const store{y, e};
    for (std::size_t j = 0; j < last; j += step)
        detail::tap_columns<Taps, K, N, Cut::columns, lanes<T>>(x, w + j, b ? b + j : b,
                                                                store.at(0, j));
    if constexpr (!Cut::even)
        detail::tap_columns<Taps, K, N, Cut::last_columns, Cut::last_lanes>(
            x, w + last, b ? b + last : b, store.at(0, last));
}

} // namespace lamina::kernels
