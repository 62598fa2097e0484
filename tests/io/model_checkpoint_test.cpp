// SPDX-License-Identifier: BSD-3-Clause
// alone: what it expects depends on which formats are included
#include <lamina/io/model_checkpoint.hpp>

#include <lamina/io/safetensors.hpp>

#include <lamina/activations/tanh.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/callbacks/terminate_on_nan.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/adam.hpp>

#include "support/fault_folder.hpp"
#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

using namespace lamina;
using namespace lamina::testing;

namespace {

Tensor<float, 2> noise(std::size_t rows, std::size_t columns, std::uint64_t seed = 1) {
    auto out = Tensor<float, 2>::from_shape({rows, columns});
    for (std::size_t i = 0; i < out.size(); ++i)
        out.data()[i] = 2 * Random{seed}.uniform(i) - 1;
    return out;
}
auto make() {
    return compile(Sequential{Input<3>{}, Dense<6>{}, BatchNormalization{}, Tanh{},
                              Dropout{.rate = 0.2f}, Dense<1>{}},
                   Adam{.learning_rate = 0.01}, MeanSquaredError{});
}
auto const x = noise(60, 3), y = noise(60, 1, 2);

bool same_bits(Tensor<float, 2> const& a, Tensor<float, 2> const& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}
/// Ends the run after so many batches.
struct StopAfter final : Callback {
    std::size_t left;
    explicit StopAfter(std::size_t batches) : left(batches) {}
    void on_batch_end(Training& training) override { training.stop = --left == 0; }
};

} // namespace

TEST_CASE("a file for every second epoch, named after it") {
    Folder const folder;
    auto model = make();
    ModelCheckpoint checkpoint{
        model, {.path = folder.path("e{epoch}-{loss}.safetensors"), .every_epochs = 2}};
    auto const history = model.fit(x, y, {.epochs = 5, .callbacks = {&checkpoint}, .verbose = 0});
    CHECK(folder.entries() == 2);
    CHECK(checkpoint.last_path().starts_with(folder.path("e4-")));
    double const loss = std::stod(checkpoint.last_path().substr(folder.path("e4-").size()));
    CHECK(std::abs(loss - history["loss"][3]) < 1e-4);
    auto again = make();
    load(again, checkpoint.last_path());
    CHECK(again.progress.epoch == 4);
}

TEST_CASE("only the best epoch is kept") {
    Folder const folder;
    auto const path = folder.path("best.safetensors");
    auto model = make();
    ModelCheckpoint checkpoint{model, {.path = path, .save_best_only = true}};
    auto const history = model.fit(x, y, {.epochs = 12, .validation_split = 0.3f,
                                          .callbacks = {&checkpoint}, .verbose = 0});
    auto const losses = history["val_loss"];
    std::size_t best = 0;
    for (std::size_t e = 0; e < losses.size(); ++e)
        if (losses[e] < losses[best]) best = e;
    CHECK(checkpoint.best() == losses[best]);
    auto again = make();
    load(again, path);
    CHECK(again.progress.epoch == best + 1);
}

TEST_CASE("a run that is stopped at any batch goes on bit for bit from its last file") {
    auto whole = make();
    whole.fit(x, y, {.epochs = 3, .batch_size = 16, .seed = 8, .verbose = 0});
    for (std::size_t stop = 1; stop < 12; ++stop) {
        Folder const folder;
        auto const path = folder.path("m.safetensors");
        auto model = make();
        ModelCheckpoint checkpoint{model, {.path = path, .every_epochs = 0, .every_batches = 1}};
        StopAfter stopping{stop};
        model.fit(x, y, {.epochs = 3, .batch_size = 16, .seed = 8,
                         .callbacks = {&checkpoint, &stopping}, .verbose = 0});
        auto later = make();
        load(later, path);
        CHECK(later.progress.steps == stop);
        later.fit(x, y, {.epochs = 3, .batch_size = 16, .resume = true, .verbose = 0});
        CHECK(same_bits(later.predict(x), whole.predict(x)));
    }
}

TEST_CASE("a process that is killed while it trains leaves a file to go on from") {
    auto whole = make();
    whole.fit(x, y, {.epochs = 40, .batch_size = 16, .seed = 8, .verbose = 0});
    for (std::size_t i = 0; i < 8; ++i) {
        Folder const folder;
        auto const path = folder.path("m.safetensors");
        pid_t const child = ::fork();
        if (child == 0) {
            auto model = make();
            ModelCheckpoint checkpoint{model, {.path = path, .every_batches = 3}};
            model.fit(x, y, {.epochs = 1'000'000, .batch_size = 16, .seed = 8,
                             .callbacks = {&checkpoint}, .verbose = 0});
        }
        while (::access(path.c_str(), F_OK) != 0) ::usleep(200);
        ::usleep(unsigned(Random{3}.below(i, 20'000)));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        auto later = make();
        load(later, path);
        if (later.progress.epoch >= 40) continue;   // it was quicker than the whole run
        later.fit(x, y, {.epochs = 40, .batch_size = 16, .resume = true, .verbose = 0});
        CHECK(same_bits(later.predict(x), whole.predict(x)));
    }
}

TEST_CASE("a signal that asks to stop ends the run behind its batch, with a file to go on from") {
    static volatile std::sig_atomic_t asked;
    struct StopWhenAsked final : Callback {
        void on_batch_end(Training& training) override { training.stop = asked; }
    };
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    std::size_t steps = 0;
    sigset_t both, before; // kept waiting until the child has its handler
    ::sigemptyset(&both);
    ::sigaddset(&both, SIGINT);
    ::sigaddset(&both, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &both, &before);
    for (std::uint64_t i = 0; i < 50; ++i) {
        CAPTURE(i);
        int const signal = i % 2 ? SIGINT : SIGTERM;
        pid_t const child = ::fork();
        if (child == 0) {
            asked = 0;
            std::signal(signal, [](int) { asked = 1; });
            ::sigprocmask(SIG_UNBLOCK, &both, nullptr);
            ::alarm(2);   // SIGALRM ends it
            auto model = make();
            if (steps > 0) load(model, path);
            StopWhenAsked stopping;
            model.fit(x, y, {.epochs = 1'000'000, .batch_size = 16, .seed = 8,
                             .resume = steps > 0, .callbacks = {&stopping}, .verbose = 0});
            save(model, path);
            ::_exit(0);
        }
        ::usleep(unsigned(2'000 + Random{4}.below(i, 6'000)));
        ::kill(child, signal);
        int status = 0;
        ::waitpid(child, &status, 0);
        REQUIRE(WIFEXITED(status));
        REQUIRE(WEXITSTATUS(status) == 0);
        auto later = make();
        load(later, path);
        CHECK(later.progress.steps > steps);
        steps = later.progress.steps;
    }
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    auto stopped = make(), whole = make();
    load(stopped, path);
    std::size_t const epochs = stopped.progress.epoch + 1;
    stopped.fit(x, y, {.epochs = epochs, .batch_size = 16, .resume = true, .verbose = 0});
    whole.fit(x, y, {.epochs = epochs, .batch_size = 16, .seed = 8, .verbose = 0});
    CHECK(same_bits(stopped.predict(x), whole.predict(x)));
}

/// Spoils a run after so many batches.
struct Spoil final : Callback {
    std::size_t left;
    std::function<void(Training&)> how;
    Spoil(std::size_t batches, std::function<void(Training&)> spoil)
        : left(batches), how(std::move(spoil)) {}
    void on_batch_end(Training& training) override {
        if (--left == 0) how(training);
    }
};

TEST_CASE("sixty runs go wrong: each stops in that batch, with its file as it was") {
    float const wrong[]{std::numeric_limits<float>::quiet_NaN(),
                        std::numeric_limits<float>::infinity(),
                        -std::numeric_limits<float>::infinity()};
    for (std::size_t i = 0; i < 60; ++i) {
        CAPTURE(i);
        Folder const folder;
        auto const path = folder.path("m.safetensors");
        auto model = make();
        auto inputs = x, targets = y;
        std::size_t const good = i / 4 % 3 + 1;   // batches of 16 before it
        float const value = wrong[i % 3];
        std::function<void(Training&)> spoil = [](Training&) {};
        std::size_t late = 0;
        if (i % 4 == 0) inputs.data()[3 * 16 * good + i / 4] = value;
        else if (i % 4 == 1) targets.data()[16 * good + i / 4 % 12] = 3e38f * (i % 8 > 4 ? -1 : 1);
        else if (i % 4 == 2)
            spoil = [&](Training&) { model.weights.values[i / 4] = value; };
        else {
            double const rate = i % 8 == 3 ? 3e38 : 1e30;
            late = 2;   // the next weights are large, but still numbers
            spoil = [=](Training& t) { t.set_learning_rate(rate); };
        }
        Spoil spoiling{good, spoil};
        ModelCheckpoint checkpoint{model, {.path = path, .every_batches = 1}};
        TerminateOnNaN guard;
        FitOptions options{.epochs = 3, .batch_size = 16, .shuffle = false,
                           .callbacks = {&checkpoint, &spoiling}, .verbose = 0};
        std::string text;
        if (i % 5 == 0) {   // told to stop quietly
            options.callbacks.push_back(&guard);
            model.fit(inputs, targets, options);
            text = guard.message();
        } else {
            text = message_of<Error>([&] { model.fit(inputs, targets, options); });
        }
        CAPTURE(text);
        CHECK(text.find("The weights are those before this batch.") != std::string::npos);
        CHECK(model.progress.steps >= good);
        CHECK(model.progress.steps <= good + late);
        auto last = make();
        load(last, path);   // which refuses what is not finite
        CHECK(last.progress.steps == model.progress.steps);
        if (i % 4 != 2) CHECK(same_bits(last.predict(x), model.predict(x)));
        CHECK(folder.entries() == 1);
    }
}

TEST_CASE("where the newest file is damaged, a run goes on from the one before it") {
    auto whole = make();
    whole.fit(x, y, {.epochs = 3, .batch_size = 16, .seed = 8, .verbose = 0});
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto const previous = folder.path("previous-m.safetensors");
    auto model = make();
    ModelCheckpoint checkpoint{
        model, {.path = path, .keep_previous = true, .every_epochs = 0, .every_batches = 1}};
    StopAfter stopping{7};
    model.fit(x, y, {.epochs = 3, .batch_size = 16, .seed = 8,
                     .callbacks = {&checkpoint, &stopping}, .verbose = 0});
    CHECK(folder.entries() == 2);

    auto newest = make();
    auto const last = load_last(newest, path);
    CHECK((last.path == path && last.why.empty() && newest.progress.steps == 7));

    std::string const bytes = read_all(path);
    for (std::size_t i = 0; i < 40; ++i) {
        CAPTURE(i);
        std::string damaged = bytes;
        if (i % 2) damaged.resize(Random{i}.below(0, damaged.size()));
        else damaged[Random{i}.below(0, damaged.size())] ^= char(1 << i / 2 % 8);
        write_all(path, damaged);
        if (i == 39) CHECK(unlink(path.c_str()) == 0);
        auto later = make();
        auto const found = load_last(later, path);
        CHECK(found.path == previous);
        CHECK(found.why.find(path) != std::string::npos);
        REQUIRE(later.progress.steps == 6);
        if (i % 13 == 0) {
            // its own first file takes the damaged one's place, not the whole one's
            ModelCheckpoint next{later, {.path = path, .keep_previous = true, .every_epochs = 0,
                                         .every_batches = 1}};
            StopAfter one{1};
            later.fit(x, y, {.epochs = 3, .batch_size = 16, .resume = true,
                             .callbacks = {&next, &one}, .verbose = 0});
            auto before = make(), now = make();
            load(before, previous);
            CHECK((before.progress.steps == 6 && load_last(now, path).why.empty()));
            now.fit(x, y, {.epochs = 3, .batch_size = 16, .resume = true, .verbose = 0});
            CHECK(same_bits(now.predict(x), whole.predict(x)));
        }
    }
    write_all(path, bytes.substr(0, 100));
    write_all(previous, bytes.substr(0, 99));
    auto const text = message_of<Error>([&] { load_last(model, path); });
    CHECK(text.find(path) < text.find("The file before it: "));
    CHECK(text.find(previous) != std::string::npos);
}

TEST_CASE("100 runs that keep the file before are killed: the newest has its name all the while") {
    Folder const folder;
    auto const path = folder.path("m.safetensors");
    auto const previous = folder.path("previous-m.safetensors");
    save(make(), path);
    std::size_t kept = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
        CAPTURE(i);
        pid_t const child = ::fork();
        if (child == 0) {
            auto model = make();
            ModelCheckpoint checkpoint{model, {.path = path, .keep_previous = true,
                                               .every_epochs = 0, .every_batches = 1}};
            model.fit(x, y, {.epochs = 1'000'000, .batch_size = 16, .callbacks = {&checkpoint},
                             .verbose = 0});
            std::_Exit(0);
        }
        ::usleep(1000 + unsigned(Random{11}.below(i, 9000)));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        auto model = make();
        REQUIRE(message_of<Error>([&] { load(model, path); }) == "");
        if (::access(previous.c_str(), F_OK) != 0) continue;
        ++kept;
        REQUIRE(message_of<Error>([&] { load(model, previous); }) == "");
    }
    CHECK(kept > 0);
}

TEST_CASE("the file before is kept beside a name that leads elsewhere") {
    Folder const folder, other;
    auto const path = folder.path("m.safetensors"), real = other.path("real.safetensors");
    auto model = make();
    save(model, real);
    REQUIRE(::symlink(real.c_str(), path.c_str()) == 0);
    ModelCheckpoint checkpoint{
        model, {.path = path, .keep_previous = true, .every_epochs = 0, .every_batches = 1}};
    model.fit(x, y, {.epochs = 1, .batch_size = 16, .callbacks = {&checkpoint}, .verbose = 0});
    auto newest = make(), before = make();
    load(newest, path);
    load(before, folder.path("previous-m.safetensors"));
    CHECK(newest.progress.steps == 4);
    CHECK(before.progress.steps == 3);
    CHECK(folder.entries() == 2);
    CHECK(other.entries() == 1);
    CHECK(message_of<Error>([&] { load(before, real); }) == "");
    CHECK(before.progress.steps == 4);
}

TEST_CASE("mistakes are said before the training begins, or at its first file") {
    auto model = make();
    auto const why = [&](ModelCheckpointOptions options) {
        return message_of<Error>([&] {
            ModelCheckpoint checkpoint{model, options};
            model.fit(x, y, {.epochs = 1, .callbacks = {&checkpoint}, .verbose = 0});
        });
    };
    CHECK(why({.path = "m.h5"}).find("lamina/io/keras_hdf5.hpp") != std::string::npos);
    CHECK(why({.path = "{epoch}"}).find("no known format") != std::string::npos);
    Folder const folder;
    CHECK(why({.path = folder.path("{accuracy}.safetensors")})
              .find("the log has no \"accuracy\"; it has loss.") != std::string::npos);
    CHECK(why({.path = folder.path("m.safetensors"), .save_best_only = true})
              .find("the log has no \"val_loss\"") != std::string::npos);
    CHECK(why({.path = folder.path("none/m.safetensors")}).find("No such file") !=
          std::string::npos);
    CHECK(folder.entries() == 0);
}
