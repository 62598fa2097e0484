// SPDX-License-Identifier: BSD-3-Clause
// What Keras 3 makes of the files, where it is installed.
#include <lamina/io/keras_hdf5.hpp>

#include <lamina/activations/relu.hpp>
#include <lamina/activations/sigmoid.hpp>
#include <lamina/activations/softmax.hpp>
#include <lamina/io/save.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/bidirectional.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/global_average_pooling_1d.hpp>
#include <lamina/layers/gru.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/lstm.hpp>
#include <lamina/layers/multi_head_attention.hpp>
#include <lamina/layers/spatial_dropout_1d.hpp>
#include <lamina/layers/time_distributed.hpp>
#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/categorical_crossentropy.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/metrics/accuracy.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/adam.hpp>
#include <lamina/optimizers/amsgrad.hpp>
#include <lamina/optimizers/rmsprop.hpp>

#include "support/fault_folder.hpp"
#include "support/python.hpp"
#include "support/skip.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// Loads what lamina saved in all layouts; compares predictions, and the state of the optimizer.
constexpr char const* script = R"(
import keras, numpy, sys
path, shape, whole = sys.argv[1], eval(sys.argv[2]), sys.argv[3] == '1'
read = lambda name: numpy.loadtxt(path + name, ndmin=1)
x = read('.x').astype('int32' if whole else 'float32').reshape([2] + shape)
y, slots = read('.y'), read('.slots')
for suffix in '.keras', '.h5':
    model = keras.models.load_model(path + suffix)
    assert model.compiled, suffix
    p = keras.ops.convert_to_numpy(model(x, training=False)).ravel()
    assert abs(p - y).max() < 1e-5, (suffix, abs(p - y).max())
model = keras.models.load_model(path + '.keras')
def state():
    return [keras.ops.convert_to_numpy(v).ravel() for v in model.optimizer.variables]
def check():
    s = state()
    assert s[0][0] == 3, s[0]
    assert numpy.allclose(numpy.sort(numpy.concatenate(s[2:])), numpy.sort(slots), atol=1e-7)
check()
for v in model.variables + model.optimizer.variables: v.assign(v * 0)
model.load_weights(path + '.weights.h5')
check()
p = keras.ops.convert_to_numpy(model(x, training=False)).ravel()
assert abs(p - y).max() < 1e-5
)";

template <class Model>
void check_keras_itself(Model model, std::string const& shape) {
    auto const python = python_with("keras, numpy");
    if (python.empty()) return skip("a Python with Keras is not here");
    using N = typename Model::Network;
    constexpr bool whole = N::table[0].op->integer;
    using Number = std::conditional_t<whole, std::int32_t, float>;
    std::size_t const size = N::table[0].op->output.size, out = Model::template Output<0>::size;
    std::vector<Number> x;
    std::vector<float> targets;
    for (std::size_t i = 0; i < 2 * size; ++i)
        x.push_back(whole ? Number(Random{1}.below(i, 5)) : Number(Random{1}.uniform(i)));
    for (std::size_t i = 0; i < 2 * out; ++i) targets.push_back(float(i % 2));
    auto const& in = N::table[0].op->output;
    Array const inputs = in.rank == 1 ? Array(x.data(), {2, in.dims[0]})
                                      : Array(x.data(), {2, in.dims[0], in.dims[1]});
    for (int step = 0; step < 3; ++step)
        model.train_on_batch(inputs, Array(targets.data(), {2, out}));
    typename Model::Workspace work;
    float const* const y = model.predict(work, x.data(), 2);
    Folder const folder;
    auto const path = folder.path("m");
    auto const put = [&](char const* suffix, auto const* numbers, std::size_t n) {
        std::string text;
        for (std::size_t i = 0; i < n; ++i) {
            char digits[32];
            std::snprintf(digits, sizeof digits, "%.9g\n", double(numbers[i]));
            text += digits;
        }
        write_all(path + suffix, text);
    };
    put(".x", x.data(), x.size());
    put(".y", y, 2 * out);
    put(".slots", model.optimizer_state().data(), model.optimizer_state().size());
    for (char const* const suffix : {".keras", ".h5", ".weights.h5"}) save(model, path + suffix);
    write_all(path + ".py", script);
    std::string const command =
        python + " " + path + ".py " + path + " '" + shape + "' " + (whole ? "1" : "0");
    CHECK(std::system(command.c_str()) == 0);
}

} // namespace

TEST_CASE("Keras itself rebuilds vectors' layers") {
    check_keras_itself(
        compile(Sequential{Input<3>{}, Dense<5, KernelInitializer<HeNormal>>{.kernel_l2 = 0.5f},
                           ReLU{}, BatchNormalization{}, Dropout{}, Dense<2, Softmax>{}},
                Adam{}, CategoricalCrossentropy{}, Accuracy{}),
        "[3]");
}

TEST_CASE("Keras itself rebuilds layers within layers") {
    check_keras_itself(
        compile(Sequential{Input<5, 3>{}, SpatialDropout1D{},
                           Bidirectional<LSTM<3, ReturnSequences>>{}, TimeDistributed{Dense<4>{}},
                           Bidirectional{GRU<2>{}, LSTM<2>{}}, Dense<1, Sigmoid>{}},
                RMSprop{.momentum = 0.5f, .centered = true}, BinaryCrossentropy{}),
        "[5, 3]");
}

TEST_CASE("Keras itself rebuilds attention") {
    check_keras_itself(
        compile(graph<Tokens<6>>([](auto tokens) {
                    auto const x = tokens | Embedding<9, 8>{};
                    auto const h = x + (x | LayerNormalization{} |
                                        MultiHeadAttention<2, 4, Causal>{.dropout = 0.1f});
                    return (h | MultiHeadAttention<4, 2, KeyValueHeads<2>>{}) |
                           GlobalAveragePooling1D{} | Dense<3>{};
                }),
                AMSGrad{}, MeanSquaredError{}),
        "[6]");
}
