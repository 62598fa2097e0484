// SPDX-License-Identifier: BSD-3-Clause
// What scripts/check-resume runs: for each optimizer, with and without a schedule, a training
// process that saves after every batch is killed again and again, at random moments and with
// another number of threads each time, and goes on from its file. What comes of it must be what a
// run has that was never stopped: weights, state and all that the optimizer keeps, bit for bit.
#include <lamina/io/model_checkpoint.hpp>
#include <lamina/io/safetensors.hpp>
#include <lamina/lamina.hpp>

#include "support/fault_folder.hpp"
#include "support/random_model.hpp"
#include "support/samples.hpp"

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

using namespace lamina;
using namespace lamina::testing;

namespace {

constexpr std::size_t epochs = 60, kills = 20;
int failures = 0;

template <class Optimizer>
void check(char const* name, Optimizer optimizer) {
    Task const task(230); // eight batches an epoch, the last one short
    FitOptions options{.epochs = epochs, .batch_size = 32, .seed = 9, .verbose = 0};
    auto whole = model_with(optimizer);
    whole.fit(task.features(), task.y, options);

    Folder const folder;
    std::string const path = folder.path("model.safetensors");
    std::size_t killed = 0, within = 0, last = 0;
    options.resume = true;
    for (std::size_t i = 0;; ++i) {
        pid_t const child = ::fork();
        if (child == 0) {
            auto model = model_with(optimizer);
            if (::access(path.c_str(), F_OK) == 0) load(model, path);
            ModelCheckpoint checkpoint{model, {.path = path, .every_batches = 1}};
            options.callbacks = {&checkpoint};
            options.threads = 1 + i % 3;
            options.resume = model.progress.steps > 0;
            model.fit(task.features(), task.y, options);
            ::_exit(0);
        }
        if (killed < kills) {
            ::usleep(unsigned(500 + Random{3}.child(i).below(0, 6'000)));
            ::kill(child, SIGKILL);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFEXITED(status)) break;
        ++killed;
        if (::access(path.c_str(), F_OK) != 0) continue;
        auto model = model_with(optimizer);
        load(model, path); // throws if the file is not whole
        within += model.progress.batch > 0;
        if (model.progress.steps < last) ++failures, std::printf("%s: steps were lost\n", name);
        last = model.progress.steps;
    }
    auto model = model_with(optimizer);
    load(model, path);
    bool const same =
        numbers_of(model) == numbers_of(whole) && model.progress.steps == whole.progress.steps;
    failures += !same || killed < kills || within < kills / 2;
    std::printf("%-28s %2zu kills, %2zu within an epoch: %s\n", name, killed, within,
                same ? "the same bits" : "NOT the same");
}

} // namespace

int main() {
    CosineDecay const decay{.initial_learning_rate = 0.01, .decay_steps = 60};
    check("SGD", SGD{.learning_rate = 0.05});
    check("SGD, momentum", SGD{.learning_rate = 0.05, .momentum = 0.9});
    check("SGD, Nesterov, cosine", SGD{.learning_rate = decay, .momentum = 0.9, .nesterov = true});
    check("Adam", Adam{.learning_rate = 0.01});
    check("Adam, cosine", Adam{.learning_rate = decay});
    check("AdamW, cosine", AdamW{.learning_rate = decay});
    check("AMSGrad", AMSGrad{.learning_rate = 0.01});
    check("Adamax, cosine", Adamax{.learning_rate = decay});
    check("Nadam", Nadam{.learning_rate = 0.01});
    check("RAdam", RAdam{.learning_rate = 0.01});
    check("RMSprop", RMSprop{.learning_rate = 0.01});
    check("RMSprop, momentum, cosine",
          RMSprop{.learning_rate = decay, .momentum = 0.9, .centered = true});
    check("Adagrad", Adagrad{.learning_rate = 0.05});
    check("Adadelta", Adadelta{.learning_rate = 1.0});
    check("Lion", Lion{.learning_rate = 0.001});
    check("Rprop", Rprop{});
    return failures != 0;
}
