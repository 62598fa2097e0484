// SPDX-License-Identifier: BSD-3-Clause
//
// A small convolutional network that tells ten kinds of clothes apart, as Keras' tutorial on images
// does it: load, look, train, evaluate, predict, save, load again.
//
//     fashion_mnist [--quick] [folder]
//
// The folder holds the four files of Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017; Debian's
// package dataset-fashion-mnist, where they are looked for), of MNIST, or of another set of the
// same form. --quick trains on a twentieth of the images.
//
// Convolution, y[i, j, f] = bias[f] + sum over the window of x[i + a, j + b, c] kernel[a, b, c, f],
// finds edges and textures; pooling keeps the largest answer of four neighbours, so that a shift by
// a pixel matters less; the dense layers vote.
#include <lamina/adapters/gnuplot.hpp>
#include <lamina/adapters/gnuplot_images.hpp>
#include <lamina/data/gzip.hpp>
#include <lamina/data/mnist.hpp>
#include <lamina/io/keras_hdf5.hpp>
#include <lamina/lamina.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

using namespace lamina;

constexpr std::size_t batch_size = 64;

/// 421,642 parameters. The learning rate rises and falls once over all steps, which in few epochs
/// comes further than a constant one.
auto build_model(std::size_t steps) {
    return compile(Sequential{Input<28, 28, 1>{}, Conv2D<32, 3, ReLU, Same>{}, MaxPooling2D<2>{},
                              Conv2D<64, 3, ReLU, Same>{}, MaxPooling2D<2>{}, Flatten{},
                              Dense<128, ReLU>{}, Dropout{.rate = 0.3f}, Dense<10, Softmax>{}},
                   Adam{.learning_rate = OneCycle{.max_learning_rate = 3e-3, .total_steps = steps}},
                   SparseCategoricalCrossentropy{}, Accuracy{});
}

/// The first images of a set, each with what it was taken for, how surely, and what it is.
void draw_predictions(LabelledImages const& test, Tensor<float, 2> const& probabilities) {
    ImageGridOptions grid{.columns = 6};
    LabelledImages const some = test.first(std::min<std::size_t>(30, test.size()));
    for (std::size_t i = 0; i < some.size(); ++i) {
        float const* const p = probabilities.data() + i * 10;
        auto const answer = std::size_t(std::max_element(p, p + 10) - p);
        auto const truth = std::size_t(some.labels[i]);
        char percent[16];
        std::snprintf(percent, sizeof percent, " %.0f%%", double(100 * p[answer]));
        grid.captions.push_back(test.classes[answer] + percent +
                                (answer == truth ? "" : ": " + test.classes[truth]));
        grid.colors.push_back(answer == truth ? "blue" : "red");
    }
    plot_images(some.images, "predictions.png", grid);
}

/// The kernels of the first layer, a picture of 3 x 3 for each filter.
void draw_filters(auto const& model) {
    auto const kernel = model.weights.layer("conv2d")["kernel"]; // (3, 3, 1, 32)
    auto filters = Tensor<float, 4>::from_shape({32, 3, 3, 1});
    for (std::size_t f = 0; f < 32; ++f)
        for (std::size_t k = 0; k < 9; ++k) filters.data()[f * 9 + k] = kernel.numbers[k * 32 + f];
    plot_images(filters, "filters.png", {.columns = 8});
}

int main(int argc, char** argv) try {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    bool const quick = !arguments.empty() && arguments[0] == "--quick";
    std::string const folder =
        arguments.size() > quick ? arguments.back() : "/usr/share/datasets/fashion-mnist";
    std::size_t const epochs = quick ? 3 : 5;

    // Load the images: from 0 to 1, (n, 28, 28, 1).
    bool const fashion = folder.find("fashion") != std::string::npos;
    std::vector<std::string> const digits{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    auto [train, test] = read_mnist(
        folder, {.unpack = gunzip, .classes = fashion ? fashion_mnist_classes() : digits});
    if (quick) {
        train = train.first(train.size() / 20);
        test = test.first(test.size() / 10);
    }
    std::printf("%zu images to train on, %zu to test, %zu x %zu pixels\n\n", train.size(),
                test.size(), train.height(), train.width());

    // Build and train.
    std::size_t const steps = epochs * ((train.size() + batch_size - 1) / batch_size);
    auto model = build_model(steps);
    std::printf("%s\n", model.summary().c_str());
    History const history = model.fit(train.images, train.labels,
                                      {.epochs = epochs,
                                       .batch_size = batch_size,
                                       .validation_data = {test.images, test.labels}});

    // Evaluate on images that it has never seen.
    auto const [loss, accuracy] = model.evaluate(test.images, test.labels, {.verbose = 2});
    std::printf("\nTest accuracy: %.4f\n\n", accuracy);

    // Predict, and see what is taken for what.
    auto const probabilities = model.predict(test.images);
    auto const confusion =
        evaluate_metric<Shape<10>>(ConfusionMatrix{}, probabilities, test.labels);
    std::printf("%s\n", confusion.text(test.classes).c_str());

    // Draw the curves, some predictions, the first layer's filters, and the confusion.
    plot_history(history, "training.png");
    draw_predictions(test, probabilities);
    draw_filters(model);
    plot_confusion_matrix(confusion, "confusion.png", test.classes);
    std::printf("Pictures: training.png, predictions.png, filters.png, confusion.png\n");

    // Save, load into a new model, and predict the same.
    save(model, "fashion_mnist.h5");
    auto loaded = build_model(steps);
    load(loaded, "fashion_mnist.h5");
    bool const equal = loaded.predict(test.images) == probabilities;
    std::printf("fashion_mnist.h5 predicts %s\n", equal ? "the same" : "OTHERWISE");

    // Of ten classes one guesses a tenth right; all of Fashion-MNIST should give 0.91.
    return equal && accuracy > (quick ? 0.7 : 0.91) ? 0 : 1;
} catch (lamina::Error const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
