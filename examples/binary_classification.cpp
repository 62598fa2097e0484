// SPDX-License-Identifier: BSD-3-Clause
//
// Binary classification from a CSV, as Keras' walkthroughs do it: load, clean, train, evaluate,
// save, load again, predict.
//
//     binary_classification data.csv
//
// The table has the columns feature1, feature2, feature3 and label, which is positive or negative.
// The one that scripts/walkthrough brings is the Wisconsin breast-cancer table (W. H. Wolberg,
// University of Wisconsin; Debian's package r-cran-mlbench): clump thickness, uniformity of cell
// size and bare nuclei, its real gaps kept; positive means malignant.
#include <lamina/adapters/gnuplot.hpp>
#include <lamina/io/keras_hdf5.hpp>
#include <lamina/lamina.hpp>

#include <cstdio>

using namespace lamina;

/// The walkthrough's network: 3 features, a hidden layer of 64, one probability.
auto build_model() {
    return compile(Sequential{Input<3>{}, Dense<64, ReLU>{}, Dense<1, Sigmoid>{}},
                   Adam{.learning_rate = 1e-3f}, BinaryCrossentropy{}, Accuracy{});
}

int main(int argc, char** argv) try {
    // Load the data, drop rows with gaps, turn the label into 0 and 1, hold a fifth back for the
    // test. The features are scaled by what the training part shows, and by that alone.
    auto [train, test] = read_csv(argc > 1 ? argv[1] : "data.csv")
                             .drop_missing()
                             .map("label", {{"positive", 1}, {"negative", 0}})
                             .standardize()
                             .split({.test = 0.2f, .seed = 42});
    std::printf("%zu samples to train on, %zu to test\n\n", train.rows(), test.rows());

    // Build and train.
    auto model = build_model();
    std::printf("%s\n", model.summary().c_str());
    History const history =
        model.fit(train, {.epochs = 10, .batch_size = 32, .validation_split = 0.2f});

    // Evaluate on rows that it has never seen.
    auto const [loss, accuracy] = model.evaluate(test, {.verbose = 2});
    std::printf("Test accuracy: %.4f\n", accuracy);

    auto const probabilities = model.predict(test);
    std::printf("Test recall:   %.4f\n", evaluate_metric(Recall{}, probabilities, test.y));
    std::printf("Test F1:       %.4f\n", evaluate_metric(F1Score{}, probabilities, test.y));
    std::printf("\n%s\n", evaluate_metric(ConfusionMatrix{}, probabilities, test.y)
                              .text({"negative", "positive"})
                              .c_str());

    // Draw the training curves.
    plot_history(history, "training.png");

    // Save, load into a new model, and predict the same.
    save(model, "model.h5");
    auto loaded = build_model();
    load(loaded, "model.h5");
    bool const equal = loaded.predict(test) == probabilities;
    std::printf("model.h5 predicts %s; the curves are in training.png\n",
                equal ? "the same" : "OTHERWISE");
    return equal && loss < 1 ? 0 : 1;
} catch (lamina::Error const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
