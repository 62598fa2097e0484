// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/channels_last.hpp>

#include "support/complaint.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

using namespace lamina;

TEST_CASE("Channels first become channels last") {
    Tensor<float, 4> first = Tensor<float, 4>::from_shape({2, 3, 4, 5});
    for (std::size_t i = 0; i < first.size(); ++i) first.data()[i] = float(i);
    auto const last = channels_last(first);
    REQUIRE(last.shape()[0] == 2);
    REQUIRE(last.shape()[1] == 4);
    REQUIRE(last.shape()[2] == 5);
    REQUIRE(last.shape()[3] == 3);
    bool same = true;
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t i = 0; i < 4; ++i)
                for (std::size_t j = 0; j < 5; ++j)
                    same = same && last(n, i, j, c) == first(n, c, i, j);
    CHECK(same);

    // an expression that was never computed, of another type, column-major
    xt::xtensor<std::uint8_t, 4, xt::layout_type::column_major> bytes({1, 2, 2, 1});
    bytes(0, 0, 0, 0) = 1;
    bytes(0, 0, 1, 0) = 2;
    bytes(0, 1, 0, 0) = 30;
    bytes(0, 1, 1, 0) = 40;
    auto const same_type = channels_last(bytes);
    static_assert(std::is_same_v<decltype(same_type), Tensor<std::uint8_t, 4> const>);
    CHECK(std::vector<int>(same_type.begin(), same_type.end()) == std::vector<int>{1, 30, 2, 40});
    auto const twice = channels_last(first + first);
    CHECK(twice(1, 3, 4, 2) == 2 * first(1, 2, 3, 4));

    Tensor<float, 3> const flat = Tensor<float, 3>::from_shape({2, 3, 4});
    CHECK(testing::complaint([&] { channels_last(flat); }) ==
          "channels_last: the images have 3 axes. They should have four: n, channels, height, "
          "width.");
}
