// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/strip_copy.hpp>
#include <lamina/kernels/tile_rows.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// The inner kernels of convolutions with few channels or filters: of windows that see a strip, in
/// which each tap lies equally far from the begin of every window (strip_copy.hpp). Tiles are as
/// tall as few batches of filters leave registers for.
namespace lamina::kernels::detail {

/// A number in all lanes, or numbers for each.
template <bool Lanes, class V>
LAMINA_ALWAYS_INLINE inline V strip_number(typename V::value_type const* p) {
    if constexpr (Lanes) return load<V>(p);
    else return V(*p);
}

/// What tiles are to do: y = add + the sums over what windows see times the kernel, one number for
/// all lanes or, with Lanes, one for each.
template <class T>
struct StripTask {
    /// Windows for rows x columns pixels of y: from one row to the next x goes on by `down` numbers
    /// and y by `made_down`, from one pixel to the next by `right` and `made`.
    std::size_t rows, columns, down, right, made_down, made;
    /// A window has `taps` rows, in x `tap_down` numbers apart; of each pixel it sees so many
    /// numbers, or with Lanes batches. All it sees lies at[0], ..., at[depth - 1] behind its begin.
    std::size_t taps, tap_down, numbers, depth;
    std::int32_t const* at;
    T const *kernel, *add; // rows of whole batches
    std::size_t last;      // lanes of the last batch that are stored
};
/// f(task, x, y) for rows of y from row `top` of an image on that see the same rows of their
/// windows, without the others; rows of the kernel have `width` numbers.
template <class T, class F>
LAMINA_ALWAYS_INLINE inline void each_inside(Windows const& w, StripTask<T> s, std::size_t top,
                                             std::size_t width, T const* x, T* y, F const& f) {
    std::size_t const of_row = w.kernel_width * s.numbers, end = top + s.rows;
    T const* const kernel = s.kernel;
    while (top < end) {
        InsideTaps const seen(w, top);
        s.rows = 1;
        while (top + s.rows < end && InsideTaps(w, top + s.rows) == seen) ++s.rows;
        s.taps = seen.taps;
        s.depth = seen.taps * of_row;
        s.kernel = kernel + seen.tap * of_row * width;
        f(static_cast<StripTask<T> const&>(s), x + seen.tap * s.tap_down, y);
        top += s.rows;
        x += s.rows * s.down;
        y += s.rows * s.made_down;
    }
}
template <class T>
using StripTile = void (*)(StripTask<T> const&, std::size_t n, T const* x, T* y);

/// R pixels side by side by C batches of filters, of which only n pixels are stored.
template <bool Lanes, std::size_t R, std::size_t C, class T>
[[gnu::noinline]] void strip_tile(StripTask<T> const& s, std::size_t n, T const* x, T* y) {
    std::size_t const depth = s.depth, step = s.right, last = s.last, made = s.made;
    std::int32_t const* const at = s.at;
    T const* kernel = s.kernel;
    using V = Batch<T>;
    constexpr std::size_t G = (R - 1) / rows_of_pointer + 1;
    V sum[R][C];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) load_row<true>(sum[r], s.add, last);
    for (std::size_t k = 0; k < depth; ++k, kernel += C * V::size) {
        T const* p[G];
        p[0] = x + at[k];
        LAMINA_UNROLL
        for (std::size_t g = 1; g < G; ++g) p[g] = p[g - 1] + rows_of_pointer * step;
        V b[C];
        keep_row<true>(b, kernel, last);
        LAMINA_UNROLL
        for (std::size_t r = 0; r < R; ++r)
            add_row(sum[r],
                    strip_number<Lanes, V>(p[r / rows_of_pointer] + r % rows_of_pointer * step), b);
    }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        if (r < n) store_some(sum[r], y, last);
        y = next_row(y, made);
    }
}

/// The same for one batch of filters and windows of K columns side by side: what several windows
/// see is loaded once.
template <bool Lanes, std::size_t R, std::size_t K, class T>
[[gnu::noinline]] void sliding_tile(StripTask<T> const& s, std::size_t n, T const* x, T* y) {
    std::size_t const numbers = s.numbers, step = s.right, last = s.last, made = s.made;
    T const* kernel = s.kernel;
    using V = Batch<T>;
    V sum[R][1];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) load_row<true>(sum[r], s.add, last);
    std::size_t const tap = numbers * V::size;
    for (std::size_t rows = s.taps; rows > 0; --rows, x += s.tap_down, kernel += K * tap)
        for (std::size_t c = 0; c < numbers; ++c) {
            V k[K];
            LAMINA_UNROLL
            for (std::size_t t = 0; t < K; ++t)
                k[t] = in_register(load<V>(kernel + c * V::size + t * tap));
            T const* p = x + c * (Lanes ? V::size : 1);
            LAMINA_UNROLL
            for (std::size_t i = 0; i < R + K - 1; ++i) {
                V const v = in_register(strip_number<Lanes, V>(p));
                LAMINA_UNROLL
                for (std::size_t t = 0; t < K; ++t)
                    if (i >= t && i - t < R) sum[i - t][0] = fma(v, k[t], sum[i - t][0]);
                p = next_row(p, step);
            }
        }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        if (r < n) store_some(sum[r], y, last);
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

/// All pixels by tiles of C batches, of three heights.
template <std::size_t C, class T>
void each_strip_tile(StripTask<T> const& s, T const* x, T* y, StripTile<T> tall,
                     StripTile<T> middle, StripTile<T> low) {
    using Heights = StripHeights<C>;
    for (std::size_t i = 0, next; i < s.columns; i += next) {
        next = Heights::next(s.columns - i);
        auto const tile = next == Heights::tall ? tall : next == Heights::middle ? middle : low;
        T const* from = x + i * s.right;
        T* to = y + i * s.made;
        std::size_t const n = std::min(next, s.columns - i);
        for (std::size_t r = 0; r < s.rows; ++r, from += s.down, to += s.made_down)
            tile(s, n, from, to);
    }
}
template <bool Lanes, std::size_t C, class T>
void strip_tiles(StripTask<T> const& s, T const* x, T* y) {
    using Heights = StripHeights<C>;
    each_strip_tile<C>(s, x, y, &strip_tile<Lanes, Heights::tall, C, T>,
                       &strip_tile<Lanes, Heights::middle, C, T>,
                       &strip_tile<Lanes, Heights::low, C, T>);
}
template <bool Lanes, std::size_t K, class T>
void sliding_tiles(StripTask<T> const& s, T const* x, T* y) {
    using Heights = StripHeights<1>;
    each_strip_tile<1>(s, x, y, &sliding_tile<Lanes, Heights::tall, K, T>,
                       &sliding_tile<Lanes, Heights::middle, K, T>,
                       &sliding_tile<Lanes, Heights::low, K, T>);
}

/// The same for one batch of filters, where windows may slide.
template <bool Lanes, class T>
void strip_pixels(Windows const& w, StripTask<T> const& s, T const* x, T* y) {
    // the tallest tile, the taps and a number must fit the registers
    constexpr std::size_t most =
        GemmTraits<xsimd::default_arch>::registers - StripHeights<1>::tall - 1;
    if (w.stride_x == 1 && w.dilation_x == 1) {
        if (w.kernel_width == 3) return sliding_tiles<Lanes, 3>(s, x, y);
        if constexpr (most >= 5)
            if (w.kernel_width == 5) return sliding_tiles<Lanes, 5>(s, x, y);
        if constexpr (most >= 7 && Lanes)
            if (w.kernel_width == 7) return sliding_tiles<Lanes, 7>(s, x, y);
    }
    strip_tiles<Lanes, 1>(s, x, y);
}

/// Numbers of a window whose gradients are added up together, C batches of filters wide: they need
/// a pointer each.
template <std::size_t C>
constexpr std::size_t strip_rows() {
    return std::min<std::size_t>(GemmTraits<xsimd::default_arch>::sums / C, 9);
}

/// dkernel[count <= R, C batches] += for numbers at[0] ... of what windows see, the sums over all
/// windows of these times dy, which lies as a task's y. Rows of dkernel are ld numbers.
template <bool Lanes, std::size_t R, std::size_t C, class T>
[[gnu::noinline]] void strip_gradients(StripTask<T> const& s, std::size_t count,
                                       std::int32_t const* at, T const* x, T const* dy, T* dkernel,
                                       std::size_t ld) {
    using V = Batch<T>;
    std::size_t const columns = s.columns, step = s.right, made = s.made, last = s.last;
    V const zero = opaque(V(T{0})); // else g++ 12 would call memset, and leave the sums there
    V sum[R][C];
    T const* p[R];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        p[r] = next_row(x, static_cast<std::size_t>(at[std::min(r, count - 1)]));
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) sum[r][c] = zero;
    }
    std::size_t i = 0;
    for (std::size_t rows = s.rows; rows > 0;
         --rows, i += s.down - columns * step, dy += s.made_down - columns * made)
        for (T const* const end = dy + columns * made; dy != end; dy += made, i += step) {
            V d[C];
            keep_row<false>(d, dy, last);
            LAMINA_UNROLL
            for (std::size_t r = 0; r < R; ++r)
                add_row(sum[r], strip_number<Lanes, V>(p[r] + i), d);
        }
    // parts of batches are stored with branches, behind which g++ 12 would keep the sums in memory
    alignas(64) T sums[R][C * V::size];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) store_row<true>(sum[r], sums[r], last);
    for (std::size_t r = 0; r < count; ++r, dkernel += ld) {
        V row[C], more[C];
        load_row<false>(row, dkernel, last);
        load_row<true>(more, sums[r], last);
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) row[c] += more[c];
        store_row<false>(row, dkernel, last);
    }
}

/// U windows of 3 x 3 pixels side by side: sum += what they see times dy.
template <bool Lanes, std::size_t U, class V, class T>
LAMINA_ALWAYS_INLINE inline void slide_gradients(V (&sum)[3][3], StripTask<T> const& s, T const* x,
                                                 T const* dy) {
    V d[U][1];
    LAMINA_UNROLL
    for (std::size_t u = 0; u < U; ++u) keep_row<false>(d[u], dy + u * s.made, s.last);
    LAMINA_UNROLL
    for (std::size_t y = 0; y < 3; ++y) {
        T const* p = x;
        LAMINA_UNROLL
        for (std::size_t i = 0; i < U + 2; ++i) {
            V const v = in_register(strip_number<Lanes, V>(p));
            LAMINA_UNROLL
            for (std::size_t t = 0; t < 3; ++t)
                if (i >= t && i - t < U) sum[y][t] = fma(v, d[i - t][0], sum[y][t]);
            p = next_row(p, s.right);
        }
        x = next_row(x, s.tap_down);
    }
}
/// Whether gradients may be added up so.
constexpr bool slides_by_three(Windows const& w) {
    return w.kernel_width == 3 && w.kernel_height == 3 && w.stride_x == 1 && w.dilation_x == 1;
}
/// strip_gradients for all taps of windows that slide, one number or batch of each pixel: what
/// several windows see is loaded once. Taps are ld numbers apart in dkernel.
template <bool Lanes, class T>
[[gnu::noinline]] void sliding_gradients(StripTask<T> const& s, T const* x, T const* dy, T* dkernel,
                                         std::size_t ld) {
    using V = Batch<T>;
    constexpr std::size_t U = 4;
    V const zero = opaque(V(T{0}));
    V sum[3][3];
    LAMINA_UNROLL
    for (std::size_t y = 0; y < 3; ++y) {
        LAMINA_UNROLL
        for (std::size_t t = 0; t < 3; ++t) sum[y][t] = zero;
    }
    for (std::size_t r = 0; r < s.rows; ++r, x += s.down, dy += s.made_down) {
        std::size_t i = 0;
        for (; i + U <= s.columns; i += U)
            slide_gradients<Lanes, U>(sum, s, x + i * s.right, dy + i * s.made);
        for (; i < s.columns; ++i)
            slide_gradients<Lanes, 1>(sum, s, x + i * s.right, dy + i * s.made);
    }
    LAMINA_UNROLL
    for (std::size_t y = 0; y < 3; ++y) {
        LAMINA_UNROLL
        for (std::size_t t = 0; t < 3; ++t) {
            V row[1];
            load_row<false>(row, dkernel, s.last);
            row[0] += sum[y][t];
            store_row<false>(row, dkernel, s.last);
            dkernel = next_row(dkernel, ld);
        }
    }
}

} // namespace lamina::kernels::detail
