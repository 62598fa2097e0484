// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/gemm_pack.hpp>

#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>

#include <doctest/doctest.h>

#include "support/guard_pages.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace lamina;

namespace {

struct Double {
    template <class T>
    static void apply(void const*, T* c, std::size_t ldc, std::size_t, std::size_t,
                      std::size_t rows, std::size_t columns) {
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < columns; ++j) c[i * ldc + j] *= 2;
    }
};

/// m x n x k in whole numbers, so that every order gives the same sums: with panels of B of just
/// their size, between guard pages, and B itself gone wherever a panel must be read in its place.
template <class T>
bool exact(std::size_t m, std::size_t n, std::size_t k, bool with_bias, bool finish, bool add,
           Threads* threads) {
    Random const random{m * 1'000'003 + n * 1'009 + k};
    auto const whole = [&](std::uint64_t child, std::size_t i) {
        return T(int(random.child(child).below(i, 9)) - 4);
    };
    std::vector<T> a(m * k), b(k * n), bias(n), c(m * n), expected(m * n);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = whole(0, i);
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = whole(1, i);
    for (std::size_t i = 0; i < n; ++i) bias[i] = whole(2, i);
    for (std::size_t i = 0; i < c.size(); ++i) c[i] = add ? whole(3, i) : T(NAN);
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            T sum = add ? c[i * n + j] : with_bias ? bias[j] : T{0};
            for (std::size_t p = 0; p < k; ++p) sum += a[i * k + p] * b[p * n + j];
            expected[i * n + j] = finish ? 2 * sum : sum;
        }
    testing::GuardPages pages(kernels::panels_size<T>(k, n) * sizeof(T));
    T* const panels = pages.array<T>(kernels::panels_size<T>(k, n), true);
    kernels::pack_panels(k, n, b.data(), n, panels);
    // small products look at B alone
    if (m > 1 && k > 1 && n >= 2 * kernels::detail::GemmSizes<T>::width && (n > 65 || k > 65))
        b.assign(b.size(), T(NAN));
    std::vector<T> scratch((threads ? threads->count() : 1) * kernels::gemm_scratch<T>(n));
    kernels::gemm<T>({.m = m,
                      .n = n,
                      .k = k,
                      .a = a.data(),
                      .lda = k,
                      .b = b.data(),
                      .ldb = n,
                      .beta = add ? T{1} : T{0},
                      .c = c.data(),
                      .ldc = n,
                      .bias = with_bias && !add ? bias.data() : nullptr,
                      .finish = {finish ? &Double::apply<T> : nullptr, nullptr},
                      .panels = panels},
                     scratch.data(), threads);
    return c == expected;
}

template <class T>
void check_all() {
    Threads two(2), three(3);
    Random const random{7};
    for (std::size_t i = 0; i < 300; ++i) {
        auto const draw = [&](std::uint64_t child, std::size_t most) {
            return 1 + random.child(child).below(i, std::uint32_t(most));
        };
        std::size_t const m = i % 3 == 0 ? draw(0, 8) : draw(0, 150), n = 63 + draw(1, 250),
                          k = i % 5 == 0 ? draw(2, 1500) : draw(2, 200);
        bool const add = i % 7 == 0, bias = i % 2 == 0, finish = i % 4 == 1;
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        CHECK(exact<T>(m, n, k, bias, finish, add, nullptr));
        CHECK(exact<T>(m, n, k, bias, finish, add, i % 2 ? &two : &three));
    }
    CHECK(exact<T>(200, 800, 1024, true, false, false, nullptr)); // A copied in blocks
    CHECK(exact<T>(200, 797, 1024, false, true, false, &two));
}

} // namespace

TEST_CASE("products with panels of B") {
    check_all<float>();
    check_all<double>();
}
