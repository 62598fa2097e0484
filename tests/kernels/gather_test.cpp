// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/gather.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace lamina;

namespace {

template <class T>
std::vector<T> numbers(std::size_t n, std::uint64_t seed) {
    std::vector<T> v(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = T(2 * Random{seed}.uniform(i) - 1);
    return v;
}
std::vector<std::int32_t> rows_below(std::size_t rows, std::size_t n) {
    std::vector<std::int32_t> v(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = std::int32_t(Random{5}.below(i, rows));
    return v;
}

/// Sums of rows, and what is added to them, beside plain loops that add in the same order: to the
/// bit, whoever takes which columns.
template <class T>
void check(std::size_t samples, std::size_t time, std::size_t rows, std::size_t f) {
    CAPTURE(samples);
    CAPTURE(time);
    CAPTURE(f);
    std::size_t const n = samples * time;
    auto const index = rows_below(rows, n);
    auto const table = numbers<T>(rows * f, 1), dy = numbers<T>(n * f, 2);
    for (bool const masks : {false, true}) {
        CAPTURE(masks);
        std::vector<T> each = table, bags = table;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < f; ++j)
                each[std::size_t(index[i]) * f + j] += dy[i * f + j];
        for (std::size_t s = 0; s < samples; ++s) {
            T const share = kernels::share_of_bag<T>(time, index.data() + s * time, masks, true);
            std::vector<T> d(f); // rounded before it is added
            for (std::size_t j = 0; j < f; ++j) d[j] = dy[s * f + j] * share;
            for (std::size_t t = 0; t < time; ++t) {
                std::int32_t const row = index[s * time + t];
                if (masks && row == 0) continue;
                for (std::size_t j = 0; j < f; ++j) bags[std::size_t(row) * f + j] += d[j];
            }
        }
        std::vector<T> sums;
        for (std::size_t const count : {0u, 1u, 2u, 3u}) { // 0: no pool
            CAPTURE(count);
            Threads pool(count == 0 ? 1 : count);
            Threads* const threads = count == 0 ? nullptr : &pool;
            std::vector<T> to = table;
            kernels::scatter_add_rows(threads, n, f, index.data(), dy.data(), to.data());
            CHECK(to == each);
            to = table;
            kernels::scatter_add_bags(threads, samples, time, f, index.data(), masks, true,
                                      dy.data(), to.data());
            CHECK(to == bags);
            std::vector<T> y(samples * f);
            kernels::sum_rows(threads, samples, time, f, index.data(), masks, true, table.data(),
                              y.data());
            if (count == 0) sums = y;
            CHECK(y == sums);
        }
    }
}

} // namespace

TEST_CASE("rows that are added to a table keep their order, whatever the threads and the width") {
    check<float>(3, 4, 5, 7);
    for (std::size_t const f : {1u, 15u, 16u, 17u, 33u, 64u, 100u, 130u, 257u}) {
        check<float>(32, 70, 50, f);
        check<double>(32, 70, 50, f);
    }
}

TEST_CASE("the first index outside of a table is found wherever it stands, and no other") {
    constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max(),
                           least = std::numeric_limits<std::int32_t>::min();
    for (std::size_t const n : {0u, 1u, 63u, 64u, 65u, 130u}) {
        std::vector<std::int32_t> index(n, 6);
        CHECK(kernels::first_outside(n, index.data(), 7) == n);
        CHECK(kernels::first_outside(n, index.data(), 6) == 0);
        for (std::size_t i = 0; i < n; ++i)
            for (std::int32_t const bad : {7, -1, most, least}) {
                index[i] = bad;
                CHECK(kernels::first_outside(n, index.data(), 7) == i);
                index[i] = 6;
            }
    }
    // tables of so many rows that every index is one of theirs
    for (std::size_t const rows : {std::size_t{1} << 31, ~std::size_t{0}}) {
        CHECK(kernels::first_outside(1, &most, rows) == 1);
        CHECK(kernels::first_outside(1, &least, rows) == 0);
    }
    CHECK(kernels::first_outside(1, &most, std::size_t{most}) == 0);
}
