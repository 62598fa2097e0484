// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include <lamina/kernels/reference.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

using namespace lamina;

namespace {

std::vector<float> const zeros(10000);

/// The weights set to normal numbers, and what a step of the learning rate 0 makes of them: their
/// constraints alone.
template <class Model>
std::vector<float> hold(Model& model, Array const& x, Array const& y) {
    float* const w = model.weights.values.data();
    for (std::size_t i = 0; i < Model::parameter_count; ++i) w[i] = float(Random{5}.normal(i));
    std::vector<float> const before(w, w + Model::parameter_count);
    model.train_on_batch(x, y);
    return before;
}

/// Whether of a layer's tensor each vector along these axes, and nothing else, got the norm
/// to(norm).
void check_norms(auto const& model, std::vector<float> const& before, std::string_view layer,
                 std::string_view tensor, unsigned along, auto const& to) {
    CAPTURE(std::string(tensor));
    auto const its = model.weights.layer(layer)[tensor];
    auto const shape = its.shape;
    std::size_t const at = std::size_t(its.numbers.data() - model.weights.values.data());
    std::size_t const size = its.numbers.size();
    std::vector<long double> norm(size);
    kernels::reference::norms(shape.data(), shape.size(), along, before.data() + at, norm.data());
    std::size_t changed = 0;
    for (std::size_t i = 0; i < size; ++i) {
        double const n = double(norm[i]), expected = double(before[at + i]) * to(n) / n;
        CHECK(double(its.numbers[i]) == doctest::Approx(expected).epsilon(1e-5));
        changed += its.numbers[i] != before[at + i];
    }
    CHECK(changed > 0);
    // what obeys stays to the bit
    for (std::size_t i = 0; i < size; ++i)
        if (to(double(norm[i])) == double(norm[i])) CHECK(its.numbers[i] == before[at + i]);
}
constexpr auto below_one = [](double norm) { return std::min(norm, 1.0); };
constexpr auto one = [](double) { return 1.0; };

SGD const still{.learning_rate = 0};

} // namespace

TEST_CASE("constraints of Dense hold for each unit's weights, and for the bias") {
    auto model = compile(
        Sequential{Input<5>{},
                   Dense<7, ReLU, KernelConstraint<MaxNorm<1>>, BiasConstraint<UnitNorm>>{},
                   Dense<20, NoBias, KernelConstraint<MinMaxNorm<5, 6, 2, 1, 4>>>{},
                   Dense<6, KernelConstraint<Along<UnitNorm, 1>>, BiasConstraint<NonNegative>>{},
                   Dense<2>{}},
        still, MeanSquaredError{});
    auto const before = hold(model, Array(zeros.data(), {1, 5}), Array(zeros.data(), {1, 2}));
    check_norms(model, before, "dense", "kernel", 0b01, below_one);
    check_norms(model, before, "dense", "bias", 0b1, one);
    check_norms(model, before, "dense_1", "kernel", 0b01,
                [](double norm) { return 0.25 * std::clamp(norm, 2.5, 3.0) + 0.75 * norm; });
    check_norms(model, before, "dense_2", "kernel", 0b10, one);
    auto const bias = model.weights.layer("dense_2")["bias"].numbers;
    std::size_t const at = std::size_t(bias.data() - model.weights.values.data());
    for (std::size_t i = 0; i < bias.size(); ++i) CHECK(bias[i] == std::max(before[at + i], 0.0f));
    CHECK(std::any_of(before.begin() + std::ptrdiff_t(at),
                      before.begin() + std::ptrdiff_t(at + bias.size()),
                      [](float b) { return b < 0; }));
    auto const rest = model.weights.layer("dense_3")["kernel"].numbers; // has none
    CHECK(std::equal(rest.begin(), rest.end(),
                     before.begin() + (rest.data() - model.weights.values.data())));
}

TEST_CASE("constraints of convolutions hold for the window of each filter") {
    using Short = KernelConstraint<MaxNorm<1>>;
    auto model =
        compile(Sequential{Input<9, 9, 4>{}, Conv2D<6, 3, Groups<2>, Short>{},
                           DepthwiseConv2D<2, DepthMultiplier<2>, Short>{},
                           SeparableConv2D<5, 2, ReLU, Short, BiasConstraint<MaxNorm<1, 2>>>{},
                           Conv2DTranspose<3, 2, Short>{}, Reshape<36, 3>{}, Conv1D<4, 3, Short>{},
                           DepthwiseConv1D<3, Short>{}, SeparableConv1D<3, 2, Short>{},
                           Conv1DTranspose<2, 3, Short>{},
                           Conv1D<3, 3, KernelConstraint<Along<UnitNorm, 0>>>{}},
                still, MeanSquaredError{});
    using N = typename decltype(model)::Network;
    auto const& out = N::table.back().op->output;
    auto const before = hold(model, Array(zeros.data(), {1, 9, 9, 4}),
                             Array(zeros.data(), {1, out.dims[0], out.dims[1]}));
    check_norms(model, before, "conv2d", "kernel", 0b0111, below_one);
    check_norms(model, before, "depthwise_conv2d", "kernel", 0b0011, below_one);
    check_norms(model, before, "separable_conv2d/depthwise", "kernel", 0b0011, below_one);
    check_norms(model, before, "separable_conv2d/pointwise", "kernel", 0b0111, below_one);
    check_norms(model, before, "separable_conv2d/pointwise", "bias", 0b1,
                [](double norm) { return std::min(norm, 0.5); });
    check_norms(model, before, "conv2d_transpose", "kernel", 0b1011, below_one);
    check_norms(model, before, "conv1d", "kernel", 0b011, below_one);
    check_norms(model, before, "depthwise_conv1d", "kernel", 0b001, below_one);
    check_norms(model, before, "separable_conv1d/depthwise", "kernel", 0b001, below_one);
    check_norms(model, before, "conv1d_transpose", "kernel", 0b101, below_one);
    check_norms(model, before, "conv1d_1", "kernel", 0b001, one);
}

TEST_CASE("constraints of recurrent layers, both ways, and of a layer in a layer") {
    using Short = KernelConstraint<MaxNorm<1>>;
    using State = RecurrentConstraint<UnitNorm>;
    auto model =
        compile(Sequential{Input<6, 3>{}, Bidirectional{LSTM<4, ReturnSequences, Short, State>{}},
                           GRU<5, ReturnSequences, State, BiasConstraint<MaxNorm<1>>>{},
                           TimeDistributed{named<"inner">(Dense<4, Short>{})},
                           SimpleRNN<3, Tanh, Short, State>{}},
                still, MeanSquaredError{});
    auto const before = hold(model, Array(zeros.data(), {1, 6, 3}), Array(zeros.data(), {1, 3}));
    for (auto const* const way : {"bidirectional/forward", "bidirectional/backward"}) {
        check_norms(model, before, way, "kernel", 0b01, below_one);
        check_norms(model, before, way, "recurrent_kernel", 0b01, one);
    }
    check_norms(model, before, "gru", "recurrent_kernel", 0b01, one);
    check_norms(model, before, "gru", "bias", 0b01, below_one);
    check_norms(model, before, "inner", "kernel", 0b01, below_one);
    check_norms(model, before, "simple_rnn", "recurrent_kernel", 0b01, one);
}

TEST_CASE(
    "constraints of a table hold for the rows of the batch, without sparse gradients for all") {
    constexpr std::size_t width = 5, rows = 60;
    std::vector<std::int32_t> const tokens{3, 4, 4, 59, 0, 17};
    auto const check = [&](auto table, bool all, auto const& x) {
        auto model = compile(Sequential{Tokens<6>{}, table, Flatten{}, Dense<1>{}}, still,
                             MeanSquaredError{});
        auto const before = hold(model, x, Array(zeros.data(), {1}));
        float const* const w = model.weights.values.data();
        for (std::size_t r = 0; r < rows; ++r) {
            CAPTURE(r);
            double norm = 0;
            for (std::size_t k = 0; k < width; ++k)
                norm += double(w[r * width + k]) * double(w[r * width + k]);
            bool const held =
                all || std::find(tokens.begin(), tokens.end(), std::int32_t(r)) != tokens.end();
            if (held) CHECK(norm == doctest::Approx(1));
            else CHECK(std::equal(w + r * width, w + (r + 1) * width, before.data() + r * width));
        }
    };
    using Unit = EmbeddingsConstraint<UnitNorm>;
    Array const x(tokens.data(), {1, 6});
    check(Embedding<rows, width, Unit>{}, false, x);
    check(Embedding<rows, width, Unit, DenseGradient>{}, true, x);
    check(EmbeddingBag<rows, width, Unit>{}, false, x);
    // two tables, of which the second obeys
    auto model =
        compile(graph<Tokens<6>>([](auto t) {
                    return join(t | EmbeddingBag<7, 3>{}, t | EmbeddingBag<60, 5, Unit>{}) |
                           Concatenate{} | Dense<1>{};
                }),
                still, MeanSquaredError{});
    std::vector<std::int32_t> const few{3, 4, 4, 5, 0, 6};
    auto const before = hold(model, Array(few.data(), {1, 6}), Array(zeros.data(), {1}));
    auto const first = model.weights.layer("embedding_bag")["embeddings"].numbers;
    CHECK(std::equal(first.begin(), first.end(), before.begin()));
    float const* const row =
        model.weights.layer("embedding_bag_1")["embeddings"].numbers.data() + 25;
    CHECK(row[0] * row[0] + row[1] * row[1] + row[2] * row[2] + row[3] * row[3] + row[4] * row[4] ==
          doctest::Approx(1));
}

TEST_CASE("what is frozen is left alone, what is shared is held once") {
    using Unit = KernelConstraint<MinMaxNorm<4, 4, 1, 1, 2>>; // half the way: twice would be seen
    auto model = compile(graph<Input<3>>([](auto x) {
                             auto tower = shared(Dense<3, NoBias, Unit>{});
                             return x | tower | tower |
                                    named<"cold">(frozen(Dense<2, NoBias, Unit>{})) | Dense<1>{};
                         }),
                         still, MeanSquaredError{});
    auto const before = hold(model, Array(zeros.data(), {1, 3}), Array(zeros.data(), {1}));
    check_norms(model, before, "dense", "kernel", 0b01,
                [](double norm) { return 0.5 * 4 + 0.5 * norm; });
    auto const cold = model.weights.layer("cold")["kernel"].numbers;
    CHECK(std::equal(cold.begin(), cold.end(),
                     before.begin() + (cold.data() - model.weights.values.data())));
}

namespace {

/// No weight above 1/8, with factor() of nothing: a constraint of a program's own, and a layer's.
struct Capped {
    template <class V>
    static V value(V w) {
        return kernels::min(w, V(0.125));
    }
};
struct Scale {
    template <class In>
    struct On {
        using Output = In;
        using Parameters = lamina::Parameters<Constrained<Parameter<"scale", In, Ones>, Capped>>;
        static void forward(auto const& c) {
            for (std::size_t i = 0; i < c.x.size(); ++i)
                c.y[i] = c.x[i] * c.parameters()[0][i % In::size];
        }
        static void backward(auto const& c) {
            for (std::size_t i = 0; i < c.x.size(); ++i) {
                c.gradients()[0][i % In::size] += c.x[i] * c.dy[i];
                c.dx[i] = c.dy[i] * c.parameters()[0][i % In::size];
            }
        }
    };
};

} // namespace

TEST_CASE("constraints of a program's own, in layers of its own; large networks and threads") {
    auto const net = Sequential{Input<20>{}, Scale{}, Dense<300, ReLU, KernelConstraint<Capped>>{},
                                Dense<300, KernelConstraint<MaxNorm<1>>>{}, Dense<1>{}};
    std::vector<float> x(64 * 20), y(64);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(Random{2}.normal(i));
    auto const fitted = [&](std::size_t threads) {
        auto model = compile(net, Adam{.learning_rate = 0.1}, MeanSquaredError{});
        model.fit(Array(x.data(), {64, 20}), y, {.epochs = 3, .verbose = 0, .threads = threads});
        return model;
    };
    auto const model = fitted(1), again = fitted(3);
    float const* const w = model.weights.values.data();
    CHECK(std::equal(w, w + model.parameter_count, again.weights.values.data()));
    for (auto const* const layer : {"scale", "dense"})
        for (float const number : model.weights.layer(layer).parameters[0].numbers)
            CHECK(number <= 0.125f);
    auto const kernel = model.weights.layer("dense_1")["kernel"].numbers;
    double longest = 0;
    for (std::size_t unit = 0; unit < 300; ++unit) {
        double sum = 0;
        for (std::size_t i = 0; i < 300; ++i)
            sum += double(kernel[i * 300 + unit]) * double(kernel[i * 300 + unit]);
        longest = std::max(longest, std::sqrt(sum));
    }
    CHECK(longest == doctest::Approx(1));
}

TEST_CASE("the average of weights is one of weights that obey") {
    std::vector<float> const x{1}, y{-3};
    auto model = compile(
        Sequential{Input<1>{},
                   Dense<1, NoBias, KernelInitializer<Ones>, KernelConstraint<NonNegative>>{}},
        SGD{.learning_rate = 0.1, .average = {.momentum = 0.5}}, MeanSquaredError{});
    model.fit(x, y, {.epochs = 3, .verbose = 0}); // w: .2, 0, 0; its average: .2, .1, .05
    CHECK(model.weights.values[0] == doctest::Approx(0.05));
}
