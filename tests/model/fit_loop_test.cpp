// SPDX-License-Identifier: BSD-3-Clause
// Where epochs begin and end, and what a run does not take.
#include <lamina/model/fit_loop.hpp>

#include <lamina/activations/softmax.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/losses/sparse_categorical_crossentropy.hpp>
#include <lamina/model/callbacks/early_stopping.hpp>
#include <lamina/model/callbacks/lambda_callback.hpp>
#include <lamina/model/callbacks/learning_rate_scheduler.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/sgd.hpp>

#include "support/complaint.hpp"
#include "support/kernels.hpp"
#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace lamina;
using testing::complaint;
using testing::numbers_of;
using testing::Task;

namespace {

auto linear(SGD const& sgd = {.learning_rate = 0.1}) {
    return compile(Sequential{Input<3>{}, Dense<1>{}}, sgd, MeanSquaredError{});
}
/// Five batches of four samples an epoch; nobody knows how many.
struct Five {
    Task task{20};
    std::size_t given = 0, size = 4;

    std::size_t steps() const { return 0; }
    void restart(std::size_t) { given = 0; }
    bool next(Batch<float>& batch) {
        if (given == 5) return false;
        batch.x = Span<float const>(task.x).subspan(given * 12, 3 * size);
        batch.y = Span<float const>(task.y).subspan(given * 4, size);
        batch.n = size;
        ++given;
        return true;
    }
};
struct None {
    std::size_t steps() const { return 0; }
    void restart(std::size_t) {}
    bool next(Batch<float>&) { return false; }
};

/// Stops a run after so many of its batches.
LambdaCallback stop_after(std::size_t batches) {
    return LambdaCallback{
        {.on_batch_end = [batches](Training& t) mutable { t.stop = --batches == 0; }}};
}

} // namespace

TEST_CASE("batches without a sample are refused, not learnt") {
    auto model = linear();
    None none;
    CHECK(complaint([&] { model.fit(none, {.epochs = 2, .verbose = 0}); }) ==
          "fit: the batches have no sample in epoch 1. A function must give all samples again in "
          "each epoch.");
    CHECK(complaint([&] { model.evaluate(none); }) == "evaluate: there is no sample.");
    using Sample = std::pair<std::array<float, 3>, float>;
    auto once = batches(
        [left = 50]() mutable -> std::optional<Sample> {
            if (left == 0) return {};
            --left;
            return Sample{{1, 2, 3}, 1.0f};
        },
        {.batch_size = 10});
    CHECK(complaint([&] { model.fit(once, {.epochs = 3, .verbose = 0}); }).find("in epoch 2.") !=
          std::string::npos);
    CHECK(model.progress.steps == 5);
    Five five;
    five.size = 0;
    CHECK(complaint([&] { model.fit(five, {.verbose = 0}); }) ==
          "fit: a batch has no sample. Leave it out.");
}

TEST_CASE("numbers of a batch that are no class are said as they are") {
    auto model = compile(Sequential{Input<3>{}, Dense<4, Softmax>{}}, SGD{},
                         SparseCategoricalCrossentropy{});
    Five five;
    auto const why = [&](float label) {
        five.task.y[1] = label;
        return complaint([&] { model.fit(five, {.verbose = 0}); });
    };
    std::string const rest =
        ", which is not a whole number of 32 bits: classes and tokens are 0, 1, 2, ...";
    CHECK(why(std::numeric_limits<float>::infinity()) == "fit: y holds inf" + rest);
    CHECK(why(std::numeric_limits<float>::quiet_NaN()) == "fit: y holds nan" + rest);
    CHECK(why(3e9f) == "fit: y holds 3e+09" + rest);
    CHECK(why(0.5f) == "fit: y holds 0.5" + rest);
    CHECK(why(9).find("label 9 at row 1") != std::string::npos);
}

TEST_CASE("a run on batches of unknown number, stopped within an epoch, goes on there") {
    Five five;
    auto whole = linear();
    whole.fit(five, {.epochs = 3, .verbose = 0});
    CHECK(whole.progress.steps == 15);
    for (std::size_t const batches : {1u, 2u, 5u, 8u, 14u}) {
        CAPTURE(batches);
        auto model = linear();
        auto stop = stop_after(batches);
        auto const history = model.fit(five, {.epochs = 3, .callbacks = {&stop}, .verbose = 0});
        CHECK(history.size() == (batches - 1) / 5); // whether a fifth is the last is not known yet
        CHECK(model.progress.steps == batches);
        model.fit(five, {.epochs = 3, .resume = true, .verbose = 0});
        CHECK(model.progress.steps == 15);
        CHECK(model.progress.epoch == 3);
        CHECK(numbers_of(model) == numbers_of(whole));
    }
    auto model = linear();
    LambdaCallback never{{.on_epoch_begin = [](Training& t) { t.stop = true; }}};
    CHECK(model.fit(five, {.epochs = 3, .callbacks = {&never}, .verbose = 0}).size() == 0);
    CHECK(model.progress.epoch == 0);
}

TEST_CASE("a run that was ended behind the last batch of an epoch goes on with the epoch's end") {
    Task const task(100);
    auto model = linear();
    model.progress.batch = 4;
    std::size_t told = 0;
    LambdaCallback count{{.on_epoch_end = [&](Training& t) {
        ++told;
        CHECK(std::isnan(t.log("loss")));
        CHECK(t.log("val_loss") > 0);
    }}};
    FitOptions options{.epochs = 1, .resume = true, .callbacks = {&count}, .verbose = 0};
    options.validation_data = {task.features(), task.y};
    auto const history = model.fit(task.features(), task.y, options);
    CHECK(told == 1);
    CHECK(history.size() == 1);
    CHECK(std::isnan(history.last("loss"))); // nothing was learnt: 0 would be the best of all
    CHECK(model.progress.epoch == 1);
    CHECK(model.progress.steps == 0);

    model.progress = {};
    model.progress.batch = 9;
    CHECK(complaint([&] { model.fit(task.features(), task.y, {.resume = true, .verbose = 0}); }) ==
          "fit: progress is at batch 9 of an epoch of 4. Resume with the data and the "
          "batch_size of that run.");
}

TEST_CASE("a scheduler gives an epoch its rate once, be it in two runs") {
    Task const task(100);
    LearningRateScheduler halve{[](std::size_t, double rate) { return rate / 2; }};
    FitOptions options{.epochs = 3, .callbacks = {&halve}, .verbose = 0};
    auto whole = linear();
    whole.fit(task.features(), task.y, options);
    auto model = linear();
    auto stop = stop_after(6); // within the second epoch
    options.callbacks = {&halve, &stop};
    model.fit(task.features(), task.y, options);
    options.callbacks = {&halve};
    options.resume = true;
    model.fit(task.features(), task.y, options);
    CHECK(numbers_of(model) == numbers_of(whole));
}

TEST_CASE("a run of no epoch changes no weight") {
    Task const task(20);
    auto model = linear({.learning_rate = 0.1, .average = {.momentum = 0.9}});
    auto const before = numbers_of(model);
    model.fit(task.features(), task.y, {.epochs = 0, .verbose = 0});
    CHECK(numbers_of(model) == before);
}

TEST_CASE("any number of epochs and any size of batches may be asked for") {
    Task const task(100);
    auto const most = ~std::size_t{0};
    auto a = linear(), b = linear();
    EarlyStopping stopping({.monitor = "loss", .patience = 2});
    a.fit(task.features(), task.y,
          {.epochs = most, .batch_size = most, .callbacks = {&stopping}, .verbose = 0});
    CHECK(stopping.stopped());
    b.fit(task.features(), task.y,
          {.epochs = stopping.stopped_epoch() + 1, .batch_size = 100, .verbose = 0});
    CHECK(numbers_of(a) == numbers_of(b));
    CHECK(a.evaluate(task.features(), task.y, {.batch_size = most}) ==
          b.evaluate(task.features(), task.y, {.batch_size = 100}));
    CHECK(a.predict(task.features(), {.batch_size = most}) == b.predict(task.features()));
}

TEST_CASE("options that stand against each other are refused") {
    Task const task(20);
    auto model = linear();
    auto const before = numbers_of(model);
    Five five, other;
    Validation const data{task.features(), task.y};
    std::string const end = ". Give one of them.";
    CHECK(complaint([&] {
              model.fit(task.features(), task.y,
                        {.validation_split = 0.5f, .validation_data = data, .verbose = 0});
          }) == "fit: validation_split is given beside validation_data" + end);
    std::string const beside = " is given beside other batches to validate on" + end;
    CHECK(complaint([&] { model.fit(five, other, {.validation_split = 0.5f, .verbose = 0}); }) ==
          "fit: validation_split" + beside);
    CHECK(complaint([&] { model.fit(five, other, {.validation_data = data, .verbose = 0}); }) ==
          "fit: validation_data" + beside);
    std::vector<float> const none;
    CHECK(complaint([&] {
              model.fit(task.features(), task.y, {.sample_weight = none, .verbose = 0});
          }) == "fit: sample_weight has 0 numbers for 20 samples. Give one for each.");
    CHECK(complaint([&] {
              model.fit(five, {.sample_weight = none, .verbose = 0});
          }).find("fit: sample_weight is for samples in arrays") == 0);
    CHECK(numbers_of(model) == before);
}

TEST_CASE("of data that is refused nothing is kept") {
    auto model = linear();
    Dataset data;
    data.x = Tensor<float, 2>::from_shape({std::size_t{4}, std::size_t{2}});
    data.y = Tensor<float, 2>::from_shape({std::size_t{4}, std::size_t{1}});
    std::fill(data.x.begin(), data.x.end(), 1.0f);
    std::fill(data.y.begin(), data.y.end(), 1.0f);
    data.scaling.names = {"a", "b"};
    CHECK(complaint([&] { model.fit(data, {.verbose = 0}); }).find("(4, 2)") != std::string::npos);
    CHECK(model.scaling.names.empty());
}
