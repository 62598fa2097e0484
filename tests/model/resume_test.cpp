// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include "support/kernels.hpp"
#include "support/random_model.hpp"
#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

using namespace lamina;
using testing::model_with;
using testing::numbers_of;
using testing::Task;

namespace {

/// Stops a run after so many batches of all.
struct StopAfter final : Callback {
    std::size_t left;
    explicit StopAfter(std::size_t batches) : left(batches) {}
    void on_batch_end(Training& t) override { t.stop = --left == 0; }
};

/// A run that stops after `batches` and goes on, in a model into which everything of the first was
/// copied by value, equals one that never stopped: bit for bit.
template <class Optimizer>
void check_resume(char const* name, Optimizer optimizer) {
    CAPTURE(name);
    Task const task(150);
    FitOptions const all{
        .epochs = 6, .batch_size = 32, .seed = 9, .verbose = 0}; // 5 batches an epoch
    auto whole = model_with(optimizer);
    whole.fit(task.features(), task.y, all);
    for (std::size_t const stop : {1u, 4u, 5u, 13u, 29u}) {
        CAPTURE(stop);
        auto first = model_with(optimizer);
        StopAfter stopper(stop);
        FitOptions options = all;
        options.callbacks = {&stopper};
        first.fit(task.features(), task.y, options);
        CHECK(first.progress.steps == stop);
        CHECK(first.progress.epoch * 5 + first.progress.batch == stop);

        auto second = model_with(optimizer);
        second.weights = first.weights;
        second.progress = first.progress;
        auto const from = first.optimizer_state();
        std::copy(from.begin(), from.end(), second.optimizer_state().begin());
        FitOptions rest = all;
        rest.resume = true;
        rest.seed = 1234; // the run's own seed counts, not this one
        second.fit(task.features(), task.y, rest);
        CHECK(second.progress.steps == whole.progress.steps);
        CHECK(numbers_of(second) == numbers_of(whole));
    }
}

} // namespace

TEST_CASE("a run that stopped and goes on equals one that never stopped") {
    check_resume("SGD", SGD{.learning_rate = 0.05, .momentum = 0.9});
    check_resume("Adam", Adam{.learning_rate =
                                  CosineDecay{.initial_learning_rate = 0.01, .decay_steps = 30}});
    check_resume("AdamW", AdamW{.learning_rate = 0.01});
    check_resume("AMSGrad", AMSGrad{.learning_rate = 0.01});
    check_resume("Adamax", Adamax{.learning_rate = 0.01});
    check_resume("Nadam", Nadam{.learning_rate = 0.01});
    check_resume("RAdam", RAdam{.learning_rate = 0.01});
    check_resume("RMSprop", RMSprop{.learning_rate = 0.01});
    check_resume("Adagrad", Adagrad{.learning_rate = 0.05});
    check_resume("Adadelta", Adadelta{.learning_rate = 1.0});
    check_resume("Lion", Lion{.learning_rate = 0.001});
}

/// Halves the learning rate behind the epoch `at`.
struct HalveAfter final : Callback {
    std::size_t at;
    explicit HalveAfter(std::size_t epoch) : at(epoch) {}
    void on_epoch_end(Training& training) override {
        if (training.epoch == at) training.set_learning_rate(training.learning_rate() / 2);
    }
};

TEST_CASE("a rate that a callback set goes on with the run") {
    Task const task(150);
    FitOptions options{.epochs = 6, .batch_size = 32, .seed = 9, .verbose = 0};
    HalveAfter halve(1);
    options.callbacks = {&halve};
    auto whole = model_with(Adam{.learning_rate = 0.01f});
    whole.fit(task.features(), task.y, options);

    auto first = model_with(Adam{.learning_rate = 0.01f});
    StopAfter stopper(17); // within the fourth epoch
    options.callbacks = {&halve, &stopper};
    first.fit(task.features(), task.y, options);
    CHECK(first.progress.learning_rate == doctest::Approx(0.005));

    auto second = model_with(Adam{.learning_rate = 0.01f});
    second.weights = first.weights;
    second.progress = first.progress;
    auto const from = first.optimizer_state();
    std::copy(from.begin(), from.end(), second.optimizer_state().begin());
    options.resume = true;
    options.callbacks = {&halve};
    second.fit(task.features(), task.y, options);
    CHECK(numbers_of(second) == numbers_of(whole));

    options.resume = false; // a run of its own begins without it
    options.epochs = 1;
    options.callbacks = {};
    second.fit(task.features(), task.y, options);
    CHECK(second.progress.learning_rate == 0);
}
