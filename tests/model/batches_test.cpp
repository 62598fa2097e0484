// SPDX-License-Identifier: BSD-3-Clause
// fit, evaluate and predict of batches that come one after another, and of labelled images.
#include <lamina/data/batches.hpp>

#include <lamina/activations/sigmoid.hpp>
#include <lamina/activations/softmax.hpp>
#include <lamina/activations/tanh.hpp>
#include <lamina/data/labelled_images.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/losses/sparse_categorical_crossentropy.hpp>
#include <lamina/metrics/accuracy.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/adam.hpp>
#include <lamina/optimizers/sgd.hpp>

#include "support/complaint.hpp"
#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

constexpr std::size_t n = 44;

/// Tokens and numbers in, a class and two numbers out.
struct Task {
    std::vector<std::int32_t> tokens, classes;
    std::vector<float> numbers, targets;

    Task() {
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t k = 0; k < 3; ++k)
                tokens.push_back(std::int32_t(Random{1}.below(3 * i + k, 7)));
            for (std::size_t k = 0; k < 2; ++k)
                numbers.push_back(float(Random{2}.normal(2 * i + k)));
            classes.push_back(tokens[3 * i] % 3);
            targets.push_back(numbers[2 * i]);
            targets.push_back(numbers[2 * i + 1] - numbers[2 * i]);
        }
    }
    Arrays x() const { return {Array(tokens.data(), {n, 3}), Array(numbers.data(), {n, 2})}; }
    Arrays y() const { return {classes, Array(targets.data(), {n, 2})}; }

    auto sample(std::size_t i) const {
        return std::pair{std::tuple{std::span(tokens).subspan(3 * i, 3),
                                    std::array{numbers[2 * i], numbers[2 * i + 1]}},
                         std::tuple{classes[i], std::vector{targets[2 * i], targets[2 * i + 1]}}};
    }
    /// All samples, once an epoch.
    auto walk() const {
        return [this, i = std::size_t{0}]() mutable -> std::optional<decltype(sample(0))> {
            if (i == n) return i = 0, std::nullopt;
            return sample(i++);
        };
    }
};

template <class T = float>
auto two_and_two() {
    return compile<T>(
        graph<Tokens<3>, Input<2>>([](auto tokens, auto numbers) {
            auto const h =
                join(tokens | Embedding<7, 4>{} | Flatten{}, numbers | Dense<3, Tanh>{}) |
                Concatenate{} | Dense<8, Tanh>{};
            return outputs(h | named<"kind">(Dense<3, Softmax>{}), h | Dense<2>{});
        }),
        Adam{.learning_rate = 0.01},
        losses(SparseCategoricalCrossentropy{}, weighted(0.5f, MeanSquaredError{})), Accuracy{});
}

bool has(std::string const& text, char const* part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("several inputs and outputs from batches: the bits of arrays") {
    Task const task;
    auto const check = [&](auto by_arrays) {
        auto by_batches = by_arrays;
        auto stream = batches(task.walk(), {.batch_size = 8, .shuffle = false});
        auto const expected = by_arrays.fit(
            task.x(), task.y(), {.epochs = 3, .batch_size = 8, .shuffle = false, .verbose = 0});
        auto const found = by_batches.fit(stream, {.epochs = 3, .batch_size = 8, .verbose = 0});
        CHECK(found.last("loss") == expected.last("loss"));
        CHECK(found.last("kind_accuracy") == expected.last("kind_accuracy"));
        for (std::size_t i = 0; i < by_arrays.parameter_count; ++i)
            REQUIRE(by_batches.weights.values[i] == by_arrays.weights.values[i]);

        auto const of_arrays = by_arrays.evaluate(task.x(), task.y(), {.batch_size = 8});
        CHECK((by_batches.evaluate(stream) == of_arrays));

        auto const a = by_batches.template predict<0>(stream);
        auto const b = by_batches.template predict<1>(
            batches(task.walk(), {.batch_size = 8, .shuffle = false}));
        CHECK(a == by_arrays.template predict<0>(task.x()));
        CHECK(b == by_arrays.template predict<1>(task.x()));
        CHECK(b.shape()[0] == n);
        CHECK(b.shape()[1] == 2);
    };
    check(two_and_two());
    check(two_and_two<double>());
}

TEST_CASE("shuffled batches of several inputs learn, with samples kept apart") {
    Task const task;
    auto model = two_and_two();
    auto const history = model.fit(
        batches(task.walk(), {.batch_size = 8, .shuffle_buffer = 16, .seed = 3}),
        {.epochs = 60, .validation_data = {task.x(), task.y()}, .verbose = 0});
    CHECK(history.last("val_kind_accuracy") == 1);
    CHECK(history.last("loss") < 0.3);
}

TEST_CASE("validated on batches as on arrays") {
    Task const task;
    auto model = two_and_two();
    auto other = model;
    auto const stream = [&](bool shuffle) {
        return batches(task.walk(), {.batch_size = 8, .shuffle = shuffle, .seed = 2});
    };
    auto const by_batches = model.fit(stream(true), stream(false), {.epochs = 4, .verbose = 0});
    // arrays are validated on in batches of .batch_size
    auto const by_arrays =
        other.fit(stream(true), {.epochs = 4, .batch_size = 8,
                                 .validation_data = {task.x(), task.y()}, .verbose = 0});
    for (char const* const name :
         {"loss", "kind_loss", "kind_accuracy", "val_loss", "val_kind_accuracy"})
        for (std::size_t e = 0; e < 4; ++e) CHECK(by_batches[name][e] == by_arrays[name][e]);
    auto none = batches(std::vector<decltype(task.sample(0))>{}, {});
    CHECK(complaint([&] { model.fit(stream(true), none, {.verbose = 0}); }) ==
          "fit: the batches to validate on have no sample.");
}

TEST_CASE("what a batch of several columns cannot be") {
    Task const task;
    auto model = two_and_two();
    auto const before = std::vector<float>(model.weights.values.data(),
                                           model.weights.values.data() + model.parameter_count);
    auto const why = [&](auto sample, bool targets = true) {
        auto stream = batches([&] { return sample; },
                              {.batch_size = 4, .shuffle = false, .steps = 2});
        auto const text = complaint([&] { model.fit(stream, {.verbose = 0}); });
        CHECK(has(text, "fit: "));
        CHECK(has(complaint([&] { model.evaluate(stream); }), "evaluate: "));
        CHECK(complaint([&] { model.predict(stream); }).empty() == targets);
        return text;
    };
    std::array const tokens{1, 2, 3};
    std::array const two{0.5f, 0.5f};
    CHECK(has(why(std::pair{tokens, std::tuple{1, two}}, false),
              "12 numbers of x, 3 each. The network takes 5: those of all its inputs"));
    CHECK(has(why(std::pair{std::tuple{tokens, two}, 1}),
              "4 numbers of y, 1 each. The network takes 3"));
    CHECK(has(why(std::pair{std::tuple{std::array{1, 9, 3}, two}, std::tuple{1, two}}, false),
              "x 0, sample 0, position 1: token 9"));
    CHECK(has(why(std::pair{std::tuple{std::array{1.0, 2.5, 3.0}, two}, std::tuple{1, two}}, false),
              "x holds 2.5, which is not a whole number"));
    CHECK(has(why(std::pair{std::tuple{tokens, two}, std::tuple{3, two}}), "3"));
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(model.weights.values[i] == before[i]);
}

TEST_CASE("one input and one output: evaluate and predict of batches") {
    auto model = compile(Sequential{Input<2>{}, Dense<3, Tanh>{}, Dense<1, Sigmoid>{}}, SGD{},
                         BinaryCrossentropy{}, Accuracy{});
    Dataset data;
    data.x = Tensor<float, 2>::from_shape({std::size_t{10}, std::size_t{2}});
    data.y = Tensor<float, 2>::from_shape({std::size_t{10}, std::size_t{1}});
    for (std::size_t i = 0; i < 20; ++i) data.x.data()[i] = float(Random{4}.normal(i));
    for (std::size_t i = 0; i < 10; ++i) data.y.data()[i] = float(i % 2);
    auto stream = batches(data, {.batch_size = 4, .shuffle = false});
    CHECK(model.predict(stream) == model.predict(data.x));
    CHECK(model.evaluate(stream) == model.evaluate(data, {.batch_size = 4}));
    auto none = batches(std::vector<std::pair<std::array<float, 2>, float>>{}, {});
    CHECK(model.predict(none).shape()[0] == 0);
}

TEST_CASE("labelled images go into fit, evaluate and predict as they are") {
    LabelledImages images;
    images.images = Tensor<float, 4>::from_shape(
        {std::size_t{12}, std::size_t{2}, std::size_t{3}, std::size_t{1}});
    for (std::size_t i = 0; i < images.images.size(); ++i)
        images.images.data()[i] = Random{5}.uniform(i);
    for (std::int32_t i = 0; i < 12; ++i) images.labels.push_back(i % 2);
    images.scale(standard_scaling(images.images));
    auto model = compile(Sequential{Input<2, 3, 1>{}, Flatten{}, Dense<2, Softmax>{}}, SGD{},
                         SparseCategoricalCrossentropy{}, Accuracy{});
    auto other = model;
    model.fit(images, {.epochs = 3, .verbose = 0});
    other.fit(images.images, images.labels, {.epochs = 3, .verbose = 0});
    CHECK(model.weights.values[3] == other.weights.values[3]);
    CHECK(model.scaling == images.scaling); // kept with the model
    CHECK(model.evaluate(images) == other.evaluate(images.images, images.labels));
    CHECK(model.predict(images) == other.predict(images.images));
}

TEST_CASE("class weights of batches are those of arrays; what batches cannot have is refused") {
    Task const task;
    auto const check = [&](auto by_arrays) {
        auto by_batches = by_arrays;
        using Sample = std::pair<std::span<float const>, std::int32_t>;
        auto stream = batches(
            [&, i = std::size_t{0}]() mutable -> std::optional<Sample> {
                if (i == n) return i = 0, std::nullopt;
                std::size_t const at = i++;
                return Sample{std::span(task.numbers).subspan(2 * at, 2), task.classes[at]};
            },
            {.batch_size = 8, .shuffle = false});
        by_arrays.fit(Array(task.numbers.data(), {n, 2}), task.classes,
                      {.epochs = 2,
                       .batch_size = 8,
                       .shuffle = false,
                       .class_weight = {1, 4, 0.5f},
                       .verbose = 0});
        by_batches.fit(stream, {.epochs = 2, .class_weight = {1, 4, 0.5f}, .verbose = 0});
        for (std::size_t i = 0; i < by_arrays.parameter_count; ++i)
            REQUIRE(by_batches.weights.values[i] == by_arrays.weights.values[i]);
        CHECK(complaint([&] {
                  by_batches.fit(stream, {.class_weight = {1, 4}, .verbose = 0});
              }).find("fit: class_weight has 2 numbers, sample ") == 0);
        CHECK(complaint([&] {
                  by_batches.fit(stream, {.sample_weight = task.numbers, .verbose = 0});
              }) == "fit: sample_weight is for samples in arrays, not for batches. Give "
                    "class_weight to fit, or train_on_batch each with its weights.");
        CHECK(complaint([&] {
                  by_batches.evaluate(stream, {.sample_weight = task.numbers});
              }).find("evaluate: sample_weight is for samples in arrays") == 0);
        CHECK(complaint([&] {
                  by_batches.fit(stream, {.validation_split = 0.5f, .verbose = 0});
              }) == "fit: validation_split is for samples in arrays, not for batches. Give "
                    "validation_data, or other batches: fit(batches, validation).");
    };
    check(compile(Sequential{Input<2>{}, Dense<3, Softmax>{}}, Adam{.learning_rate = 0.1},
                  SparseCategoricalCrossentropy{}));
    check(compile<double>(Sequential{Input<2>{}, Dense<3, Softmax>{}}, SGD{},
                          SparseCategoricalCrossentropy{}));
}
