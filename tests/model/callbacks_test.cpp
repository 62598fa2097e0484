// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/callbacks/early_stopping.hpp>

#include <lamina/lamina.hpp>

#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace lamina;
using testing::Task;

namespace {

auto model() {
    return compile(Sequential{Input<3>{}, Dense<8>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
                   Adam{.learning_rate = 0.01}, BinaryCrossentropy{}, Accuracy{});
}

/// Gives the log other values than the run's own, one for each epoch, and remembers the weights.
struct Script final : Callback {
    std::vector<double> values;
    LogValue fake[1];
    std::vector<Block<std::byte>> weights;
    explicit Script(std::vector<double> v) : values(std::move(v)), weights(values.size()) {}
    void on_epoch_end(Training& t) override {
        fake[0] = {"val_loss", values.at(t.epoch)};
        t.logs = fake;
        t.keep_weights(weights[t.epoch]);
    }
};

} // namespace

TEST_CASE("EarlyStopping: patience, min_delta, the best weights") {
    Task const task(100);
    Script script({5, 4, 3.95, 4.5, 4.4, 4.3, 1});
    EarlyStopping stopping({.min_delta = 0.1, .patience = 3, .restore_best_weights = true});
    auto m = model();
    History const history = m.fit(task.features(), task.y,
                                  {.epochs = 7, .callbacks = {&script, &stopping}, .verbose = 0});
    CHECK(stopping.stopped());
    CHECK(stopping.stopped_epoch() ==
          4); // 3.95 is not better than 4 by 0.1: epochs 2, 3, 4 without improvement
    CHECK(stopping.best_epoch() == 1);
    CHECK(stopping.best() == 4);
    CHECK(history.size() == 5);
    Block<std::byte> const& best = script.weights[1];
    CHECK(std::memcmp(best.data(), m.weights.values.data(), m.parameter_count * sizeof(float)) ==
          0);

    EarlyStopping patient({.patience = 10});
    Script other({5, 4, 3, 4, 4, 4, 4});
    auto n = model();
    CHECK(
        n.fit(task.features(), task.y, {.epochs = 7, .callbacks = {&other, &patient}, .verbose = 0})
            .size() == 7);
    CHECK_FALSE(patient.stopped());
}

TEST_CASE("a callback is given by its address, as itself, or where it is used") {
    Task const task(100);
    FitOptions options{.epochs = 7, .verbose = 0};
    auto const epochs = [&] { return model().fit(task.features(), task.y, options).size(); };
    Script script({5, 4, 4, 4, 4, 4, 4});
    EarlyStopping stopping({.patience = 3});
    options.callbacks = {&script, &stopping};
    CHECK(epochs() == 5);
    CHECK(stopping.stopped());
    stopping = EarlyStopping({.patience = 2});
    options.callbacks = {script, stopping}; // the same one: it knows afterwards
    CHECK(epochs() == 4);
    CHECK(stopping.stopped());
    options.callbacks = {script, EarlyStopping({.patience = 1})}; // kept as long as the options
    FitOptions const copy = options;
    options = {};
    options = copy;
    CHECK(epochs() == 3);
}

TEST_CASE("EarlyStopping: below a baseline the best weights are restored all the same") {
    Task const task(100);
    Script script({5, 4, 3, 3.5, 2, 2.5, 1, 1, 1, 1});
    EarlyStopping stopping({.patience = 4, .baseline = 2.5, .restore_best_weights = true});
    auto m = model();
    m.fit(task.features(), task.y, {.epochs = 10, .callbacks = {&script, &stopping}, .verbose = 0});
    CHECK(stopping.stopped_epoch() == 3); // 4 and 3 are better than before, not than the baseline
    CHECK(stopping.best_epoch() == 2);
    CHECK(stopping.best() == 3);
    CHECK(std::memcmp(script.weights[2].data(), m.weights.values.data(),
                      m.parameter_count * sizeof(float)) == 0);

    Script other({5, 4, 2, 2.5, 2.5, 1, 2, 2, 2, 2});
    EarlyStopping reached({.patience = 4, .baseline = 2.5});
    auto n = model();
    n.fit(task.features(), task.y, {.epochs = 10, .callbacks = {&other, &reached}, .verbose = 0});
    CHECK(reached.stopped_epoch() == 9); // what is better than the baseline begins anew
    CHECK(reached.best_epoch() == 5);
}

TEST_CASE("what is better is known by the name") {
    for (char const* const name :
         {"accuracy", "val_accuracy", "val_auc", "precision", "recall", "val_f1_score",
          "val_fbeta_score", "r2_score", "val_cosine_similarity", "sensitivity_at_specificity",
          "specificity_at_sensitivity", "matthews_correlation", "val_cohen_kappa"}) {
        CAPTURE(name);
        CHECK(detail::improves_upwards(Mode::automatic, name));
        CHECK(!detail::improves_upwards(Mode::min, name));
    }
    for (char const* const name : {"loss", "val_loss", "mean_absolute_error", "accent_loss",
                                   "val_recall_mean_squared_error"}) {
        CAPTURE(name);
        CHECK(!detail::improves_upwards(Mode::automatic, name));
        CHECK(detail::improves_upwards(Mode::max, name));
    }
}

TEST_CASE("what the log does not have is named") {
    Task const task(40);
    EarlyStopping stopping({.monitor = "val_loss"});
    auto m = model();
    std::string text;
    try {
        m.fit(task.features(), task.y, {.epochs = 2, .callbacks = {&stopping}, .verbose = 0});
    } catch (Error const& e) {
        text = e.what();
    }
    CHECK(text == "EarlyStopping: the log has no \"val_loss\"; it has loss, accuracy. Monitor one "
                  "of those, or give validation "
                  "data for val_ values.");
}

TEST_CASE("ReduceLROnPlateau lowers the rate, LearningRateScheduler sets it") {
    Task const task(40);
    Script script({5, 4, 4, 4, 4, 4, 4});
    ReduceLROnPlateau reduce({.factor = 0.5, .patience = 2, .min_lr = 0.002});
    std::vector<double> rates;
    LambdaCallback watch(
        {.on_epoch_end = [&](Training& t) { rates.push_back(t.learning_rate()); }});
    auto m = model();
    m.fit(task.features(), task.y,
          {.epochs = 7, .callbacks = {&script, &reduce, &watch}, .verbose = 0});
    std::vector<double> const expected{0.01, 0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025};
    REQUIRE(rates.size() == expected.size());
    for (std::size_t i = 0; i < rates.size(); ++i) CHECK(rates[i] == doctest::Approx(expected[i]));

    rates.clear();
    LearningRateScheduler scheduler(
        [](std::size_t epoch, double rate) { return epoch ? rate * 0.1 : rate; });
    auto n = model();
    n.fit(task.features(), task.y, {.epochs = 3, .callbacks = {&scheduler, &watch}, .verbose = 0});
    CHECK(rates[0] == doctest::Approx(0.01));
    CHECK(rates[2] == doctest::Approx(0.0001));

    auto scheduled = compile(Sequential{Input<3>{}, Dense<1>{}, Sigmoid{}},
                             SGD{.learning_rate = ExponentialDecay{}}, BinaryCrossentropy{});
    CHECK_THROWS_AS(scheduled.fit(task.features(), task.y, {.callbacks = {&reduce}, .verbose = 0}),
                    Error);
}

TEST_CASE("CSVLogger writes a line an epoch") {
    Task const task(60);
    char path[] = "csv_logger_XXXXXX";
    int const fd = ::mkstemp(path);
    REQUIRE(fd >= 0);
    ::close(fd);
    CSVLogger logger(path);
    auto m = model();
    History const history =
        m.fit(task.features(), task.y,
              {.epochs = 3, .validation_split = 0.5f, .callbacks = {&logger}, .verbose = 0});
    auto const table = read_csv(path);
    std::remove(path);
    CHECK(table.rows() == 3);
    CHECK(table.names() ==
          std::vector<std::string>{"epoch", "loss", "accuracy", "val_loss", "val_accuracy"});
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(table.numbers("val_loss")[i] == history["val_loss"][i]);

    CSVLogger nowhere("/no/such/folder/log.csv");
    CHECK_THROWS_AS(m.fit(task.features(), task.y, {.callbacks = {&nowhere}, .verbose = 0}), Error);
}

TEST_CASE("callbacks are told in order and may stop the run") {
    Task const task(64);
    std::string told;
    LambdaCallback tell({.on_train_begin = [&](Training&) { told += "("; },
                         .on_epoch_begin = [&](Training&) { told += "["; },
                         .on_batch_end =
                             [&](Training& t) {
                                 told += ".";
                                 CHECK(t.log("loss") == t.log("loss"));
                             },
                         .on_epoch_end =
                             [&](Training& t) {
                                 told += "]";
                                 t.stop = t.epoch == 1;
                             },
                         .on_train_end = [&](Training&) { told += ")"; }});
    auto m = model();
    m.fit(task.features(), task.y, {.epochs = 5, .callbacks = {&tell}, .verbose = 0});
    CHECK(told == "([..][..])");
}
