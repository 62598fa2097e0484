// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/transformer_decoder_layer.hpp>

#include "support/check_golden.hpp"
#include "support/check_layer.hpp"
#include "support/check_steps.hpp"
#include "support/layers.hpp"
#include "support/torch_parameters.hpp"

#include <lamina/activations/gelu.hpp>
#include <lamina/activations/tanh.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/position_embedding.hpp>
#include <lamina/layers/sinusoidal_position_encoding.hpp>
#include <lamina/layers/transformer_encoder_layer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// An encoder whose padding is masked, and a decoder that looks at it and back at itself.
auto const translator = graph<Tokens<5>, Tokens<9>>([](auto from, auto to) {
    auto memory = from | Embedding<9, 6, MaskZero>{} | SinusoidalPositionEncoding{}
                | TransformerEncoderLayer<2, 10>{};
    auto words = to | Embedding<11, 8>{};
    return join(words | PositionEmbedding{}, memory) | TransformerDecoderLayer<2, 12>{}
         | LayerNormalization{} | tied(words);
});

template <class Layer>
void check_decoder(std::string const& name, bool pre) {
    golden::Case const golden(name);
    // the padding's mask comes along with an embedding that is all zeros
    auto const net = graph<Input<3, 8>, Tokens<5>, Input<5, 8>>([](auto x, auto t, auto memory) {
        return join(x, memory + (t | frozen(Embedding<2, 8, MaskZero>{}))) | Layer{};
    });
    std::vector<std::int32_t> words;
    for (double const padding : golden["in/memory_key_padding_mask"].values)
        words.push_back(padding == 0);
    // rows stand in the order in which the outputs need them: the memory after self_attn
    auto const of = [&](char const* prefix) {
        std::size_t const attention = 4 * (8 * 8 + 8), norm = 16, zeros = 16;
        auto all = TorchParameters(golden, prefix).decoder_layer("", pre).all;
        std::size_t const at = attention + (pre ? 2 * norm : norm);
        all.insert(all.begin() + long(at), zeros, 0.0);
        return all;
    };
    check_golden(golden, net, {"in/tgt", "", "in/memory"}, {"out/y"}, of("param/"),
                 of("grad_param/"), {words});
}

} // namespace

TEST_CASE("TransformerDecoderLayer: what every layer owes") {
    check_layer("post", graph<Input<3, 4>, Input<5, 6>>([](auto x, auto memory) {
                    return join(x, memory) | TransformerDecoderLayer<2, 5, Tanh>{};
                }));
    check_layer("pre", graph<Input<3, 4>, Input<5, 4>>([](auto x, auto memory) {
                    return join(x, memory) | TransformerDecoderLayer<1, 5, Tanh, PreNorm, NoBias>{};
                }));
    check_layer("frozen", graph<Input<3, 4>, Input<2, 4>>([](auto x, auto memory) {
                    return join(x, memory) | frozen(TransformerDecoderLayer<2, 5, Tanh>{});
                }));
    check_layer("masked memory, two",
                graph<Input<3, 4>, Tokens<5>>([](auto x, auto tokens) {
                    auto memory = tokens | Embedding<5, 4, MaskZero>{};
                    auto h = join(x, memory) | TransformerDecoderLayer<2, 5, Squash>{};
                    return join(h, memory) | TransformerDecoderLayer<2, 3, Tanh, Rotary<>>{};
                }));
}

TEST_CASE("TransformerDecoderLayer: PyTorch's numbers") {
    check_decoder<TransformerDecoderLayer<2, 16>>("decoderlayer_postnorm_relu", false);
    check_decoder<TransformerDecoderLayer<2, 16, GELU, PreNorm>>("decoderlayer_prenorm_gelu", true);
}

TEST_CASE("a whole Transformer: PyTorch's numbers") {
    golden::Case const golden("transformer_full");
    auto const net = graph<Input<5, 8>, Input<3, 8>>([](auto source, auto target) {
        LayerNormalization const norm{.epsilon = 1e-5f};
        auto memory = source | TransformerEncoderLayer<2, 16>{} | norm;
        auto h = join(target, memory) | TransformerDecoderLayer<2, 16>{};
        return join(h, memory) | TransformerDecoderLayer<2, 16>{} | norm;
    });
    // as above: the memory stands where it is wanted first
    auto const of = [&](char const* prefix) {
        auto const part = [&] { return TorchParameters(golden, prefix); };
        auto all = part().decoder_layer("decoder.layers.0.", false)
                       .decoder_layer("decoder.layers.1.", false).norm("decoder.norm").all;
        auto const memory = part().encoder_layer("encoder.layers.0.", false)
                                .norm("encoder.norm").all;
        std::size_t const at = 4 * (8 * 8 + 8) + 16;
        all.insert(all.begin() + long(at), memory.begin(), memory.end());
        return all;
    };
    check_golden(golden, net, {"in/src", "in/tgt"}, {"out/y"}, of("param/"), of("grad_param/"));
}

TEST_CASE("TransformerDecoderLayer: moment by moment, with the memory there at once") {
    check_steps<1>("translator", translator);
    check_steps<0>("plain", graph<Input<9, 8>, Input<4, 3>>([](auto x, auto memory) {
                       return join(x, memory)
                            | TransformerDecoderLayer<2, 12, ReLU, PreNorm, KeyValueHeads<1>>{};
                   }));
}
