// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/gemm_task.hpp>
#include <lamina/kernels/window_order.hpp>
#include <lamina/kernels/window_tile.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

/// Convolution without writing out what the windows see.
namespace lamina::kernels::detail {

/// What a convolution is to these functions: windows, and for each of the groups the channels that
/// it sees and the filters that it makes, of `seen` and `made` numbers of a pixel.
struct DirectSize {
    Windows windows;
    std::size_t groups, channels, filters;

    constexpr std::size_t seen() const { return groups * channels; }
    constexpr std::size_t made() const { return groups * filters; }
    constexpr std::size_t depth() const { return windows.taps() * channels; }
};

/// Whether that is the better way.
constexpr bool goes_directly(DirectSize const& d) {
    return d.windows.taps() > 1 && d.filters > lanes<float>;
}

/// Columns of y that are computed together, of one or several tiles.
template <class T>
constexpr std::size_t panel_width() {
    return 256 / sizeof(T);
}
template <class T>
alignas(64) inline constexpr T no_bias[panel_width<T>()]{};
template <class T>
constexpr std::size_t panels(std::size_t filters) {
    return (filters + panel_width<T>() - 1) / panel_width<T>();
}
/// Numbers of the packed kernel: of each group panel after panel.
template <class T>
constexpr std::size_t packed_size(DirectSize const& d) {
    return d.groups * panels<T>(d.filters) * d.depth() * panel_width<T>();
}

/// Rows of the kernel that meet the tiles at one time: so many stay near.
inline constexpr std::size_t direct_depth = 640;
/// How far ahead tiles fetch what they will see.
inline constexpr std::size_t windows_ahead = 4 * Sights<float>::rows;

/// Behind the zeros that windows see outside of the image a row for the sums of no window, and
/// copies of the kernel's rows.
template <class T>
constexpr std::size_t direct_scratch(DirectSize const& d) {
    constexpr std::size_t wide = panel_width<T>();
    return whole_lines(d.seen()) + wide + (d.made() > wide ? direct_depth * wide : 0);
}

/// The kernel as the tiles read it: rows of ld numbers, of each panel one after the other.
template <class T>
struct KernelPanels {
    T const* first;
    std::size_t ld, panel, group; // from one row, panel and group to the next
};

template <class T>
KernelPanels<T> packed_panels(DirectSize const& d, T const* packed) {
    std::size_t const panel = d.depth() * panel_width<T>();
    return {packed, panel_width<T>(), panel, panels<T>(d.filters) * panel};
}

/// to = the kernel turned round, panel by panel: what makes of the gradient of a convolution with
/// stride 1 a convolution. kernel is [taps, filters, groups x channels]; the last tap comes first.
template <class T>
void pack_turned(DirectSize const& d, T const* kernel, T* to, Threads* threads) {
    std::size_t const across = panels<T>(d.filters), wide = panel_width<T>(),
                      taps = d.windows.taps();
    parallel_for(
        threads, d.groups * across * taps, 1, [&](std::size_t i, std::size_t, std::size_t) {
            std::size_t const t = i % taps, panel = i / taps, j = panel % across * wide;
            pack(d.channels, std::min(wide, d.filters - j), T{1},
                 kernel + ((taps - 1 - t) * d.filters + j) * d.seen() + panel / across * d.channels,
                 d.seen(), true, to + (panel * taps + t) * d.channels * wide, wide);
        });
}

/// The same finish wherever a product lies.
template <class T>
struct SameFinish {
    Finish<T> of;
    Finish<T> finish() const { return of; }
    SameFinish operator()(std::size_t, std::size_t) const { return *this; }
};

/// The sums of all windows in `order` over the rows of the kernel at `kernel`, for `columns`
/// columns of y. `zeros`: scratch memory, see direct_scratch.
template <class T>
[[gnu::noinline]] void convolve_panel(DirectSize const& d, WindowOrder const& order, T const* x,
                                      T const* kernel, std::size_t ld, std::size_t columns,
                                      T const* bias, T* y, T* zeros) {
    constexpr std::size_t rows = Sights<T>::rows, wide = panel_width<T>();
    Windows const& w = d.windows;
    auto const part_of = [](std::size_t n, std::size_t most) { // equal parts, at most so large
        std::size_t const parts = (n + most - 1) / most;
        return (n + parts - 1) / parts;
    };
    std::size_t const channels = part_of(d.channels, direct_depth),
                      taps = part_of(w.taps(), std::clamp<std::size_t>(direct_depth / d.channels, 1,
                                                                       Sights<T>::most));
    // pixels of a row, side by side, are one run
    bool const joined = w.dilation_x == 1 && d.channels == w.channels && channels == d.channels;
    bool const packs = ld > wide && order.count >= 48;
    T *const nowhere = zeros + whole_lines(d.seen()), *const packed = nowhere + wide;
    Sights<T> s;
    s.ldb = packs ? wide : ld;
    s.ahead = windows_ahead * w.stride_x * w.channels;
    for (std::size_t first = 0; first < w.taps(); first += taps) {
        std::size_t const end = std::min(first + taps, w.taps());
        for (std::size_t c = 0; c < d.channels; c += channels) {
            std::size_t const run = std::min(channels, d.channels - c);
            bool const fresh = first == 0 && c == 0;
            T const* b = kernel + (first * d.channels + c) * ld;
            if (packs) {
                pack((end - first) * run, columns, T{1}, b, ld, false, packed, wide);
                b = packed;
            }
            // where each tap lies, seen from a window's begin
            std::array<std::ptrdiff_t, Sights<T>::most> down, right, there;
            for (std::size_t t = first; t < end; ++t) {
                std::size_t const ty = t / w.kernel_width * w.dilation_y,
                                  tx = t % w.kernel_width * w.dilation_x;
                down[t - first] = static_cast<std::ptrdiff_t>(ty);
                right[t - first] = static_cast<std::ptrdiff_t>(tx);
                there[t - first] =
                    static_cast<std::ptrdiff_t>((ty * w.width + tx) * w.channels + c);
            }
            auto const sum = [&] {
                if (fresh) sum_windows(s, columns, bias ? bias : no_bias<T>);
                else if (s.count > 0) sum_windows(s, columns, static_cast<T const*>(nullptr));
            };
            std::array<WindowStart const*, rows> start;
            auto const begin_tile = [&](std::size_t i) {
                for (std::size_t r = 0; r < rows; ++r) {
                    start[r] = &order.starts[std::min(i + r, order.count - 1)];
                    s.c[r] = i + r < order.count ? y + start[r]->pixel * d.made() : nowhere;
                }
            };
            std::array<std::ptrdiff_t, Sights<T>::most> from;
            s.count = 0;
            for (std::size_t t = first, some = 1; t < end; t += some) {
                if (joined) some = std::min(w.kernel_width - t % w.kernel_width, end - t);
                from[s.count] = there[t - first];
                s.b[s.count] = b + (t - first) * run * s.ldb;
                s.run[s.count++] = some * run;
            }
            std::size_t i = 0;
            for (; i + rows <= order.inside; i += rows) {
                begin_tile(i);
                for (std::size_t e = 0; e < s.count; ++e)
                    for (std::size_t r = 0; r < rows; ++r)
                        s.at[e][r] = x + (start[r]->at + from[e]);
                sum();
            }
            for (; i < order.count; i += rows) {
                begin_tile(i);
                s.count = 0;
                for (std::size_t t = 0; t < end - first; ++t) {
                    bool any = false;
                    for (std::size_t r = 0; r < rows; ++r) {
                        bool const seen =
                            static_cast<std::size_t>(start[r]->row + down[t]) < w.height &&
                            static_cast<std::size_t>(start[r]->column + right[t]) < w.width;
                        s.at[s.count][r] = seen ? x + (start[r]->at + there[t]) : zeros;
                        any |= seen;
                    }
                    if (!any) continue;
                    s.b[s.count] = b + t * run * s.ldb;
                    s.run[s.count++] = run;
                }
                sum();
            }
        }
    }
}

/// y[batch, out pixels, made] = finish(x * kernel + bias). finish_at(i, ld).finish() finishes what
/// begins at y + i, its rows ld numbers apart. The scratch of each worker begins `apart` numbers
/// behind that of the one before.
template <class T, class FinishAt>
void convolve_directly(DirectSize const& d, std::size_t batch, T const* x,
                       KernelPanels<T> const& kernel, T const* bias, T* y,
                       FinishAt const& finish_at, T* scratch, std::size_t apart, Threads* threads) {
    constexpr std::size_t wide = panel_width<T>();
    std::size_t const windows = batch * d.windows.out_pixels(), across = panels<T>(d.filters),
                      strips = d.groups * across;
    // as many pieces for each of two threads, if they do not share the panels
    bool const shared = windows <= 7 * piece_windows && strips % 2 == 0;
    std::size_t const even = shared || windows < 120 ? 1 : 2,
                      least = (windows + even * piece_windows - 1) / (even * piece_windows) * even,
                      piece = ((windows + least - 1) / least + 5) / 6 * 6,
                      pieces = (windows + piece - 1) / piece, cuts = pieces < 8 ? strips : 1,
                      each = strips / cuts;
    parallel_for(
        windows * d.depth() * d.made() < 150000 ? nullptr : threads, pieces * cuts, 1,
        [&](std::size_t i, std::size_t, std::size_t worker) {
            T* const own = scratch + worker * apart;
            std::fill_n(own, d.seen(), T{0});
            std::size_t const begin = i / cuts * piece, count = std::min(piece, windows - begin);
            WindowOrder const order(d.windows, begin, count);
            for (std::size_t k = i % cuts * each; k < (i % cuts + 1) * each; ++k) {
                std::size_t const group = k / across, j = k % across * wide,
                                  columns = std::min(wide, d.filters - j),
                                  column = group * d.filters + j;
                convolve_panel(d, order, x + group * d.channels,
                               kernel.first + group * kernel.group + k % across * kernel.panel,
                               kernel.ld, columns, bias ? bias + column : nullptr, y + column, own);
                std::size_t const at = begin * d.made() + column;
                auto const with = finish_at(at, d.made());
                Finish<T> const finish = with.finish();
                if (finish.apply)
                    finish.apply(finish.context, y + at, d.made(), 0, 0, count, columns);
            }
        });
}

/// The windows on dy that belong to the gradient of a convolution with stride 1.
constexpr Windows turned(Windows const& w, std::size_t filters) {
    Windows v = w;
    v.height = w.out_height;
    v.width = w.out_width;
    v.channels = filters;
    v.out_height = w.height;
    v.out_width = w.width;
    v.top = static_cast<std::ptrdiff_t>((w.kernel_height - 1) * w.dilation_y) - w.top;
    v.left = static_cast<std::ptrdiff_t>((w.kernel_width - 1) * w.dilation_x) - w.left;
    return v;
}

} // namespace lamina::kernels::detail
