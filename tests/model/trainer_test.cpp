// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/trainer.hpp>

#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/callbacks/early_stopping.hpp>
#include <lamina/model/callbacks/lambda_callback.hpp>
#include <lamina/model/callbacks/terminate_on_nan.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/schedules/piecewise_constant.hpp>
#include <lamina/optimizers/sgd.hpp>

#include "support/complaint.hpp"
#include "support/kernels.hpp"
#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace lamina;
using testing::complaint;
using testing::numbers_of;
using testing::Task;

namespace {

auto linear(SGD const& sgd) {
    return compile(Sequential{Input<3>{}, Dense<1>{}}, sgd, MeanSquaredError{});
}
} // namespace

TEST_CASE("a step that is taken back leaves the numbers where they were") {
    Task task(40);
    for (float& y : task.y) y += 10; // the gradients are above one
    auto model = linear({.learning_rate = PiecewiseConstant{.pieces = {{0, 0.01}, {6, 3e38}}}});
    float const* const at = model.weights.values.data();
    float const* const slots = model.optimizer_state().data();
    TerminateOnNaN guard;
    EarlyStopping stopping({.monitor = "loss", .patience = 9, .restore_best_weights = true});
    std::vector<float> best;
    LambdaCallback watch({.on_epoch_end = [&](Training&) {
        best.assign(model.weights.values.data(), model.weights.values.data() + 4);
    }});
    model.fit(
        task.features(), task.y,
        {.epochs = 5, .batch_size = 10, .callbacks = {&guard, &stopping, &watch}, .verbose = 0});
    CHECK(guard.terminated());
    CHECK(model.progress.steps == 6);
    CHECK(model.weights.values.data() == at);
    CHECK(model.optimizer_state().data() == slots);
    CHECK(std::vector<float>(at, at + 4) == best); // of the first epoch, the only whole one
}

TEST_CASE("weights that a callback put in the place of others are those that are kept") {
    Task const task(20);
    auto model = linear({.learning_rate = 0.01});
    auto other = model.weights;
    for (std::size_t i = 0; i < 4; ++i) other.values[i] = float(i + 1);
    EarlyStopping stopping({.monitor = "loss", .restore_best_weights = true});
    LambdaCallback put(
        {.on_batch_end = [&](Training&) { std::swap(model.weights, other); },
         .on_train_end = [&](Training&) { std::fill_n(model.weights.values.data(), 4, 0.0f); }});
    model.fit(task.features(), task.y, {.callbacks = {&put, &stopping}, .verbose = 0});
    for (std::size_t i = 0; i < 4; ++i) CHECK(model.weights.values[i] == float(i + 1));
}

TEST_CASE("options that an optimizer is given later are its options") {
    Task const task(20);
    auto late = linear({.learning_rate = 0.1});
    auto early = linear({.learning_rate = 0.1, .average = {.momentum = 0.5}});
    late.optimizer.average.momentum = 0.5;
    late.fit(task.features(), task.y, {.epochs = 3, .verbose = 0});
    early.fit(task.features(), task.y, {.epochs = 3, .verbose = 0});
    CHECK(late.optimizer_state().size() == 2 * 4); // a slot of momentum, and the average
    CHECK(numbers_of(late) == numbers_of(early));

    // an average that begins late begins with the weights: at a rate of 0 it is what they are
    auto last = linear({.learning_rate = 0.1});
    last.fit(task.features(), task.y, {.epochs = 3, .verbose = 0});
    last.optimizer.average.momentum = 0.5;
    last.optimizer.learning_rate = 0.0;
    std::vector<float> const before(last.weights.values.data(), last.weights.values.data() + 4);
    last.train_on_batch(task.features(), task.y);
    auto const kept = last.optimizer_state().last(4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(kept[i] == doctest::Approx(before[i]));

    auto wrong = linear({.learning_rate = 0.1});
    wrong.optimizer.momentum = 9;
    std::string const why = "optimizer: momentum is 9. Give a number from 0 to 1.";
    CHECK(complaint([&] { wrong.fit(task.features(), task.y, {.verbose = 0}); }) == why);
    CHECK(complaint([&] { wrong.train_on_batch(task.features(), task.y); }) == why);
}

TEST_CASE("a step that was refused leaves no gradient to the next one") {
    std::vector<std::int32_t> const tokens{1, 2, 3, 4};
    std::vector<float> const y{1, 0};
    Array const x(tokens.data(), {2, 2});
    auto const fresh = compile(Sequential{Tokens<2>{}, Embedding<9, 4>{}, Flatten{}, Dense<1>{}},
                               SGD{.learning_rate = 0.1}, MeanSquaredError{});
    auto a = fresh, b = fresh;
    a.optimizer.learning_rate = -1.0;
    CHECK(complaint([&] { a.train_on_batch(x, y); }).find("learning_rate: it is -1") == 0);
    a.optimizer.learning_rate = 0.1;
    a.train_on_batch(x, y);
    b.train_on_batch(x, y);
    CHECK(numbers_of(a) == numbers_of(b));
}
