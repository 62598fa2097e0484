// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/gemm.hpp>

#include <lamina/core/random.hpp>
#include <lamina/kernels/reference.hpp>
#include <lamina/kernels/transpose.hpp>

#include <doctest/doctest.h>

#include "support/guard_pages.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

using namespace lamina;
using kernels::Gemm;

namespace {

bool long_tests() { return std::getenv("LAMINA_LONG_TESTS") != nullptr; }

/// What a test asks of one product.
struct Case {
    std::size_t m = 1, n = 1, k = 1;
    bool transposed_a = false, transposed_b = false;
    double alpha = 1, beta = 0;
    bool bias = false, integers = false, at_end = true;
    std::size_t gap = 0;   // numbers between the rows of each operand
};

std::string text(Case const& c) {
    auto const s = [](auto v) { return std::to_string(v); };
    return s(c.m) + " x " + s(c.n) + " x " + s(c.k) + (c.transposed_a ? " T" : " N") +
           (c.transposed_b ? "T" : "N") + " alpha " + s(c.alpha) + " beta " + s(c.beta) + " gap " +
           s(c.gap) + (c.bias ? " bias" : "") + (c.at_end ? " at the end" : " at the beginning");
}

template <class T>
T number(Random random, std::size_t i, bool integer) {
    if (integer) return static_cast<T>(static_cast<int>(random.below(i, 17)) - 8);
    return static_cast<T>(2.0f * random.uniform(i) - 1.0f);
}

/// Operands of exactly the size that they need, between guard pages, with NaN between their rows.
template <class T>
struct Bench {
    testing::GuardPages pages_a, pages_b, pages_c, pages_bias, pages_scratch;
    T *a = nullptr, *b = nullptr, *c = nullptr, *bias = nullptr;
    std::size_t lda = 0, ldb = 0, ldc = 0;

    explicit Bench(std::size_t most)
        : pages_a(most * sizeof(T)), pages_b(most * sizeof(T)), pages_c(most * sizeof(T)),
          pages_bias(most * sizeof(T)), pages_scratch(8 * kernels::gemm_scratch<T>() * sizeof(T)) {}

    /// Exactly what a product of n columns may use.
    T* scratch(std::size_t n, Threads const* threads) {
        return pages_scratch.array<T>((threads ? threads->count() : 1) *
                                          kernels::gemm_scratch<T>(n), true);
    }

    static T nan() { return std::numeric_limits<T>::quiet_NaN(); }

    T* matrix(testing::GuardPages& pages, std::size_t rows, std::size_t columns, std::size_t ld,
              Case const& t, Random random) {
        T* const p = pages.array<T>((rows - 1) * ld + columns, t.at_end);
        for (std::size_t i = 0; i < (rows - 1) * ld + columns; ++i)
            p[i] = i % ld < columns ? number<T>(random, i, t.integers) : nan();
        return p;
    }
    void fill(Case const& t, Random random) {
        lda = (t.transposed_a ? t.m : t.k) + t.gap;
        ldb = (t.transposed_b ? t.k : t.n) + t.gap;
        ldc = t.n + t.gap;
        a = t.transposed_a ? matrix(pages_a, t.k, t.m, lda, t, random.child(0))
                           : matrix(pages_a, t.m, t.k, lda, t, random.child(0));
        b = t.transposed_b ? matrix(pages_b, t.n, t.k, ldb, t, random.child(1))
                           : matrix(pages_b, t.k, t.n, ldb, t, random.child(1));
        c = matrix(pages_c, t.m, t.n, ldc, t, random.child(2));
        bias = t.bias ? matrix(pages_bias, 1, t.n, t.n, t, random.child(3)) : nullptr;
        if (t.beta == 0)   // whatever was there must not matter
            for (std::size_t i = 0; i < (t.m - 1) * ldc + t.n; ++i) c[i] = nan();
    }
    Gemm<T> task(Case const& t) const {
        return {.m = t.m, .n = t.n, .k = t.k, .alpha = T(t.alpha), .a = a, .lda = lda,
                .transposed_a = t.transposed_a, .b = b, .ldb = ldb, .transposed_b = t.transposed_b,
                .beta = T(t.beta), .c = c, .ldc = ldc, .bias = bias, .finish = {}};
    }
};

/// One product against the reference, within the bound of Higham (2002), section 3.5: |error| <=
/// gamma (|alpha| |A| |B| + |beta| |C| + |bias|), gamma = n u / (1 - n u), n = k + 2; with whole
/// numbers to the bit. What is wrong, or "".
template <class T>
std::string wrong(Bench<T>& bench, Case const& t, Random random, Threads* threads = nullptr) {
    bench.fill(t, random);
    std::size_t const size = (t.m - 1) * bench.ldc + t.n;
    std::vector<T> const before(bench.c, bench.c + size);
    std::vector<long double> exact(before.begin(), before.end()), bound(size);
    auto const absolute = [](T const* from, std::size_t n) {
        std::vector<T> v(n);
        std::transform(from, from + n, v.begin(), [](T x) { return std::abs(x); });
        return v;
    };
    std::size_t const ra = t.transposed_a ? t.k : t.m, ca = t.transposed_a ? t.m : t.k;
    std::size_t const rb = t.transposed_b ? t.n : t.k, cb = t.transposed_b ? t.k : t.n;
    auto const a = absolute(bench.a, (ra - 1) * bench.lda + ca);
    auto const b = absolute(bench.b, (rb - 1) * bench.ldb + cb);
    auto const c = absolute(bench.c, size);
    std::copy(c.begin(), c.end(), bound.begin());
    auto const bias = absolute(bench.bias, t.bias ? t.n : 0);
    kernels::reference::gemm<T>(t.m, t.n, t.k, T(t.alpha), bench.a, bench.lda, t.transposed_a,
                                bench.b, bench.ldb, t.transposed_b, T(t.beta), exact.data(),
                                bench.ldc, bench.bias);
    kernels::reference::gemm<T>(t.m, t.n, t.k, std::abs(T(t.alpha)), a.data(), bench.lda,
                                t.transposed_a, b.data(), bench.ldb, t.transposed_b,
                                std::abs(T(t.beta)), bound.data(), bench.ldc,
                                t.bias ? bias.data() : nullptr);

    kernels::gemm<T>(bench.task(t), bench.scratch(t.n, threads), threads);

    long double const u = std::numeric_limits<T>::epsilon() / 2;
    long double const n = static_cast<long double>(t.k + 2), gamma = n * u / (1 - n * u);
    for (std::size_t i = 0; i < size; ++i) {
        bool good;
        if (i % bench.ldc >= t.n) good = std::memcmp(&bench.c[i], &before[i], sizeof(T)) == 0;
        else if (t.integers) good = static_cast<long double>(bench.c[i]) == exact[i];
        else good = std::abs(bench.c[i] - exact[i]) <= gamma * bound[i];
        if (!good)
            return text(t) + ": number " + std::to_string(i) + " is " + std::to_string(bench.c[i]) +
                   ", not " + std::to_string(exact[i]);
    }
    return "";
}

} // namespace

TEST_CASE_TEMPLATE("gemm is right at every small size", T, float, double) {
    std::size_t const most = long_tests() ? 64 : 24;
    Bench<T> bench(2 * 80 * 80);
    std::string failed;
    std::size_t count = 0;
    for (Case t; t.m <= most; ++t.m)
        for (t.n = 1; t.n <= most; ++t.n)
            for (t.k = 1; t.k <= most; ++t.k, ++count) {
                t.transposed_a = count % 4 & 1, t.transposed_b = count % 4 & 2;
                t.at_end = count % 7 < 4;
                t.gap = count % 5 < 3 ? 0 : count % 5;
                if (failed.empty()) failed = wrong(bench, t, Random{count});
            }
    CHECK(failed == "");
}

TEST_CASE_TEMPLATE("gemm is right for every form, alpha, beta and bias", T, float, double) {
    Bench<T> bench(2 * 128 * 128);
    std::string failed;
    std::size_t count = 0;
    for (auto [m, n, k] :
         {std::array<std::size_t, 3>{7, 37, 19}, {1, 40, 33}, {1, 100, 20}, {40, 1, 33}, {5, 5, 1},
          {70, 66, 65}, {13, 100, 50}, {1, 1, 1}, {1, 1, 90}, {33, 17, 70}, {50, 52, 40}})
        for (int form = 0; form < 4; ++form)
            for (double alpha : {1.0, -0.7, 0.0})
                for (double beta : {0.0, 1.0, 1.3})
                    for (bool bias : {false, true})
                        for (std::size_t gap : {std::size_t{0}, std::size_t{3}}) {
                            Case const t{.m = m, .n = n, .k = k, .transposed_a = (form & 1) != 0,
                                         .transposed_b = (form & 2) != 0, .alpha = alpha,
                                         .beta = beta, .bias = bias, .integers = false,
                                         .at_end = count % 2 == 0, .gap = gap};
                            if (failed.empty()) failed = wrong(bench, t, Random{++count});
                        }
    CHECK(failed == "");
}

TEST_CASE_TEMPLATE("gemm of whole numbers is exact", T, float, double) {
    Bench<T> bench(1u << 19);
    std::string failed;
    std::size_t zeros = 0, numbers = 0;
    for (auto [m, n, k] :
         {std::array<std::size_t, 3>{3, 64, 3}, {16, 16, 16}, {65, 129, 257}, {100, 100, 100},
          {1, 300, 513}, {300, 1, 513}, {31, 200, 1100}, {260, 140, 700}, {130, 130, 1025},
          {6, 700, 600}})
        for (int form = 0; form < 4; ++form) {
            Case t{.m = m, .n = n, .k = k};
            t.transposed_a = (form & 1) != 0, t.transposed_b = (form & 2) != 0, t.integers = true;
            if (failed.empty()) failed = wrong(bench, t, Random{m + 3 * n + 5 * k});
            for (std::size_t i = 0; i < m * n; ++i) zeros += bench.c[i] == T{0};
            numbers += m * n;
        }
    CHECK(failed == "");
    CHECK(zeros * 10 < numbers);   // or it would prove little
}

TEST_CASE_TEMPLATE("gemm is right where operands are packed and the sum is cut", T, float, double) {
    Bench<T> bench(1u << 20);
    std::string failed;
    for (auto [m, n, k] : {std::array<std::size_t, 3>{257, 417, 401}, {64, 65, 1030},
                           {20, 513, 600}, {513, 130, 140}, {14, 140, 2100}, {100, 17, 300},
                           {70, 10, 2100}, {33, 5, 70}, {60, 64, 3000}, {16, 3, 5000},
                           {9, 64, 3}, {70, 128, 10}, {130, 192, 14}, {64, 64, 2},
                           {13, 264, 300}, {5, 200, 400}, {2, 200, 400}, {97, 136, 260},
                           {20, 512, 16}, {9, 260, 13}, {257, 515, 33},
                           {175, 801, 37}, {100, 10, 100}, {50, 6, 37},
                           {33, 15, 4}, {25, 11, 65}, {41, 1, 100}, {40, 6601, 38}})
        for (int kind = 0; kind < 12; ++kind)
            for (double beta : {0.0, 1.0}) {
                Case t{.m = m, .n = n, .k = k};
                t.transposed_a = (kind & 1) != 0, t.transposed_b = (kind & 2) != 0;
                t.beta = beta, t.bias = beta == 0 && kind < 4, t.gap = 5;
                t.at_end = kind < 8;
                if (failed.empty()) failed = wrong(bench, t, Random{m * n});
            }
    CHECK(failed == "");
}

TEST_CASE("gemm of random shapes" * doctest::skip(!long_tests())) {
    Bench<float> bench(3u << 20);
    Random const random{2024};
    std::string failed;
    for (std::size_t i = 0; i < 2000; ++i) {
        Random const r = random.child(i);
        auto const size = [&](std::size_t j) {
            return static_cast<std::size_t>(std::exp(r.uniform(j) * std::log(1500.0f))) + 1;
        };
        Case t{.m = size(0), .n = size(1), .k = size(2)};
        t.transposed_a = r.below(3, 2) == 0, t.transposed_b = r.below(4, 2) == 0;
        t.gap = r.below(5, 2) * r.below(6, 8), t.at_end = r.below(7, 2) == 0;
        t.beta = r.below(8, 2) == 0 ? 0 : 1.3, t.bias = r.below(9, 2) == 0;
        if (failed.empty()) failed = wrong(bench, t, r);
    }
    CHECK(failed == "");
}

TEST_CASE_TEMPLATE("a NaN or infinity reaches exactly what it is part of", T, float, double) {
    Bench<T> bench(1u << 17);
    std::size_t bad = 0;
    for (auto [m, n, k] :
         {std::array<std::size_t, 3>{9, 21, 13}, {1, 70, 20}, {70, 1, 20}, {30, 100, 700}})
        for (int form = 0; form < 4; ++form)
            for (std::size_t i = 0; i < 50; ++i) {
                Case t{.m = m, .n = n, .k = k};
                t.transposed_a = (form & 1) != 0, t.transposed_b = (form & 2) != 0;
                bench.fill(t, Random{i});
                Random const random{i * 7 + m};
                bool const in_a = i % 2 == 0;
                std::size_t const row = random.below(0, in_a ? m : k);
                std::size_t const column = random.below(1, in_a ? k : n);
                bool const transposed = in_a ? t.transposed_a : t.transposed_b;
                std::size_t const ld = in_a ? bench.lda : bench.ldb;
                (in_a ? bench.a : bench.b)[transposed ? column * ld + row : row * ld + column] =
                    i % 3 == 0 ? bench.nan() : std::numeric_limits<T>::infinity();
                kernels::gemm<T>(bench.task(t), bench.scratch(t.n, nullptr), nullptr);
                for (std::size_t r = 0; r < m; ++r)
                    for (std::size_t j = 0; j < n; ++j) {
                        bool const reached = in_a ? r == row : j == column;
                        bad += std::isfinite(bench.c[r * bench.ldc + j]) == reached;
                    }
            }
    CHECK(bad == 0);
}

TEST_CASE_TEMPLATE("the bits do not depend on the threads", T, float, double) {
    Bench<T> bench(1u << 20);
    for (auto [m, n, k] :
         {std::array<std::size_t, 3>{300, 200, 300}, {64, 64, 2000}, {31, 1000, 70}, {1, 900, 900},
          {900, 1, 900}, {997, 101, 130}, {7, 1200, 300}, {700, 17, 70}, {64, 10, 3000},
          {60, 64, 3000}, {97, 264, 1100}, {40, 300, 700}, {1500, 10, 90}, {900, 3, 400},
          {130, 136, 1024}, {175, 801, 37}, {1, 101, 4001}, {1, 1030, 301}, {1, 9001, 20},
          {64, 64, 64}, {65, 62, 63}, {63, 65, 65}, {33, 100, 80}, {90, 31, 96}})
        for (int form = 0; form < 8; ++form) {
            Case t{.m = m, .n = n, .k = k};
            t.transposed_a = (form & 1) != 0, t.transposed_b = (form & 2) != 0, t.bias = form >= 4;
            CAPTURE(text(t));
            CHECK(wrong(bench, t, Random{5}) == "");
            std::vector<T> const one(bench.c, bench.c + m * n);
            for (std::size_t threads : {1u, 2u, 3u, 5u}) {
                Threads pool(threads);
                bench.fill(t, Random{5});
                kernels::gemm<T>(bench.task(t), bench.scratch(t.n, &pool), &pool);
                CHECK(std::memcmp(one.data(), bench.c, m * n * sizeof(T)) == 0);
            }
        }
}

TEST_CASE_TEMPLATE("finish sees every number of C once, when it is whole", T, float, double) {
    Bench<T> bench(1u << 19);
    auto const apply = [](void const* context, T* c, std::size_t ldc, std::size_t row,
                          std::size_t column, std::size_t rows, std::size_t columns) {
        T const* const weight = static_cast<T const*>(context);
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < columns; ++j)
                c[i * ldc + j] = c[i * ldc + j] * 2 + weight[(row + i) * 1000 + column + j];
    };
    std::vector<T> weight(1000 * 1000);
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<T>(i % 1013);
    Threads pool(2);
    for (auto [m, n, k] :
         {std::array<std::size_t, 3>{300, 200, 600}, {5, 7, 9}, {1, 300, 20}, {300, 1, 20},
          {20, 70, 0}, {257, 140, 300}, {233, 140, 1100}, {100, 10, 40}, {40, 10, 2500},
          {97, 264, 300}, {40, 300, 700}})
        for (int form = 0; form < 4; ++form) {
            Case t{.m = m, .n = n, .k = k};
            t.transposed_a = (form & 1) != 0, t.transposed_b = (form & 2) != 0, t.integers = true;
            if (k == 0) t.transposed_a = false, t.transposed_b = true;
            bench.fill(t, Random{9});
            Gemm<T> g = bench.task(t);
            kernels::gemm(g, bench.scratch(t.n, &pool), &pool);
            std::vector<T> plain(bench.c, bench.c + m * n);
            apply(weight.data(), plain.data(), n, 0, 0, m, n);
            g.finish = {apply, weight.data()};
            kernels::gemm(g, bench.scratch(t.n, &pool), &pool);
            CAPTURE(text(t));
            CHECK(std::memcmp(plain.data(), bench.c, m * n * sizeof(T)) == 0);
        }
}

TEST_CASE_TEMPLATE("transpose is right at every size and stays inside", T, float, double) {
    testing::GuardPages from_pages(sizeof(T) * 50 * 50), to_pages(sizeof(T) * 50 * 50);
    std::size_t bad = 0;
    for (std::size_t rows = 1; rows <= 40; ++rows)
        for (std::size_t columns = 1; columns <= 40; ++columns)
            for (bool at_end : {false, true}) {
                T* const from = from_pages.array<T>(rows * columns, at_end);
                T* const to = to_pages.array<T>(rows * columns, at_end);
                for (std::size_t i = 0; i < rows * columns; ++i) from[i] = static_cast<T>(i);
                std::vector<T> exact(rows * columns);
                kernels::reference::transpose(rows, columns, from, columns, exact.data(), rows);
                kernels::transpose(rows, columns, from, columns, to, rows);
                bad += std::memcmp(to, exact.data(), exact.size() * sizeof(T)) != 0;
            }
    CHECK(bad == 0);
}

TEST_CASE_TEMPLATE("the lanes of many batches add up as those of one", T, float, double) {
    using V = kernels::Batch<T>;
    V rows[V::size];
    T exact[V::size];
    for (std::size_t i = 0; i < V::size; ++i) {
        T numbers[V::size];
        for (std::size_t j = 0; j < V::size; ++j) numbers[j] = number<T>(Random{i}, j, false);
        rows[i] = kernels::load<V>(numbers);
        exact[i] = kernels::reduce_add(rows[i]);
    }
    T sums[V::size];
    kernels::store(sums, kernels::detail::sums_of_rows(rows));
    CHECK(std::memcmp(sums, exact, sizeof(sums)) == 0);
}
