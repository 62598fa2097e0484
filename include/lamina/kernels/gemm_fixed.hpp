// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/kernels/gemm_small.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace lamina::kernels {

/// The shape of a product, for the compiler: C = alpha op(A) op(B) + beta C, m x n, the sum over k.
/// All row-major; op(A) is A, m x k, or with transposed_a the transpose of A, k x m; op(B)
/// likewise. Rows lie lda, ldb, ldc numbers apart, 0: without gaps. What is no whole number, alpha
/// too, is for the epilogue.
struct Product {
    std::size_t m, n, k;
    bool transposed_a = false, transposed_b = false;
    int alpha = 1, beta = 0; // beta 0: C is overwritten, whatever was in it
    std::size_t lda = 0, ldb = 0, ldc = 0;
};

namespace detail {

template <std::size_t N>
using Constant = std::integral_constant<std::size_t, N>;

/// A product with everything worked out: number (i, p) of op(A) is a[i * a_row + p * a_step],
/// number (p, j) of op(B) b[p * b_step + j * b_column].
struct FixedProduct {
    std::size_t m, n, k, a_row, a_step, b_step, b_column, ldc;
    int alpha, beta;

    explicit constexpr FixedProduct(Product const& p)
        : m(p.m), n(p.n), k(p.k), a_row(0), a_step(0), b_step(0), b_column(0),
          ldc(p.ldc ? p.ldc : p.n), alpha(p.alpha), beta(p.beta) {
        std::size_t const lda = p.lda ? p.lda : p.transposed_a ? p.m : p.k;
        std::size_t const ldb = p.ldb ? p.ldb : p.transposed_b ? p.k : p.n;
        a_row = p.transposed_a ? 1 : lda, a_step = p.transposed_a ? lda : 1;
        b_step = p.transposed_b ? 1 : ldb, b_column = p.transposed_b ? ldb : 1;
        if (k == 1) a_step = b_step = 1;
        if (n == 1) b_column = 1;
    }
    /// C' = op(B)' op(A)', its rows ld numbers apart.
    constexpr FixedProduct turned(std::size_t ld) const {
        FixedProduct t = *this;
        t.m = n, t.n = m, t.ldc = ld;
        t.a_row = b_column, t.a_step = b_step;
        t.b_step = a_step, t.b_column = m == 1 ? 1 : a_row;
        return t;
    }
};

/// The ways to such a product, and what each takes, counted in multiply-adds of batches.
template <class T>
struct FixedCost {
    static constexpr std::size_t never = ~std::size_t{0} / 4;
    static constexpr std::size_t room = 16384; // numbers on the stack
    static constexpr std::size_t batches(std::size_t n) { return (n + lanes<T> - 1) / lanes<T>; }
    /// Of rows x columns numbers.
    static constexpr std::size_t transpose(std::size_t rows, std::size_t columns) {
        return 5 * batches(rows) * columns;
    }

    /// Tiles of C that stay in registers; a transposed B is turned round first, some columns at a
    /// time.
    static constexpr std::size_t tiles(FixedProduct const& p) {
        std::size_t const work = p.m * batches(p.n) * p.k;
        if (p.b_column == 1) return work;
        return p.k > room / (4 * lanes<T>) ? never : work + transpose(p.k, p.n);
    }
    /// A dot product for each number of C, as many as there are lanes added up together.
    static constexpr std::size_t dots(FixedProduct const& p) {
        if (p.a_step != 1 || p.b_step != 1) return never;
        return p.m * batches(p.n) * lanes<T> * (batches(p.k) + 3);
    }
    static constexpr std::size_t straight(FixedProduct const& p) {
        return std::min(tiles(p), dots(p));
    }
    /// The transpose of C: in place if it is one column.
    static constexpr bool in_place(FixedProduct const& p) { return p.n == 1 && p.ldc == 1; }
    static constexpr std::size_t turned(FixedProduct const& p) {
        if (in_place(p)) return straight(p.turned(p.m));
        std::size_t const numbers = p.n * batches(p.m) * lanes<T>;
        return numbers > room ? never : straight(p.turned(p.m)) + transpose(p.n, p.m);
    }
};

/// How the M rows are cut for tiles of C batches of columns: `tall` rows at a time, and what is
/// left over in tiles of one row less. One kind of tile alone if that costs little.
template <class T, std::size_t M, std::size_t C>
struct FixedRows {
    static constexpr std::size_t sums = GemmTraits<xsimd::default_arch>::sums;
    static constexpr std::size_t most = std::min<std::size_t>(16, sums / C);
    static constexpr std::size_t blocks = (M + most - 1) / most, even = (M + blocks - 1) / blocks;
    static constexpr std::size_t tall = [] {
        for (std::size_t r = even; 3 * r > 2 * even; --r)
            if (M % r == 0) return r;
        return even;
    }();
    static constexpr std::size_t low = M % tall == 0 ? 0 : tall * blocks - M; // tiles
    static constexpr std::size_t talls = (M - low * (tall - 1)) / tall;
};

template <FixedProduct P, class T, class Epilogue>
struct StoreProduct {
    T* c;
    Epilogue const& epilogue;
    template <std::size_t Count, class V>
    LAMINA_ALWAYS_INLINE void operator()(V v, std::size_t row, std::size_t column) const {
        T* const to = c + row * P.ldc + column;
        V const alpha(T(P.alpha));
        if constexpr (P.beta == 0) {
            if constexpr (P.alpha != 1) v = alpha * v;
        } else if constexpr (P.beta == 1) {
            v = P.alpha == 1 ? v + load_lanes<Count, V>(to)
                             : fma(alpha, v, load_lanes<Count, V>(to));
        } else {
            v = fma(V(T(P.beta)), load_lanes<Count, V>(to), P.alpha == 1 ? v : alpha * v);
        }
        store_lanes<Count>(to, V(epilogue.value(v)));
    }
    StoreProduct at(std::size_t row, std::size_t column) const {
        return {c + row * P.ldc + column, epilogue};
    }
};

/// Rows of a short sum pass by one after the other: all of b is in registers.
template <FixedProduct P, std::size_t C, std::size_t Last, std::size_t Ldb, class T, class Store>
LAMINA_ALWAYS_INLINE inline void fixed_short(T const* a, T const* b, Store const& store) {
    using V = Batch<T>;
    V x[P.k][C];
    LAMINA_UNROLL
    for (std::size_t k = 0; k < P.k; ++k) {
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            T const* const at = b + k * Ldb + c * V::size;
            x[k][c] = in_register(c + 1 < C ? load<V>(at) : load_lanes<Last, V>(at));
        }
    }
    for (std::size_t row = 0; row < P.m; ++row, a += P.a_row) {
        V sum[C];
        LAMINA_UNROLL
        for (std::size_t k = 0; k < P.k; ++k) {
            V const v(a[k * P.a_step]);
            LAMINA_UNROLL
            for (std::size_t c = 0; c < C; ++c)
                sum[c] = k == 0 ? v * x[k][c] : fma(v, x[k][c], sum[c]);
        }
        LAMINA_UNROLL
        for (std::size_t c = 0; c < C; ++c) {
            if (c + 1 < C) store.template operator()<V::size>(sum[c], row, c * V::size);
            else store.template operator()<Last>(sum[c], row, c * V::size);
        }
    }
}

/// All rows of a block of C batches of columns.
template <FixedProduct P, std::size_t C, std::size_t Last, std::size_t Ldb, class T, class Store>
LAMINA_ALWAYS_INLINE inline void fixed_block(T const* a, T const* b, Store const& store) {
    using Rows = FixedRows<T, P.m, C>;
    if constexpr (P.k <= 5 && (P.k + 1) * C <= Rows::sums && P.m >= 8) {
        fixed_short<P, C, Last, Ldb>(a, b, store);
    } else {
        auto const tile = [&]<std::size_t R>(Constant<R>, std::size_t row) LAMINA_ALWAYS_INLINE {
            constexpr std::size_t chains = R * C, wanted = chains >= 8 ? 1 : chains >= 4 ? 2 : 4;
            constexpr std::size_t parts = P.k >= 4 * wanted ? wanted : 1;
            small_tile<R, C, parts, Last, P.k, Ldb, P.a_row, P.a_step>(
                a + row * P.a_row, b, static_cast<T const*>(nullptr), store.at(row, 0));
        };
        std::size_t row = 0;
        for (; row < Rows::talls * Rows::tall; row += Rows::tall) tile(Constant<Rows::tall>{}, row);
        if constexpr (Rows::low > 0)
            for (; row < P.m; row += Rows::tall - 1) tile(Constant<Rows::tall - 1>{}, row);
    }
}

template <FixedProduct P, class T, class Store>
LAMINA_ALWAYS_INLINE inline void fixed_tiles(T const* a, T const* b, Store const& store) {
    using Cut = SmallCut<T, P.k, P.n>;
    constexpr std::size_t width = Cut::columns * lanes<T>;
    auto const block = [&]<std::size_t C, std::size_t Last>(Constant<C>, Constant<Last>,
                                                            std::size_t j) LAMINA_ALWAYS_INLINE {
        if constexpr (P.b_column == 1) {
            fixed_block<P, C, Last, P.b_step>(a, b + j, store.at(0, j));
        } else {
            constexpr std::size_t columns = (C - 1) * lanes<T> + Last, ld = C * lanes<T>;
            alignas(64) T panel[P.k * ld];
            transpose<true>(columns, P.k, b + j * P.b_column, P.b_column, panel, ld);
            fixed_block<P, C, Last, ld>(a, panel, store.at(0, j));
        }
    };
    if constexpr (Cut::whole_blocks > 0)
        for (std::size_t j = 0; j < Cut::whole_blocks * width; j += width)
            block(Constant<Cut::columns>{}, Constant<lanes<T>>{}, j);
    if constexpr (!Cut::even)
        block(Constant<Cut::last_columns>{}, Constant<Cut::last_lanes>{},
              Cut::whole_blocks * width);
}

template <FixedProduct P, class T, class Store>
LAMINA_ALWAYS_INLINE inline void fixed_dots(T const* a, T const* b, Store const& store) {
    using V = Batch<T>;
    constexpr std::size_t rest = P.n % V::size, whole = P.n - rest;
    auto const dots = [&]<std::size_t Count>(Constant<Count>, std::size_t i,
                                             std::size_t j) LAMINA_ALWAYS_INLINE {
        V sum[V::size];
        LAMINA_UNROLL
        for (std::size_t l = 0; l < V::size; ++l)
            sum[l] =
                l < Count ? row_products<P.k>(b + (j + l) * P.b_column, a + i * P.a_row) : V(T{0});
        store.template operator()<Count>(Count == 1 ? V(reduce_add(sum[0])) : sums_of_rows(sum), i,
                                         j);
    };
    for (std::size_t i = 0; i < P.m; ++i) {
        for (std::size_t j = 0; j < whole; j += V::size) dots(Constant<V::size>{}, i, j);
        if constexpr (rest > 0) dots(Constant<rest>{}, i, whole);
    }
}

template <FixedProduct P, class T, class Store>
LAMINA_ALWAYS_INLINE inline void fixed_straight(T const* a, T const* b, Store const& store) {
    if constexpr (FixedCost<T>::dots(P) < FixedCost<T>::tiles(P)) fixed_dots<P>(a, b, store);
    else fixed_tiles<P>(a, b, store);
}

} // namespace detail

/// C = epilogue.value(alpha op(A) op(B) + beta C) of a shape that the compiler knows: see Product.
/// Nothing is decided at run time, nothing is packed but a transposed B (on the stack). Each shape
/// is a function of its own: this is for small ones, the bodies of loops. C overlaps neither A nor
/// B.
template <Product Shape, class T, class Epilogue = NoEpilogue>
[[gnu::noinline]] void gemm(T const* a, T const* b, T* c, Epilogue const& epilogue = {}) {
    constexpr detail::FixedProduct p(Shape);
    using Cost = detail::FixedCost<T>;
    static_assert(p.m * p.n * p.k > 0, "A Product has at least one row, column and term.");
    static_assert(std::min(Cost::straight(p), Cost::turned(p)) < (std::size_t{1} << 21),
                  "This shape is too large for gemm<Product>: take gemm(Gemm<T>).");
    if constexpr (Cost::straight(p) <= Cost::turned(p)) {
        detail::fixed_straight<p>(a, b, detail::StoreProduct<p, T, Epilogue>{c, epilogue});
    } else if constexpr (Cost::in_place(p)) {
        constexpr auto t = p.turned(p.m);
        detail::fixed_straight<t>(b, a, detail::StoreProduct<t, T, Epilogue>{c, epilogue});
    } else {
        constexpr std::size_t ld = Cost::batches(p.m) * lanes<T>;
        constexpr auto t = p.turned(ld);
        alignas(64) T turned[p.n * ld];
        if constexpr (p.beta != 0) transpose(p.m, p.n, c, p.ldc, turned, ld);
        detail::fixed_straight<t>(b, a, detail::StoreProduct<t, T, Epilogue>{turned, epilogue});
        transpose(p.n, p.m, turned, ld, c, p.ldc);
    }
}

} // namespace lamina::kernels
