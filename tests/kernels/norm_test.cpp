// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/norm.hpp>

#include <lamina/core/random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using lamina::Random;
using lamina::Threads;
using lamina::kernels::sum_of_squares;

namespace {

template <class T>
void check(double tolerance) {
    Threads two(2), three(3);
    for (std::size_t n : {0u, 1u, 2u, 15u, 16u, 17u, 63u, 64u, 65u, 257u, 4095u, 4096u, 4097u,
                          16384u, 16385u, 100003u, 2000003u}) {
        std::vector<T> x(n + 2, T(1e10));   // what lies outside does not count
        long double expected = 0;
        for (std::size_t i = 0; i < n; ++i) {
            x[i + 1] = T(Random{9}.normal(i));
            expected += static_cast<long double>(x[i + 1]) * static_cast<long double>(x[i + 1]);
        }
        double const found = sum_of_squares(n, x.data() + 1);
        CHECK(std::fabs(found - double(expected)) <= tolerance * double(expected));
        CHECK(sum_of_squares(n, x.data() + 1, &two) == found);
        CHECK(sum_of_squares(n, x.data() + 1, &three) == found);
    }
}

} // namespace

TEST_CASE("sum of squares: exact enough, and the same bits for any number of threads") {
    SUBCASE("float") { check<float>(1e-6); }
    SUBCASE("double") { check<double>(4e-15); }
}

TEST_CASE("sum of squares of whole numbers is exact") {
    std::vector<float> x(1000);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i % 11);
    double expected = 0;
    for (float v : x) expected += double(v) * double(v);
    CHECK(sum_of_squares(x.size(), x.data()) == expected);
}
