// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/direct_gradients.hpp>
#include <lamina/kernels/window_tile.hpp>
#include <lamina/kernels/windows.hpp>
#include <lamina/kernels/winograd_products.hpp>
#include <lamina/kernels/winograd_transforms.hpp>

#include <algorithm>
#include <cstddef>

/// The gradient of a 3 x 3 kernel the way back through Winograd's products. What stands in
/// winograd_transforms.hpp is linear in g, and so
///
///     dg = G' (sum over all tiles of (B' d B) . (A dY A')) G,
///
/// where the 16 sums over tiles are matrix products of channels with filters: 16 numbers stand for
/// 36 here too.
namespace lamina::kernels::detail {

/// Tiles of one turn, and channels that a unit of work sums up over all tiles, for one panel of
/// filters: its sums, and the products of a turn, stay near.
inline constexpr std::size_t gradient_tiles = 48, gradient_channels = 64;
static_assert(gradient_tiles <= Pairs<float>::most);

/// Zeros, the products of x and of dy, the sums.
template <class T>
constexpr std::size_t winograd_gradient_scratch(DirectSize const& d) {
    std::size_t const channels = std::min(d.channels, gradient_channels), wide = panel_width<T>();
    return whole_lines(std::max(d.channels, wide)) +
           winograd_products *
               (products_apart(gradient_tiles, whole_lines(channels)) +
                products_apart(gradient_tiles, wide) + products_apart(whole_lines(channels), wide));
}

/// m[16, gradient_tiles, panel_width] = A dY A' of some columns of the tiles [first, first +
/// count), see strip_place.
template <class T>
[[gnu::noinline]] void transform_gradients(DirectSize const& d, std::size_t first,
                                           std::size_t count, T const* dy, std::size_t columns,
                                           T const* zeros, T* m) {
    using V = Batch<T>;
    constexpr std::size_t wide = panel_width<T>(), matrix = products_apart(gradient_tiles, wide);
    Windows const& w = d.windows;
    WinogradTiles const tiles(w);
    for (std::size_t i = 0; i < count; ++i) {
        auto const [image, row, column] = tiles.place(first + i);
        T const* from[2][2];
        for (std::size_t r = 0; r < 2; ++r)
            for (std::size_t s = 0; s < 2; ++s)
                from[r][s] =
                    row + r < w.out_height && column + s < w.out_width
                        ? dy + ((image * w.out_height + row + r) * w.out_width + column + s) *
                                   d.filters
                        : zeros;
        for (std::size_t f = 0; f < columns; f += V::size) {
            std::size_t const n = std::min(V::size, columns - f);
            transform_both<SpreadGradients, V>(
                [&](std::size_t r, std::size_t s) {
                    return n == V::size ? load<V>(from[r][s] + f) : load<V>(from[r][s] + f, n);
                },
                [&](std::size_t r, std::size_t s, V const& product) {
                    kernels::store(m + strip_place<T>(gradient_tiles, i, f) + (4 * r + s) * matrix,
                                   product);
                });
        }
    }
}

/// dkernel += G' u G, for some channels and columns; u is [16, channels, panel_width].
template <class T>
[[gnu::noinline]] void add_gradients(DirectSize const& d, std::size_t channels, std::size_t columns,
                                     T const* u, T* dkernel) {
    using V = Batch<T>;
    constexpr std::size_t wide = panel_width<T>();
    std::size_t const matrix = products_apart(whole_lines(channels), wide);
    for (std::size_t c = 0; c < channels; ++c, u += wide, dkernel += d.filters)
        for (std::size_t f = 0; f < columns; f += V::size) {
            std::size_t const n = std::min(V::size, columns - f);
            transform_both<GatherKernel, V>(
                [&](std::size_t r, std::size_t s) { return load<V>(u + (4 * r + s) * matrix + f); },
                [&](std::size_t r, std::size_t s, V const& g) {
                    T* const to = dkernel + (3 * r + s) * d.channels * d.filters + f;
                    if (n == V::size) kernels::store(to, load<V>(to) + g);
                    else kernels::store(to, load<V>(to, n) + g, n);
                });
        }
}

/// The shares of `channels` from one on and of the panel of filters from f on, over all tiles.
template <class T>
[[gnu::noinline]] void add_panel_gradients(DirectSize const& d, std::size_t tiles,
                                           std::size_t channel, std::size_t channels, std::size_t f,
                                           T const* x, T const* dy, T* dkernel, T* dbias,
                                           T* scratch) {
    constexpr std::size_t wide = panel_width<T>(), tile = tile_width<T>();
    std::size_t const columns = std::min(wide, d.filters - f), lines = whole_lines(channels),
                      nothing = std::max(d.channels, wide),
                      v_apart = products_apart(gradient_tiles, lines),
                      m_apart = products_apart(gradient_tiles, wide),
                      u_apart = products_apart(lines, wide);
    T *const zeros = scratch, *const v = zeros + whole_lines(nothing),
             *const m = v + winograd_products * v_apart, *const u = m + winograd_products * m_apart;
    std::fill_n(zeros, nothing, T{0});
    std::fill_n(u, winograd_products * u_apart, T{0});
    Pairs<T> pairs;
    for (std::size_t first = 0; first < tiles; first += gradient_tiles) {
        std::size_t const count = std::min(gradient_tiles, tiles - first);
        transform_tiles(d, first, count, channel, channels, gradient_tiles, lines, x, zeros, v);
        transform_gradients(d, first, count, dy + f, columns, zeros, m);
        for (std::size_t k = 0; k < winograd_products; ++k) {
            T const *const of_x = v + k * v_apart, *const of_dy = m + k * m_apart;
            pairs.count = count;
            for (std::size_t i = 0; i < count + Pairs<T>::ahead; ++i) pairs.x[i] = of_x + i * lines;
            for (std::size_t j = 0; j < columns; j += tile) {
                T const* const strip = of_dy + j * gradient_tiles;
                for (std::size_t i = 0; i < count; ++i) pairs.dy[i] = strip + i * tile;
                add_strip(pairs, lines, channels, std::min(tile, columns - j), u + k * u_apart + j,
                          wide);
            }
            if (dbias && channel == 0 && k == 5) // that product is the sum of a tile's gradients
                for (std::size_t j = 0; j < columns; j += tile) {
                    all_ones(count, of_dy + j * gradient_tiles, tile, pairs);
                    add_pairs(pairs, 0, 1, std::min(tile, columns - j), dbias + f + j, 0);
                }
        }
    }
    add_gradients(d, channels, columns, u, dkernel + channel * d.filters + f);
}

/// dkernel[9, channels, filters] += the sum over all windows of (what the window sees)' dy, dbias
/// += the sums of dy, as add_kernel_gradients.
template <class T>
void add_gradients_by_winograd(DirectSize const& d, std::size_t batch, T const* x, T const* dy,
                               T* dkernel, T* dbias, T* scratch, std::size_t apart,
                               Threads* threads) {
    std::size_t const tiles = batch * WinogradTiles(d.windows).count();
    if (tiles * d.channels * d.filters < 100000) threads = nullptr;
    // every thread adds up some numbers of the kernel over all tiles
    std::size_t const workers = workers_of(threads), across = panels<T>(d.filters),
                      least = (d.channels + gradient_channels - 1) / gradient_channels,
                      parts = std::max(least, (workers + across - 1) / across),
                      part = std::min(whole_lines((d.channels + parts - 1) / parts),
                                      gradient_channels),
                      of_panel = (d.channels + part - 1) / part;
    parallel_for(threads, across * of_panel, 1,
                 [&](std::size_t unit, std::size_t, std::size_t worker) {
                     std::size_t const channel = unit % of_panel * part;
                     add_panel_gradients(d, tiles, channel, std::min(part, d.channels - channel),
                                         unit / of_panel * panel_width<T>(), x, dy, dkernel, dbias,
                                         scratch + worker * apart);
                 });
}

} // namespace lamina::kernels::detail
