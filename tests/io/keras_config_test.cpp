// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/keras_config.hpp>
#include <lamina/io/keras_graph.hpp>

#include "support/kernels.hpp"

#include <lamina/activations/prelu.hpp>
#include <lamina/activations/relu.hpp>
#include <lamina/activations/softmax.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/io/model_document.hpp>
#include <lamina/layers/adaptive_average_pooling_1d.hpp>
#include <lamina/layers/average.hpp>
#include <lamina/layers/average_pooling_1d.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/bidirectional.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/constraints.hpp>
#include <lamina/layers/conv_1d.hpp>
#include <lamina/layers/conv_1d_transpose.hpp>
#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/conv_2d_transpose.hpp>
#include <lamina/layers/cropping_1d.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/depthwise_conv_1d.hpp>
#include <lamina/layers/depthwise_conv_2d.hpp>
#include <lamina/layers/dot.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/global_max_pooling_1d.hpp>
#include <lamina/layers/group_normalization.hpp>
#include <lamina/layers/gru.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/lstm.hpp>
#include <lamina/layers/masking.hpp>
#include <lamina/layers/maximum.hpp>
#include <lamina/layers/minimum.hpp>
#include <lamina/layers/multi_head_attention.hpp>
#include <lamina/layers/multiply.hpp>
#include <lamina/layers/permute.hpp>
#include <lamina/layers/position_embedding.hpp>
#include <lamina/layers/repeat_vector.hpp>
#include <lamina/layers/reshape.hpp>
#include <lamina/layers/rms_normalization.hpp>
#include <lamina/layers/separable_conv_1d.hpp>
#include <lamina/layers/separable_conv_2d.hpp>
#include <lamina/layers/simple_rnn.hpp>
#include <lamina/layers/spatial_dropout_1d.hpp>
#include <lamina/layers/spatial_dropout_2d.hpp>
#include <lamina/layers/subtract.hpp>
#include <lamina/layers/time_distributed.hpp>
#include <lamina/layers/up_sampling_1d.hpp>
#include <lamina/layers/up_sampling_2d.hpp>
#include <lamina/layers/zero_padding_1d.hpp>
#include <lamina/model/network.hpp>
#include <lamina/model/weights.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>

using namespace lamina;
using nlohmann::json;

namespace {

/// What the file says of a network.
template <class D>
json config_of(D const& definition) {
    Weights<Network<D, float>> const weights(definition);
    auto const document = detail::document_of(detail::view_of(weights));
    return json::parse(keras_model_config(document, keras_graph(document)));
}
void erase_initializers(json& config) {
    for (char const* const name : {"kernel", "bias", "recurrent", "depthwise", "pointwise",
                                   "embeddings", "gamma", "beta", "moving_mean", "moving_variance"})
        config.erase(std::string(name) + "_initializer");
}
/// The options of layer `index`, without those that all have and the initializers.
json layer_of(json const& model, std::size_t index, std::string const& class_name) {
    auto const& layer = model.at("config").at("layers").at(index);
    CHECK(layer.at("class_name") == class_name);
    json config = layer.at("config");
    for (char const* const name : {"name", "trainable", "dtype"}) config.erase(name);
    erase_initializers(config);
    return config;
}
/// How layer `index` is called.
json call_of(json const& model, std::size_t index) {
    json node = model.at("config").at("layers").at(index).at("inbound_nodes").at(0);
    auto const shorten = [&](auto const& self, json const& j) -> json {
        if (!j.is_structured()) return j;
        if (j.contains("config")) return j.at("config").at("keras_history").at(0);
        json out = j;
        for (auto& item : out) item = self(self, item);
        return out;
    };
    return shorten(shorten, node);
}

} // namespace

TEST_CASE("layers along time in Keras' words") {
    auto const model = config_of(
        Sequential{Input<12, 6>{}, Masking{.mask_value = -1}, SpatialDropout1D{.rate = 0.25f},
                   ZeroPadding1D<1, 2>{}, Conv1D<4, 3, ReLU, Strides<2>, NoBias>{},
                   AveragePooling1D<2, Strides<1>, Same>{}, Cropping1D<1>{}, UpSampling1D<3>{},
                   DepthwiseConv1D<2, DepthMultiplier<2>>{}, Conv1DTranspose<6, 2, Strides<2>>{},
                   SeparableConv1D<4, 3, ReLU>{}, Permute<2, 1>{}, GlobalMaxPooling1D{},
                   RepeatVector<5>{}, RMSNormalization{.epsilon = 1e-5f}});
    CHECK(model.at("class_name") == "Sequential");
    CHECK(layer_of(model, 1, "Masking") == json::parse(R"({"mask_value": -1.0})"));
    CHECK(layer_of(model, 2, "SpatialDropout1D") == json::parse(R"({"rate": 0.25})"));
    CHECK(layer_of(model, 3, "ZeroPadding1D") == json::parse(R"({"padding": [1, 2]})"));
    CHECK(layer_of(model, 4, "Conv1D") ==
          json::parse(R"({"filters": 4, "kernel_size": [3], "strides": [2], "padding": "valid",
                          "data_format": "channels_last", "dilation_rate": [1],
                          "activation": "relu", "use_bias": false})"));
    CHECK(layer_of(model, 5, "AveragePooling1D") ==
          json::parse(R"({"pool_size": [2], "strides": [1], "padding": "same",
                          "data_format": "channels_last"})"));
    CHECK(layer_of(model, 6, "Cropping1D") == json::parse(R"({"cropping": [1, 1]})"));
    CHECK(layer_of(model, 7, "UpSampling1D") == json::parse(R"({"size": 3})"));
    CHECK(layer_of(model, 8, "DepthwiseConv1D") ==
          json::parse(R"({"depth_multiplier": 2, "kernel_size": [2], "strides": [1],
                          "padding": "valid", "data_format": "channels_last",
                          "dilation_rate": [1], "activation": "linear", "use_bias": true})"));
    CHECK(layer_of(model, 9, "Conv1DTranspose") ==
          json::parse(R"({"filters": 6, "kernel_size": [2], "strides": [2], "padding": "valid",
                          "data_format": "channels_last", "dilation_rate": [1],
                          "activation": "linear", "use_bias": true})"));
    CHECK(layer_of(model, 10, "SeparableConv1D") ==
          json::parse(R"({"filters": 4, "depth_multiplier": 1, "kernel_size": [3], "strides": [1],
                          "padding": "valid", "data_format": "channels_last",
                          "dilation_rate": [1], "activation": "relu", "use_bias": true})"));
    CHECK(layer_of(model, 11, "Permute") == json::parse(R"({"dims": [2, 1]})"));
    CHECK(layer_of(model, 13, "RepeatVector") == json::parse(R"({"n": 5})"));
    CHECK(layer_of(model, 14, "RMSNormalization").at("epsilon").get<float>() == 1e-5f);
}

TEST_CASE("penalties in Keras' words") {
    auto const model = config_of(Sequential{
        Input<8, 8, 4>{}, Conv2D<6, 3>{.kernel_l1 = 0.25f}, DepthwiseConv2D<2>{.kernel_l2 = 0.5f},
        SeparableConv2D<4, 2, ReLU>{.kernel_l1 = 0.5f, .kernel_l2 = 0.25f}, Reshape<16, 4>{},
        LSTM<3>{.kernel_l2 = 0.5f, .recurrent_l1 = 0.25f}});
    auto const penalty = [&](std::size_t layer, char const* type, char const* kernel) {
        auto const config = layer_of(model, layer, type);
        CHECK(config.dump().find("_l1\"") == std::string::npos);
        CHECK(config.dump().find("_l2\"") == std::string::npos);
        auto const at = config.at(std::string(kernel) + "_regularizer");
        CHECK(at.at("class_name") == "L1L2");
        return at.at("config");
    };
    CHECK(penalty(1, "Conv2D", "kernel") == json::parse(R"({"l1": 0.25, "l2": 0.0})"));
    CHECK(penalty(2, "DepthwiseConv2D", "depthwise") == json::parse(R"({"l1": 0.0, "l2": 0.5})"));
    CHECK(!layer_of(model, 2, "DepthwiseConv2D").contains("kernel_regularizer"));
    CHECK(penalty(3, "SeparableConv2D", "depthwise") == json::parse(R"({"l1": 0.5, "l2": 0.25})"));
    CHECK(penalty(3, "SeparableConv2D", "pointwise") == json::parse(R"({"l1": 0.5, "l2": 0.25})"));
    CHECK(!layer_of(model, 3, "SeparableConv2D").contains("kernel_regularizer"));
    CHECK(penalty(5, "LSTM", "kernel") == json::parse(R"({"l1": 0.0, "l2": 0.5})"));
    CHECK(penalty(5, "LSTM", "recurrent") == json::parse(R"({"l1": 0.25, "l2": 0.0})"));
}

TEST_CASE("constraints in Keras' words") {
    using Short = KernelConstraint<MaxNorm<3, 2>>;
    auto const model = config_of(Sequential{
        Input<8, 8, 4>{}, Conv2D<6, 3, Short, BiasConstraint<NonNegative>>{},
        DepthwiseConv2D<2, Short>{}, SeparableConv2D<4, 2, ReLU, Short>{},
        Conv2DTranspose<4, 2, Short>{}, Reshape<25, 4>{},
        Bidirectional{
            LSTM<3, KernelConstraint<UnitNorm>, RecurrentConstraint<MinMaxNorm<1, 3, 2, 1, 4>>>{}},
        Dense<2, KernelConstraint<Along<UnitNorm, 1>>>{}});
    auto const constraint = [](auto const& config, char const* of) {
        auto const at = config.at(std::string(of) + "_constraint");
        CHECK(at.at("module") == "keras.constraints");
        return json::array({at.at("class_name"), at.at("config")});
    };
    auto const conv = layer_of(model, 1, "Conv2D");
    CHECK(constraint(conv, "kernel") ==
          json::parse(R"(["MaxNorm", {"max_value": 1.5, "axis": [0, 1, 2]}])"));
    CHECK(constraint(conv, "bias") == json::parse(R"(["NonNeg", {}])"));
    auto const depthwise = layer_of(model, 2, "DepthwiseConv2D");
    CHECK(constraint(depthwise, "depthwise")[1].at("axis") == json::parse("[0, 1]"));
    CHECK(!depthwise.contains("kernel_constraint"));
    auto const separable = layer_of(model, 3, "SeparableConv2D");
    CHECK(constraint(separable, "depthwise")[1].at("axis") == json::parse("[0, 1]"));
    CHECK(constraint(separable, "pointwise")[1].at("axis") == json::parse("[0, 1, 2]"));
    CHECK(!separable.contains("kernel_constraint"));
    CHECK(constraint(layer_of(model, 4, "Conv2DTranspose"), "kernel")[1].at("axis") ==
          json::parse("[0, 1, 3]"));
    auto const lstm = layer_of(model, 6, "Bidirectional").at("backward_layer").at("config");
    CHECK(constraint(lstm, "kernel") == json::parse(R"(["UnitNorm", {"axis": 0}])"));
    CHECK(constraint(lstm, "recurrent") == json::parse(R"(["MinMaxNorm",
                          {"min_value": 0.5, "max_value": 1.5, "rate": 0.25, "axis": 0}])"));
    CHECK(constraint(layer_of(model, 7, "Dense"), "kernel") ==
          json::parse(R"(["UnitNorm", {"axis": 1}])"));
    auto const words = config_of(
        Sequential{Tokens<4>{}, Embedding<9, 3, EmbeddingsConstraint<MaxNorm<1>>>{}, Flatten{}});
    CHECK(constraint(layer_of(words, 1, "Embedding"), "embeddings") ==
          json::parse(R"(["MaxNorm", {"max_value": 1.0, "axis": 1}])"));
}

TEST_CASE("what joins nodes at each moment is no TimeDistributed, which takes one there") {
    auto const model = config_of(Sequential{Input<3, 2, 4>{}, TimeDistributed{[](auto x) {
                                                auto const gated = x * (x | Dense<4>{});
                                                return join(x, gated) | Concatenate{} | Flatten{};
                                            }}});
    CHECK(layer_of(model, 1, "TimeDistributed").at("layer").at("class_name") == "Dense");
    layer_of(model, 2, "Multiply");
    layer_of(model, 3, "Concatenate");
    CHECK(layer_of(model, 4, "TimeDistributed").at("layer").at("class_name") == "Flatten");
}

TEST_CASE("layers of images in Keras' words; what it has no word for is said as it is") {
    auto const model = config_of(Sequential{
        Input<8, 8, 4>{}, SpatialDropout2D{}, Conv2D<6, Size{3, 2}, Padding<1, 0>, Groups<2>>{},
        GroupNormalization<3>{}, Softmax{}, UpSampling2D<2, 3, Bilinear>{}, Flatten{},
        Dense<6>{.kernel_l2 = 0.5f}, Reshape<2, 3>{}, LayerNormalizationWith<Axes<2>>{}});
    CHECK(layer_of(model, 1, "SpatialDropout2D") ==
          json::parse(R"({"rate": 0.5, "data_format": "channels_last"})"));
    auto const conv = layer_of(model, 2, "Conv2D");
    CHECK(conv.at("padding") == json::parse("[[1, 1], [0, 0]]"));
    CHECK(conv.at("groups") == 2);
    CHECK(conv.at("kernel_size") == json::parse("[3, 2]"));
    CHECK(conv.at("activation") == "linear"); // the normalization stands between
    CHECK(layer_of(model, 3, "GroupNormalization").at("groups") == 3);
    CHECK(layer_of(model, 4, "Softmax") == json::parse(R"({"axis": -1})"));
    CHECK(layer_of(model, 5, "UpSampling2D") ==
          json::parse(R"({"size": [2, 3], "data_format": "channels_last",
                          "interpolation": "bilinear"})"));
    auto const dense = layer_of(model, 7, "Dense");
    CHECK(dense.at("kernel_regularizer") ==
          json::parse(R"({"module": "keras.regularizers", "class_name": "L1L2",
                          "config": {"l1": 0.0, "l2": 0.5}, "registered_name": null})"));
    CHECK(!dense.contains("kernel_l2"));
    CHECK(layer_of(model, 8, "Reshape") == json::parse(R"({"target_shape": [2, 3]})"));
    CHECK(layer_of(model, 9, "LayerNormalization").at("axis") == json::parse("[-2, -1]"));
    CHECK(!layer_of(model, 9, "LayerNormalization").contains("axes"));
}

namespace {

/// An initializer of a program's own, which Keras does not know.
struct Threes {
    template <class T>
    static void fill(T* w, Extents e, Random) {
        std::fill_n(w, e.size, T{3});
    }
};

/// "HeNormal{}", "Constant{value: 0.1}": an initializer of layer `index`.
std::string start_of(json const& model, std::size_t index, std::string const& option) {
    auto const& config = model.at("config").at("layers").at(index).at("config");
    if (!config.contains(option + "_initializer")) return "none";
    auto const& start = config.at(option + "_initializer");
    CHECK(start.at("module") == "keras.initializers");
    CHECK(start.at("registered_name").is_null());
    return start.at("class_name").get<std::string>() + start.at("config").dump();
}

} // namespace

TEST_CASE("initializers in Keras' words") {
    auto const model = config_of(Sequential{
        Tokens<7>{}, Embedding<9, 6, EmbeddingsInitializer<RandomNormal<1, 5, 100>>>{},
        Dense<6, KernelInitializer<HeNormal>, BiasInitializer<Constant<1, 10>>>{},
        Dense<6, KernelInitializer<Threes>, BiasInitializer<Ones>>{},
        Conv1D<6, 2, KernelInitializer<LecunUniform>, NoBias>{},
        DepthwiseConv1D<2, KernelInitializer<TruncatedNormal<0, 2>>>{},
        SeparableConv1D<4, 2, KernelInitializer<GlorotNormal>>{}, BatchNormalization{},
        RMSNormalization{}, LSTM<3, ReturnSequences, RecurrentInitializer<Identity<1, 2>>>{},
        LSTM<4, ReturnSequences, BiasInitializer<Ones>>{},
        MultiHeadAttention<2, 2, KernelInitializer<VarianceScaling<Fan::out, Draw::normal, 3>>>{},
        TimeDistributed{Dense<2, KernelInitializer<LecunNormal>>{}},
        Bidirectional<GRU<2, RecurrentInitializer<RandomUniform<-1, 1, 4>>>>{}, PReLU{}});
    CHECK(start_of(model, 1, "embeddings") == R"(RandomNormal{"mean":0.01,"stddev":0.05})");
    CHECK(start_of(model, 2, "kernel") == "HeNormal{}");
    CHECK(start_of(model, 2, "bias") == R"(Constant{"value":0.1})");
    CHECK(start_of(model, 3, "kernel") == "none");
    CHECK(start_of(model, 3, "bias") == "Ones{}");
    CHECK(start_of(model, 4, "kernel") == "LecunUniform{}");
    CHECK(start_of(model, 4, "bias") == "none");
    CHECK(start_of(model, 5, "depthwise") == R"(TruncatedNormal{"mean":0.0,"stddev":2.0})");
    CHECK(start_of(model, 5, "kernel") == "none");
    CHECK(start_of(model, 6, "depthwise") == "GlorotNormal{}");
    CHECK(start_of(model, 6, "pointwise") == "GlorotNormal{}");
    CHECK(start_of(model, 6, "bias") == "Zeros{}");
    CHECK(start_of(model, 7, "gamma") == "Ones{}");
    CHECK(start_of(model, 7, "beta") == "Zeros{}");
    CHECK(start_of(model, 7, "moving_mean") == "Zeros{}");
    CHECK(start_of(model, 7, "moving_variance") == "Ones{}");
    CHECK(start_of(model, 8, "gamma") == "none"); // no option of Keras' layer
    CHECK(start_of(model, 9, "recurrent") == R"(Identity{"gain":0.5})");
    CHECK(start_of(model, 9, "bias") == "Zeros{}");
    CHECK(layer_of(model, 9, "LSTM").at("unit_forget_bias") == true);
    CHECK(start_of(model, 10, "recurrent") == R"(Orthogonal{"gain":1.0})");
    CHECK(start_of(model, 10, "bias") == "Ones{}");
    CHECK(layer_of(model, 10, "LSTM").at("unit_forget_bias") == false);
    CHECK(start_of(model, 11, "kernel") ==
          R"(VarianceScaling{"distribution":"untruncated_normal","mode":"fan_out","scale":3.0})");
    CHECK(start_of(model, 11, "bias") == "Zeros{}");
    auto const inner = layer_of(model, 12, "TimeDistributed").at("layer").at("config");
    CHECK(inner.at("kernel_initializer").at("class_name") == "LecunNormal");
    CHECK(start_of(model, 12, "kernel") == "none");
    for (char const* const half : {"layer", "backward_layer"})
        CHECK(layer_of(model, 13, "Bidirectional")
                  .at(half)
                  .at("config")
                  .at("recurrent_initializer")
                  .at("config")
                  .at("maxval") == 0.25);
    CHECK(start_of(model, 14, "alpha") == "Zeros{}");
}

TEST_CASE("what Keras calls a layer in an archive, and what its layers refuse") {
    auto const network =
        Sequential{Input<4, 6>{}, MultiHeadAttention<4, 2, KeyValueHeads<2>>{}, SpatialDropout1D{},
                   TimeDistributed{Dense<2>{}}, AdaptiveAveragePooling1D<2>{}};
    auto const model = config_of(network);
    auto const at = [](json const& j, std::size_t i) { return j.at("config").at("layers").at(i); };
    CHECK(!at(model, 2).at("config").contains("trainable"));
    CHECK(layer_of(model, 4, "AdaptiveAveragePooling1D").at("output_size") == 2);
    // a layer within another says its module in .h5 files too
    CHECK(at(model, 3).at("config").at("layer").at("module") == "keras.layers");
    Weights<Network<std::remove_cv_t<decltype(network)>, float>> const weights(network);
    auto const document = detail::document_of(detail::view_of(weights));
    auto const archive = json::parse(keras_archive_config(document, keras_graph(document), false));
    auto const attention = archive.at("config").at("layers").at(1);
    CHECK(attention.at("class_name") == "GroupQueryAttention"); // as Keras exports it
    CHECK(attention.at("build_config").at("shapes_dict").at("query_shape") ==
          json::parse("[null, 4, 6]"));
}

TEST_CASE("a .keras archive says of each object where it is found") {
    auto const network = Sequential{Tokens<5>{}, Embedding<9, 4>{}, PositionEmbedding{},
                                    Dropout{},   Flatten{},         Dense<2>{}};
    Weights<Network<std::remove_cv_t<decltype(network)>, float>> const weights(network);
    auto const document = detail::document_of(detail::view_of(weights));
    auto const model = json::parse(keras_archive_config(document, keras_graph(document), false));
    CHECK(model.at("module") == "keras");
    CHECK(model.at("registered_name").is_null());
    CHECK(model.at("build_config") == json::parse(R"({"input_shape": [null, 5]})"));
    CHECK(!model.contains("compile_config"));
    auto const& layers = model.at("config").at("layers");
    CHECK(layers.at(1).at("module") == "keras.layers");
    CHECK(layers.at(1).at("registered_name").is_null());
    CHECK(layers.at(1).at("config").at("dtype").at("config").at("name") == "float32");
    CHECK(layers.at(1).at("build_config") == json::parse(R"({"input_shape": [null, 5]})"));
    CHECK(layers.at(2).at("module") == "lamina"); // not one of Keras'
    CHECK(layers.at(2).at("registered_name") == "lamina>PositionEmbedding");
    CHECK(!layers.at(3).contains("build_config"));
    CHECK(layers.at(5).at("build_config") == json::parse(R"({"input_shape": [null, 20]})"));
}

TEST_CASE("recurrent layers and layers of layers in Keras' words") {
    auto const model =
        config_of(Sequential{Tokens<7>{}, Embedding<9, 5, MaskZero>{},
                             LSTM<6, ReturnSequences, GoBackwards>{.dropout = 0.5f},
                             Bidirectional<GRU<3, ReturnSequences, NoBias>, Sum>{},
                             Bidirectional<SimpleRNN<3, ReLU, ReturnSequences>, Ave>{},
                             TimeDistributed{Dense<4, NoBias>{}}, GRU<2, ResetBefore>{}});
    CHECK(model.at("class_name") == "Sequential");
    CHECK(layer_of(model, 1, "Embedding") ==
          json::parse(R"({"input_dim": 9, "output_dim": 5, "mask_zero": true})"));
    CHECK(layer_of(model, 2, "LSTM") ==
          json::parse(R"({"units": 6, "return_sequences": true, "go_backwards": true,
                          "use_bias": true, "dropout": 0.5, "recurrent_dropout": 0.0,
                          "unit_forget_bias": true})"));
    auto const both = layer_of(model, 3, "Bidirectional");
    CHECK(both.at("merge_mode") == "sum");
    CHECK(both.at("layer").at("class_name") == "GRU");
    CHECK(both.at("layer").at("config").at("use_bias") == false);
    CHECK(both.at("layer").at("config").at("go_backwards") == false);
    CHECK(both.at("layer").at("config").at("reset_after") == true);
    CHECK(both.at("backward_layer").at("class_name") == "GRU");
    CHECK(both.at("backward_layer").at("config").at("go_backwards") == true);
    CHECK(both.at("backward_layer").at("config").at("units") == 3);
    auto const average = layer_of(model, 4, "Bidirectional");
    CHECK(average.at("merge_mode") == "ave");
    CHECK(average.at("layer").at("config").at("activation") == "relu");
    auto const inner = layer_of(model, 5, "TimeDistributed").at("layer");
    CHECK(inner.at("class_name") == "Dense");
    CHECK(inner.at("config").at("units") == 4);
    CHECK(inner.at("config").at("use_bias") == false);
    CHECK(inner.at("config").at("activation") == "linear");
    CHECK(layer_of(model, 6, "GRU").at("reset_after") == false);
}

TEST_CASE("both ways by two layers in Keras' words") {
    auto const model = config_of(Sequential{Input<7, 3>{}, Bidirectional{LSTM<4>{}, GRU<2>{}}});
    auto const both = layer_of(model, 1, "Bidirectional");
    CHECK(both.at("merge_mode") == "concat");
    auto const &forward = both.at("layer"), &backward = both.at("backward_layer");
    CHECK(forward.at("class_name") == "LSTM");
    CHECK(forward.at("config").at("units") == 4);
    CHECK(forward.at("config").at("go_backwards") == false);
    CHECK(forward.at("config").at("name") == "forward_lstm");
    CHECK(backward.at("class_name") == "GRU");
    CHECK(backward.at("config").at("units") == 2);
    CHECK(backward.at("config").at("go_backwards") == true);
    CHECK(backward.at("config").at("name") == "backward_gru");
}

TEST_CASE("what a call is handed beside its first input goes by its name") {
    auto const model = config_of(graph<Input<4, 6>, Input<5, 6>, Input<3>, Tokens<4, 5>>(
        [](auto x, auto memory, auto state, auto mask) {
            auto const a = join(x, memory, memory, mask) |
                           MultiHeadAttention<2, 3, BooleanMask, ValueDim<4>>{.dropout = 0.5f};
            auto const b = a | MultiHeadAttention<4, 2, Causal, KeyValueHeads<2>, NoBias>{};
            auto const c = join(b, state) | GRU<3, ReturnSequences>{};
            return join(b, c) | Concatenate{};
        }));
    CHECK(model.at("class_name") == "Functional");
    std::size_t at = 0;
    auto const find = [&](std::string const& type) {
        auto const& layers = model.at("config").at("layers");
        for (at = 0; layers.at(at).at("class_name") != type;) ++at;
        return layer_of(model, at, type);
    };
    CHECK(find("MultiHeadAttention") ==
          json::parse(R"({"num_heads": 2, "key_dim": 3, "value_dim": 4, "dropout": 0.5,
                          "use_bias": true})"));
    CHECK(call_of(model, at) == json::parse(R"({"args": ["input_layer"],
                          "kwargs": {"value": "input_layer_1", "key": "input_layer_1",
                                     "attention_mask": "input_layer_3"}})"));
    CHECK(find("GroupedQueryAttention") ==
          json::parse(R"({"num_query_heads": 4, "num_key_value_heads": 2, "head_dim": 2,
                          "dropout": 0.0, "use_bias": false})"));
    CHECK(call_of(model, at) == json::parse(R"({"args": ["multi_head_attention"],
                          "kwargs": {"value": "multi_head_attention",
                                     "use_causal_mask": true}})"));
    find("GRU");
    CHECK(call_of(model, at) == json::parse(R"({"args": ["multi_head_attention_1"],
                          "kwargs": {"initial_state": ["input_layer_2"]}})"));
    find("Concatenate");
    CHECK(call_of(model, at) ==
          json::parse(R"({"args": [["multi_head_attention_1", "gru"]], "kwargs": {}})"));
}

TEST_CASE("the axis along which inputs stand, in Keras' words") {
    auto const model = config_of(graph<Input<4, 3>, Input<2, 3>>([](auto a, auto b) {
        auto const c = join(a, b) | ConcatenateAlong<1>{};
        return join(c, c) | Concatenate{};
    }));
    CHECK(layer_of(model, 2, "Concatenate") == json::parse(R"({"axis": 1})"));
    CHECK(layer_of(model, 3, "Concatenate") == json::parse(R"({"axis": -1})"));
}

TEST_CASE("layers of several inputs in Keras' words") {
    auto const model = config_of(graph<Input<4>, Input<4>>([](auto a, auto b) {
        auto const c = a * b;
        auto const d = join(a - b, c) | Maximum{};
        return join(c, join(join(d, b) | Minimum{}, a) | Average{}) | Dot{.normalize = true};
    }));
    json seen;
    for (std::size_t i = 2; i < 8; ++i) {
        std::string const type = model.at("config").at("layers").at(i).at("class_name");
        bool const alike = type == "Dot";
        CHECK(layer_of(model, i, type) ==
              json::parse(alike ? R"({"axes": 1, "normalize": true})" : "{}"));
        CHECK(!model.at("config").at("layers").at(i).contains("registered_name"));
        seen[type] = call_of(model, i).at("args").at(0);
    }
    CHECK(seen == json::parse(R"({"Multiply": ["input_layer", "input_layer_1"],
                                  "Subtract": ["input_layer", "input_layer_1"],
                                  "Maximum": ["subtract", "multiply"],
                                  "Minimum": ["maximum", "input_layer_1"],
                                  "Average": ["minimum", "input_layer"],
                                  "Dot": ["multiply", "average"]})"));
}
