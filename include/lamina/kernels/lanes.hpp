// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

/// The inner kernels of convolutions whose numbers stay in their lanes: each filter sees one number
/// of a pixel, or a few that have been brought beneath it. There is no matrix product in them:
/// batches of filters are multiplied number by number, some pixels side by side.
namespace lamina::kernels::detail {

/// y[pixel, f] = sum over the taps t and the parts c of x[t, c part + f] kernel[t, c, f].
struct Lanes {
    Windows windows;         // channels: numbers of a pixel of x
    std::size_t parts, part; // of a pixel, for each filter, and how far apart
    std::size_t filters;     // of a row of the kernel
    std::size_t made;        // from one pixel of y to the next
    std::size_t first_row;   // of the image, where x begins
};

/// Rows of the window of row y that are in the image.
struct TapRows {
    std::size_t begin = 0, end;
    TapRows(Windows const& w, std::size_t y) : end(w.kernel_height) {
        while (begin < end && w.row(y, begin) >= w.height) ++begin;
        while (end > begin && w.row(y, end - 1) >= w.height) --end;
    }
};
/// Columns of the window of column x that are in the image.
struct TapColumns {
    std::size_t begin = 0, end;
    TapColumns(Windows const& w, std::size_t x) : end(w.kernel_width) {
        while (begin < end && w.column(x, begin) >= w.width) ++begin;
        while (end > begin && w.column(x, end - 1) >= w.width) --end;
    }
};
/// Columns of y whose windows have column `tap` in the image.
struct SeeingColumns {
    std::size_t begin, end;
    SeeingColumns(Windows const& w, std::size_t tap) {
        auto const step = static_cast<std::ptrdiff_t>(w.stride_x),
                   first = w.left - static_cast<std::ptrdiff_t>(tap * w.dilation_x),
                   last = static_cast<std::ptrdiff_t>(w.width) + first; // behind it
        auto const bound = [&](std::ptrdiff_t at) {
            return std::min(
                static_cast<std::size_t>(std::max<std::ptrdiff_t>((at + step - 1) / step, 0)),
                w.out_width);
        };
        begin = bound(std::max<std::ptrdiff_t>(first, 0));
        end = std::max(begin, bound(std::max<std::ptrdiff_t>(last, 0)));
    }
};

/// What some taps meet: of x, seen from where a window begins, and of the kernel.
struct LaneSights {
    static constexpr std::size_t most = 128;
    std::size_t count = 0;
    std::ptrdiff_t at[most];
    std::size_t to[most];
};

/// P pixels of y side by side that see the same taps, the first from x[from] on: y = add + the
/// sums, without `add` y += them; for C batches of filters, the last of which has `last` lanes.
template <std::size_t P, std::size_t C, bool Whole, class T>
[[gnu::always_inline]] inline void
lane_pixels(LaneSights const& taps, std::size_t step, std::size_t made, T const* x,
            std::ptrdiff_t from, T const* kernel, T const* add, T* y, std::size_t last = lanes<T>) {
    using V = Batch<T>;
    auto const read = [last](T const* at) { return Whole ? load<V>(at) : load<V>(at, last); };
    V sum[P][C];
    LAMINA_UNROLL
    for (std::size_t i = 0; i < P; ++i) {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c)
            sum[i][c] = read((add ? add : y + i * made) + c * V::size);
    }
    for (std::size_t t = 0; t < taps.count; ++t) {
        T const *const seen = x + (from + taps.at[t]), *const times = kernel + taps.to[t];
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            V const k = read(times + c * V::size);
            LAMINA_UNROLL
            for (std::size_t i = 0; i < P; ++i)
                sum[i][c] = fma(read(seen + i * step + c * V::size), k, sum[i][c]);
        }
    }
    LAMINA_UNROLL
    for (std::size_t i = 0; i < P; ++i) {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            if (Whole) kernels::store(y + i * made + c * V::size, sum[i][c]);
            else kernels::store(y + i * made + c * V::size, sum[i][c], last);
        }
    }
}
/// The same for all the filters; `add` is a row of them, or zeros.
template <std::size_t P, class T>
[[gnu::noinline]] void lane_columns(Lanes const& s, LaneSights const& taps, T const* x,
                                    std::ptrdiff_t from, T const* kernel, T const* add, T* y) {
    constexpr std::size_t C = 8 / P, all = C * lanes<T>;
    std::size_t const step = s.windows.stride_x * s.windows.channels, filters = s.filters,
                      made = s.made;
    std::size_t j = 0;
    auto const sum = [&](auto whole, auto batches, std::size_t last) {
        lane_pixels<P, batches(), whole()>(taps, step, made, x + j, from, kernel + j,
                                           add ? add + j : add, y + j, last);
    };
    using One = std::integral_constant<std::size_t, 1>;
    for (; j + all <= filters; j += all)
        sum(std::true_type{}, std::integral_constant<std::size_t, C>{}, lanes<T>);
    if constexpr (C > 1)
        for (; j + lanes<T> <= filters; j += lanes<T>) sum(std::true_type{}, One{}, lanes<T>);
    if (j < filters) sum(std::false_type{}, One{}, filters - j);
}

/// Columns of y whose windows see all their columns of the image.
struct WholeColumns {
    std::size_t begin, end;
    explicit WholeColumns(Windows const& w)
        : begin(SeeingColumns(w, 0).begin),
          end(w.kernel_width == 0 ? begin : SeeingColumns(w, w.kernel_width - 1).end) {}
    /// Pixels from column i on that are made together.
    std::size_t together(std::size_t i) const {
        std::size_t const inside = i < begin || i >= end ? 0 : end - i;
        return inside >= 8 ? 8 : inside >= 4 ? 4 : 1;
    }
};

/// Row `row`; y is where it begins, bias a row of filters.
template <class T>
void lane_row(Lanes const& s, WholeColumns const& whole, std::size_t row, T const* x,
              T const* kernel, T const* bias, T* y) {
    Windows const& w = s.windows;
    TapRows const down(w, row);
    auto const pixel = static_cast<std::ptrdiff_t>(w.channels);
    LaneSights taps;
    bool again = false; // what is in taps holds for all that see whole windows
    for (std::size_t i = 0, some; i < w.out_width; i += some, y += some * s.made) {
        some = whole.together(i);
        std::ptrdiff_t const from = (static_cast<std::ptrdiff_t>(i * w.stride_x) - w.left) * pixel;
        T const* add = bias;
        auto const sum = [&] {
            if (some == 8) lane_columns<8>(s, taps, x, from, kernel, add, y);
            else if (some == 4) lane_columns<4>(s, taps, x, from, kernel, add, y);
            else lane_columns<1>(s, taps, x, from, kernel, add, y);
            add = nullptr;
        };
        if (!again || some == 1) {
            TapColumns const across(w, i);
            again = some > 1;
            taps.count = 0;
            for (std::size_t ty = down.begin; ty < down.end; ++ty)
                for (std::size_t tx = across.begin; tx < across.end; ++tx) {
                    auto at = static_cast<std::ptrdiff_t>((w.row(row, ty) - s.first_row) * w.width +
                                                          tx * w.dilation_x) *
                              pixel;
                    std::size_t to = (ty * w.kernel_width + tx) * s.parts * s.filters;
                    for (std::size_t c = 0; c < s.parts; ++c) {
                        if (taps.count == LaneSights::most) sum(), taps.count = 0, again = false;
                        taps.at[taps.count] = at + static_cast<std::ptrdiff_t>(c * s.part);
                        taps.to[taps.count++] = to + c * s.filters;
                    }
                }
        }
        sum();
    }
}

/// A number of the kernel for each filter, and where on a row of y its tap is in the image.
struct LaneTap {
    std::ptrdiff_t at; // in x, seen from what tap 0 of y's first column sees
    std::size_t to;    // in the kernel
    std::size_t begin, end;
};

/// dkernel += what N taps saw on a row, times dy, for n filters.
template <std::size_t N, bool Whole, class T>
[[gnu::always_inline]] inline void lane_taps(Lanes const& s, LaneTap const* taps, T const* x,
                                             T const* dy, T* dkernel, std::size_t n) {
    using V = Batch<T>;
    auto const read = [n](T const* at) { return Whole ? load<V>(at) : load<V>(at, n); };
    auto const step = static_cast<std::ptrdiff_t>(s.windows.stride_x * s.windows.channels);
    V sum[N];
    std::size_t low = 0, high = s.windows.out_width;
    LAMINA_UNROLL
    for (std::size_t t = 0; t < N; ++t) {
        sum[t] = read(dkernel + taps[t].to);
        low = std::max(low, taps[t].begin);
        high = std::min(high, taps[t].end);
    }
    high = std::max(low, high);
    for (std::size_t i = low; i < high; ++i) {
        V const d = read(dy + i * s.made);
        T const* const seen = x + static_cast<std::ptrdiff_t>(i) * step;
        LAMINA_UNROLL
        for (std::size_t t = 0; t < N; ++t) sum[t] = fma(read(seen + taps[t].at), d, sum[t]);
    }
    auto const edge = [&](std::size_t t, V& own, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i)
            own = fma(read(x + (static_cast<std::ptrdiff_t>(i) * step + taps[t].at)),
                      read(dy + i * s.made), own);
    };
    LAMINA_UNROLL
    for (std::size_t t = 0; t < N; ++t) {
        edge(t, sum[t], taps[t].begin, std::min(low, taps[t].end));
        edge(t, sum[t], std::max(high, taps[t].begin), taps[t].end);
        if (Whole) kernels::store(dkernel + taps[t].to, sum[t]);
        else kernels::store(dkernel + taps[t].to, sum[t], n);
    }
}
template <std::size_t N, class T>
[[gnu::noinline]] void add_lane_taps(Lanes const& s, std::size_t count, LaneTap const* taps,
                                     T const* x, T const* dy, T* dkernel) {
    std::size_t j = 0;
    for (; j + lanes<T> <= count; j += lanes<T>)
        lane_taps<N, true>(s, taps, x + j, dy + j, dkernel + j, lanes<T>);
    if (j < count) lane_taps<N, false>(s, taps, x + j, dy + j, dkernel + j, count - j);
}

/// dkernel += the share of row `row` of one image, for `count` filters; x, dy and dkernel are at
/// the first of them, dy where the row begins.
template <class T>
void add_lane_row(Lanes const& s, std::size_t count, std::size_t row, T const* x, T const* dy,
                  T* dkernel) {
    constexpr std::size_t many = 9, few = 3;
    Windows const& w = s.windows;
    TapRows const down(w, row);
    LaneTap taps[many];
    std::size_t n = 0;
    auto const flush = [&] {
        std::size_t t = 0;
        if (n == many) return add_lane_taps<many>(s, count, taps, x, dy, dkernel);
        for (; t + few <= n; t += few) add_lane_taps<few>(s, count, taps + t, x, dy, dkernel);
        for (; t < n; ++t) add_lane_taps<1>(s, count, taps + t, x, dy, dkernel);
    };
    for (std::size_t ty = down.begin; ty < down.end; ++ty)
        for (std::size_t tx = 0; tx < w.kernel_width; ++tx) {
            SeeingColumns const seeing(w, tx);
            auto const pixel = static_cast<std::ptrdiff_t>(
                                   (w.row(row, ty) - s.first_row) * w.width + tx * w.dilation_x) -
                               w.left;
            for (std::size_t c = 0; seeing.begin < seeing.end && c < s.parts; ++c) {
                taps[n++] = {pixel * static_cast<std::ptrdiff_t>(w.channels) +
                                 static_cast<std::ptrdiff_t>(c * s.part),
                             ((ty * w.kernel_width + tx) * s.parts + c) * s.filters, seeing.begin,
                             seeing.end};
                if (n == many) flush(), n = 0;
            }
        }
    flush();
}

} // namespace lamina::kernels::detail
