// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/span.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using lamina::Span;

namespace {

int sum(Span<int const> of) { return std::accumulate(of.begin(), of.end(), 0); }

} // namespace

TEST_CASE("Span shows what a vector, an array or a std::span keeps") {
    std::vector<int> v{1, 2, 3, 4};
    std::array<int, 3> const a{5, 6, 7};
    int const c[]{8, 9};
    CHECK(sum(v) == 10);
    CHECK(sum(a) == 18);
    CHECK(sum(c) == 17);
    CHECK(sum(std::span(v)) == 10);
    CHECK(sum(std::span<int const>(a)) == 18);
    CHECK(sum(Span<int>(v)) == 10);
    CHECK(sum({v.data() + 1, 2}) == 5);
    CHECK(sum({}) == 0);
    CHECK(Span<int const>{}.empty());
}

TEST_CASE("Span reads, writes and cuts in place") {
    std::vector<int> v{1, 2, 3, 4, 5};
    Span<int> const s(v);
    s[0] = 10;
    s.back() = 50;
    CHECK(v == std::vector{10, 2, 3, 4, 50});
    CHECK(s.front() == 10);
    CHECK(s.size() == 5);
    CHECK(s.data() == v.data());
    CHECK(sum(s.first(2)) == 12);
    CHECK(sum(s.last(2)) == 54);
    CHECK(sum(s.subspan(1, 3)) == 9);
}

TEST_CASE("Span becomes a std::span") {
    std::vector<int> v{1, 2, 3};
    std::span<int> const written = Span<int>(v);
    std::span<int const> const read = Span<int const>(v);
    written[1] = 20;
    CHECK(read[1] == 20);
    CHECK(read.size() == 3);
    static_assert(std::is_same_v<decltype(Span(v)), Span<int>>);
    static_assert(std::is_same_v<decltype(Span(std::as_const(v))), Span<int const>>);
}

TEST_CASE("Span takes its own numbers only") {
    static_assert(std::is_constructible_v<Span<int const>, std::vector<int>&>);
    static_assert(!std::is_constructible_v<Span<int>, std::vector<int> const&>);
    static_assert(!std::is_constructible_v<Span<int const>, std::vector<long>&>);
    static_assert(!std::is_constructible_v<Span<int const>, std::vector<bool>&>);
    static_assert(!std::is_constructible_v<Span<char>, std::string const&>);
    static_assert(std::is_trivially_copyable_v<Span<int>>);
    CHECK(sizeof(Span<int>) == 2 * sizeof(void*));
}
