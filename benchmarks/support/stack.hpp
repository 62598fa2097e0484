// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "peer.hpp"

#include <cstddef>
#include <string>

/// The second task of the suites train and infer: a stack of layers of any kind. A module exports
/// its peers beside those of the first task, or alone:
/// extern "C" bench::Peers<bench::StackTask> lamina_train_stack_peers().
namespace bench {

/// A layer with its numbers, and its parameters as they lie one behind the other, row-major:
///
///     dense           units                kernel in x units, bias
///     relu, softmax (of the last axis), flatten
///     conv_2d         filters, k, same     kernel k x k x channels x filters, bias; stride 1
///     max_pool_2d     k                    windows side by side
///     lstm            units                kernel in x 4 units, recurrent kernel units x 4 units,
///                                          bias; gates i f g o; zeros at first; gives the last h
///     embedding       vocabulary, width    table
///     mean_over_time
///     encoder         heads, hidden        query, key, value, output: kernel d x d and bias each;
///                                          scale and shift of the norm behind; dense d x hidden,
///                                          ReLU, dense hidden x d; scale and shift. A
///                                          Transformer's layer, norms behind the sums, epsilon
///                                          1e-5
struct Layer {
    enum Kind {
        dense,
        relu,
        softmax,
        flatten,
        conv_2d,
        max_pool_2d,
        lstm,
        embedding,
        mean_over_time,
        encoder
    } kind;
    std::size_t a = 0, b = 0, c = 0;

    static constexpr char const* names[]{"dense",          "relu",        "softmax", "flatten",
                                         "conv_2d",        "max_pool_2d", "lstm",    "embedding",
                                         "mean_over_time", "encoder"};
};

/// Layers one behind the other. A sample: height x width x channels, time x features, features or,
/// before an embedding, a token for each moment.
struct Stack {
    std::size_t const* shape; // of a sample
    std::size_t rank;
    Layer const* layers;
    std::size_t count;
    float const* parameters;
    std::size_t parameter_count;

    bool has(Layer::Kind kind) const {
        for (std::size_t i = 0; i < count; ++i)
            if (layers[i].kind == kind) return true;
        return false;
    }
    bool takes_tokens() const { return layers[0].kind == Layer::embedding; }
    std::size_t inputs() const {
        std::size_t n = 1;
        for (std::size_t i = 0; i < rank; ++i) n *= shape[i];
        return n;
    }
};

/// Runs a stack. The task stays where it is; what is said to, may change between two runs.
struct StackTask {
    enum Mode {
        predict,   // y
        gradients, // y forward; backward from dy, the gradients of x and of all parameters
        train      // an epoch over the samples in batches, from `parameters` on, anew each time
    } mode;
    Stack net;
    std::size_t batch;
    void const* x; // float or, for tokens, int
    int threads;

    // predict, gradients: one batch. What comes out is written where `collect` says so (it may
    // change); otherwise it may stay where it is. Predictions are always written.
    std::size_t outputs = 0; // numbers of y of a sample
    float* y = nullptr;
    float const* dy = nullptr;
    float *dx = nullptr, *dparameters = nullptr;
    bool collect = true;

    // train: Adam with beta 0.9 and 0.999, epsilon in PyTorch's form, and the mean cross-entropy of
    // the softmax at the end. samples and shuffle may change.
    std::size_t samples = 0, all_samples = 0;
    int const* labels = nullptr;
    float learning_rate = 0, epsilon = 0;
    bool shuffle = false;
    float* trained = nullptr; // the parameters at the end
};

template struct Peers<StackTask>; // what C's linkage returns is whole

} // namespace bench
