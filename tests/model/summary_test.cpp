// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/summary.hpp>

#include "support/kernels.hpp"

#include <lamina/graph/frozen.hpp>
#include <lamina/graph/function.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/shared.hpp>
#include <lamina/layers/add.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/global_average_pooling_1d.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/adam.hpp>

#include <doctest/doctest.h>

using namespace lamina;

TEST_CASE("A stack's summary") {
    constexpr char const* text = R"(Model: "sequential"
_____________________________________________________
Layer (type)           Output Shape  Param #  FLOPs
=====================================================
input (Input)          (None, 30)          0      0
dense (Dense, frozen)  (None, 64)      1,984  3,840
dense_1 (Dense)        (None, 1)          65    128
=====================================================
Total params: 2,049 (8.00 KB)
Trainable params: 65 (260 B)
Non-trainable params: 1,984 (7.75 KB)
Forward pass: 3,968 FLOPs a sample
Memory of activations, a sample: 384 B in training, 320 B in prediction
_____________________________________________________
)";
    auto const network = Sequential{Input<30>{}, frozen(Dense<64>{}), Dense<1>{}};
    CHECK(summary(network) == text);
    auto const model = compile(network, Adam{}, MeanSquaredError{});
    CHECK(model.summary() == text);
    CHECK(model.summary("table").starts_with("Model: \"table\"\n"));
}

TEST_CASE("A graph's summary says what comes from where") {
    constexpr char const* text = R"(Model: "functional"
____________________________________________________________________________________________
Layer (type)                   Output Shape  Param #  FLOPs  Connected to
============================================================================================
input (Tokens)                 (None, 5)           0      0
input_1 (Input)                (None, 4)           0      0
words (Embedding)              (None, 5, 4)       40      0  input
mean (GlobalAveragePooling1D)  (None, 4)           0     20  words
dense (Dense)                  (None, 4)          20     32  mean
dense_1 (Dense)                (None, 4)           0     32  input_1 (parameters of dense)
add (Add)                      (None, 4)           0      4  dense, dense_1
============================================================================================
Total params: 60 (480 B)
Trainable params: 60 (480 B)
Non-trainable params: 0 (0 B)
Forward pass: 88 FLOPs a sample
Memory of activations, a sample: 512 B in training, 384 B in prediction
____________________________________________________________________________________________
)";
    auto const network = graph<Tokens<5>, Input<4>>([](auto words, auto x) {
        auto tower = shared(Dense<4>{});
        auto const mean = words | named<"words">(Embedding<10, 4>{}) |
                          named<"mean">(GlobalAveragePooling1D{});
        return (mean | tower) + (x | tower);
    });
    CHECK(summary<double>(network) == text);
}
