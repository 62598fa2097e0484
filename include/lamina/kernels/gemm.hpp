// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_pack.hpp>
#include <lamina/kernels/gemm_tile.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/gemm_vector.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina::kernels {

/// What is done to each block of C as soon as it is whole, while it is near: apply(context, c, ldc,
/// row, column, rows, columns), c being the block's first number, at (row, column) of C. Null:
/// nothing. A pointer and not a type, so that all the layers of a program share one gemm.
template <class T>
struct Finish {
    void (*apply)(void const* context, T* c, std::size_t ldc, std::size_t row, std::size_t column,
                  std::size_t rows, std::size_t columns) = nullptr;
    void const* context = nullptr;
};

/// C = finish(alpha op(A) op(B) + beta C + bias): m x n, the sum over k; all row-major, their rows
/// lda, ldb, ldc numbers apart. op(A) is A, m x k, or with transposed_a the transpose of A, k x m;
/// op(B) likewise.
template <class T>
struct Gemm {
    std::size_t m, n, k;
    T alpha = T{1};
    T const* a;
    std::size_t lda;
    bool transposed_a = false;
    T const* b;
    std::size_t ldb;
    bool transposed_b = false;
    T beta = T{0};               // 0: C is overwritten, whatever was in it
    T* c;
    std::size_t ldc;
    T const* bias = nullptr;     // n numbers, or null
    Finish<T> finish{};
};

namespace detail {

template <class T>
struct GemmSizes {
    static constexpr std::size_t width = GemmTraits<xsimd::default_arch>::columns * lanes<T>;
    static constexpr std::size_t k = 512;   // of a packed panel of B, `width` wide
};

} // namespace detail

/// Numbers of scratch memory that gemm wants for each worker.
template <class T>
constexpr std::size_t gemm_scratch() {
    return detail::GemmSizes<T>::width * detail::GemmSizes<T>::k;
}

namespace detail {

/// So few rows that a copy of B would not be read often enough to pay, if a strip's piece of a row
/// is long enough to come from afar in one go, and A stays near.
template <class T>
bool few_rows(Gemm<T> const& g) {
    return GemmSizes<T>::width * sizeof(T) >= 256 && g.m <= 64 && g.m * g.k <= 65536 &&
           !g.transposed_a;
}

/// Rows [row, row + rows) and columns [column, column + columns) of C. `pack`: copies of B, panel
/// by panel.
template <class T>
[[gnu::noinline]] void gemm_piece(Gemm<T> const& g, bool pack, std::size_t row, std::size_t rows,
                                  std::size_t column, std::size_t columns, T* panel) {
    using Sizes = GemmSizes<T>;
    using Set = TileSet<T>;
    // One panel alone, over a long sum: both operands come from afar, and soon go again. Few rows:
    // what is copied of B stays in the nearest cache.
    std::size_t const longest = g.transposed_a && g.n <= Sizes::width     ? 64
                                : g.m <= 64 && (pack || !few_rows(g)) ? 128
                                                                      : Sizes::k;
    std::size_t const blocks = (g.k + longest - 1) / longest, depth = (g.k + blocks - 1) / blocks;
    Strip<T> s{.k = 0, .a_row = g.transposed_a ? 1 : g.lda, .a_step = g.transposed_a ? g.lda : 1,
               .b = nullptr, .ldb = g.ldb, .last = 0, .ldc = g.ldc, .ldadd = 0};
    for (std::size_t j = column; j < column + columns; j += Sizes::width) {
        std::size_t const width = std::min(Sizes::width, column + columns - j);
        for (std::size_t p = 0; p < g.k; p += depth) {
            s.k = std::min(depth, g.k - p);
            s.b = g.transposed_b ? g.b + j * g.ldb + p : g.b + p * g.ldb + j;
            bool const fresh = p == 0 && g.beta == T{0};
            bool const whole = p + s.k == g.k && g.finish.apply;
            s.ldadd = fresh ? 0 : g.ldc;
            T const* a = g.a + row * s.a_row + p * s.a_step;
            T* c = g.c + row * g.ldc + j;
            T const* add = !fresh ? c : g.bias ? g.bias + j : Set::zeros;
            std::size_t const near = (width + lanes<T> - 1) / lanes<T> * lanes<T>;
            std::size_t done = 0;   // rows
            if (pack && !g.transposed_b && g.alpha == T{1} && width >= Set::copied && rows > 12) {
                done = Set::tallest;
                s.ldb = g.ldb, s.last = (width - 1) % lanes<T> + 1, s.copy = panel;
                Set::copying(1, s, a, c, add);
            } else if (pack) {
                pack_b(s.k, width, g.alpha, s.b, g.ldb, g.transposed_b, panel, near);
            }
            if (pack) s.b = panel, s.ldb = near;
            // so that it is still near when it is finished
            std::size_t const chunk = whole ? 16 * Set::tallest : rows;
            for (std::size_t i = 0; i < rows; i += chunk) {
                std::size_t const count = std::min(chunk, rows - i);
                strip(count - done, width, s, a + done * s.a_row, c + done * g.ldc,
                      add + done * s.ldadd);
                if (whole) g.finish.apply(g.finish.context, c, g.ldc, row + i, j, count, width);
                a += count * s.a_row, c += count * g.ldc, add += count * s.ldadd;
                done = 0;
            }
        }
    }
}

/// C = beta C + bias.
template <class T>
[[gnu::noinline]] void scale(Gemm<T> const& g, Threads* threads) {
    using V = Batch<T>;
    std::size_t const grain = std::max<std::size_t>(1, 16384 / g.n);
    parallel_for(threads, g.m, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i)
            for (std::size_t j = 0; j < g.n; j += V::size) {
                std::size_t const count = std::min(g.n - j, V::size);
                T* const c = g.c + i * g.ldc + j;
                V v = g.bias ? load<V>(g.bias + j, count) : V(T{0});
                if (g.beta != T{0}) v = fma(V(g.beta), load<V>(c, count), v);
                kernels::store(c, v, count);
            }
    });
}

/// m = 1 or n = 1: a matrix and a vector. False if the scratch memory is too small for the vector;
/// then nothing was done.
template <class T>
[[gnu::noinline]] bool gemm_vector(Gemm<T> const& g, T* scratch, Threads* threads) {
    bool const row = g.m == 1;   // y = x op(B), else y = op(A) x
    std::size_t const count = row ? g.n : g.m, y_stride = row ? 1 : g.ldc;
    T const* const matrix = row ? g.b : g.a;
    std::size_t const ld = row ? g.ldb : g.lda;
    T const* x = row ? g.a : g.b;
    std::size_t x_stride = (row ? g.transposed_a : !g.transposed_b) ? (row ? g.lda : g.ldb) : 1;
    bool const by_rows = row ? !g.transposed_b : g.transposed_a;
    T const* const add = g.beta != T{0} ? g.c : g.bias;
    std::size_t const grain = std::max<std::size_t>(1, 131072 / g.k / 64) * 64;
    if (by_rows) {
        if (y_stride != 1) return false;
        constexpr std::size_t widest = GemmTraits<xsimd::default_arch>::columns;
        if (count <= widest * lanes<T>) {
            narrow_row_sums(count, g.k, g.alpha, x, x_stride, matrix, ld, g.c, add);
        } else {
            auto const piece = [&](std::size_t begin, std::size_t end, std::size_t) {
                row_sums(end - begin, g.k, g.alpha, x, x_stride, matrix + begin, ld, g.c + begin,
                         add ? add + begin : nullptr);
            };
            // An even share of each row for each thread, and no more than keeps y near.
            std::size_t const shares = threads && count * g.k >= 131072 ? threads->count() : 1;
            std::size_t const share = (count + 64 * shares - 1) / (64 * shares) * 64;
            parallel_for(threads, count, std::min<std::size_t>(512, share), piece);
        }
    } else {
        if (x_stride != 1) {
            if (g.k > gemm_scratch<T>()) return false;
            for (std::size_t p = 0; p < g.k; ++p) scratch[p] = x[p * x_stride];
            x = scratch;
        }
        parallel_for(threads, count, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
            std::size_t const at = begin * y_stride;
            dots(end - begin, g.k, g.alpha, matrix + begin * ld, ld, x, g.c + at, y_stride,
                 add ? add + at : nullptr, y_stride);
        });
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
    return true;
}

/// So few columns that a dot product for each number of C is cheaper than batches of columns whose
/// last lanes are empty: counted in multiply-adds of batches, and so many more to add up the lanes.
template <class T>
bool few_columns(Gemm<T> const& g) {
    if (g.transposed_a || g.n > 2 * lanes<T>) return false;
    if (g.transposed_b && g.n <= 4) return true;
    if (g.n * g.k > gemm_scratch<T>() || (!g.transposed_b && (g.k < 32 || g.m < 24))) return false;
    std::size_t const sums = (g.k + lanes<T> - 1) / lanes<T> + 4;
    return 10 * g.n * sums <
           (g.transposed_b ? 13 : 9) * g.k * ((g.n + lanes<T> - 1) / lanes<T>);
}

/// That way. The rows of B' are in scratch memory, unless they are those of B.
template <class T>
[[gnu::noinline]] void gemm_dots(Gemm<T> const& g, T* scratch, Threads* threads) {
    T const* b = g.b;
    std::size_t ldb = g.ldb;
    if (!g.transposed_b) {
        transpose(g.k, g.n, g.b, g.ldb, scratch, g.k);
        b = scratch, ldb = g.k;
    }
    std::size_t const grain = std::max<std::size_t>(1, 200000 / (g.n * g.k) / 20) * 20;
    parallel_for(threads, g.m, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        T* const c = g.c + begin * g.ldc;
        dot_all_columns(end - begin, g.n, g.k, g.alpha, g.a + begin * g.lda, g.lda, b, ldb, c,
                        g.ldc, g.beta != T{0} ? c : nullptr);
        if (g.finish.apply)
            g.finish.apply(g.finish.context, c, g.ldc, begin, 0, end - begin, g.n);
    });
}

/// A transposed, and so few columns that much of the last batch of each row would be empty: then
/// C' = B' A is cheaper, and its transpose.
template <class T>
bool wants_swap(Gemm<T> const& g) {
    std::size_t const full = (g.n + lanes<T> - 1) / lanes<T> * lanes<T>;
    return g.transposed_a && !g.transposed_b && g.alpha == T{1} && !g.bias && g.k >= 32 &&
           g.m >= lanes<T> && g.n <= GemmSizes<T>::width && 5 * g.n <= 4 * full;
}

/// Whether the last columns, less than a batch, cost less by themselves: as dots, or turned round.
template <class T>
bool splits(Gemm<T> const& g) {
    Gemm<T> rest = g;
    rest.n = g.n % lanes<T>;
    if (rest.n == 0 || 2 * rest.n > lanes<T> || g.n < lanes<T>) return false;
    if (g.m < 24 || g.k < 32) return false;
    return g.transposed_a ? wants_swap(rest) : few_columns(rest);
}

/// The columns of C from `column` on.
template <class T>
Gemm<T> columns_from(Gemm<T> g, std::size_t column) {
    g.n -= column;
    g.b += g.transposed_b ? column * g.ldb : column;
    g.c += column;
    if (g.bias) g.bias += column;
    return g;
}
/// A Finish for those.
template <class T>
struct FinishFrom {
    Finish<T> whole;
    std::size_t first;
    Finish<T> finish() const {
        if (!whole.apply) return {};
        return {[](void const* context, T* c, std::size_t ldc, std::size_t row, std::size_t column,
                   std::size_t rows, std::size_t columns) {
                    auto const& from = *static_cast<FinishFrom const*>(context);
                    from.whole.apply(from.whole.context, c, ldc, row, from.first + column, rows,
                                     columns);
                },
                this};
    }
};

/// One strip of few tiles: nothing to decide.
template <class T>
[[gnu::always_inline]] inline bool is_tiny(Gemm<T> const& g) {
    bool const odd = (g.n - 1) % lanes<T> < lanes<T> / 2 && g.m >= 24 && g.k >= 32;
    return !g.transposed_b && g.n <= GemmSizes<T>::width && g.k <= 64 && g.m <= 64 && !odd &&
           g.k > 1 && g.n > 1 && g.m > 1 && g.alpha == T{1} &&
           (g.beta == T{0} || (g.beta == T{1} && !g.bias)) && !(g.transposed_a && wants_swap(g));
}
template <class T>
[[gnu::always_inline]] inline void gemm_tiny(Gemm<T> const& g) {
    bool const fresh = g.beta == T{0};
    Strip<T> s{.k = g.k, .a_row = g.transposed_a ? 1 : g.lda, .a_step = g.transposed_a ? g.lda : 1,
               .b = g.b, .ldb = g.ldb, .last = 0, .ldc = g.ldc, .ldadd = fresh ? 0 : g.ldc};
    strip(g.m, g.n, s, g.a, g.c, !fresh ? g.c : g.bias ? g.bias : TileSet<T>::zeros);
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

/// Nothing to pack, nothing to cut: straight to the tiles.
template <class T>
void gemm_direct(Gemm<T> const& g) {
    constexpr std::size_t width = GemmSizes<T>::width;
    Strip<T> s{.k = g.k, .a_row = g.transposed_a ? 1 : g.lda, .a_step = g.transposed_a ? g.lda : 1,
               .b = g.b, .ldb = g.ldb, .last = 0, .ldc = g.ldc, .ldadd = 0};
    if (g.beta != T{0}) s.ldadd = g.ldc;
    for (std::size_t j = 0; j < g.n; j += width, s.b += width) {
        T const* const fresh = g.bias ? g.bias + j : TileSet<T>::zeros;
        strip(g.m, std::min(width, g.n - j), s, g.a, g.c + j, g.beta != T{0} ? g.c + j : fresh);
    }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

/// Rows [begin, end) of C, turned round.
template <class T>
[[gnu::noinline]] void gemm_swapped(Gemm<T> const& g, std::size_t begin, std::size_t end,
                                    T* buffer) {
    constexpr std::size_t width = GemmSizes<T>::width;
    bool const fresh = g.beta == T{0};
    std::size_t const blocks = (g.k + 255) / 256, depth = (g.k + blocks - 1) / blocks;
    for (std::size_t i = begin; i < end; i += width) {
        std::size_t const rows = std::min(width, end - i);
        T* const c = g.c + i * g.ldc;
        if (!fresh) transpose(rows, g.n, c, g.ldc, buffer, width);
        for (std::size_t p = 0; p < g.k; p += depth) {
            bool const zero = fresh && p == 0;
            Strip<T> s{.k = std::min(depth, g.k - p), .a_row = 1, .a_step = g.ldb,
                       .b = g.a + p * g.lda + i, .ldb = g.lda, .last = 0, .ldc = width,
                       .ldadd = zero ? 0 : width};
            strip(g.n, rows, s, g.b + p * g.ldb, buffer, zero ? TileSet<T>::zeros : buffer);
        }
        transpose(g.n, rows, buffer, width, c, g.ldc);
        if (g.finish.apply) g.finish.apply(g.finish.context, c, g.ldc, i, 0, rows, g.n);
    }
}

/// A long sum for a small C is cut into so many parts, each added up by itself: by the shape alone,
/// so that the bits do not depend on the threads. 1: it is not cut.
template <class T>
std::size_t parts_of_sum(Gemm<T> const& g) {
    std::size_t const room = gemm_scratch<T>() - (wants_swap(g) ? g.n * GemmSizes<T>::width : 0);
    if (g.k < 2048 || g.n > GemmSizes<T>::width || 4 * g.m * g.n > room || g.transposed_b ||
        g.alpha != T{1} || g.bias)
        return 1;
    return std::min<std::size_t>(8, room / (g.m * g.n));
}

template <class T>
[[gnu::noinline]] void gemm_in_parts(Gemm<T> const& g, std::size_t parts, T* scratch,
                                     Threads* threads) {
    using V = Batch<T>;
    std::size_t const depth = (g.k + parts - 1) / parts, size = g.m * g.n;
    T* const sums = scratch + gemm_scratch<T>() - parts * size;   // behind the first worker's own
    parallel_for(threads, parts, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        std::size_t const p = i * depth;
        Gemm<T> part = g;
        part.k = std::min(depth, g.k - p);
        part.a += p * (g.transposed_a ? g.lda : 1);
        part.b += p * g.ldb;
        part.c = sums + i * size;
        part.ldc = g.n;
        part.beta = T{0};
        part.finish = {};
        if (wants_swap(g)) gemm_swapped(part, 0, g.m, scratch + worker * gemm_scratch<T>());
        else gemm_piece(part, false, 0, g.m, 0, g.n, static_cast<T*>(nullptr));
    });
    for (std::size_t i = 0; i < g.m; ++i)
        for (std::size_t j = 0; j < g.n; j += V::size) {
            std::size_t const count = std::min(g.n - j, V::size);
            T* const c = g.c + i * g.ldc + j;
            T const* from = sums + i * g.n + j;
            V v = load<V>(from, count);
            for (std::size_t part = 1; part < parts; ++part)
                v += load<V>(from += size, count);
            kernels::store(c, g.beta == T{0} ? v : v + load<V>(c, count), count);
        }
    if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
}

struct Pieces {
    std::size_t rows, columns;   // of each; those at the end may be smaller
};

/// Pieces of C for `workers` threads: those whose slowest thread has least to do. What the copies
/// of B cost is counted in rows.
template <class T>
Pieces cut(Gemm<T> const& g, bool pack, std::size_t workers) {
    constexpr std::size_t width = GemmSizes<T>::width;
    std::size_t const strips = (g.n + width - 1) / width;
    std::size_t best = ~std::size_t{0};
    Pieces pieces{};
    for (std::size_t r = 1; r < 4 * workers && r <= (g.m + 1) / 2; r = r < workers ? r + 1 : 2 * r)
        for (std::size_t c = 1; c < 4 * workers && c <= strips; c = c < workers ? c + 1 : 2 * c) {
            std::size_t const rows = (g.m + r - 1) / r, wide = (strips + c - 1) / c;
            std::size_t const count = ((g.m + rows - 1) / rows) * ((strips + wide - 1) / wide);
            std::size_t const rounds = (count + workers - 1) / workers;
            std::size_t const cost = rounds * wide * (rows + (pack ? 10 : 1));
            if (cost < best) best = cost, pieces = {rows, wide * width};
        }
    return pieces;
}

template <class T>
[[gnu::noinline]] void gemm_large(Gemm<T> const& g, T* scratch, Threads* threads) {
    using Sizes = GemmSizes<T>;
    if (g.m == 0 || g.n == 0) return;
    bool const one = g.m == 1 || g.n == 1, few = few_columns(g);
    bool const adds_both = g.beta != T{0} && (g.beta != T{1} || g.bias);
    if (g.k == 0 || adds_both || (g.bias && g.m != 1 && (one || few))) {
        scale(g, threads);
        Gemm<T> rest = g;
        rest.beta = T{1};
        rest.bias = nullptr;
        if (g.k > 0) gemm_large(rest, scratch, threads);
        else if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
        return;
    }
    if (one && gemm_vector(g, scratch, threads)) return;
    if (g.k == 1 && (!g.transposed_b || g.ldb == 1)) {
        bool const fresh = g.beta == T{0};
        auto const rows = [&](std::size_t begin, std::size_t end, std::size_t) {
            std::size_t const step = g.transposed_a ? 1 : g.lda;
            T* const c = g.c + begin * g.ldc;
            outer(end - begin, g.n, g.alpha, g.a + begin * step, step, g.b, c, g.ldc,
                          fresh ? g.bias : c, fresh ? 0 : g.ldc);
        };
        parallel_for(threads, g.m, std::max<std::size_t>(16, 131072 / g.n), rows);
        if (g.finish.apply) g.finish.apply(g.finish.context, g.c, g.ldc, 0, 0, g.m, g.n);
        return;
    }
    if (few) return gemm_dots(g, scratch, threads);
    if (std::size_t const parts = parts_of_sum(g); parts > 1) {
        gemm_in_parts(g, parts, scratch, threads);
        return;
    }
    if (bool const turns = wants_swap(g); splits(g) && (!turns || g.n > 2 * lanes<T>)) {
        std::size_t const first = g.n - g.n % lanes<T>;
        Gemm<T> most = g, rest = columns_from(g, first);
        FinishFrom<T> const finish{g.finish, first};
        most.n = first;
        rest.finish = finish.finish();
        gemm_large(most, scratch, threads);
        gemm_large(rest, scratch, threads);
        return;
    } else if (turns) {
        std::size_t const rows = std::max<std::size_t>(1, 200000 / (g.n * g.k * Sizes::width));
        parallel_for(threads, g.m, rows * Sizes::width,
                     [&](std::size_t begin, std::size_t end, std::size_t worker) {
                         gemm_swapped(g, begin, end, scratch + worker * gemm_scratch<T>());
                     });
        return;
    }
    std::size_t const work = g.m * g.n * g.k;
    bool const alone = threads == nullptr || threads->count() == 1 || work < 400000;
    std::size_t const far = g.transposed_a && g.m >= 64 ? 32768 : 65536;
    bool const large = g.n > Sizes::width && g.k * g.n > far && g.m > 12 && !few_rows(g);
    bool const pack = g.transposed_b || g.alpha != T{1} || large;
    if (alone) {
        bool const near = !g.finish.apply || g.m * g.n <= 4096;   // all of C, when it is finished
        if (near && !pack && g.k <= (g.m <= 64 ? 160 : Sizes::k)) gemm_direct(g);
        else gemm_piece(g, pack, 0, g.m, 0, g.n, scratch);
        return;
    }
    Pieces const size = cut(g, pack, threads->count());
    std::size_t const across = (g.n + size.columns - 1) / size.columns;
    std::size_t const pieces = (g.m + size.rows - 1) / size.rows * across;
    parallel_for(threads, pieces, 1, [&](std::size_t i, std::size_t, std::size_t worker) {
        std::size_t const row = i / across * size.rows, column = i % across * size.columns;
        gemm_piece(g, pack, row, std::min(size.rows, g.m - row), column,
                           std::min(size.columns, g.n - column),
                           scratch + worker * gemm_scratch<T>());
    });
}

} // namespace detail

/// See Gemm. No operand overlaps C. `scratch` has gemm_scratch<T>() numbers for each of the
/// threads. The bits of C depend neither on the threads nor on where C is cut.
template <class T>
[[gnu::noinline]] void gemm(Gemm<T> const& g, T* scratch, Threads* threads) {
    if (detail::is_tiny(g)) detail::gemm_tiny(g);
    else detail::gemm_large(g, scratch, threads);
}

} // namespace lamina::kernels
