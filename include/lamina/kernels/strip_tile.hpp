// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// The inner kernels of convolutions with few channels or filters. What some rows of windows see is
/// copied once, with the zeros around the image: a strip. In it each tap lies equally far from the
/// begin of every window, and tiles are as tall as few batches of filters leave registers for.
namespace lamina::kernels::detail {

/// Pixels from the first to the last that a window sees along one axis, at least one.
constexpr std::size_t reach(std::size_t taps, std::size_t dilation) {
    return taps > 0 ? (taps - 1) * dilation + 1 : 1;
}

/// Some columns of y and what their windows see, for rows of y that come later.
struct StripColumns {
    std::size_t count;   // of y
    std::size_t wide;    // pixels of x
    std::ptrdiff_t left; // the first of them
    constexpr StripColumns(Windows const& w, std::size_t from, std::size_t n)
        : count(n), wide((n - 1) * w.stride_x + reach(w.kernel_width, w.dilation_x)),
          left(static_cast<std::ptrdiff_t>(from * w.stride_x) - w.left) {}
};

/// Rows of x that `rows` rows of windows see.
constexpr std::size_t seen_rows(Windows const& w, std::size_t rows) {
    return (rows - 1) * w.stride_y + reach(w.kernel_height, w.dilation_y);
}

/// copy(pixels, from, to) for what windows from row `top` of y on see of an image, row by row, and
/// zeros beside; to[rows, wide, numbers].
template <class T, class Copy>
[[gnu::always_inline]] inline void each_strip_row(Windows const& w, StripColumns const& s,
                                                  std::size_t top, std::size_t rows, T const* image,
                                                  std::size_t numbers, T* to, Copy const& copy) {
    auto const inside = [](std::ptrdiff_t at, std::size_t end) {
        return static_cast<std::size_t>(
            std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(end)));
    };
    auto const wide = static_cast<std::ptrdiff_t>(s.wide);
    std::size_t const begin = inside(s.left, w.width), end = inside(s.left + wide, w.width),
                      before = begin < end ? inside(-s.left, s.wide) * numbers : 0,
                      count = (end - begin) * numbers, all = s.wide * numbers;
    for (std::size_t r = 0; r < rows; ++r, to += all) {
        std::size_t const row = w.row(top, 0) + r;
        if (row >= w.height) {
            std::fill_n(to, all, T{0});
            continue;
        }
        std::fill_n(to, before, T{0});
        copy(end - begin, image + (row * w.width + begin) * w.channels, to + before);
        std::fill(to + before + count, to + all, T{0});
    }
}
/// to[rows, wide, channels] = what windows from row `top` of y on see of an image.
template <class T>
[[gnu::noinline]] void copy_strip(Windows const& w, StripColumns const& s, std::size_t top,
                                  std::size_t rows, T const* image, T* to) {
    each_strip_row(w, s, top, rows, image, w.channels, to,
                   [&w](std::size_t pixels, T const* from, T* row) {
                       copy_run<false>(pixels * w.channels, from, row);
                   });
}
/// The same of `count` channels, in whole batches.
template <class T>
[[gnu::noinline]] void copy_lanes(Windows const& w, StripColumns const& s, std::size_t top,
                                  std::size_t rows, T const* image, std::size_t count, T* to) {
    using V = Batch<T>;
    each_strip_row(w, s, top, rows, image, V::size, to,
                   [&w, count](std::size_t pixels, T const* from, T* row) {
                       std::size_t const next = w.channels, ahead = 8 * next;
                       for (; pixels > 0; --pixels, from += next, row += V::size) {
                           __builtin_prefetch(from + ahead);
                           kernels::store(row,
                                          count == V::size ? load<V>(from) : load<V>(from, count));
                       }
                   });
}

/// A number in all lanes, or numbers for each.
template <bool Lanes, class V>
[[gnu::always_inline]] inline V strip_number(typename V::value_type const* p) {
    if constexpr (Lanes) return load<V>(p);
    else return V(*p);
}

/// Windows side by side make R pixels by C batches of filters: y = add + the sums over what lies
/// at[k] behind x, `step` farther for each pixel: one number for all lanes or, with Lanes, one for
/// each. Only n pixels are stored, of the last batch `last` lanes. kernel and add are rows of whole
/// batches.
template <bool Lanes, std::size_t R, std::size_t C, class T>
[[gnu::noinline]] void strip_tile(std::size_t depth, std::int32_t const* at, std::size_t step,
                                  T const* x, T const* kernel, T const* add, std::size_t n,
                                  std::size_t last, T* y, std::size_t made) {
    using V = Batch<T>;
    constexpr std::size_t G = (R - 1) / rows_of_pointer + 1;
    V sum[R][C];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) sum[r][c] = load<V>(add + c * V::size);
    }
    for (std::size_t k = 0; k < depth; ++k, kernel += C * V::size) {
        T const* p[G];
        p[0] = x + at[k];
        LAMINA_UNROLL
        for (std::size_t g = 1; g < G; ++g) p[g] = p[g - 1] + rows_of_pointer * step;
        V b[C];
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) b[c] = in_register(load<V>(kernel + c * V::size));
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r) {
            V const v = strip_number<Lanes, V>(p[r / rows_of_pointer] + r % rows_of_pointer * step);
            LAMINA_UNROLL
            for (std::size_t c = 0; c < C; ++c) sum[r][c] = fma(v, b[c], sum[r][c]);
        }
    }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            if (r >= n) continue;
            if (c + 1 < C || last == V::size) kernels::store(y + c * V::size, sum[r][c]);
            else kernels::store(y + c * V::size, sum[r][c], last);
        }
        y = next_row(y, made);
    }
}

/// The same for one batch of filters and windows of K columns side by side, of each pixel `numbers`
/// numbers, the pixels `step` apart: what several windows see is loaded once. `down` from one row
/// of the window to the next.
template <bool Lanes, std::size_t R, std::size_t K, class T>
[[gnu::noinline]] void sliding_tile(std::size_t rows, std::size_t down, std::size_t numbers,
                                    std::size_t step, T const* x, T const* kernel, T const* add,
                                    std::size_t n, std::size_t last, T* y, std::size_t made) {
    using V = Batch<T>;
    V sum[R];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) sum[r] = load<V>(add);
    std::size_t const tap = numbers * V::size;
    for (; rows > 0; --rows, x += down, kernel += K * tap)
        for (std::size_t c = 0; c < numbers; ++c) {
            V k[K];
            LAMINA_UNROLL
            for (std::size_t t = 0; t < K; ++t)
                k[t] = in_register(load<V>(kernel + c * V::size + t * tap));
            T const* p = x + c;
            LAMINA_UNROLL
            for (std::size_t i = 0; i < R + K - 1; ++i) {
                V const v = in_register(strip_number<Lanes, V>(p));
                LAMINA_UNROLL
                for (std::size_t t = 0; t < K; ++t)
                    if (i >= t && i - t < R) sum[i - t] = fma(v, k[t], sum[i - t]);
                p = next_row(p, step);
            }
        }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        if (r < n) {
            if (last == V::size) kernels::store(y, sum[r]);
            else kernels::store(y, sum[r], last);
        }
        y = next_row(y, made);
    }
}

/// Heights of the tiles of C batches: pictures are often 7, 8, 14, 16 ... pixels wide.
template <std::size_t C>
struct StripHeights {
    static constexpr std::size_t tall = std::min<std::size_t>(
                                     GemmTraits<xsimd::default_arch>::sums / C, 16),
                                 middle = C == 1 ? tall - 2 : tall * 2 / 3, low = tall / 2;
    /// The tile that has room for n pixels, or the tallest.
    static constexpr std::size_t of(std::size_t n) {
        return n <= low ? low : n <= middle ? middle : tall;
    }
    /// Of n pixels so many are made next: at the end two tiles with least room left.
    static constexpr std::size_t next(std::size_t n) {
        if (n <= tall || n > 2 * tall) return of(n);
        return n <= tall + middle && middle + of(n - middle) < tall + of(n - tall) ? middle : tall;
    }
};

template <bool Lanes, std::size_t C, class T>
void strip_tiles(std::size_t columns, std::size_t depth, std::int32_t const* at, std::size_t step,
                 T const* x, T const* kernel, T const* add, std::size_t last, T* y,
                 std::size_t made) {
    using Heights = StripHeights<C>;
    for (std::size_t i = 0, next; i < columns; i += next) {
        next = Heights::next(columns - i);
        auto const tile = next == Heights::tall     ? &strip_tile<Lanes, Heights::tall, C, T>
                          : next == Heights::middle ? &strip_tile<Lanes, Heights::middle, C, T>
                                                    : &strip_tile<Lanes, Heights::low, C, T>;
        tile(depth, at, step, x + i * step, kernel, add, std::min(next, columns - i), last,
             y + i * made, made);
    }
}

template <bool Lanes, std::size_t K, class T>
void sliding_tiles(std::size_t columns, std::size_t rows, std::size_t down, std::size_t numbers,
                   std::size_t step, T const* x, T const* kernel, T const* add, std::size_t last,
                   T* y, std::size_t made) {
    using Heights = StripHeights<1>;
    for (std::size_t i = 0, next; i < columns; i += next) {
        next = Heights::next(columns - i);
        auto const tile = next == Heights::tall     ? &sliding_tile<Lanes, Heights::tall, K, T>
                          : next == Heights::middle ? &sliding_tile<Lanes, Heights::middle, K, T>
                                                    : &sliding_tile<Lanes, Heights::low, K, T>;
        tile(rows, down, numbers, step, x + i * step, kernel, add, std::min(next, columns - i),
             last, y + i * made, made);
    }
}

/// One row of y for one batch of filters, from where its windows begin in a strip whose rows are
/// `across` numbers; kernel: a row to add, then its own.
template <bool Lanes, class T>
void strip_row(Windows const& w, std::size_t columns, std::size_t across, std::int32_t const* at,
               T const* x, T const* kernel, std::size_t last, T* y, std::size_t made) {
    std::size_t const numbers = Lanes ? 1 : w.channels, pixel = Lanes ? lanes<T> : w.channels,
                      down = w.dilation_y * across;
    bool const slides = w.stride_x == 1 && w.dilation_x == 1;
    auto const slide = [&](auto tiles) {
        tiles(columns, w.kernel_height, down, numbers, pixel, x, kernel + lanes<T>, kernel, last, y,
              made);
    };
    // the tallest tile, the taps and a number must fit the registers
    constexpr std::size_t most =
        GemmTraits<xsimd::default_arch>::registers - StripHeights<1>::tall - 1;
    if (slides && w.kernel_width == 3) return slide(&sliding_tiles<Lanes, 3, T>);
    if constexpr (most >= 5)
        if (slides && w.kernel_width == 5) return slide(&sliding_tiles<Lanes, 5, T>);
    if constexpr (most >= 7 && Lanes)
        if (slides && w.kernel_width == 7) return slide(&sliding_tiles<Lanes, 7, T>);
    strip_tiles<Lanes, 1>(columns, w.taps() * numbers, at, w.stride_x * pixel, x, kernel + lanes<T>,
                          kernel, last, y, made);
}

/// Numbers of a window whose gradients are added up together, C batches of filters wide: they need
/// a pointer each.
template <std::size_t C>
constexpr std::size_t strip_rows() {
    return std::min<std::size_t>(GemmTraits<xsimd::default_arch>::sums / C, 9);
}

/// dkernel[count <= R, C batches] += for numbers at[0] ... of what windows see, the sums over some
/// rows of windows of these times dy.
template <bool Lanes, std::size_t R, std::size_t C, class T>
[[gnu::noinline]] void strip_gradients(std::size_t rows, std::size_t columns, std::size_t step,
                                       std::size_t down, std::size_t count, std::int32_t const* at,
                                       T const* x, T const* dy, std::size_t made, std::size_t last,
                                       T* dkernel, std::size_t ld) {
    using V = Batch<T>;
    auto const read = [last](T const* from, std::size_t c) {
        return c + 1 < C ? load<V>(from + c * V::size) : load<V>(from + c * V::size, last);
    };
    V const zero = opaque(V(T{0})); // else g++ 12 would call memset, and leave the sums there
    alignas(64) T nowhere[C * V::size]{};
    V sum[R][C];
    T const* p[R];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        p[r] = next_row(x, static_cast<std::size_t>(at[std::min(r, count - 1)]));
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) sum[r][c] = zero;
    }
    std::size_t i = 0;
    for (; rows > 0; --rows, i += down - columns * step)
        for (T const* const end = dy + columns * made; dy != end; dy += made, i += step) {
            V d[C];
            LAMINA_UNROLL
            for (std::size_t c = 0; c < C; ++c) d[c] = in_register(read(dy, c));
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r) {
                V const v = strip_number<Lanes, V>(p[r] + i);
                LAMINA_UNROLL
                for (std::size_t c = 0; c < C; ++c) sum[r][c] = fma(v, d[c], sum[r][c]);
            }
        }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        T* const row = r < count ? dkernel + r * ld : nowhere;
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            T* const to = row + c * V::size;
            if (c + 1 < C) kernels::store(to, load<V>(to) + sum[r][c]);
            else kernels::store(to, load<V>(to, last) + sum[r][c], last);
        }
    }
}

} // namespace lamina::kernels::detail
