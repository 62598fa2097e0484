// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/optimizers/accumulate_gradients.hpp>

#include <lamina/io/safetensors.hpp>
#include <lamina/lamina.hpp>

#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using testing::numbers_of;
using testing::Task;

namespace {

constexpr Sequential mlp{Input<3>{}, Dense<8, Tanh>{.kernel_l2 = 0.01f}, Dense<1>{}};

template <class M>
std::vector<typename M::Scalar> weights_of(M const& model) {
    auto const* const w = model.weights.values.data();
    return {w, w + M::parameter_count};
}
template <class T>
double difference(std::vector<T> const& a, std::vector<T> const& b) {
    REQUIRE(a.size() == b.size());
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::fabs(double(a[i]) - double(b[i])));
    return most;
}
/// In double, epochs over 40 samples in their order.
auto trained(auto const& net, auto const& optimizer, std::size_t batch, std::size_t epochs = 3) {
    Task const task(40);
    std::vector<double> const x(task.x.begin(), task.x.end()), y(task.y.begin(), task.y.end());
    auto model = compile<double>(net, optimizer, MeanSquaredError{});
    model.fit(Array{x.data(), {40, 3}}, y,
              {.epochs = epochs, .batch_size = batch, .shuffle = false, .verbose = 0});
    return model;
}
/// Four batches of 5 against one of 20.
void check_as_large(auto const& net, auto const& optimizer) {
    auto const large = trained(net, optimizer, 20);
    auto const small = trained(net, accumulate_gradients(4, optimizer), 5);
    CHECK(small.progress.steps == 4 * large.progress.steps);
    CHECK(difference(weights_of(small), weights_of(large)) < 1e-13);
}

} // namespace

TEST_CASE("a group of batches trains as one of their size") {
    check_as_large(mlp, SGD{.learning_rate = 0.1});
    check_as_large(mlp, SGD{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true});
    check_as_large(mlp, Adam{.learning_rate = 0.01});
    check_as_large(mlp, AMSGrad{.learning_rate = 0.01});
    check_as_large(mlp, Nadam{.learning_rate = 0.01});
    check_as_large(mlp, RAdam{.learning_rate = 0.01});
    check_as_large(mlp, RMSprop{.learning_rate = 0.01, .centered = true});
    check_as_large(mlp, Adagrad{});
    check_as_large(mlp, Rprop{});
    // decay, clipping and the average are of the group
    check_as_large(mlp, AdamW{.learning_rate = 0.01, .weight_decay = 0.1});
    check_as_large(mlp, SGD{.learning_rate = 0.1, .clip = {.global_norm = 0.05}});
    check_as_large(mlp, SGD{.learning_rate = 0.1, .clip = {.value = 0.01}});
    check_as_large(
        mlp, SGD{.learning_rate = 0.1, .average = {.momentum = 0.5, .overwrite_frequency = 2}});
}

TEST_CASE("with constraints, and with what else wraps an optimizer") {
    check_as_large(
        Sequential{Input<3>{}, Dense<8, Tanh, KernelConstraint<MaxNorm<1>>>{}, Dense<1>{}},
        SGD{.learning_rate = 0.5});
    AdamW const adam{.learning_rate = 0.01, .weight_decay = 0.1};
    auto const scaled = scale_learning_rate<"dense">(0.1, exclude_from_weight_decay(adam));
    check_as_large(mlp, scaled);
    auto const inside =
        scale_learning_rate<"dense">(0.1, exclude_from_weight_decay(accumulate_gradients(4, adam)));
    auto const outside = accumulate_gradients(4, scaled);
    CHECK(numbers_of(trained(mlp, inside, 5)) == numbers_of(trained(mlp, outside, 5)));
}

TEST_CASE("weights change after the last batch of a group") {
    auto const step = [](auto& model, std::size_t n, std::uint64_t seed) {
        Task const task(n, seed);
        model.fit(task.features(), task.y, {.batch_size = n, .verbose = 0});
    };
    auto model =
        compile(mlp, accumulate_gradients(3, SGD{.learning_rate = 0.1}), MeanSquaredError{});
    auto const start = weights_of(model);
    step(model, 8, 1);
    auto const* const sums = model.optimizer_state().data() + model.parameter_count;
    std::vector<float> sum(sums, sums + model.parameter_count);
    CHECK(sum == std::vector<float>(model.gradients().begin(),
                                    model.gradients().begin() + model.parameter_count));
    step(model, 8, 2); // of another run: the group goes on
    CHECK(weights_of(model) == start);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += model.gradients()[i];
    CHECK(sum == std::vector<float>(sums, sums + sum.size()));
    step(model, 8, 3);
    CHECK(weights_of(model) != start);
    CHECK(std::all_of(sums, sums + sum.size(), [](float s) { return s == 0; }));
}

TEST_CASE("schedules count batches") {
    std::vector<double> asked;
    auto const rate = [&asked](std::uint64_t step) {
        asked.push_back(double(step));
        return step == 3 ? 0.1 : 1e6; // of the others none is used
    };
    auto const one = trained(mlp, accumulate_gradients(4, SGD{.learning_rate = rate}), 10, 1);
    CHECK(asked.back() == 3);
    auto const same = trained(mlp, SGD{.learning_rate = 0.1}, 40, 1);
    CHECK(difference(weights_of(one), weights_of(same)) < 1e-13);
}

TEST_CASE("of tables the rows that a group touched change") {
    constexpr Sequential net{Tokens<2>{}, Embedding<200, 5>{}, Flatten{}, Dense<1>{}};
    std::vector<std::int32_t> const tokens{7, 8, 9, 7, 150, 151, 150, 7};
    std::vector<double> const y{1, 0, 1, 0};
    auto const trained_on = [&](auto const& optimizer, std::size_t batch) {
        auto model = compile<double>(net, optimizer, MeanSquaredError{});
        model.fit(Array{tokens.data(), {4, 2}}, y,
                  {.epochs = 5, .batch_size = batch, .shuffle = false, .verbose = 0});
        return model;
    };
    Adam const adam{.learning_rate = 0.1};
    auto const large = trained_on(adam, 4);
    auto const small = trained_on(accumulate_gradients(4, adam), 1);
    CHECK(difference(weights_of(small), weights_of(large)) < 1e-13);

    auto const fresh = compile<double>(net, adam, MeanSquaredError{});
    auto const before = weights_of(fresh), after = weights_of(small);
    for (std::size_t row = 0; row < 200; ++row) {
        CAPTURE(row);
        bool const touched = std::find(tokens.begin(), tokens.end(), int(row)) != tokens.end();
        CHECK(!std::equal(before.begin() + long(5 * row), before.begin() + long(5 * row + 5),
                          after.begin() + long(5 * row)) == touched);
    }
    // the same with parts, and with a constraint
    check_as_large(mlp, adam);
    auto const parts = scale_learning_rate<"embedding">(0.5, adam);
    CHECK(difference(weights_of(trained_on(accumulate_gradients(2, parts), 2)),
                     weights_of(trained_on(parts, 4))) < 1e-13);
}

TEST_CASE("a run goes on in the middle of a group, bit for bit, on any number of threads") {
    constexpr Sequential net{Tokens<2>{}, Embedding<50, 5>{}, Flatten{}, Dense<64, ReLU>{},
                             Dense<1>{}};
    std::vector<std::int32_t> tokens(2 * 35);
    std::vector<float> y(35);
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = std::int32_t(i * i % 50);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = float(i % 3);
    Array const x{tokens.data(), {35, 2}};
    auto const model = compile(net, accumulate_gradients(4, Adam{}), MeanSquaredError{});
    auto whole = model, first = model, parallel = model;
    whole.fit(x, y, {.epochs = 4, .batch_size = 5, .verbose = 0}); // 7 batches an epoch
    parallel.fit(x, y, {.epochs = 4, .batch_size = 5, .verbose = 0, .threads = 2});
    CHECK(numbers_of(parallel) == numbers_of(whole));

    first.fit(x, y, {.epochs = 2, .batch_size = 5, .verbose = 0});
    std::string const path = "accumulate_gradients_test.safetensors";
    save(first, path);
    auto second = model;
    load(second, path);
    second.fit(x, y, {.epochs = 4, .batch_size = 5, .resume = true, .verbose = 0});
    CHECK(numbers_of(second) == numbers_of(whole));

    // a model that does not accumulate says so
    auto plain = compile(net, Adam{}, MeanSquaredError{});
    save(plain, path);
    try {
        load(second, path);
        FAIL("loaded");
    } catch (std::exception const& error) {
        std::string const text = error.what();
        CAPTURE(text);
        CHECK(text.find("dense/kernel/2") != std::string::npos);
    }
    std::remove(path.c_str());
}

TEST_CASE("a group of no batch is refused") {
    for (int const batches : {0, -3})
        CHECK_THROWS_WITH_AS(compile(mlp, accumulate_gradients(batches, SGD{}), MeanSquaredError{}),
                             doctest::Contains("accumulate_gradients: it has groups of"), Error);
}
