// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/to_categorical.hpp>

#include <lamina/core/error.hpp>
#include <lamina/core/tensor.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace lamina;

namespace {

std::vector<float> numbers(Tensor<float, 2> const& x) { return {x.data(), x.data() + x.size()}; }

} // namespace

TEST_CASE("Classes become rows with a one") {
    Tensor<float, 2> const x = to_categorical(std::vector<int>{2, 0});
    CHECK(x.shape()[0] == 2);
    CHECK(x.shape()[1] == 3);
    CHECK(numbers(x) == std::vector<float>{0, 0, 1, 1, 0, 0});
    CHECK(numbers(to_categorical(std::vector<float>{1}, 4)) == std::vector<float>{0, 1, 0, 0});
    Tensor<float, 2> const column{{1}, {0}};
    CHECK(numbers(to_categorical(column)) == std::vector<float>{0, 1, 1, 0});
    CHECK(to_categorical(std::vector<int>{}, 2).shape()[0] == 0);
}

TEST_CASE("Labels that are no classes are refused") {
    CHECK_THROWS_WITH(to_categorical(std::vector<int>{0, 3}, 3),
                      "to_categorical: label 1 is 3, and there are 3 classes, from 0 on.");
    CHECK_THROWS_WITH(to_categorical(std::vector<int>{-1}), "to_categorical: label 0 is -1.");
    CHECK_THROWS_AS(to_categorical(std::vector<double>{0.5}), Error);
    Tensor<float, 2> const wide{{1, 0}, {0, 1}};
    CHECK_THROWS_WITH(to_categorical(wide), "to_categorical: the labels are (2, 2). They should "
                                            "have one axis, or two with one column.");
}
