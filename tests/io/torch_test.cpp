// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/safetensors.hpp>

#include <lamina/activations/relu.hpp>
#include <lamina/activations/tanh.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/io/save.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/bidirectional.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/conv_1d.hpp>
#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/conv_2d_transpose.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/depthwise_conv_2d.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/group_normalization.hpp>
#include <lamina/layers/gru.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/lstm.hpp>
#include <lamina/layers/max_pooling_2d.hpp>
#include <lamina/layers/multi_head_attention.hpp>
#include <lamina/layers/simple_rnn.hpp>
#include <lamina/layers/transformer_decoder_layer.hpp>
#include <lamina/layers/transformer_encoder_layer.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/sgd.hpp>

#include "support/fault_folder.hpp"
#include "support/kernels.hpp"
#include "support/python.hpp"
#include "support/skip.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// PyTorch's side: writes modules with their inputs and outputs ("make"), and loads what lamina
/// wrote of them, strictly, to compute the same ("check").
constexpr char const* script = R"(
import json, struct, sys, torch
from torch import nn
torch.manual_seed(3)
folder, task = sys.argv[1], sys.argv[2]

def write(path, tensors):
    header, data = {}, b''
    types = {torch.float32: 'F32', torch.int64: 'I64', torch.int32: 'I32'}
    for name, t in sorted(tensors.items(), key=lambda p: -p[1].element_size()):
        raw = t.detach().contiguous().numpy().tobytes()
        header[name] = {'dtype': types[t.dtype], 'shape': list(t.shape),
                        'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    open(path, 'wb').write(struct.pack('<Q', len(text)) + text + data)
def read(path):
    raw = open(path, 'rb').read()
    n = struct.unpack('<Q', raw[:8])[0]
    types = {'F32': torch.float32, 'I64': torch.int64, 'I32': torch.int32}
    out = {}
    for name, t in json.loads(raw[8:8 + n]).items():
        if name == '__metadata__': continue
        a, b = t['data_offsets']
        piece = bytearray(raw[8 + n + a:8 + n + b])
        out[name] = torch.frombuffer(piece, dtype=types[t['dtype']]).reshape(t['shape'])
    return out

class Recurrent(nn.Module):   # a stack, its last outputs through a linear map
    def __init__(self, kind, **options):
        super().__init__()
        self.embedding = nn.Embedding(9, 5)
        self.rnn = kind(5, 6, batch_first=True, **options)
        self.head = nn.Linear(12 if options.get('bidirectional') else 6, 3)
    def forward(self, x): return self.head(self.rnn(self.embedding(x))[0])
class Apart(nn.Module):       # two modules
    def __init__(self):
        super().__init__()
        self.first = nn.LSTM(4, 6, batch_first=True)
        self.second = nn.LSTM(6, 6, batch_first=True)
    def forward(self, x): return self.second(self.first(x)[0])[0]
class Cross(nn.Module):
    def __init__(self, memory):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, kdim=memory, vdim=memory, batch_first=True)
    def forward(self, x, m): return self.attention(x, m, m)[0]
class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    def forward(self, x, m):
        n = x.shape[1]
        return self.block(x, m, tgt_mask=torch.full((n, n), float('-inf')).triu(1))

cases = {   # module, shapes of the inputs (PyTorch's); int: tokens below it
    'dense': (nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.BatchNorm1d(6), nn.LayerNorm(6),
                            nn.Linear(6, 3, bias=False)), [(5, 4)]),
    'images': (nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                             nn.Conv2d(6, 8, (2, 3), groups=2), nn.BatchNorm2d(8), nn.Flatten(),
                             nn.BatchNorm1d(48), nn.Linear(48, 5)), [(3, 2, 8, 8)]),
    'larger': (nn.Sequential(nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1),
                             nn.GroupNorm(2, 4), nn.Conv2d(4, 8, 3, groups=4),
                             nn.LayerNorm((8, 8, 6))), [(2, 3, 5, 4)]),
    'time': (nn.Sequential(nn.Conv1d(3, 5, 3), nn.Tanh(), nn.Flatten(), nn.Linear(30, 4)),
             [(2, 3, 8)]),
    'lstm': (Recurrent(nn.LSTM, num_layers=2, bidirectional=True), [(3, 7)]),
    'gru': (Recurrent(nn.GRU, num_layers=3), [(3, 7)]),
    'rnn': (Recurrent(nn.RNN, nonlinearity='relu', bias=False), [(3, 7)]),
    'apart': (Apart(), [(3, 6, 4)]),
    'encoder': (nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2),
                [(2, 5, 8)]),
    'decoder': (Decoder(), [(2, 4, 8), (2, 6, 8)]),
    'cross': (Cross(6), [(2, 4, 8), (2, 5, 6)])}
ours = lambda x: x.movedim(1, -1)   # channels last
first = ('images', 'larger', 'time')
for name, (module, shapes) in cases.items():
    module.eval()
    state = {k: torch.rand_like(v) + .2 if 'running' in k else v + .1 * torch.randn_like(v)
             if v.is_floating_point() else v for k, v in module.state_dict().items()}
    xs = [torch.randint(0, 9, s) if hasattr(module, 'embedding') else torch.randn(s)
          for s in shapes]
    if task == 'check':
        state = read(f'{folder}/{name}.ours.safetensors')
        theirs = read(f'{folder}/{name}.safetensors')
        assert set(state) == set(theirs), (name, set(state) ^ set(theirs))
        xs = [x for k, x in sorted(read(f'{folder}/{name}.torch.safetensors').items())]
    module.load_state_dict(state)
    with torch.no_grad(): y = module(*xs)
    if task == 'check':
        wanted = read(f'{folder}/{name}.reference.safetensors')['y']
        if y.dim() > 2 and name in first: y = ours(y)
        assert (y - wanted).abs().max() < 1e-5, name
        continue
    write(f'{folder}/{name}.safetensors', state)
    write(f'{folder}/{name}.torch.safetensors', {f'x{i}': x for i, x in enumerate(xs)})
    if name in first: xs, y = [ours(x) for x in xs], ours(y) if y.dim() > 2 else y
    xs = [x.int() if x.dtype == torch.int64 else x for x in xs]
    inputs = {f'x{i}': x for i, x in enumerate(xs)}
    write(f'{folder}/{name}.reference.safetensors', dict(y=y, **inputs))
)";

template <class Definition>
void check(Folder const& folder, std::string const& name, Definition const& definition) {
    CAPTURE(name);
    auto model = compile(definition, SGD{}, MeanSquaredError{});
    using Model = decltype(model);
    load(model, folder.path(name + ".safetensors"), {.names = Names::torch});
    SafetensorsFile const reference(folder.path(name + ".reference.safetensors"));
    constexpr bool integer = Model::Network::written.rows[0].op->integer;
    using Number = std::conditional_t<integer, std::int32_t, float>;
    auto const wanted = reference.find("y")->template values<float>();
    auto const x = reference.find("x0")->template values<Number>();
    std::size_t const n = std::size_t(reference.find("x0")->shape[0]);
    auto const difference = [&] {
        typename Model::Workspace work;
        float const* y = nullptr;
        if constexpr (Model::Network::inputs == 2) {
            auto const memory = reference.find("x1")->template values<float>();
            y = model.predict(work, {x.data(), memory.data()}, n);
        } else {
            y = model.predict(work, x.data(), n);
        }
        double most = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i)
            most = std::max(most, std::abs(double(y[i]) - double(wanted[i])));
        return most;
    };
    REQUIRE(wanted.size() == n * Model::template Output<0>::size);
    CHECK(difference() < 1e-5);
    // there and back again
    auto const ours = folder.path(name + ".ours.safetensors");
    save(model, ours, {.names = Names::torch});
    model.initialize(99);
    CHECK(difference() > 1e-3);
    load(model, ours, {.names = Names::torch});
    CHECK(difference() < 1e-5);
}

} // namespace

TEST_CASE("PyTorch's modules come over with their numbers, and go back") {
    auto const python = python_with("torch, numpy");
    if (python.empty()) return skip("a Python with torch is not here");
    Folder const folder;
    auto const file = folder.path("torch_side.py");
    write_all(file, script);
    auto const run = [&](std::string const& task) {
        return std::system((python + " " + file + " " + folder.path("") + " " + task).c_str());
    };
    REQUIRE(run("make") == 0);

    BatchNormalization const norm{.epsilon = 1e-5f};
    LayerNormalization const layer_norm{.epsilon = 1e-5f};
    check(folder, "dense",
          Sequential{Input<4>{}, Dense<6>{}, ReLU{}, norm, layer_norm, Dense<3, NoBias>{}});
    check(folder, "images",
          Sequential{Input<8, 8, 2>{}, Conv2D<6, 3, Padding<1>>{}, ReLU{}, MaxPooling2D<2>{},
                     Conv2D<8, Size{2, 3}, Groups<2>>{}, norm, Flatten{}, norm, Dense<5>{}});
    check(folder, "larger",
          Sequential{Input<5, 4, 3>{},
                     Conv2DTranspose<4, 3, Strides<2>, Padding<1>, OutputPadding<1>>{},
                     GroupNormalization<2>{.epsilon = 1e-5f},
                     DepthwiseConv2D<3, DepthMultiplier<2>>{},
                     LayerNormalizationWith<Axes<3>>{.epsilon = 1e-5f}});
    check(folder, "time",
          Sequential{Input<8, 3>{}, Conv1D<5, 3>{}, Tanh{}, Flatten{}, Dense<4>{}});
    check(folder, "lstm",
          Sequential{Tokens<7>{}, Embedding<9, 5>{},
                     named<"rnn">(Bidirectional<LSTM<6, ReturnSequences>>{}),
                     named<"rnn">(Bidirectional<LSTM<6, ReturnSequences>>{}),
                     named<"head">(Dense<3>{})});
    using Gru = GRU<6, ReturnSequences>;
    check(folder, "gru",
          Sequential{Tokens<7>{}, Embedding<9, 5>{}, named<"rnn">(Gru{}), named<"rnn">(Gru{}),
                     named<"rnn">(Gru{}), named<"head">(Dense<3>{})});
    check(folder, "rnn",
          Sequential{Tokens<7>{}, Embedding<9, 5>{},
                     named<"rnn">(SimpleRNN<6, ReLU, ReturnSequences, NoBias>{}),
                     named<"head">(Dense<3>{})});
    check(folder, "apart",
          Sequential{Input<6, 4>{}, named<"first">(LSTM<6, ReturnSequences>{}),
                     named<"second">(LSTM<6, ReturnSequences>{})});
    check(folder, "encoder",
          Sequential{Input<5, 8>{}, named<"layers.0">(TransformerEncoderLayer<2, 16>{}),
                     named<"layers.1">(TransformerEncoderLayer<2, 16>{})});
    // without names of one's own, by the numbers
    auto encoder = compile(Sequential{Input<5, 8>{}, TransformerEncoderLayer<2, 16>{},
                                      TransformerEncoderLayer<2, 16>{}},
                           SGD{}, MeanSquaredError{});
    load(encoder, folder.path("encoder.safetensors"), {.names = Names::torch});
    CHECK(encoder.weights.values[0] ==
          SafetensorsFile(folder.path("encoder.safetensors"))
              .find("layers.0.self_attn.in_proj_weight")
              ->values<float>()[0]);
    check(folder, "decoder", graph<Input<4, 8>, Input<6, 8>>([](auto x, auto memory) {
              return join(x, memory) | named<"block">(TransformerDecoderLayer<2, 16>{});
          }));
    check(folder, "cross", graph<Input<4, 8>, Input<5, 6>>([](auto x, auto memory) {
              return join(x, memory) | named<"attention">(MultiHeadAttention<2, 4>{});
          }));
    CHECK(run("check") == 0);
}

TEST_CASE("layers of a chain are called by their numbers, stacks are one module") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto model = compile(Sequential{Input<6, 4>{}, LSTM<5, ReturnSequences>{}, Tanh{},
                                    LSTM<5, ReturnSequences>{}, LSTM<5>{}, BatchNormalization{},
                                    Dense<2>{}},
                         SGD{}, MeanSquaredError{});
    save(model, path, {.names = Names::torch});
    SafetensorsFile const file(path);
    std::string names;
    for (std::size_t i = 0; i < file.size(); ++i) names += std::string(file[i].name) + " ";
    for (char const* const name : {"0.weight_ih_l0", "2.weight_ih_l0", "2.weight_hh_l1",
                                   "2.bias_hh_l1", "4.running_var", "4.num_batches_tracked",
                                   "5.weight"})
        CHECK_MESSAGE(names.find(name) != std::string::npos, names);
    CHECK(names.find("3.") == std::string::npos);
    CHECK(file.find("2.bias_hh_l1")->values<float>() == std::vector<float>(20, 0.0f));
    auto again = model;
    again.initialize(7);
    load(again, path, {.names = Names::torch});
    CHECK(std::equal(model.weights.values.data(),
                     model.weights.values.data() + decltype(model)::parameter_count,
                     again.weights.values.data()));
}

TEST_CASE("what PyTorch has no module for is refused") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto gru = compile(Sequential{Input<6, 4>{}, GRU<5, ResetBefore>{}}, SGD{}, MeanSquaredError{});
    CHECK(message_of<Error>([&] { save(gru, path, {.names = Names::torch}); }) ==
          path + ": layer 1 is GRU with ResetBefore, which PyTorch does not have. Save it under "
                 "lamina's own names. Nothing was saved.");
    CHECK(folder.entries() == 0);
    save(gru, path);
    CHECK(message_of<Error>([&] { load(gru, path, {.names = Names::torch}); })
              .find("model layer 1 GRU is GRU with ResetBefore, which PyTorch does not have") !=
          std::string::npos);
    auto rows = compile(Sequential{Input<4, 4, 2>{}, LayerNormalizationWith<Axes<2>>{}}, SGD{},
                        MeanSquaredError{});
    CHECK(message_of<Error>([&] { save(rows, path, {.names = Names::torch}); })
              .find("layer 1 is LayerNormalization over width and channels") != std::string::npos);
    auto joined = compile(graph<Input<4, 4, 2>, Input<3>>([](auto image, auto x) {
                              return join(image | Flatten{}, x) | Concatenate{} | Dense<2>{};
                          }),
                          SGD{}, MeanSquaredError{});
    CHECK(message_of<Error>([&] { save(joined, path, {.names = Names::torch}); })
              .find("layer 4 is Dense behind Concatenate of a flattened image") !=
          std::string::npos);
}

TEST_CASE("grouped attention has a module for each of its maps") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto model = compile(Sequential{Input<5, 8>{},
                                    named<"attn">(MultiHeadAttention<4, 2, KeyValueHeads<2>>{})},
                         SGD{}, MeanSquaredError{});
    save(model, path, {.names = Names::torch});
    SafetensorsFile const file(path);
    CHECK(file.find("attn.q_proj.weight")->shape[0] == 8);
    CHECK(file.find("attn.k_proj.weight")->shape[0] == 4);
    CHECK(file.find("attn.v_proj.bias")->shape[0] == 4);
    auto const w = file.find("attn.k_proj.weight")->values<float>();
    float const* const kernel = model.weights.values.data() + 8 * 8 + 8; // key_kernel (8, 2, 2)
    CHECK(w[1 * 8 + 3] == kernel[3 * 4 + 1]);
    CHECK(file.find("attn.o_proj.weight")->values<float>()[2 * 8 + 5] ==
          kernel[2 * (8 * 4 + 4) + 5 * 8 + 2]);
    auto again = model;
    again.initialize(7);
    load(again, path, {.names = Names::torch});
    CHECK(again.weights.values[3] == model.weights.values[3]);
}
