// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/window_tile.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>

/// The gradients of a convolution's kernel and bias without writing out what the windows see: under
/// each tap the pixels and the gradients of what they made are paired by pointers.
namespace lamina::kernels::detail {

/// The pairs of windows [first, first + count) under tap t: dy's rows are ld apart.
template <class T>
void find_pairs(Windows const& w, std::size_t first, std::size_t count, std::size_t t, T const* x,
                T const* dy, std::size_t ld, Pairs<T>& pairs) {
    std::size_t image = first / w.out_pixels(), y = first % w.out_pixels() / w.out_width,
                begin = first % w.out_width;
    std::size_t const ty = t / w.kernel_width, tx = t % w.kernel_width,
                      step = w.stride_x * w.channels;
    auto const stride = static_cast<std::ptrdiff_t>(w.stride_x),
               to_left = w.left - static_cast<std::ptrdiff_t>(tx * w.dilation_x),
               room = static_cast<std::ptrdiff_t>(w.width) - 1 + to_left;
    // windows [low, high) of a row see something
    auto const low =
        static_cast<std::size_t>(std::max<std::ptrdiff_t>((to_left + stride - 1) / stride, 0));
    std::size_t const high =
        room < 0 ? 0 : std::min(static_cast<std::size_t>(room / stride) + 1, w.out_width);
    pairs.count = 0;
    while (count > 0) {
        std::size_t const end = std::min(begin + count, w.out_width), row = w.row(y, ty);
        if (row < w.height) {
            std::size_t const from = std::max(begin, low), to = std::min(end, high);
            if (from < to) {
                T const* at =
                    x + ((image * w.height + row) * w.width + w.column(from, tx)) * w.channels;
                T const* d = dy + (from - begin) * ld;
                for (std::size_t i = from; i < to; ++i, at += step, d += ld) {
                    pairs.x[pairs.count] = at;
                    pairs.dy[pairs.count++] = d;
                }
            }
        }
        dy += (end - begin) * ld;
        count -= end - begin;
        begin = 0;
        if (++y == w.out_height) y = 0, ++image;
    }
    for (std::size_t i = 0; i < Pairs<T>::ahead && pairs.count > 0; ++i)
        pairs.x[pairs.count + i] = pairs.x[pairs.count - 1];
}

/// As if every window saw a 1: the bias' share.
template <class T>
void all_ones(std::size_t count, T const* dy, std::size_t ld, Pairs<T>& pairs) {
    static constexpr T one{1};
    std::fill_n(pairs.x, count + Pairs<T>::ahead, &one);
    for (std::size_t i = 0; i < count; ++i) pairs.dy[i] = dy + i * ld;
    pairs.count = count;
}

template <class T>
constexpr std::size_t pair_scratch(DirectSize const& d) {
    return d.made() > panel_width<T>() ? Pairs<T>::most * panel_width<T>() : 0;
}

/// dkernel[taps, channels, made] += the sum over all windows of (what the window sees)' dy.
template <class T>
void add_kernel_gradients(DirectSize const& d, std::size_t batch, T const* x, T const* dy,
                          T* dkernel, T* dbias, T* scratch, std::size_t apart, Threads* threads) {
    Windows const& w = d.windows;
    constexpr std::size_t wide = panel_width<T>();
    std::size_t const windows = batch * w.out_pixels(), across = panels<T>(d.filters),
                      strips = d.groups * across, block = Pairs<T>::most;
    // every thread adds up some numbers of the kernel over all windows
    std::size_t const parts = strips * w.taps() >= 16 || d.channels < 24 ? 1 : 2,
                      part = ((d.channels + parts - 1) / parts + 5) / 6 * 6,
                      of_strip = w.taps() * parts, units = strips * of_strip,
                      workers = workers_of(threads);
    auto const some = [&](std::size_t from, std::size_t to, std::size_t worker) {
        T* const own = scratch + worker * apart;
        Pairs<T> pairs;
        for (std::size_t first = 0; first < windows; first += block) {
            std::size_t const count = std::min(block, windows - first);
            for (std::size_t u = from; u < to; ++u) {
                std::size_t const strip = u / of_strip, group = strip / across,
                                  j = strip % across * wide,
                                  columns = std::min(wide, d.filters - j),
                                  column = group * d.filters + j, t = u % of_strip / parts,
                                  c = u % parts * part;
                T const* rows = dy + first * d.made() + column;
                std::size_t ld = d.made();
                if (d.made() > wide) {
                    ld = wide;
                    if (u == from || u % of_strip == 0)
                        pack(count, columns, T{1}, rows, d.made(), false, own, wide);
                    rows = own;
                }
                if (dbias && u % of_strip == 0) {
                    all_ones(count, rows, ld, pairs);
                    add_pairs(pairs, 0, 1, columns, dbias + column, 0);
                }
                if (u == from || c == 0)
                    find_pairs(w, first, count, t, x + group * d.channels, rows, ld, pairs);
                add_pairs(pairs, c, std::min(part, d.channels - c), columns,
                          dkernel + (t * d.channels + c) * d.made() + column, d.made());
            }
        }
    };
    std::size_t const grain = (units + workers - 1) / workers;
    parallel_for(windows * d.depth() * d.made() < 400000 ? nullptr : threads, units, grain, some);
}

} // namespace lamina::kernels::detail
