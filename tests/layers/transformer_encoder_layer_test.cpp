// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/transformer_encoder_layer.hpp>

#include "support/check_golden.hpp"
#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"
#include "support/torch_parameters.hpp"

#include <lamina/activations/gelu.hpp>
#include <lamina/activations/tanh.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/position_embedding.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;
using lamina::Causal;

namespace {

template <class D>
std::vector<std::string> names_of(D const&) {
    using N = Network<D, float>;
    Paths<float> const paths(N::table.data(), N::size, N::graph.scopes.data(),
                             N::graph.scopes.size());
    std::vector<std::string> all;
    for (int i = 0; i < N::size; ++i)
        if (N::table[std::size_t(i)].op->parameters) all.push_back(paths[i]);
    return all;
}

std::vector<std::int32_t> words(golden::Array const& padding) {
    std::vector<std::int32_t> all;
    for (double const is_padding : padding.values) all.push_back(is_padding == 0);
    return all;
}

template <class D>
void check_encoder(std::string const& name, D const& net, bool pre) {
    golden::Case const golden(name);
    auto const of = [&](char const* prefix) {
        return TorchParameters(golden, prefix).encoder_layer("", pre).all;
    };
    check_golden(golden, net, {"in/x"}, {"out/y"}, of("param/"), of("grad_param/"));
}
/// The padding's mask comes along with an embedding that is all zeros and frozen.
template <class Layer>
void check_masked_encoder(std::string const& name, bool pre) {
    golden::Case const golden(name);
    auto const net = graph<Tokens<5>, Input<5, 8>>([](auto t, auto x) {
        return (x + (t | frozen(Embedding<2, 8, MaskZero>{}))) | Layer{};
    });
    auto const of = [&](char const* prefix) {
        return TorchParameters(golden, prefix).numbers(16, 0).encoder_layer("", pre).all;
    };
    check_golden(golden, net, {"", "in/x"}, {"out/y"}, of("param/"), of("grad_param/"),
                 {words(golden["in/key_padding_mask"])});
}

} // namespace

TEST_CASE("TransformerEncoderLayer: what every layer owes") {
    check_layer("post", Sequential{Input<5, 4>{}, TransformerEncoderLayer<2, 6, Squash>{}});
    check_layer("pre", Sequential{Input<5, 4>{}, TransformerEncoderLayer<2, 6, Tanh, PreNorm>{}});
    check_layer("causal, masked",
                Sequential{Tokens<6>{}, Embedding<5, 4, MaskZero>{},
                           TransformerEncoderLayer<1, 3, GELU, Causal, NoBias>{}});
    check_layer("grouped, rotary",
                Sequential{Input<5, 8>{}, TransformerEncoderLayer<4, 6, Tanh, PreNorm, Rotary<>,
                                                                  KeyValueHeads<2>>{}});
    check_layer("two", Sequential{Input<3, 4>{}, TransformerEncoderLayer<2, 5, Tanh>{},
                                  frozen(TransformerEncoderLayer<2, 5, Tanh>{})});
    check_layer("one moment", Sequential{Input<1, 2>{}, TransformerEncoderLayer<1, 1, Tanh>{}});
    Conditions const training{.by_sample = false, .one_mode = false};
    check_layer("dropout", Sequential{Input<5, 4>{},
                                      TransformerEncoderLayer<2, 6, Tanh>{.dropout = 0.3f}},
                training);
    check_layer("dropout inside",
                Sequential{Input<5, 4>{}, TransformerEncoderLayer<2, 6, Tanh, InnerDropout>{
                                              .dropout = 0.3f}},
                training);
}

TEST_CASE("TransformerEncoderLayer: PyTorch's numbers") {
    check_encoder("encoderlayer_postnorm_relu",
                  Sequential{Input<5, 8>{}, TransformerEncoderLayer<2, 16>{}}, false);
    check_encoder("encoderlayer_prenorm_gelu",
                  Sequential{Input<5, 8>{}, TransformerEncoderLayer<2, 16, GELU, PreNorm>{}}, true);
    check_masked_encoder<TransformerEncoderLayer<2, 16, ReLU, Causal>>(
        "encoderlayer_postnorm_relu_causal_padding", false);
    check_masked_encoder<TransformerEncoderLayer<2, 16, GELU, PreNorm, Causal>>(
        "encoderlayer_prenorm_gelu_causal_padding", true);
}

TEST_CASE("TransformerEncoderLayer: two layers and a norm behind them, PyTorch's numbers") {
    golden::Case const golden("encoder_2layers_final_norm");
    REQUIRE(golden.number("norm_first", 0) == 0);
    auto const of = [&](char const* prefix) {
        return TorchParameters(golden, prefix).encoder_layer("layers.0.", false)
            .encoder_layer("layers.1.", false).norm("norm").all;
    };
    check_golden(golden,
                 Sequential{Input<5, 8>{}, TransformerEncoderLayer<2, 16>{},
                            TransformerEncoderLayer<2, 16>{},
                            LayerNormalization{.epsilon = 1e-5f}},
                 {"in/x"}, {"out/y"}, of("param/"), of("grad_param/"));
}

TEST_CASE("TransformerEncoderLayer: its names") {
    CHECK(names_of(Sequential{Input<5, 8>{}, TransformerEncoderLayer<2, 16>{},
                              TransformerEncoderLayer<2, 16, GELU, PreNorm>{}}) ==
          std::vector<std::string>{"transformer_encoder_layer/self_attn",
                                   "transformer_encoder_layer/norm1",
                                   "transformer_encoder_layer/linear1",
                                   "transformer_encoder_layer/linear2",
                                   "transformer_encoder_layer/norm2",
                                   "transformer_encoder_layer_1/norm1",
                                   "transformer_encoder_layer_1/self_attn",
                                   "transformer_encoder_layer_1/norm2",
                                   "transformer_encoder_layer_1/linear1",
                                   "transformer_encoder_layer_1/linear2"});
}

TEST_CASE("TransformerEncoderLayer: moment by moment, with the past in memory") {
    check_steps<0>("causal", Sequential{Tokens<9>{}, Embedding<5, 8>{}, PositionEmbedding{},
                                        TransformerEncoderLayer<2, 16, ReLU, Causal>{},
                                        TransformerEncoderLayer<2, 16, GELU, Causal, PreNorm>{}});
    check_steps<0>("rotary, grouped, padding",
                   Sequential{Tokens<9>{}, Embedding<5, 8, MaskZero>{},
                              TransformerEncoderLayer<4, 16, ReLU, Causal, Rotary<>,
                                                      KeyValueHeads<2>, NoBias>{},
                              TransformerEncoderLayer<2, 16, ReLU, Causal, RotaryHalves<>>{}});
    check_steps<0>("longer than a tile",
                   Sequential{Input<150, 4>{}, TransformerEncoderLayer<2, 6, ReLU, Causal>{}});
}
