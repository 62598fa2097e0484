// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
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

/// Whether it is the better way, if there are tiles enough.
constexpr bool goes_by_winograd(DirectSize const& d) {
    Windows const& w = d.windows;
    return w.kernel_height == 3 && w.kernel_width == 3 && w.stride_y == 1 && w.stride_x == 1 &&
           w.dilation_y == 1 && w.dilation_x == 1 && d.groups == 1 && d.channels >= 24 &&
           d.filters >= 24 && 20 * WinogradTiles(w).count() <= 7 * w.out_pixels();
}
/// Turning the kernel into its products must pay.
constexpr bool winograd_pays(DirectSize const& d, std::size_t batch) {
    return batch * WinogradTiles(d.windows).count() >= 64;
}

/// Tiles of one piece of work: their products stay near.
inline constexpr std::size_t winograd_piece = 48;

/// From one product's matrix to the next. Matrices that lie a multiple of 4 KiB apart would drive
/// one another out of the cache, so there is room between them: two lines, for they come in pairs.
constexpr std::size_t products_apart(std::size_t rows, std::size_t ld) { return rows * ld + 32; }

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

/// u = G g, many at a time.
template <class V>
[[gnu::always_inline]] inline void spread_kernel(V const (&g)[3], V (&u)[4]) {
    V const half(typename V::value_type(0.5));
    V const ends = half * (g[0] + g[2]), middle = half * g[1];
    u[0] = g[0];
    u[1] = ends + middle;
    u[2] = ends - middle;
    u[3] = g[2];
}
/// v = B' d.
template <class V>
[[gnu::always_inline]] inline void spread_pixels(V const (&d)[4], V (&v)[4]) {
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[1] - d[3];
}
/// y = A' m.
template <class V>
[[gnu::always_inline]] inline void gather_pixels(V const (&m)[4], V (&y)[2]) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
}

/// u = G g G' of the nine numbers of one kernel, column after column in g.
template <class V>
[[gnu::always_inline]] inline void transform_kernel(V const (&g)[3][3], V (&u)[4][4]) {
    V columns[3][4];
    LAMINA_UNROLL
    for (std::size_t j = 0; j < 3; ++j) spread_kernel(g[j], columns[j]);
    LAMINA_UNROLL
    for (std::size_t i = 0; i < 4; ++i) {
        V const row[]{columns[0][i], columns[1][i], columns[2][i]};
        spread_kernel(row, u[i]);
    }
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
                V g[3][3], u[4][4];
                for (std::size_t t = 0; t < 9; ++t) {
                    T const* const at = kernel + (t * d.channels + c) * d.filters + f;
                    g[t % 3][t / 3] = n == V::size ? load<V>(at) : load<V>(at, n);
                }
                transform_kernel(g, u);
                T* const own = to + (f - first) / wide * panel + c * wide + f % wide;
                for (std::size_t k = 0; k < winograd_products; ++k)
                    kernels::store(own + k * matrix, u[k / 4][k % 4]);
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
    parallel_for(threads, (end - first + lanes - 1) / lanes, 1,
                 [&](std::size_t block, std::size_t, std::size_t) {
                     std::size_t const f = first + block * lanes,
                                       some = std::min(lanes, d.filters - f);
                     alignas(64) T square[winograd_products][lanes * lanes];
                     for (std::size_t c = 0; c < d.channels; c += lanes) {
                         std::size_t const n = std::min(lanes, d.channels - c);
                         for (std::size_t i = 0; i < some; ++i) {
                             V g[3][3], u[4][4];
                             for (std::size_t t = 0; t < 9; ++t) {
                                 T const* const at =
                                     kernel + ((8 - t) * d.filters + f + i) * d.channels + c;
                                 g[t % 3][t / 3] = n == V::size ? load<V>(at) : load<V>(at, n);
                             }
                             transform_kernel(g, u);
                             for (std::size_t k = 0; k < winograd_products; ++k)
                                 kernels::store(square[k] + i * lanes, u[k / 4][k % 4]);
                         }
                         T* const own = to + (f - first) / wide * panel + c * wide + f % wide;
                         for (std::size_t k = 0; k < winograd_products; ++k)
                             transpose(some, n, square[k], lanes, own + k * matrix, wide);
                     }
                 });
}

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
            V columns[4][4];
            LAMINA_UNROLL
            for (std::size_t s = 0; s < 4; ++s) {
                V p[4];
                LAMINA_UNROLL
                for (std::size_t r = 0; r < 4; ++r)
                    p[r] = n == V::size ? load<V>(from[r][s] + c) : load<V>(from[r][s] + c, n);
                spread_pixels(p, columns[s]);
            }
            T* to = v + c;
            LAMINA_UNROLL
            for (std::size_t r = 0; r < 4; ++r) {
                V const line[]{columns[0][r], columns[1][r], columns[2][r], columns[3][r]};
                V product[4];
                spread_pixels(line, product);
                LAMINA_UNROLL
                for (std::size_t s = 0; s < 4; ++s, to += matrix) {
                    if (n == V::size) kernels::store(to, product[s]);
                    else kernels::store(to, product[s], n);
                }
            }
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
            V sums[4][2];
            LAMINA_UNROLL
            for (std::size_t s = 0; s < 4; ++s) {
                V p[4];
                LAMINA_UNROLL
                for (std::size_t r = 0; r < 4; ++r) p[r] = load<V>(m + (4 * r + s) * matrix + f);
                gather_pixels(p, sums[s]);
            }
            auto const put = [&](T* at, V const& pixel) {
                if (n == V::size) kernels::store(at + f, pixel);
                else kernels::store(at + f, pixel, n);
            };
            LAMINA_UNROLL
            for (std::size_t r = 0; r < 2; ++r) {
                if (r == 1 && !below) break;
                V const line[]{sums[0][r], sums[1][r], sums[2][r], sums[3][r]};
                V pixel[2];
                gather_pixels(line, pixel);
                T* const at = to + r * w.out_width * d.filters;
                put(at, pixel[0] + add);
                if (beside) put(at + d.filters, pixel[1] + add);
            }
        }
    }
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
/// transform(first, end, to, threads) makes the products of some of the kernel's filters, at the
/// end of a worker's scratch.
template <class T, class Transform, class FinishAt>
void convolve_by_winograd(DirectSize const& d, std::size_t batch, T const* x,
                          Transform const& transform, T const* bias, T* y,
                          FinishAt const& finish_at, T* scratch, std::size_t apart,
                          Threads* threads) {
    constexpr std::size_t wide = panel_width<T>(), rows = Sights<T>::rows;
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
        Sights<T> s;
        s.count = 1;
        s.ldb = wide;
        s.ahead = rows * d.channels;
        s.run[0] = d.channels;
        s.b[0] = products;
        for (; f < end; f += wide) {
            std::size_t const columns = std::min(wide, end - f);
            for (std::size_t k = 0; k < winograd_products; ++k, s.b[0] += d.channels * wide)
                for (std::size_t t = 0; t < count; t += rows) {
                    for (std::size_t r = 0; r < rows; ++r) {
                        s.at[0][r] = v + k * v_apart + (t + r) * d.channels;
                        s.c[r] = m + k * m_apart + (t + r) * wide;
                    }
                    sum_windows(s, columns, no_bias<T>);
                }
            make_pixels(d, first, count, piece, m, columns, bias ? bias + f : no_bias<T>, y + f);
            finish_tiles(d, first, count, f, columns, y, finish_at);
        }
    };
    if (tiles * d.channels * d.filters < 100000) threads = nullptr;
    std::size_t const workers = threads ? threads->count() : 1, across = panels<T>(d.filters);
    // What one thread writes costs another more to read than to make: of a kernel that is larger
    // than x each thread takes some filters, of a small one with few pieces of x each makes all.
    bool const deep = tiles <= 2 * d.filters && across % workers == 0,
               few = !deep && pieces <= 2 * workers;
    if (workers > 1 && (deep || few)) {
        std::size_t const parts = deep ? workers : 1;
        parallel_for(threads, workers, 1, [&](std::size_t n, std::size_t, std::size_t worker) {
            std::size_t const share = across / parts * wide, f = n % parts * share,
                              end = std::min(f + share, d.filters);
            transform(f, end, products_of(worker), nullptr);
            for (std::size_t i = deep ? 0 : n * pieces / workers,
                             last = deep ? pieces : (n + 1) * pieces / workers;
                 i < last; ++i)
                work(i, f, end, products_of(worker), worker);
        });
        return;
    }
    T* const products = products_of(0);
    transform(0, d.filters, products, threads);
    parallel_for(threads, pieces, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        work(i, 0, d.filters, products, worker);
    });
}

} // namespace lamina::kernels::detail
