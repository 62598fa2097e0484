// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/window_tile.hpp>
#include <lamina/kernels/windows.hpp>
#include <lamina/kernels/winograd_products.hpp>
#include <lamina/kernels/winograd_transforms.hpp>

#include <algorithm>
#include <cstddef>

/// Convolution by Winograd's products: see winograd_transforms.hpp. Summed over the channels, they
/// are matrix products.
namespace lamina::kernels::detail {

/// Whether it is the better way, if there are tiles enough.
constexpr bool goes_by_winograd(DirectSize const& d) {
    Windows const& w = d.windows;
    constexpr std::size_t least = std::max<std::size_t>(16, lanes<float> + 8);
    return w.kernel_height == 3 && w.kernel_width == 3 && w.stride_y == 1 && w.stride_x == 1 &&
           w.dilation_y == 1 && w.dilation_x == 1 && d.groups == 1 && d.channels >= least &&
           d.filters >= least && d.channels * d.filters >= 512 &&
           20 * WinogradTiles(w).count() <= 7 * w.out_pixels();
}
/// Turning the kernel into its products must pay: that waits for memory, and what it saves is
/// multiplied by as many lanes as a batch has. What was turned before is read from memory alone.
constexpr bool winograd_pays(DirectSize const& d, std::size_t batch, bool prepared = false) {
    return batch * WinogradTiles(d.windows).count() >= (prepared ? 1 : 4) * lanes<float>;
}

/// Tiles of one piece of work: their products stay near.
inline constexpr std::size_t winograd_piece = 48;

/// Numbers of the kernel's products: panel after panel, of each the 16 matrices one after another.
template <class T>
constexpr std::size_t winograd_kernel(DirectSize const& d) {
    return panels<T>(d.filters) * winograd_products * d.channels * panel_width<T>();
}
/// Zeros outside of the image, the products of a piece of x, and of one panel of y.
template <class T>
constexpr std::size_t winograd_scratch(DirectSize const& d) {
    return whole_lines(d.channels) +
           winograd_products * (products_apart(winograd_piece, d.channels) +
                                products_apart(winograd_piece, panel_width<T>()));
}

/// Finishes columns of the pixels of the tiles [first, first + count), row by row.
template <class T, class FinishAt>
void finish_tiles(DirectSize const& d, std::size_t first, std::size_t count, std::size_t column,
                  std::size_t columns, T* y, FinishAt const& finish_at) {
    Windows const& w = d.windows;
    WinogradTiles const tiles(w);
    for (std::size_t end = first + count, next; first < end; first = next) {
        auto const [image, row, x] = tiles.place(first);
        next = std::min(end, first + tiles.across - x / 2);
        std::size_t const pixels = std::min(w.out_width, x + 2 * (next - first)) - x;
        for (std::size_t r = row; r < std::min(row + 2, w.out_height); ++r) {
            std::size_t const at =
                ((image * w.out_height + r) * w.out_width + x) * d.filters + column;
            auto const with = finish_at(at, d.filters);
            Finish<T> const finish = with.finish();
            if (!finish.apply) return;
            finish.apply(finish.context, y + at, d.filters, 0, 0, pixels, columns);
        }
    }
}

/// y[batch, out pixels, filters] = finish(x * kernel + bias), as convolve_directly.
/// transform(first, end, to, threads) makes the products of some of the kernel's filters, whole
/// panels, at the end of a worker's scratch; it says where they are.
template <class T, class Transform, class FinishAt>
void convolve_by_winograd(DirectSize const& d, std::size_t batch, T const* x,
                          Transform const& transform, T const* bias, T* y,
                          FinishAt const& finish_at, T* scratch, std::size_t apart,
                          Threads* threads) {
    constexpr std::size_t wide = panel_width<T>(), tile = tile_width<T>(), rows = Sights<T>::rows;
    std::size_t const tiles = batch * WinogradTiles(d.windows).count(), most = winograd_piece,
                      groups = (tiles + rows - 1) / rows, // of tiles that are multiplied together
        pieces =
            [&] { // few of them are as many for each of two threads
                std::size_t const n = (tiles + most - 1) / most;
                return n < 8 ? n + n % 2 : n;
            }(),
                      piece = (groups + pieces - 1) / pieces * rows,
                      v_apart = products_apart(piece, d.channels),
                      m_apart = products_apart(piece, wide);
    auto const products_of = [&](std::size_t worker) {
        return scratch + (worker + 1) * apart - winograd_kernel<T>(d);
    };
    // pixels of piece i, for the filters [f, end)
    auto const work = [&](std::size_t i, std::size_t f, std::size_t end, T const* products,
                          std::size_t worker) {
        std::size_t const first = i * groups / pieces * rows,
                          count = std::min((i + 1) * groups / pieces * rows, tiles) - first;
        T *const zeros = scratch + worker * apart, *const v = zeros + whole_lines(d.channels),
                 *const m = v + winograd_products * v_apart;
        std::fill_n(zeros, d.channels, T{0});
        transform_tiles(d, first, count, 0, d.channels, piece, d.channels, x, zeros, v);
        for (; f < end; f += wide) {
            std::size_t const columns = std::min(wide, end - f);
            for (std::size_t k = 0; k < winograd_products; ++k, products += d.channels * wide)
                for (std::size_t j = 0; j < columns; j += tile)
                    multiply_strip(count, d.channels, v + k * v_apart, products + j * d.channels,
                                   std::min(tile, columns - j), m + k * m_apart + j, wide);
            make_pixels(d, first, count, piece, m, columns, bias ? bias + f : no_bias<T>, y + f);
            finish_tiles(d, first, count, f, columns, y, finish_at);
        }
    };
    if (tiles * d.channels * d.filters < 100000) threads = nullptr;
    std::size_t const workers = workers_of(threads), across = panels<T>(d.filters);
    // What one thread writes costs another more to read than to make: of a kernel that is larger
    // than x each thread takes some filters, of a small one with few pieces of x each makes all.
    bool const deep = tiles <= 2 * d.filters && across % workers == 0,
               few = !deep && pieces <= 2 * workers;
    if (workers > 1 && (deep || few)) {
        std::size_t const parts = deep ? workers : 1;
        parallel_for(threads, workers, 1, [&](std::size_t n, std::size_t, std::size_t worker) {
            std::size_t const share = across / parts * wide, f = n % parts * share,
                              end = std::min(f + share, d.filters);
            T const* const products = transform(f, end, products_of(worker), nullptr);
            for (std::size_t i = deep ? 0 : n * pieces / workers,
                             last = deep ? pieces : (n + 1) * pieces / workers;
                 i < last; ++i)
                work(i, f, end, products, worker);
        });
        return;
    }
    T const* const products = transform(0, d.filters, products_of(0), threads);
    parallel_for(threads, pieces, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        work(i, 0, d.filters, products, worker);
    });
}

} // namespace lamina::kernels::detail
