// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/rotary.hpp>

#include "support/guard_pages.hpp"

#include <doctest/doctest.h>

#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstring>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE_TEMPLATE("rotary: pairs turned as complex numbers, and back, between guard pages", T,
                   float, double) {
    double const tolerance = sizeof(T) == 4 ? 2e-6 : 1e-13;
    GuardPages pages(1 << 18), tables(1 << 18);
    for (std::size_t dim = 2; dim <= 140; dim += dim < 40 ? 2 : 20)
        for (bool const halves : {false, true}) {
            std::size_t const time = 5, rows = 2 * time, heads = 3, first = 11;
            T* const table = tables.array<T>(2 * time * dim, true);
            T* const x = pages.array<T>(rows * heads * dim, dim % 4 == 0);
            kernels::rotary_table(first, time, dim, 1000.0, halves, table);
            std::vector<T> start(rows * heads * dim);
            for (std::size_t i = 0; i < start.size(); ++i)
                start[i] = T(2 * Random{dim}.uniform(i) - 1);
            std::copy(start.begin(), start.end(), x);
            kernels::rotate(nullptr, rows, time, heads, dim, table, halves, false, x);
            double worst = 0;
            for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t h = 0; h < heads; ++h)
                    for (std::size_t i = 0; i < dim / 2; ++i) {
                        std::size_t const at = (r * heads + h) * dim;
                        std::size_t const one = at + (halves ? i : 2 * i);
                        std::size_t const other = at + (halves ? i + dim / 2 : 2 * i + 1);
                        double const angle = double(first + r % time)
                                           * std::pow(1000.0, -2.0 * double(i) / double(dim));
                        auto const turned = std::complex<double>(double(start[one]),
                                                                 double(start[other]))
                                          * std::polar(1.0, angle);
                        worst = std::max({worst, std::abs(double(x[one]) - turned.real()),
                                          std::abs(double(x[other]) - turned.imag())});
                    }
            CHECK(worst < tolerance);
            kernels::rotate(nullptr, rows, time, heads, dim, table, halves, true, x);
            worst = 0;
            for (std::size_t i = 0; i < start.size(); ++i)
                worst = std::max(worst, std::abs(double(x[i] - start[i])));
            CHECK(worst < tolerance);
        }
}

TEST_CASE("rotary: scores depend on the distance alone") {
    std::size_t const dim = 16, time = 30;
    std::vector<double> table(2 * time * dim), q(time * dim), k(time * dim);
    kernels::rotary_table(0, time, dim, 10000.0, false, table.data());
    for (std::size_t i = 0; i < q.size(); ++i) {
        q[i] = double(Random{1}.uniform(i % dim));
        k[i] = double(Random{2}.uniform(i % dim));
    }
    kernels::rotate(nullptr, time, time, 1, dim, table.data(), false, false, q.data());
    kernels::rotate(nullptr, time, time, 1, dim, table.data(), false, false, k.data());
    auto const score = [&](std::size_t i, std::size_t j) {
        double sum = 0;
        for (std::size_t d = 0; d < dim; ++d) sum += q[i * dim + d] * k[j * dim + d];
        return sum;
    };
    for (std::size_t t = 0; t + 9 < time; ++t)
        CHECK(score(t + 9, t) == doctest::Approx(score(9, 0)).epsilon(1e-12));
    CHECK(std::abs(score(9, 0) - score(0, 0)) > 0.1);
}

TEST_CASE("rotary: the same bits by three threads") {
    std::size_t const dim = 6, time = 50, rows = 20 * time;
    std::vector<float> table(2 * time * dim), one(rows * 40 * dim);
    kernels::rotary_table(0, time, dim, 10000.0, true, table.data());
    for (std::size_t i = 0; i < one.size(); ++i) one[i] = Random{3}.uniform(i);
    auto three = one;
    Threads pool{3};
    kernels::rotate(nullptr, rows, time, 40, dim, table.data(), true, false, one.data());
    kernels::rotate(&pool, rows, time, 40, dim, table.data(), true, false, three.data());
    CHECK(std::memcmp(one.data(), three.data(), one.size() * sizeof(float)) == 0);
}
