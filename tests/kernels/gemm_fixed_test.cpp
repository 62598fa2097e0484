// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/gemm_fixed.hpp>

#include <lamina/core/random.hpp>
#include <lamina/kernels/reference.hpp>

#include <doctest/doctest.h>

#include "support/guard_pages.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace lamina;
using kernels::Product;

namespace {

/// x -> 2 x - 3, exact for small whole numbers.
struct Twice {
    template <class V>
    V value(V x) const {
        return x + x - V(3);
    }
};

/// A shape and its function: all that is compiled for each of them.
template <class T>
struct Work {
    Product p;
    void (*gemm)(T const* a, T const* b, T* c);
    bool twice = false;
};
template <class T, Product P>
constexpr Work<T> work() {
    return {P, [](T const* a, T const* b, T* c) { kernels::gemm<P>(a, b, c); }};
}
template <class T, Product P>
constexpr Work<T> work_twice() {
    return {P, [](T const* a, T const* b, T* c) { kernels::gemm<P>(a, b, c, Twice{}); }, true};
}

/// Rows of `columns` numbers, ld apart.
struct Layout {
    std::size_t rows, columns, ld;
    std::size_t size() const { return (rows - 1) * ld + columns; }
};

/// Operands between guard pages, with NaN between their rows; where beta is 0 also in C.
template <class T>
struct Operands {
    Layout in_a, in_b, in_c;
    testing::GuardPages pages_a, pages_b, pages_c;
    T *a, *b, *c;

    static Layout layout(std::size_t rows, std::size_t columns, std::size_t ld) {
        return {rows, columns, ld ? ld : columns};
    }
    Operands(Product const& p, bool integers, bool at_end)
        : in_a(p.transposed_a ? layout(p.k, p.m, p.lda) : layout(p.m, p.k, p.lda)),
          in_b(p.transposed_b ? layout(p.n, p.k, p.ldb) : layout(p.k, p.n, p.ldb)),
          in_c(layout(p.m, p.n, p.ldc)), pages_a(in_a.size() * sizeof(T)),
          pages_b(in_b.size() * sizeof(T)), pages_c(in_c.size() * sizeof(T)),
          a(pages_a.array<T>(in_a.size(), at_end)), b(pages_b.array<T>(in_b.size(), at_end)),
          c(pages_c.array<T>(in_c.size(), at_end)) {
        fill(a, in_a, Random{1}, integers);
        fill(b, in_b, Random{2}, integers);
        fill(c, in_c, Random{3}, integers);
        if (p.beta == 0) std::fill_n(c, in_c.size(), std::numeric_limits<T>::quiet_NaN());
    }
    static void fill(T* p, Layout const& l, Random const& random, bool integers) {
        for (std::size_t i = 0; i < l.size(); ++i) {
            if (i % l.ld >= l.columns) p[i] = std::numeric_limits<T>::quiet_NaN();
            else if (integers) p[i] = static_cast<T>(static_cast<int>(random.below(i, 17)) - 8);
            else p[i] = static_cast<T>(2.0f * random.uniform(i) - 1.0f);
        }
    }
};

/// One product against the reference: within the bound of Higham (2002), section 3.5, |error| <=
/// gamma (|alpha| |A| |B| + |beta| |C|), gamma = n u / (1 - n u), n = k + 3; of whole numbers, and
/// through an epilogue, exact. What is wrong, or "".
template <class T>
std::string wrong(Work<T> const& work) {
    Product const& p = work.p;
    for (int kind = work.twice ? 2 : 0; kind < 4; ++kind) {
        bool const integers = kind >= 2;
        Operands<T> on(p, integers, kind % 2 == 0);
        std::size_t const size = on.in_c.size();
        std::vector<T> const before(on.c, on.c + size);
        std::vector<long double> exact(before.begin(), before.end()), bound(size);
        auto const absolute = [](T const* from, std::size_t n) {
            std::vector<T> v(n);
            std::transform(from, from + n, v.begin(), [](T x) { return std::abs(x); });
            return v;
        };
        auto const a = absolute(on.a, on.in_a.size()), b = absolute(on.b, on.in_b.size());
        auto const c = absolute(on.c, size);
        std::copy(c.begin(), c.end(), bound.begin());
        kernels::reference::gemm<T>(p.m, p.n, p.k, T(p.alpha), on.a, on.in_a.ld, p.transposed_a,
                                    on.b, on.in_b.ld, p.transposed_b, T(p.beta), exact.data(),
                                    on.in_c.ld, nullptr);
        kernels::reference::gemm<T>(p.m, p.n, p.k, std::abs(T(p.alpha)), a.data(), on.in_a.ld,
                                    p.transposed_a, b.data(), on.in_b.ld, p.transposed_b,
                                    std::abs(T(p.beta)), bound.data(), on.in_c.ld, nullptr);
        work.gemm(on.a, on.b, on.c);

        long double const u = std::numeric_limits<T>::epsilon() / 2;
        long double const n = static_cast<long double>(p.k + 3), gamma = n * u / (1 - n * u);
        for (std::size_t i = 0; i < size; ++i) {
            if (work.twice) exact[i] = 2 * exact[i] - 3;
            bool good;
            if (i % on.in_c.ld >= p.n) good = std::memcmp(&on.c[i], &before[i], sizeof(T)) == 0;
            else if (integers) good = static_cast<long double>(on.c[i]) == exact[i];
            else good = std::abs(on.c[i] - exact[i]) <= gamma * bound[i];
            if (!good)
                return std::to_string(p.m) + " x " + std::to_string(p.n) + " x " +
                       std::to_string(p.k) + (p.transposed_a ? " T" : " N") +
                       (p.transposed_b ? "T" : "N") + " alpha " + std::to_string(p.alpha) +
                       " beta " + std::to_string(p.beta) + ": number " + std::to_string(i) +
                       " is " + std::to_string(on.c[i]) + ", not " + std::to_string(exact[i]);
        }
    }
    return "";
}

template <class T>
std::string wrong(std::initializer_list<Work<T>> all) {
    std::string text;
    for (Work<T> const& one : all)
        if (text.empty()) text = wrong(one);
    return text;
}

/// Number i of a walk over shapes: every form, sizes about the lanes of all processors, and gaps.
constexpr Product scattered(std::size_t i) {
    constexpr std::size_t m[]{1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 24, 31, 33, 40};
    constexpr std::size_t n[]{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 64, 65, 70};
    constexpr std::size_t k[]{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 19, 31, 33, 50};
    Product p{
        .m = m[i * 7 % std::size(m)], .n = n[i * 11 % std::size(n)], .k = k[i * 5 % std::size(k)]};
    p.transposed_a = i % 4 == 1 || i % 4 == 3, p.transposed_b = i % 4 >= 2;
    constexpr int scales[][2]{{1, 0}, {1, 1}, {-1, 0}, {1, 0}, {2, 1}, {-1, 3}, {1, -2}};
    p.alpha = scales[i % 7][0], p.beta = scales[i % 7][1];
    if (i % 3 == 0) {
        p.lda = (p.transposed_a ? p.m : p.k) + 1 + i % 2;
        p.ldb = (p.transposed_b ? p.k : p.n) + 3;
        p.ldc = p.n + 2;
    }
    return p;
}
template <class T, std::size_t... I>
std::string scattered_shapes(std::index_sequence<I...>) {
    return wrong<T>({work<T, scattered(I)>()...});
}

template <std::size_t M, std::size_t N, std::size_t K, int Beta = 0>
constexpr Product form(int f) {
    return {
        .m = M, .n = N, .k = K, .transposed_a = f % 2 != 0, .transposed_b = f >= 2, .beta = Beta};
}
template <class T, std::size_t M, std::size_t N, std::size_t K, int Beta = 0>
std::string forms() {
    return wrong<T>({work<T, form<M, N, K, Beta>(0)>(), work<T, form<M, N, K, Beta>(1)>(),
                     work<T, form<M, N, K, Beta>(2)>(), work<T, form<M, N, K, Beta>(3)>()});
}

} // namespace

TEST_CASE_TEMPLATE("a product of constant shape is right at scattered shapes", T, float, double) {
    CHECK(scattered_shapes<T>(std::make_index_sequence<48>{}) == "");
}

TEST_CASE_TEMPLATE("a product of constant shape is right in every form", T, float, double) {
    CHECK(forms<T, 16, 16, 16>() == "");
    CHECK(forms<T, 33, 66, 31, 1>() == "");
    CHECK(forms<T, 40, 2, 20, 1>() == ""); // turned, with C before
    CHECK(forms<T, 1, 64, 64>() == "");
    CHECK(forms<T, 64, 1, 64, 1>() == "");
    CHECK(forms<T, 32, 64, 3>() == "");
    CHECK(forms<T, 1, 1, 300>() == "");
    CHECK(forms<T, 3, 5, 1, 2>() == "");
}

TEST_CASE_TEMPLATE("a product of constant shape goes through its epilogue", T, float, double) {
    CHECK(wrong<T>({work_twice<T, form<9, 19, 7>(0)>(), work_twice<T, form<40, 2, 20, 1>(1)>(),
                    work_twice<T, form<1, 20, 40>(2)>()}) == "");
}

TEST_CASE("every way to a product of constant shape is taken by some shape above") {
    using kernels::detail::FixedProduct;
    constexpr auto turns = [](Product const& shape) {
        using Cost = kernels::detail::FixedCost<float>;
        FixedProduct const p(shape);
        return Cost::turned(p) < Cost::straight(p);
    };
    constexpr auto dots = [](FixedProduct const& p) {
        using Cost = kernels::detail::FixedCost<float>;
        return Cost::dots(p) < Cost::tiles(p);
    };
    CHECK(turns(form<40, 2, 20>(1)));
    CHECK(!turns(form<16, 16, 16>(0)));
    CHECK(dots(FixedProduct(form<1, 64, 64>(2))));
    CHECK(!dots(FixedProduct(form<16, 16, 16>(2))));
    // y = A x is the row x' A' in its own place, a sum of products for each number
    CHECK(turns(form<64, 1, 64>(0)));
    CHECK(dots(FixedProduct(form<64, 1, 64>(0)).turned(64)));
}

TEST_CASE_TEMPLATE("a NaN reaches exactly what it is part of", T, float, double) {
    constexpr Product p{.m = 19, .n = 21, .k = 13};
    Operands<T> on(p, false, true);
    on.a[4 * 13 + 7] = on.b[3 * 21 + 20] = std::numeric_limits<T>::quiet_NaN();
    kernels::gemm<p>(on.a, on.b, on.c);
    std::size_t bad = 0;
    for (std::size_t i = 0; i < p.m; ++i)
        for (std::size_t j = 0; j < p.n; ++j)
            bad += std::isnan(on.c[i * p.n + j]) != (i == 4 || j == 20);
    CHECK(bad == 0);
}
