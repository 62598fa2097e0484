// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/training_log.hpp>

#include <lamina/lamina.hpp>

#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

using namespace lamina;
using testing::Task;

namespace {

std::string written_by(auto&& f) {
    std::FILE* const file = std::tmpfile();
    f(file);
    std::string text(std::size_t(std::ftell(file)), '\0');
    std::rewind(file);
    CHECK(std::fread(text.data(), 1, text.size(), file) == text.size());
    std::fclose(file);
    return text;
}

/// The text with every run of digits as one 9, so that times do not matter.
std::string without_digits(std::string const& text) {
    std::string out;
    for (char const c : text) {
        bool const digit = c >= '0' && c <= '9';
        if (!digit || out.empty() || out.back() != '9') out += digit ? '9' : c;
    }
    return out;
}

auto model() {
    return compile(Sequential{Input<3>{}, Dense<8>{}, ReLU{}, Dense<1>{}, Sigmoid{}}, Adam{},
                   BinaryCrossentropy{}, Accuracy{});
}

} // namespace

TEST_CASE("the log is Keras'") {
    Task const task(400);
    std::string const bar = written_by([&](std::FILE* file) {
        model().fit(task.features(), task.y, {.epochs = 2, .validation_split = 0.2f, .log = file});
    });
    std::string const line = "9/9 [==============================] - 9s 9us/step - loss: 9.9 - "
                             "accuracy: 9.9 - val_loss: 9.9 - "
                             "val_accuracy: 9.9\n";
    CHECK(without_digits(bar) == "Epoch 9/9\n" + line + "Epoch 9/9\n" + line);
    CHECK(bar.starts_with("Epoch 1/2\n10/10 [="));

    std::string const lines = written_by([&](std::FILE* file) {
        model().fit(task.features(), task.y, {.epochs = 3, .verbose = 2, .log = file});
    });
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
    CHECK(lines.starts_with("Epoch 1/3 - 13/13 - 0s "));

    CHECK(written_by([&](std::FILE* file) {
              model().fit(task.features(), task.y, {.epochs = 3, .verbose = 0, .log = file});
          }).empty());
    std::string const evaluated = written_by([&](std::FILE* file) {
        model().evaluate(task.features(), task.y, {.batch_size = 32, .verbose = 2, .log = file});
    });
    CHECK(without_digits(evaluated) == "9/9 - 9s 9us/step - loss: 9.9 - accuracy: 9.9\n");
}

TEST_CASE("values are written as Keras writes them, in every locale") {
    LogValue const values[]{
        {"loss", 0.48674}, {"small", 1.23456e-5}, {"zero", 0.0}, {"gone", std::nan("")}};
    auto const text = [&] {
        return written_by([&](std::FILE* file) {
            TrainingLog log(file, 2);
            log.begin(0, 0, 3);
            log.end(3, values);
            log.finish();
        });
    };
    auto const expect = "- loss: 0.4867 - small: 1.2346e-05 - zero: 0.0000 - gone: nan\n";
    CHECK(text().ends_with(expect));
    if (std::setlocale(LC_ALL, "de_DE.UTF-8") || std::setlocale(LC_ALL, "fr_FR.UTF-8")) {
        CHECK(text().ends_with(expect));
        std::setlocale(LC_ALL, "C");
    }
}

TEST_CASE("a line of many metrics is whole, and ends where it ends") {
    std::vector<LogValue> const values(100, {"mean_absolute_percentage_error", 0.5});
    std::string const text = written_by([&](std::FILE* file) {
        TrainingLog log(file, 1);
        for (int epoch = 0; epoch < 2; ++epoch) {
            log.begin(0, 1, 3);
            log.end(3, {values.data(), values.size()});
        }
        log.finish();
    });
    CHECK(std::count(text.begin(), text.end(), '\n') == 4);
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find("percentage_error: 0.5000", at)) != text.npos; ++at)
        ++found;
    CHECK(found == 200);
}

TEST_CASE("the log costs next to nothing") {
    // the same work with the log (not a terminal, but its looks at the clock are the same) and
    // without: the best of several
    Task const task(25600); // an epoch of 800 steps, some 0.4 ms
    auto const fresh = model(); // a trained one meets smaller numbers, at another speed
    auto const seconds = [&](int verbose, std::FILE* file) {
        auto net = fresh;
        auto const begin = std::clock(); // the processor's time, not other programs'
        net.fit(task.features(), task.y,
                {.epochs = 5, .verbose = verbose, .log = file, .threads = 1});
        return double(std::clock() - begin) / CLOCKS_PER_SEC;
    };
    std::FILE* const file = std::fopen("/dev/null", "w"); // the disk's time is not the log's
    REQUIRE(file);
    // A shared core has two speeds, and one of both may meet the better one alone: a log that costs
    // something costs it in every round.
    double least = 1e9;
    for (int round = 0; round < 5 && least > 1.1; ++round) {
        double with = 1e9, without = 1e9;
        for (int i = 0; i < 60; ++i) {
            without = std::min(without, seconds(0, file));
            with = std::min(with, seconds(1, file));
        }
        MESSAGE("with the log ", with * 1e3, " ms, without ", without * 1e3, " ms");
        least = std::min(least, with / without);
    }
    std::fclose(file);
    CHECK(least < 1.1); // the aim is 1.01; the rest is the noise of a shared machine
}
