// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/optimizers/exclude_from_weight_decay.hpp>

#include <lamina/lamina.hpp>

#include "support/random_model.hpp"
#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace lamina;
using testing::numbers_of;
using testing::Task;

namespace {

/// Without a gradient: what a step does to a weight is its decay alone. Every weight begins as 1.
template <class Net>
auto idle(Net const& net, auto const& optimizer) {
    auto model = compile(net, optimizer, losses(weighted(0, MeanSquaredError{})));
    std::fill_n(model.weights.values.data(), model.parameter_count, 1.0f);
    return model;
}
/// The tensors of a model whose first number is no longer 1, by their paths.
std::string shrunk(auto const& model) {
    std::string all;
    model.weights.for_each_parameter(
        [&](int, std::string const& name, auto const&, float const* numbers) {
            if (numbers[0] != 1.0f) all += name + " ";
        });
    return all;
}
constexpr Sequential mlp{Input<3>{}, Dense<8>{}, BatchNormalization{},
                         PReLU{},    Dense<8>{}, LayerNormalization{},
                         Dense<1>{}};

void step(auto& model) {
    Task const task(20);
    model.fit(task.features(), task.y, {.verbose = 0});
}

} // namespace

TEST_CASE("kernels alone decay, in all forms") {
    std::string const kernels = "dense/kernel dense_1/kernel dense_2/kernel ";
    auto const check = [&](auto const& optimizer) {
        auto all = idle(mlp, optimizer);
        auto some = idle(mlp, exclude_from_weight_decay(optimizer));
        step(all);
        step(some);
        CHECK(shrunk(some) == kernels);
        CHECK(some.weights.layer("dense")["kernel"].numbers[0] ==
              all.weights.layer("dense")["kernel"].numbers[0]);
        CHECK(all.weights.layer("dense")["bias"].numbers[0] < 1);
    };
    check(SGD{.learning_rate = 0.1, .weight_decay = 0.1});
    check(SGD{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.1, .form = Form::torch});
    check(AdamW{.weight_decay = 0.1});
    check(Adam{.weight_decay = 0.1, .form = Form::torch});
    check(Lion{.weight_decay = 0.1});
    check(RMSprop{.weight_decay = 0.1});
}

TEST_CASE("with names: what has one of them in its own") {
    auto const after = [](auto const& net, auto const& optimizer) {
        auto model = idle(net, optimizer);
        step(model);
        return shrunk(model);
    };
    AdamW const adam{.weight_decay = 0.1};
    CHECK(after(mlp, exclude_from_weight_decay<"kernel", "gamma", "beta">(adam)) ==
          "dense/bias p_re_lu/alpha dense_1/bias dense_2/bias ");
    // one in another: both count
    CHECK(after(mlp, exclude_from_weight_decay<"kernel">(exclude_from_weight_decay<"a">(adam))) ==
          ""); // "bias", "gamma", "beta" and "alpha" have an a
    Sequential const attention{Input<3>{}, Reshape<1, 3>{}, MultiHeadAttention<1, 3>{}, Flatten{},
                               named<"end">(Dense<1>{})};
    CHECK(after(attention, exclude_from_weight_decay(adam)).find("bias") == std::string::npos);
    CHECK(after(attention, exclude_from_weight_decay(adam)).find("end/kernel") !=
          std::string::npos);
}

TEST_CASE("what is frozen stays, and the bits are those of two optimizers") {
    Sequential const net{Input<3>{}, frozen(Dense<8, Tanh>{}), Dense<8, Tanh>{}, Dense<1>{}};
    AdamW const adam{.learning_rate = 0.01, .weight_decay = 0.1};
    auto without = adam;
    without.weight_decay = 0;
    auto some = compile(net, exclude_from_weight_decay(adam), MeanSquaredError{});
    auto all = compile(net, adam, MeanSquaredError{}),
         none = compile(net, without, MeanSquaredError{});
    auto const begin = numbers_of(some);
    // one step from the same weights: each number has one of two values
    step(some), step(all), step(none);
    some.weights.for_each_parameter(
        [&](int i, std::string const& name, auto const& tensor, float const* found) {
            std::size_t const at = std::size_t(found - some.weights.values.data());
            bool const kernel = name.ends_with("kernel");
            auto const* const expected = (kernel ? all : none).weights.values.data() + at;
            CAPTURE(name);
            CHECK(std::equal(found, found + tensor.extents.size, expected));
            bool const still = std::equal(found, found + tensor.extents.size, begin.data() + at);
            CHECK(still == (i == 1)); // the frozen layer
        });
}

TEST_CASE("tables with sparse gradients decay row by row, or not at all") {
    auto const net = [] {
        return Sequential{Tokens<4>{}, Embedding<20, 3>{}, Flatten{}, Dense<1>{}};
    };
    std::vector<std::int32_t> const tokens{1, 2, 1, 5};
    auto const learn = [&](auto const& optimizer) {
        auto model = idle(net(), optimizer);
        model.train_on_batch(Array(tokens.data(), {1, 4}), std::vector<float>{1});
        model.train_on_batch(Array(tokens.data(), {1, 4}), std::vector<float>{1});
        return model;
    };
    SGD const sgd{.learning_rate = 0.1, .weight_decay = 0.5};
    auto const kernels = learn(exclude_from_weight_decay(sgd));
    auto const dense = learn(exclude_from_weight_decay<"embeddings", "bias">(sgd));
    auto const biases = learn(exclude_from_weight_decay<"embeddings", "kernel">(sgd));
    auto const twice = doctest::Approx(0.95 * 0.95);
    for (std::size_t row : {0u, 1u, 2u, 3u, 5u}) {
        bool const touched = row == 1 || row == 2 || row == 5;
        auto const number = [row](auto const& model) {
            return double(model.weights.layer("embedding")["embeddings"].numbers[3 * row + 2]);
        };
        CHECK(number(kernels) == (touched ? twice : doctest::Approx(1)));
        CHECK(number(dense) == 1);
    }
    auto const of = [](auto const& model, char const* tensor) {
        return double(model.weights.layer("dense")[tensor].numbers[0]);
    };
    CHECK(of(kernels, "kernel") == twice);
    CHECK(of(kernels, "bias") == 1);
    CHECK(of(dense, "kernel") == twice);
    CHECK(of(dense, "bias") == 1);
    CHECK(of(biases, "kernel") == 1);
    CHECK(of(biases, "bias") == twice);
}

TEST_CASE("rows' gradients are 0 again for the next step, whichever part they go with") {
    Sequential const net{Tokens<3>{}, Embedding<9, 4>{}, Flatten{}, Dense<1>{}};
    AdamW const adam{.learning_rate = 0.01, .weight_decay = 0.0};
    std::vector<std::int32_t> const first{1, 2, 3}, second{4, 5, 6};
    auto const learn = [&](auto const& optimizer) {
        auto model = compile(net, optimizer, MeanSquaredError{});
        for (auto const* tokens : {&first, &second, &first})
            model.train_on_batch(Array(tokens->data(), {1, 3}), std::vector<float>{1});
        return numbers_of(model);
    };
    auto const expected = learn(adam);
    CHECK(learn(exclude_from_weight_decay(adam)) == expected);
    CHECK(learn(exclude_from_weight_decay<"embeddings">(adam)) == expected);
}

TEST_CASE("clipping by the global norm sees all parameters") {
    Task const task(50);
    AdamW const clipped{.learning_rate = 0.1, .weight_decay = 0, .clip = {.global_norm = 0.01}};
    auto a = compile(mlp, clipped, MeanSquaredError{});
    auto b = compile(mlp, exclude_from_weight_decay(clipped), MeanSquaredError{});
    SGD const steep{.learning_rate = 1, .clip = {.global_norm = 0.01}};
    auto c = compile(mlp, exclude_from_weight_decay(steep), MeanSquaredError{});
    auto const before = numbers_of(c);
    c.train_on_batch(task.features(), task.y);
    auto const after = numbers_of(c);
    double squares = 0;
    for (std::size_t i = 0; i < c.parameter_count; ++i)
        squares += std::pow(double(after[i]) - double(before[i]), 2);
    CHECK(std::sqrt(squares) == doctest::Approx(0.01).epsilon(1e-3));
    a.fit(task.features(), task.y, {.epochs = 2, .verbose = 0});
    b.fit(task.features(), task.y, {.epochs = 2, .verbose = 0});
    auto const x = numbers_of(a), y = numbers_of(b);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(y[i] == doctest::Approx(x[i]).epsilon(1e-3));
}

TEST_CASE("the average of the weights, resuming and threads are as without") {
    auto const optimizer = exclude_from_weight_decay(
        AdamW{.learning_rate = 0.01, .weight_decay = 0.2, .average = {.momentum = 0.9}});
    auto const model_of = [&] {
        return compile(Sequential{Input<3>{}, Dense<300, ReLU>{}, LayerNormalization{},
                                  Dense<300, ReLU>{}, Dense<1>{}},
                       optimizer, MeanSquaredError{});
    };
    Task const task(150);
    auto whole = model_of(), threads = model_of(), first = model_of(), second = model_of();
    FitOptions options{.epochs = 4, .batch_size = 32, .verbose = 0, .threads = 1};
    whole.fit(task.features(), task.y, options);
    options.threads = 2;
    threads.fit(task.features(), task.y, options);
    CHECK(numbers_of(threads) == numbers_of(whole));
    std::size_t left = 7; // in the middle of an epoch of 5
    LambdaCallback stop{{.on_batch_end = [&](Training& t) { t.stop = --left == 0; }}};
    FitOptions part = options;
    part.callbacks = {&stop};
    first.fit(task.features(), task.y, part);
    second.weights = first.weights;
    second.progress = first.progress;
    auto const from = first.optimizer_state();
    std::copy(from.begin(), from.end(), second.optimizer_state().begin());
    options.resume = true;
    second.fit(task.features(), task.y, options);
    CHECK(numbers_of(second) == numbers_of(whole));
}

TEST_CASE("it has the options of the optimizer in it, and nothing else") {
    auto model = idle(mlp, exclude_from_weight_decay(AdamW{.weight_decay = 0.1}));
    model.optimizer.weight_decay = 0;
    step(model);
    CHECK(shrunk(model) == "");
    static_assert(sizeof(model.optimizer) == sizeof(AdamW));
    static_assert(std::is_base_of_v<AdamW, decltype(model.optimizer)>);
    CHECK(detail::name_in_files<decltype(model.optimizer)>() == "AdamW"); // and so for Keras
    using Twice = decltype(exclude_from_weight_decay<"bias">(model.optimizer));
    CHECK(detail::name_in_files<Twice>() == "AdamW");
}
