// SPDX-License-Identifier: BSD-3-Clause
//
// Writes models of all layers that Keras knows, each in its three layouts with an input and what
// lamina predicts of it, for scripts/check-keras: Keras itself must load them and predict the same.
//
//     write_models FOLDER
#include <lamina/io/keras_hdf5.hpp>
#include <lamina/lamina.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

using namespace lamina;

namespace {

std::string folder;

/// What a network takes and gives, one sample of each.
template <class M>
constexpr auto ends_of() {
    using N = typename M::Network;
    struct Ends {
        Extents in, out;
        bool tokens;
    };
    auto const& last = N::table[std::size_t(N::graph.outputs[0])];
    return Ends{N::table[0].op->output, last.op->output, N::table[0].op->integer};
}
std::vector<std::size_t> dims_of(std::size_t n, Extents const& sample) {
    std::vector<std::size_t> dims{n};
    dims.insert(dims.end(), sample.dims, sample.dims + sample.rank);
    return dims;
}
std::vector<float> numbers(std::size_t n, std::uint64_t seed) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = 2 * Random{seed}.uniform(i) - 1;
    return x;
}
void write(std::string const& path, std::vector<float> const& x) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<char const*>(x.data()), std::streamsize(4 * x.size()));
}

/// Moves weights and state away from where they start, and writes the model.
template <class M>
void save_all(char const* name, M model) {
    constexpr auto ends = ends_of<M>();
    constexpr std::size_t samples = 3;
    for (std::size_t i = 0; i < model.parameter_count; ++i)
        model.weights.values[i] += 0.05f * (Random{4}.uniform(i) - 0.5f);
    for (std::size_t i = 0; i < M::Network::training.state; ++i)
        model.weights.state[i] += 0.3f * Random{8}.uniform(i);
    std::vector<float> x = numbers(samples * ends.in.size, 5), y(samples * ends.out.size);
    typename M::Workspace work;
    if constexpr (ends.tokens) {
        std::vector<std::int32_t> tokens;
        for (std::size_t i = 0; i < x.size(); ++i)
            tokens.push_back(std::int32_t(Random{5}.below(i, 20)));
        x.assign(tokens.begin(), tokens.end());
        model.predict_into(tokens.data(), samples, y.data(), work);
    } else {
        model.predict_into(x.data(), samples, y.data(), work);
    }
    std::string const path = folder + "/" + name;
    write(path + ".x", x);
    write(path + ".y", y);
    auto const slots = std::as_const(model).optimizer_state();
    write(path + ".slots", {slots.begin(), slots.end()});
    for (char const* layout : {".h5", ".keras", ".weights.h5"}) save(model, path + layout);
}
template <class Network>
void check(char const* name, Network network) {
    save_all(name, compile(network, Adam{}, MeanSquaredError{}));
}
/// After six steps, so that the optimizer has something to say.
template <class Optimizer>
void check_optimizer(char const* name, Optimizer optimizer) {
    auto model = compile(Sequential{Input<5>{}, Dense<7, ReLU>{}, BatchNormalization{}, Dense<2>{}},
                         optimizer, MeanSquaredError{});
    auto const x = numbers(40, 15), y = numbers(16, 16);
    model.fit(Array(x.data(), {8, 5}), Array(y.data(), {8, 2}),
              {.epochs = 3, .batch_size = 4, .verbose = 0});
    save_all(name, std::move(model));
}

void dense_and_activations() {
    check("dense", Sequential{Input<5>{}, Dense<7, ReLU>{}, Dense<6, Tanh, NoBias>{},
                              Dense<4, Sigmoid>{}, Dense<2, HardSigmoid>{}});
    check("activations_1", Sequential{Input<5>{}, Dense<7>{}, LeakyReLU{}, Dense<6>{}, ELU{},
                                      Dense<5>{}, SELU{}, Dense<4>{}, GELU{}, Dense<5>{}, SiLU{},
                                      Dense<5>{}, Mish{}, Softplus{}, Dense<4, Softmax>{}});
    check("activations_2",
          Sequential{Input<5>{}, Dense<7>{}, PReLU{}, Dense<6>{}, CELU{}, Dense<5>{}, HardSigmoid{},
                     Dense<4>{}, HardSwish{}, Dense<5>{}, Softsign{}, Dense<5>{}, Exponential{},
                     Dense<4>{}, LogSoftmax{}});
    check("normalizations",
          Sequential{Input<6>{}, Dense<8>{}, BatchNormalization{}, LayerNormalization{},
                     Dropout{0.3f}, GaussianNoise{0.1f}, Dense<4>{}, RMSNormalization{},
                     ActivityRegularization{.l2 = 0.1f}, Dense<2>{}});
    check("initializers_and_penalties",
          Sequential{Input<7>{}, Dense<6, ReLU, KernelInitializer<HeNormal>>{.kernel_l1 = 0.1f},
                     Dense<5, KernelInitializer<Orthogonal<>>, BiasInitializer<Ones>>{
                         .kernel_l1 = 0.1f, .kernel_l2 = 0.2f},
                     Dense<2, KernelInitializer<LecunUniform>>{}});
    check("penalties_of_kernels",
          Sequential{Input<8, 8, 4>{}, Conv2D<6, 3>{.kernel_l1 = 0.25f},
                     DepthwiseConv2D<2>{.kernel_l2 = 0.5f},
                     SeparableConv2D<4, 2, ReLU>{.kernel_l1 = 0.5f, .kernel_l2 = 0.25f},
                     Conv2DTranspose<4, 2>{.kernel_l2 = 0.5f}, Reshape<25, 4>{},
                     Bidirectional{GRU<3, ReturnSequences>{.recurrent_l2 = 0.1f}},
                     LSTM<3>{.kernel_l2 = 0.5f, .recurrent_l1 = 0.25f}});
    check("constraints",
          Sequential{Input<8, 8, 4>{}, Conv2D<6, 3, KernelConstraint<MaxNorm<3, 2>>>{},
                     DepthwiseConv2D<2, KernelConstraint<UnitNorm>>{},
                     SeparableConv2D<4, 2, ReLU, KernelConstraint<NonNegative>>{},
                     Conv2DTranspose<4, 2, KernelConstraint<MaxNorm<>>>{}, Reshape<25, 4>{},
                     Bidirectional{GRU<3, ReturnSequences, RecurrentConstraint<UnitNorm>>{}},
                     LSTM<3, KernelConstraint<MinMaxNorm<1, 2>>, BiasConstraint<MaxNorm<>>>{},
                     Dense<2, KernelConstraint<Along<MaxNorm<>, 1>>>{}});
    check("rescaled", Sequential{Input<6>{}, Rescaling{.scale = 1 / 255.0f, .offset = -0.5f},
                                 Dense<4, ReLU>{}, Rescaling{.scale = 3.0f}, Dense<2>{}});
    check("branches", Sequential{Input<7>{}, Dense<6>{}, Residual{Dense<6, ReLU>{}, Dense<6>{}},
                                 Parallel{Dense<3>{}, Dense<2, Tanh>{}}, Dense<2>{}});
    check("sums", graph<Input<6>>([](auto x) {
              auto const a = x | Dense<6, ReLU>{};
              auto const both = join(x + a, a) | Concatenate{} | Dense<5>{};
              return both | Reshape<5, 1>{} | Flatten{} | Dense<2>{};
          }));
    check("merges", graph<Input<6>>([](auto x) {
              auto const a = x | Dense<6, Tanh>{}, b = a * x, c = join(b, x - a) | Maximum{};
              auto const d = join(b, c, x) | Minimum{}, e = join(c, d) | Dot{};
              return join(d, e, join(a, d) | Dot{.normalize = true}) | Concatenate{} | Dense<3>{};
          }));
}

void images() {
    check("convolutions", Sequential{Input<12, 10, 3>{}, Conv2D<8, 3, ReLU>{}, BatchNormalization{},
                                     MaxPooling2D<2>{}, Conv2D<6, Size{3, 2}, Same, Strides<2>>{},
                                     GroupNormalization<2>{}, Flatten{}, Dense<4>{}});
    check("groups", Sequential{Input<12, 10, 4>{}, Conv2D<8, 3, Dilation<2>, Groups<2>>{},
                               AveragePooling2D<2, Same>{}, SpatialDropout2D{0.2f},
                               GlobalAveragePooling2D{}, Dense<3>{}});
    check("separable", Sequential{Input<9, 8, 3>{}, DepthwiseConv2D<3, Same>{},
                                  SeparableConv2D<6, 3>{}, GlobalMaxPooling2D{}, Dense<3>{}});
    check("transposed",
          Sequential{Input<5, 4, 3>{}, Conv2DTranspose<6, 3, Strides<2>, Same>{}, UpSampling2D<2>{},
                     ZeroPadding2D<1>{}, Cropping2D<2>{}, Conv2DTranspose<2, 3>{}});
    check("bilinear", Sequential{Input<5, 4, 3>{}, UpSampling2D<2, 2, Bilinear>{}, Conv2D<2, 3>{}});
    check("in_time", Sequential{Input<15, 3>{}, Conv1D<6, 3, Causal, Dilation<2>>{},
                                Conv1D<5, 3, Same, Strides<2>>{}, MaxPooling1D<2>{},
                                UpSampling1D<2>{}, ZeroPadding1D<1>{}, Cropping1D<1>{},
                                SeparableConv1D<4, 3>{}, GlobalAveragePooling1D{}});
    check("transposed_in_time",
          Sequential{Input<6, 3>{}, Conv1DTranspose<4, 3, Strides<2>>{}, DepthwiseConv1D<3>{},
                     AveragePooling1D<2>{}, GlobalMaxPooling1D{}});
}

void sequences() {
    check("lstm", Sequential{Input<7, 3>{}, LSTM<6, ReturnSequences>{}, LSTM<4>{}, Dense<2>{}});
    check("gru",
          Sequential{Input<7, 3>{}, GRU<6, ReturnSequences>{}, GRU<4, ResetBefore>{}, Dense<2>{}});
    check("simple_rnn",
          Sequential{Input<7, 3>{}, SimpleRNN<6, ReturnSequences>{}, TimeDistributed{Dense<5>{}},
                     SimpleRNN<4>{}, RepeatVector<3>{}, Permute<2, 1>{}, Flatten{}, Dense<2>{}});
    check("bidirectional", Sequential{Input<7, 3>{}, Bidirectional<LSTM<6, ReturnSequences>>{},
                                      Bidirectional{LSTM<4>{}, GRU<4>{}}, Dense<2>{}});
    check("masking", Sequential{Input<7, 3>{}, Masking{}, LSTM<4>{}, Dense<2>{}});
    check("tokens",
          Sequential{Tokens<9>{}, Embedding<20, 6>{}, GlobalAveragePooling1D{}, Dense<3>{}});
    check("masked_tokens",
          Sequential{Tokens<9>{}, Embedding<20, 6, MaskZero>{}, LSTM<5>{}, Dense<3>{}});
    check("joined_masks", graph<Tokens<9>>([](auto x) {
              using Words = Embedding<20, 6, MaskZero>;
              auto const a = x | Words{}, b = x | Words{};
              return join((a + b) | LSTM<5>{},
                          join(a, b) | named<"both">(Concatenate{}) | GlobalAveragePooling1D{}) |
                     named<"all">(Concatenate{}) | Dense<3>{}; // Keras' masks take its own names
          }));
    check("attention", graph<Input<6, 8>>([](auto x) {
              auto const a = x | MultiHeadAttention<2, 4>{};
              return (x + a) | LayerNormalization{} | GlobalAveragePooling1D{} | Dense<3>{};
          }));
    check("causal_attention", graph<Input<6, 8>>([](auto x) {
              return (x + (x | MultiHeadAttention<2, 4, Causal>{})) | Dense<3>{};
          }));
    check("grouped_queries", graph<Input<6, 8>>([](auto x) {
              return x | MultiHeadAttention<4, 4, KeyValueHeads<2>>{} | Dense<3>{};
          }));
}

void optimizers() {
    check_optimizer("adam", Adam{});
    check_optimizer("amsgrad", AMSGrad{});
    check_optimizer("adamw", AdamW{.weight_decay = 0.02f});
    check_optimizer("nadam", Nadam{});
    check_optimizer("adamax", Adamax{});
    check_optimizer("adagrad", Adagrad{});
    check_optimizer("adadelta", Adadelta{});
    check_optimizer("lion", Lion{});
    check_optimizer("sgd", SGD{.learning_rate = 0.1f, .momentum = 0.9f, .nesterov = true});
    check_optimizer("rmsprop", RMSprop{.momentum = 0.5f, .centered = true});
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::fprintf(stderr, "usage: write_models FOLDER\n");
        return 2;
    }
    folder = argv[1];
    dense_and_activations();
    images();
    sequences();
    optimizers();
} catch (Error const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
