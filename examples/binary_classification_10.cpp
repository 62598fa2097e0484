// SPDX-License-Identifier: BSD-3-Clause
//
// Binary classification on ten features: a network of two hidden layers, and beside it the same
// task as plain logistic regression, trained by batch, stochastic and mini-batch gradient descent;
// at the end the pipeline of a step, written out.
//
//     binary_classification_10 vowel.csv
//
// The table that scripts/test brings: 990 spoken vowels, ten numbers each (the speaker and nine log
// area ratios of the vocal tract; D. Deterding, University of Cambridge; Debian's package
// r-cran-mlbench); positive: one of the four front vowels.
#include <lamina/lamina.hpp>

#include <array>
#include <cstdio>

using namespace lamina;

int main(int argc, char** argv) try {
    auto [train, test] = read_csv(argc > 1 ? argv[1] : "vowel.csv")
                             .drop_missing()
                             .map("label", {{"positive", 1}, {"negative", 0}})
                             .standardize()
                             .split({.test = 0.2f, .seed = 42});

    // The network of the walkthrough.
    auto model =
        compile(Sequential{Input<10>{}, Dense<64, ReLU>{}, Dense<64, ReLU>{}, Dense<1, Sigmoid>{}},
                Adam{}, BinaryCrossentropy{}, Accuracy{});
    model.fit(train, {.epochs = 10, .batch_size = 32, .validation_split = 0.2f});
    auto const [loss, accuracy] = model.evaluate(test, {.verbose = 2});
    std::printf("Test accuracy: %.4f\n\n", accuracy);

    // Logistic regression: one unit. What differs is how many samples a step sees.
    struct Descent {
        char const* name;
        std::size_t batch_size, epochs;
        float learning_rate;
    };
    double worst = 1;
    for (auto const& d :
         {Descent{"batch", train.rows(), 400, 1.0f}, Descent{"stochastic", 1, 5, 0.02f},
          Descent{"mini-batch", 32, 20, 0.2f}}) {
        auto logistic =
            compile(Sequential{Input<10>{}, Dense<1, Sigmoid>{}},
                    SGD{.learning_rate = d.learning_rate}, BinaryCrossentropy{}, Accuracy{});
        logistic.fit(train, {.epochs = d.epochs, .batch_size = d.batch_size, .verbose = 0});
        auto const [test_loss, test_accuracy] = logistic.evaluate(test);
        std::printf("Logistic regression, %-10s gradient descent: %6zu steps, test loss %.4f, "
                    "accuracy %.4f\n",
                    d.name, std::size_t(logistic.progress.steps), test_loss, test_accuracy);
        worst = test_accuracy < worst ? test_accuracy : worst;
    }

    // The pipeline, step by step: normalised rows, augmented by a little noise, in shuffled
    // batches; forward, loss, backward and the optimizer's update are one call, compiled into one
    // function.
    auto augmented = compile(Sequential{Input<10>{}, GaussianNoise{.stddev = 0.05f},
                                        Dense<64, ReLU>{}, Dense<1, Sigmoid>{}},
                             Adam{}, BinaryCrossentropy{}, Accuracy{});
    ArrayBatches stream({train.x.data(), train.x.size()}, {train.y.data(), train.y.size()},
                        train.rows(), {.batch_size = 32});
    double first = 0, last = 0;
    for (std::size_t epoch = 0; epoch < 10; ++epoch) {
        stream.restart(epoch);
        double sum = 0;
        for (Batch<> batch; stream.next(batch);)
            sum += double(augmented.train_on_batch(Array(batch.x.data(), {batch.n, 10}), batch.y)) *
                   double(batch.n);
        (epoch ? last : first) = sum / double(train.rows());
    }
    std::printf("\nThe pipeline by hand: loss %.4f in the first epoch, %.4f in the tenth\n", first,
                last);
    return accuracy > 0.85 && worst > 0.75 && last < first ? 0 : 1;
} catch (lamina::Error const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
