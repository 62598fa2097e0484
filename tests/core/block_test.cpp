// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/block.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

using lamina::Block;

TEST_CASE("a block is empty, or zeros from the beginning of a cache line") {
    Block<float> const none;
    CHECK(none.size() == 0);
    CHECK(none.data() == nullptr);
    for (std::size_t n : {1u, 15u, 16u, 17u, 1000u}) {
        Block<float> const block(n);
        CHECK(block.size() == n);
        CHECK(reinterpret_cast<std::uintptr_t>(block.data()) % 64 == 0);
        for (std::size_t i = 0; i < n; ++i) CHECK(block[i] == 0.0f);
    }
}

TEST_CASE("a block is a value") {
    Block<double> a(3);
    a[1] = 7;
    Block<double> b = a;
    b[2] = 9;
    CHECK(a[1] == 7);
    CHECK(a[2] == 0);
    CHECK(b[1] == 7);

    double const* const where = b.data();
    Block<double> c = std::move(b);
    CHECK(c.data() == where);
    CHECK(c.size() == 3);
    CHECK(b.size() == 0);   // NOLINT(bugprone-use-after-move): an empty block, says the class
    CHECK(b.data() == nullptr);

    a = c;
    CHECK(a[2] == 9);
    CHECK(a.data() != c.data());
    a = Block<double>(1);
    CHECK(a.size() == 1);
    Block<double> const& same = c;
    c = same;
    CHECK(c[2] == 9);
    Block<double> const empty;
    c = empty;
    CHECK(c.size() == 0);
    static_assert(std::is_nothrow_move_constructible_v<Block<float>>);
}

TEST_CASE("reserve only makes larger, and then all is zero") {
    Block<int> block(4);
    block[0] = 1;
    int const* const where = block.data();
    block.reserve(2);
    CHECK(block.size() == 4);
    CHECK(block.data() == where);
    CHECK(block[0] == 1);
    block.reserve(100);
    CHECK(block.size() == 100);
    for (std::size_t i = 0; i < 100; ++i) CHECK(block[i] == 0);
}

TEST_CASE("a size that cannot be had leaves the block as it was") {
    Block<double> block(2);
    block[1] = 3;
    CHECK_THROWS_AS(block.reserve(static_cast<std::size_t>(-1) / 4), std::bad_alloc);
    CHECK(block.size() == 2);
    CHECK(block[1] == 3);
}
