// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

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
    T beta = T{0}; // 0: C is overwritten, whatever was in it
    T* c;
    std::size_t ldc;
    T const* bias = nullptr; // n numbers, or null
    Finish<T> finish{};
    T const* panels = nullptr; // B besides, as pack_panels puts it, or null; alpha is 1 then
};

namespace detail {

template <class T>
struct GemmSizes {
    static constexpr std::size_t width = GemmTraits<xsimd::default_arch>::columns * lanes<T>;
    static constexpr std::size_t k = 1024; // of a packed panel of B, `width` wide
    static constexpr std::size_t room = width * k;
};

/// Blocks of A and panels of B that are copied together, where tiles are narrow. A block, 200 kB,
/// stays in half of the second cache, the other half of which may be another thread's; a panel,
/// 32 kB, is longer than the nearest cache likes, for each block reads and writes C. The more
/// columns, the less often A is copied.
template <class T>
struct GemmBlocks {
    static constexpr bool wanted = !GemmTraits<xsimd::default_arch>::many;
    static constexpr std::size_t k = 512, rows = 384 / sizeof(T), columns = 3072 / sizeof(T);
    static constexpr std::size_t height = 6; // rows of a sliver of A, which lie side by side
    static constexpr std::size_t sliver = height * k + 64 / sizeof(T); // from one to the next
    static constexpr std::size_t fewest = 8 * GemmSizes<T>::width;     // columns; else A stays
    /// Numbers for a block of A and for panels of so many columns.
    static constexpr std::size_t room(std::size_t wide) {
        constexpr std::size_t panel = GemmSizes<T>::width;
        return rows / height * sliver + std::min((wide + panel - 1) / panel * panel, columns) * k;
    }
};

/// Fewer multiply-adds than these are done before a second thread that sleeps has begun to help,
inline constexpr std::size_t too_little = 500000;
/// and fewer than these before one that is awake has.
inline constexpr std::size_t too_few = 250000;

/// Whether threads share so many multiply-adds. (Without threads: no.)
inline bool are_worth_sharing(Threads* threads, std::size_t work) {
    return threads && threads->count() > 1 && work >= too_few &&
           (work >= too_little || threads->ready());
}

/// f(begin, end, worker) for pieces of [0, n), where one takes `work` multiply-adds: as many pieces
/// for each thread, but none too little, and all but the last a multiple of `unit`.
template <class F>
LAMINA_ALWAYS_INLINE inline void share(Threads* threads, std::size_t n, std::size_t work,
                                       std::size_t unit, F const& f) {
    std::size_t const all = n * work;
    if (!are_worth_sharing(threads, all)) return f(std::size_t{0}, n, std::size_t{0});
    std::size_t const count = threads->count();
    std::size_t const pieces = count * std::max<std::size_t>(1, all / (count * too_little));
    std::size_t const grain = (n + pieces - 1) / pieces;
    parallel_for(threads, n, (grain + unit - 1) / unit * unit, f);
}

} // namespace detail

/// Numbers of scratch memory that gemm wants for each worker, for products of at most so many
/// columns.
template <class T>
constexpr std::size_t gemm_scratch(std::size_t columns) {
    using Blocks = detail::GemmBlocks<T>;
    std::size_t const room = detail::GemmSizes<T>::room;
    if (!Blocks::wanted || columns < Blocks::fewest) return room;
    return std::max(room, Blocks::room(columns));
}
/// For products of any number of columns.
template <class T>
constexpr std::size_t gemm_scratch() {
    return gemm_scratch<T>(detail::GemmBlocks<T>::columns);
}

} // namespace lamina::kernels
