// SPDX-License-Identifier: BSD-3-Clause
#include "support/keras_reference.hpp"
#include "support/kernels.hpp"

#include <lamina/activations/relu.hpp>
#include <lamina/activations/softmax.hpp>
#include <lamina/activations/tanh.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/layers/average_pooling_2d.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/conv_1d.hpp>
#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/conv_2d_transpose.hpp>
#include <lamina/layers/cropping_2d.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/depthwise_conv_2d.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/global_average_pooling_1d.hpp>
#include <lamina/layers/global_average_pooling_2d.hpp>
#include <lamina/layers/global_max_pooling_2d.hpp>
#include <lamina/layers/max_pooling_1d.hpp>
#include <lamina/layers/max_pooling_2d.hpp>
#include <lamina/layers/residual.hpp>
#include <lamina/layers/separable_conv_2d.hpp>
#include <lamina/layers/up_sampling_2d.hpp>
#include <lamina/layers/zero_padding_2d.hpp>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Keras 3.16: convolutions, pooling and normalization of images") {
    check_keras3(Sequential{Input<12, 12, 3>{}, Conv2D<6, 3, ReLU, Same>{}, MaxPooling2D<2>{},
                            Conv2D<8, Size{3, 2}>{}, BatchNormalization{}, ReLU{},
                            GlobalAveragePooling2D{}, Dense<4, Softmax>{}},
                 "cnn");
}

TEST_CASE("Keras 3.16: a flattened image") {
    check_keras3(Sequential{Input<9, 8, 2>{}, Conv2D<4, 3, Same>{},
                            AveragePooling2D<Size{3, 2}, Same, Strides<2>>{}, Flatten{},
                            Dense<5>{}},
                 "cnn_flatten");
}

TEST_CASE("Keras 3.16: causal convolution in time") {
    check_keras3(Sequential{Input<15, 4>{}, Conv1D<6, 3, Tanh, Causal, Dilation<2>>{},
                            MaxPooling1D<2>{}, Conv1D<5, 2>{}, GlobalAveragePooling1D{},
                            Dense<2>{}},
                 "conv1d_causal");
}

TEST_CASE("Keras 3.16: separable, depthwise and grouped convolution") {
    check_keras3(Sequential{Input<10, 10, 4>{}, DepthwiseConv2D<3, Same, DepthMultiplier<2>>{},
                            SeparableConv2D<6, 3, Same, Strides<2>>{}, Conv2D<8, 1, Groups<2>>{},
                            GlobalMaxPooling2D{}},
                 "separable_depthwise");
}

TEST_CASE("Keras 3.16: images made larger, padded and cut") {
    check_keras3(Sequential{Input<5, 6, 3>{}, Conv2DTranspose<4, 3, Same, Strides<2>>{},
                            UpSampling2D<2>{}, ZeroPadding2D<1, 2, 0, 1>{}, Cropping2D<1>{},
                            Conv2D<2, 3>{}},
                 "transposed_up");
}

TEST_CASE("Keras 3.16: a residual sum and two branches of an image") {
    check_keras3(graph<Input<8, 8, 3>>([](auto x) {
                     auto const a = x | Conv2D<6, 3, Same>{};
                     auto const b = a | Conv2D<6, 3, ReLU, Same>{} | Conv2D<6, 3, Same>{};
                     auto const sum = (a + b) | ReLU{};
                     return join(sum | MaxPooling2D<2>{}, sum | AveragePooling2D<2>{}) |
                            Concatenate{} | Flatten{} | Dense<3>{};
                 }),
                 "residual_concat");
}

TEST_CASE("Keras 2.13: convolution in time, and a flattened sequence") {
    check_keras(Sequential{Input<120, 14>{}, Conv1D<8, 24, ReLU>{}, MaxPooling1D<2>{},
                           Conv1D<8, 12, ReLU>{}, MaxPooling1D<2>{}, Conv1D<8, 6, ReLU>{},
                           GlobalAveragePooling1D{}, Dense<1>{}},
                "keras/jena_conv1D.keras", "keras/jena_conv1D_reference.safetensors", "in/x",
                "out/y", false);
}

TEST_CASE("Keras 2.13: a flattened sequence") {
    check_keras(Sequential{Input<120, 14>{}, Flatten{}, Dense<16, ReLU>{}, Dense<1>{}},
                "keras/jena_dense.keras", "keras/jena_dense_reference.safetensors", "in/x", "out/y",
                false);
}
