// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/pad_sequences.hpp>

#include <lamina/core/error.hpp>
#include <lamina/core/tensor.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;

namespace {

template <class T>
std::vector<std::vector<T>> rows(Tensor<T, 2> const& x) {
    std::vector<std::vector<T>> out(x.shape()[0]);
    std::size_t const width = x.shape()[1];
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i].assign(x.data() + i * width, x.data() + (i + 1) * width);
    return out;
}

template <class T>
using Rows = std::vector<std::vector<T>>;

} // namespace

TEST_CASE("Sequences are padded and cut at either side") {
    Rows<std::int32_t> const s{{1}, {1, 2}, {1, 2, 3}, {1, 2, 3, 4}, {}};
    CHECK(rows(pad_sequences(s)) ==
          Rows<std::int32_t>{{0, 0, 0, 1}, {0, 0, 1, 2}, {0, 1, 2, 3}, {1, 2, 3, 4}, {0, 0, 0, 0}});
    CHECK(rows(pad_sequences(s, {.maxlen = 2})) ==
          Rows<std::int32_t>{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 0}});
    CHECK(rows(pad_sequences(s, {.maxlen = 3, .padding = Side::post, .value = -1})) ==
          Rows<std::int32_t>{{1, -1, -1}, {1, 2, -1}, {1, 2, 3}, {2, 3, 4}, {-1, -1, -1}});
    CHECK(rows(pad_sequences(s, {.maxlen = 3, .truncating = Side::post})) ==
          Rows<std::int32_t>{{0, 0, 1}, {0, 1, 2}, {1, 2, 3}, {1, 2, 3}, {0, 0, 0}});
}

TEST_CASE("Sequences in braces, of other numbers, and none") {
    CHECK(rows(pad_sequences({{1, 2}, {3}}, {.padding = Side::post})) ==
          Rows<std::int32_t>{{1, 2}, {3, 0}});
    Rows<float> const series{{0.5f}, {1.5f, 2.5f}};
    auto const x = pad_sequences(series, {.value = -0.5});
    static_assert(std::is_same_v<decltype(x), Tensor<float, 2> const>);
    CHECK(rows(x) == Rows<float>{{-0.5f, 0.5f}, {1.5f, 2.5f}});
    Tensor<std::int32_t, 2> const none = pad_sequences(Rows<std::int32_t>{}, {.maxlen = 3});
    CHECK(none.shape()[0] == 0);
    CHECK(none.shape()[1] == 3);
}

TEST_CASE("A value that the sequences cannot hold is refused") {
    Rows<std::int32_t> const s{{1}};
    for (double const value : {0.5, 2147483648.0, -2147483649.0, double(__builtin_nan(""))})
        CHECK_THROWS_AS(pad_sequences(s, {.value = value}), Error);
    CHECK(rows(pad_sequences(s, {.maxlen = 2, .value = -2147483648.0}))[0][0] == -2147483647 - 1);
    Rows<std::uint8_t> const bytes{{1}};
    CHECK_THROWS_WITH(pad_sequences(bytes, {.value = -1}),
                      "pad_sequences: value is -1, and the sequences are of whole numbers from 0 "
                      "on, of 8 bits.");
}
