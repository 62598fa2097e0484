// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/array.hpp>

#include <doctest/doctest.h>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/views/xstrided_view.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace lamina;

namespace {

/// The numbers that an Array gives, and where they lie.
template <class T = float>
std::vector<T> numbers(Array const& a) {
    Block<T> room;
    T const* const p = a.as(room, "array");
    return {p, p + a.size()};
}
bool shape_is(Array const& a, std::vector<std::size_t> const& shape) {
    return std::vector<std::size_t>(a.shape().begin(), a.shape().end()) == shape;
}

/// x[i, j] = 10 i + j, so that each number says where it was.
template <class X>
X table(std::size_t rows, std::size_t columns) {
    X x = X::from_shape({rows, columns});
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j) x(i, j) = float(10 * i + j);
    return x;
}

} // namespace

TEST_CASE_TEMPLATE("views of every kind give the numbers that they show", X, Tensor<float, 2>,
                   xt::xtensor<float, 2, xt::layout_type::column_major>, xt::xarray<float>,
                   xt::xarray<float, xt::layout_type::column_major>) {
    X const x = table<X>(6, 3);
    auto const check = [](Array const& a, std::vector<std::size_t> const& shape,
                          std::vector<float> const& wanted) {
        CHECK(shape_is(a, shape));
        CHECK(numbers(a) == wanted);
    };
    check(x, {6, 3}, {0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52});
    check(xt::view(x, xt::range(2, 4), xt::all()), {2, 3}, {20, 21, 22, 30, 31, 32});
    check(xt::view(x, xt::range(4, 6)), {2, 3}, {40, 41, 42, 50, 51, 52});
    check(xt::view(x, xt::all(), xt::range(1, 3)), {6, 2},
          {1, 2, 11, 12, 21, 22, 31, 32, 41, 42, 51, 52});
    check(xt::view(x, xt::range(1, 6, 2), xt::all()), {3, 3},
          {10, 11, 12, 30, 31, 32, 50, 51, 52});
    check(xt::view(x, xt::range(3, 5), xt::range(0, 1)), {2, 1}, {30, 40});
    check(xt::view(x, 3, xt::all()), {3}, {30, 31, 32});
    check(xt::view(x, xt::all(), 2), {6}, {2, 12, 22, 32, 42, 52});
    check(xt::row(x, 5), {3}, {50, 51, 52});
    check(xt::strided_view(x, {xt::range(4, 6)}), {2, 3}, {40, 41, 42, 50, 51, 52});
    check(xt::strided_view(x, {xt::all(), 1}), {6}, {1, 11, 21, 31, 41, 51});
    check(xt::transpose(xt::view(x, xt::range(0, 2), xt::all())), {3, 2}, {0, 10, 1, 11, 2, 12});
    check(xt::view(x, xt::range(2, 3), xt::all()) * 2.0f, {1, 3}, {40, 42, 44});
    check(xt::view(xt::view(x, xt::range(2, 6), xt::all()), xt::range(1, 3), xt::all()), {2, 3},
          {30, 31, 32, 40, 41, 42});
}

TEST_CASE("what is contiguous is only looked at") {
    Block<float> room;
    auto const x = table<Tensor<float, 2>>(6, 3);
    CHECK(Array(x).as(room, "x") == x.data());
    auto const some = xt::view(x, xt::range(2, 4), xt::all());
    CHECK(Array(some).as(room, "x") == x.data() + 6);
    std::vector<float> const plain{1, 2, 3, 4};
    CHECK(Array(plain).as(room, "x") == plain.data());
    CHECK(numbers<double>(Array(plain.data(), {2, 2})) == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("rows of the standard library") {
    std::vector<float> const column{1, 2, 3}; // a table shows its columns as a Span
    CHECK(numbers(Span<float const>(column)) == column);
    CHECK(numbers(std::span(column)) == column);
    CHECK(shape_is(Span<float const>(column), {3}));
    auto const check = [](Array const& a, std::vector<std::size_t> const& shape,
                          std::vector<float> const& wanted) {
        CHECK(shape_is(a, shape));
        CHECK(numbers(a) == wanted);
    };
    Block<float> room;
    std::vector<std::array<float, 2>> const rows{{1, 2}, {3, 4}, {5, 6}};
    check(Array(rows), {3, 2}, {1, 2, 3, 4, 5, 6});
    CHECK(Array(rows).as(room, "x") == rows.front().data());
    std::array<float, 3> const one{1, 2, 3};
    check(Array(one), {3}, {1, 2, 3});
    CHECK(Array(one).as(room, "x") == one.data());
    check(Array(std::vector<std::vector<double>>{{1, 2}, {3, 4}}), {2, 2}, {1, 2, 3, 4});
    check(Array(std::vector<bool>{true, false, true}), {3}, {1, 0, 1});
    CHECK(Array(std::vector<std::array<float, 2>>{}).empty());
    CHECK(Array(std::vector<std::vector<float>>{}).empty());
    std::string text;
    try {
        Array(std::vector<std::vector<float>>{{1, 2}, {3}});
    } catch (Error const& e) {
        text = e.what();
    }
    CHECK(text == "Array: row 1 has 1 number, row 0 has 2. Give rows of one length.");
}

TEST_CASE("numbers of other types are converted, and only what is whole becomes a token") {
    std::vector<std::int64_t> const whole{-3, 0, 7};
    CHECK(numbers(Array(whole)) == std::vector<float>{-3, 0, 7});
    CHECK(numbers<std::int32_t>(Array(whole)) == std::vector<std::int32_t>{-3, 0, 7});
    std::vector<double> const half{1, 2.5};
    std::string text;
    try {
        numbers<std::int32_t>(Array(half));
    } catch (Error const& e) {
        text = e.what();
    }
    CHECK(text.find("2.5 at row 1 is not a whole number") != std::string::npos);
    std::vector<std::int64_t> const large{1, std::int64_t{1} << 31};
    CHECK_THROWS_AS(numbers<std::int32_t>(Array(large)), Error);
}
