// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/direct_convolution.hpp>
#include <lamina/kernels/transpose.hpp>
#include <lamina/kernels/window_tile.hpp>
#include <lamina/kernels/windows.hpp>

#include <algorithm>
#include <cstddef>

/// Convolution with windows of 3 x 3 pixels by Winograd's minimal filtering: 2 x 2 pixels of y come
/// of 16 products of numbers instead of 36,
///
///     Y = A' ((G g G') . (B' d B)) A,
///
///     B' = 1  0 -1  0    G = 1    0   0      A' = 1 1  1  0
///          0  1  1  0        1/2  1/2 1/2         0 1 -1 -1
///          0 -1  1  0        1/2 -1/2 1/2
///          0  1  0 -1        0    0   1
///
/// for the kernel g and the 4 x 4 pixels d that the four windows see. Summed over the channels, the
/// 16 products are matrix products. All factors are 1 and 1/2, so that little accuracy is lost. A
/// pixel that is not finite spoils all four pixels of y of a tile that sees it.
/// Source: A. Lavin and S. Gray (2015), "Fast algorithms for convolutional neural networks",
/// F(2x2, 3x3).
namespace lamina::kernels::detail {

inline constexpr std::size_t winograd_products = 16;

/// The tiles of 2 x 2 pixels of y; at the image's end some hang over.
struct WinogradTiles {
    std::size_t down, across;
    constexpr explicit WinogradTiles(Windows const& w)
        : down((w.out_height + 1) / 2), across((w.out_width + 1) / 2) {}
    constexpr std::size_t count() const { return down * across; }

    /// Where the i-th tile of all images begins in y.
    struct Place {
        std::size_t image, row, column;
    };
    constexpr Place place(std::size_t i) const {
        return {i / count(), i % count() / across * 2, i % across * 2};
    }
};

/// From one product's matrix to the next. Matrices that lie a multiple of 4 KiB apart would drive
/// one another out of the cache, so there is room between them: two lines, for they come in pairs.
constexpr std::size_t products_apart(std::size_t rows, std::size_t ld) { return rows * ld + 32; }

/// u = G g, many at a time.
struct SpreadKernel {
    static constexpr std::size_t in = 3, out = 4;
    template <class V>
    LAMINA_ALWAYS_INLINE static void line(V const (&g)[3], V (&u)[4]) {
        V const half(typename V::value_type(0.5));
        V const ends = half * (g[0] + g[2]), middle = half * g[1];
        u[0] = g[0];
        u[1] = ends + middle;
        u[2] = ends - middle;
        u[3] = g[2];
    }
};
/// v = B' d.
struct SpreadPixels {
    static constexpr std::size_t in = 4, out = 4;
    template <class V>
    LAMINA_ALWAYS_INLINE static void line(V const (&d)[4], V (&v)[4]) {
        v[0] = d[0] - d[2];
        v[1] = d[1] + d[2];
        v[2] = d[2] - d[1];
        v[3] = d[1] - d[3];
    }
};
/// y = A' m.
struct GatherPixels {
    static constexpr std::size_t in = 4, out = 2;
    template <class V>
    LAMINA_ALWAYS_INLINE static void line(V const (&m)[4], V (&y)[2]) {
        y[0] = m[0] + m[1] + m[2];
        y[1] = m[1] - m[2] - m[3];
    }
};
/// The way back: m = A y.
struct SpreadGradients {
    static constexpr std::size_t in = 2, out = 4;
    template <class V>
    LAMINA_ALWAYS_INLINE static void line(V const (&y)[2], V (&m)[4]) {
        m[0] = y[0];
        m[1] = y[0] + y[1];
        m[2] = y[0] - y[1];
        m[3] = -y[1];
    }
};
/// g = G' u.
struct GatherKernel {
    static constexpr std::size_t in = 4, out = 3;
    template <class V>
    LAMINA_ALWAYS_INLINE static void line(V const (&u)[4], V (&g)[3]) {
        V const half(typename V::value_type(0.5));
        V const sum = half * (u[1] + u[2]);
        g[0] = u[0] + sum;
        g[1] = half * (u[1] - u[2]);
        g[2] = u[3] + sum;
    }
};

/// One of them along both axes, the columns first: read(row, column) -> V, write(row, column, V).
template <class Transform, class V, class Read, class Write>
LAMINA_ALWAYS_INLINE inline void transform_both(Read const& read, Write const& write) {
    constexpr std::size_t in = Transform::in, out = Transform::out;
    V columns[in][out];
    LAMINA_UNROLL
    for (std::size_t s = 0; s < in; ++s) {
        V column[in];
        LAMINA_UNROLL
        for (std::size_t r = 0; r < in; ++r) column[r] = read(r, s);
        Transform::line(column, columns[s]);
    }
    LAMINA_UNROLL
    for (std::size_t r = 0; r < out; ++r) {
        V row[in], product[out];
        LAMINA_UNROLL
        for (std::size_t s = 0; s < in; ++s) row[s] = columns[s][r];
        Transform::line(row, product);
        LAMINA_UNROLL
        for (std::size_t s = 0; s < out; ++s) write(r, s, product[s]);
    }
}

/// Where number `column` of a row stands in a matrix of so many rows, one panel wide, as tiles read
/// it: strips of columns as wide as a tile, one behind the other. Lines of a strip that lay a panel
/// apart would share a few sets of the nearest cache.
template <class T>
constexpr std::size_t strip_place(std::size_t rows, std::size_t row, std::size_t column) {
    constexpr std::size_t tile = tile_width<T>();
    return column / tile * tile * rows + row * tile + column % tile;
}

/// The products' matrices of the filters [first, end) of a kernel [9, channels, filters]; first
/// begins a panel.
template <class T>
void transform_kernels(DirectSize const& d, T const* kernel, std::size_t first, std::size_t end,
                       T* to, Threads* threads) {
    using V = Batch<T>;
    constexpr std::size_t wide = panel_width<T>();
    std::size_t const matrix = d.channels * wide, panel = winograd_products * matrix;
    parallel_for(threads, d.channels, 16, [&](std::size_t begin, std::size_t last, std::size_t) {
        for (std::size_t c = begin; c < last; ++c)
            for (std::size_t f = first; f < end; f += V::size) {
                std::size_t const n = std::min(V::size, d.filters - f);
                T* const own =
                    to + (f - first) / wide * panel + strip_place<T>(d.channels, c, f % wide);
                transform_both<SpreadKernel, V>(
                    [&](std::size_t r, std::size_t s) {
                        T const* const at = kernel + ((3 * r + s) * d.channels + c) * d.filters + f;
                        return n == V::size ? load<V>(at) : load<V>(at, n);
                    },
                    [&](std::size_t r, std::size_t s, V const& u) {
                        kernels::store(own + (4 * r + s) * matrix, u);
                    });
            }
    });
}

/// The same of the kernel turned round, [9, filters, channels] with the last tap first: what makes
/// of the gradient a convolution, see pack_turned.
template <class T>
void transform_turned_kernels(DirectSize const& d, T const* kernel, std::size_t first,
                              std::size_t end, T* to, Threads* threads) {
    using V = Batch<T>;
    constexpr std::size_t wide = panel_width<T>(), lanes = V::size;
    std::size_t const matrix = d.channels * wide, panel = winograd_products * matrix;
    parallel_for(
        threads, (end - first + lanes - 1) / lanes, 1,
        [&](std::size_t block, std::size_t, std::size_t) {
            std::size_t const f = first + block * lanes, some = std::min(lanes, d.filters - f);
            alignas(64) T square[winograd_products][lanes * lanes];
            for (std::size_t c = 0; c < d.channels; c += lanes) {
                std::size_t const n = std::min(lanes, d.channels - c);
                for (std::size_t i = 0; i < some; ++i) {
                    transform_both<SpreadKernel, V>(
                        [&](std::size_t r, std::size_t s) {
                            T const* const at =
                                kernel + ((8 - 3 * r - s) * d.filters + f + i) * d.channels + c;
                            return n == V::size ? load<V>(at) : load<V>(at, n);
                        },
                        [&](std::size_t r, std::size_t s, V const& u) {
                            kernels::store(square[4 * r + s] + i * lanes, u);
                        });
                }
                T* const own =
                    to + (f - first) / wide * panel + strip_place<T>(d.channels, c, f % wide);
                for (std::size_t k = 0; k < winograd_products; ++k)
                    transpose(some, n, square[k], lanes, own + k * matrix, tile_width<T>());
            }
        });
}

/// The products of some filters of a kernel, and of one turned round: what convolve_by_winograd
/// asks for.
template <class T>
struct KernelProducts {
    DirectSize const& d;
    T const* kernel;
    T const* ready = nullptr; // those of all filters, made before
    T const* operator()(std::size_t first, std::size_t end, T* to, Threads* threads) const {
        if (ready) return ready + winograd_products * first * d.channels;
        transform_kernels(d, kernel, first, end, to, threads);
        return to;
    }
};
template <class T>
struct TurnedProducts {
    DirectSize const& d;
    T const* kernel;
    T const* operator()(std::size_t first, std::size_t end, T* to, Threads* threads) const {
        transform_turned_kernels(d, kernel, first, end, to, threads);
        return to;
    }
};

/// v[16, piece, ld] = B' d B of the tiles [first, first + count), of some channels.
template <class T>
[[gnu::noinline]] void transform_tiles(DirectSize const& d, std::size_t first, std::size_t count,
                                       std::size_t channel, std::size_t channels, std::size_t piece,
                                       std::size_t ld, T const* x, T const* zeros, T* v) {
    using V = Batch<T>;
    Windows const& w = d.windows;
    WinogradTiles const tiles(w);
    std::size_t const matrix = products_apart(piece, ld);
    for (std::size_t i = 0; i < count; ++i, v += ld) {
        auto const [image, row, column] = tiles.place(first + i);
        T const* from[4][4];
        for (std::size_t r = 0; r < 4; ++r)
            for (std::size_t s = 0; s < 4; ++s) {
                std::size_t const at_y = w.row(row, r), at_x = w.column(column, s);
                bool const inside = at_y < w.height && at_x < w.width;
                from[r][s] =
                    inside ? x + ((image * w.height + at_y) * w.width + at_x) * d.channels + channel
                           : zeros;
            }
        for (std::size_t c = 0; c < channels; c += V::size) {
            std::size_t const n = std::min(V::size, channels - c);
            transform_both<SpreadPixels, V>(
                [&](std::size_t r, std::size_t s) {
                    return n == V::size ? load<V>(from[r][s] + c) : load<V>(from[r][s] + c, n);
                },
                [&](std::size_t r, std::size_t s, V const& product) {
                    T* const to = v + c + (4 * r + s) * matrix;
                    if (n == V::size) kernels::store(to, product);
                    else kernels::store(to, product, n);
                });
        }
    }
}

/// The columns of y that are A' m A + bias, of the tiles [first, first + count); m is
/// [16, piece, panel_width].
template <class T>
[[gnu::noinline]] void make_pixels(DirectSize const& d, std::size_t first, std::size_t count,
                                   std::size_t piece, T const* m, std::size_t columns,
                                   T const* bias, T* y) {
    using V = Batch<T>;
    constexpr std::size_t wide = panel_width<T>();
    Windows const& w = d.windows;
    WinogradTiles const tiles(w);
    std::size_t const matrix = products_apart(piece, wide);
    for (std::size_t i = 0; i < count; ++i, m += wide) {
        auto const [image, row, column] = tiles.place(first + i);
        bool const below = row + 1 < w.out_height, beside = column + 1 < w.out_width;
        T* const to = y + ((image * w.out_height + row) * w.out_width + column) * d.filters;
        for (std::size_t f = 0; f < columns; f += V::size) {
            std::size_t const n = std::min(V::size, columns - f);
            V const add = n == V::size ? load<V>(bias + f) : load<V>(bias + f, n);
            transform_both<GatherPixels, V>(
                [&](std::size_t r, std::size_t s) { return load<V>(m + (4 * r + s) * matrix + f); },
                [&](std::size_t r, std::size_t s, V const& pixel) {
                    if ((r == 1 && !below) || (s == 1 && !beside)) return;
                    T* const at = to + (r * w.out_width + s) * d.filters + f;
                    if (n == V::size) kernels::store(at, pixel + add);
                    else kernels::store(at, pixel + add, n);
                });
        }
    }
}

} // namespace lamina::kernels::detail
