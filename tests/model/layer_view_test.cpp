// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include "support/complaint.hpp"
#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

auto build_model() {
    return compile(graph<Tokens<5>>([](auto t) {
                       auto e = named<"words">(Embedding<9, 4>{})(t);
                       auto h = e | Dense<4>{} | BatchNormalization{};
                       return h | tied(e);
                   }),
                   SGD{}, MeanSquaredError{});
}
} // namespace

TEST_CASE("a layer is reached by its path and by its place") {
    auto model = build_model();
    auto const kernel = model.weights.layer("dense")["kernel"];
    CHECK(std::vector(kernel.shape.begin(), kernel.shape.end()) ==
          std::vector<std::size_t>{4, 4});
    CHECK(kernel.numbers.size() == 16);
    CHECK(model.weights.layer(2).path == "dense");
    CHECK(model.weights.layer(2)["kernel"].numbers.data() == kernel.numbers.data());
    CHECK(model.weights.layer("words").type == "Embedding<9, 4>");
    CHECK(model.weights.layer(0).parameters.empty());
    auto const normalization = model.weights.layer("batch_normalization");
    CHECK(normalization.index == 3);
    CHECK(normalization["moving_variance"].numbers[0] == 1);
    // a layer that is tied shows the tensors that it reads
    CHECK(model.weights.layer("unembedding")["embeddings"].numbers.data() ==
          model.weights.layer("words")["embeddings"].numbers.data());
}

TEST_CASE("what is written through a layer is the model's") {
    auto model = build_model();
    std::int32_t const x[]{1, 2, 3, 4, 5};
    auto const before = model.predict(Array(x, {1, 5}));
    auto const table = model.weights.layer("words")["embeddings"].numbers;
    std::fill(table.begin(), table.end(), 0.0f);
    auto const& constant = model;
    CHECK(constant.weights.layer("words")["embeddings"].numbers[7] == 0);
    CHECK(model.predict(Array(x, {1, 5})) != before);
}

TEST_CASE("what is not there is said, with what is") {
    auto model = build_model();
    auto const layer = complaint([&] { model.weights.layer("dens"); });
    CHECK(layer.find("there is no layer \"dens\"") != layer.npos);
    CHECK(layer.find("words, dense, batch_normalization") != layer.npos);
    auto const index = complaint([&] { model.weights.layer(5); });
    CHECK(index.find("has 5 layers") != index.npos);
    auto const tensor = complaint([&] { (void)model.weights.layer("dense")["gamma"]; });
    CHECK(tensor.find("no tensor \"gamma\"") != tensor.npos);
    CHECK(tensor.find("kernel, bias") != tensor.npos);
}
