// SPDX-License-Identifier: BSD-3-Clause
#include "support/keras_reference.hpp"
#include "support/kernels.hpp"

#include <lamina/activations/gelu.hpp>
#include <lamina/activations/relu.hpp>
#include <lamina/activations/softmax.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/layers/bidirectional.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/global_average_pooling_1d.hpp>
#include <lamina/layers/gru.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/lstm.hpp>
#include <lamina/layers/multi_head_attention.hpp>
#include <lamina/layers/residual.hpp>
#include <lamina/layers/simple_rnn.hpp>
#include <lamina/layers/time_distributed.hpp>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Keras 3.16: tokens, averaged") {
    check_keras3(Sequential{Tokens<12>{}, Embedding<40, 8>{}, GlobalAveragePooling1D{},
                            Dense<3, Softmax>{}},
                 "text_pool");
}

TEST_CASE("Keras 3.16: tokens with padding, averaged") {
    check_keras3(Sequential{Tokens<12>{}, Embedding<20, 8, MaskZero>{}, GlobalAveragePooling1D{},
                            Dense<3>{}},
                 "text_pool_masked");
}

TEST_CASE("Keras 3.16: two LSTMs") {
    check_keras3(Sequential{Tokens<10>{}, Embedding<30, 6>{}, LSTM<9, ReturnSequences>{}, LSTM<7>{},
                            Dense<30, Softmax>{}},
                 "lstm");
}

TEST_CASE("Keras 3.16: a GRU of each form") {
    check_keras3(Sequential{Input<9, 5>{}, GRU<8, ReturnSequences>{}, GRU<6, ResetBefore>{},
                            Dense<2>{}},
                 "gru_reset_after");
}

TEST_CASE("Keras 3.16: both directions") {
    check_keras3(Sequential{Input<8, 4>{}, Bidirectional<LSTM<5, ReturnSequences>>{},
                            Bidirectional<GRU<4>>{}, Dense<3>{}},
                 "bidirectional");
}

TEST_CASE("Keras 3.16: a simple recurrent layer, and Dense at every moment") {
    // Keras has the activation within the distributed layer
    Sequential const network{Input<7, 4>{}, SimpleRNN<6, ReturnSequences>{},
                             TimeDistributed{Dense<5>{}}, ReLU{}, Flatten{}, Dense<2>{}};
    check_keras(network, "keras3/simple_rnn_td.h5", "keras3/simple_rnn_td.reference.safetensors",
                "in/0", "out/0", false);
}

TEST_CASE("Keras 3.16: a Transformer of two blocks") {
    check_keras3(graph<Tokens<11>>([](auto tokens) {
                     auto const block = [](auto x, auto attention) {
                         auto const norm = LayerNormalization{.epsilon = 1e-6f};
                         auto const h = x + (x | norm | attention);
                         return h + (h | norm | Dense<32, GELU>{} | Dense<16>{});
                     };
                     auto const x = tokens | Embedding<50, 16>{};
                     auto const h = block(x, MultiHeadAttention<4, 4>{});
                     return block(h, MultiHeadAttention<4, 4, Causal>{}) |
                            GlobalAveragePooling1D{} | Dense<4>{};
                 }),
                 "transformer");
}
