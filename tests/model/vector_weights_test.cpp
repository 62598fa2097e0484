// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include "support/complaint.hpp"
#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

// Weights of each moment of a sequence and of each pixel of an image: by their classes, or given.

using namespace lamina;
using testing::complaint;
using testing::numbers_of;

namespace {

constexpr std::size_t n = 10, moments = 6, features = 5, classes = 4, rows = n * moments;
std::vector<float> const by_class{0.3f, 2, 0.7f, 1.5f};

/// Sequences of vectors, each with a class; -1: none is known.
struct Tags {
    std::vector<float> x = std::vector<float>(rows * features), weight = std::vector<float>(rows);
    std::vector<std::int32_t> label = std::vector<std::int32_t>(rows);
    Tags() {
        Random const random{5};
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(random.normal(i));
        for (std::size_t r = 0; r < rows; ++r) {
            label[r] = std::int32_t(random.below(1000 + r, classes + 1)) - 1;
            weight[r] = label[r] < 0 ? 1.0f : by_class[std::size_t(label[r])];
        }
    }
    Array sequences() const { return {x.data(), {n, moments, features}}; }
    Array labels() const { return {label.data(), {n, moments}}; }
    Array weights() const { return {weight.data(), {n, moments}}; }
};

using Loss = SparseCategoricalCrossentropy;
auto tagger() {
    return compile(Sequential{Input<moments, features>{}, Dense<classes, Softmax>{}},
                   SGD{.learning_rate = 0.1}, Loss{.ignore_class = -1});
}
/// The same of vectors one by one.
auto classifier() {
    return compile(Sequential{Input<features>{}, Dense<classes, Softmax>{}},
                   SGD{.learning_rate = 0.1}, Loss{.ignore_class = -1});
}

} // namespace

TEST_CASE("class weights of sequences are those of their moments") {
    Tags const tags;
    auto model = tagger();
    // the sum of w[t] -log softmax(z)[t] over the moments that have a class, through their number
    auto const p = model.predict(tags.sequences());
    double sum = 0, known = 0;
    for (std::size_t r = 0; r < rows; ++r) {
        if (tags.label[r] < 0) continue;
        auto const t = std::size_t(tags.label[r]);
        sum -= double(by_class[t]) * std::log(double(p.data()[r * classes + t]));
        ++known;
    }
    REQUIRE(known < double(rows));
    auto one_by_one = classifier();
    std::copy_n(model.weights.values.data(), model.parameter_count,
                one_by_one.weights.values.data());
    auto given = model;
    double const loss =
        model.train_on_batch(tags.sequences(), tags.labels(), {.class_weight = by_class});
    CHECK(loss == doctest::Approx(sum / known));
    CHECK(one_by_one.train_on_batch(Array(tags.x.data(), {rows, features}), tags.label,
                                    {.class_weight = by_class}) == doctest::Approx(loss));
    for (std::size_t i = 0; i < model.parameter_count; ++i)
        CHECK(model.weights.values[i] == doctest::Approx(one_by_one.weights.values[i]));

    CHECK(std::get<0>(given.evaluate(tags.sequences(), tags.labels(),
                                     {.batch_size = n, .sample_weight = tags.weights()})) ==
          doctest::Approx(loss));
    given.train_on_batch(tags.sequences(), tags.labels(), {.sample_weight = tags.weights()});
    CHECK(numbers_of(given) == numbers_of(model));
}

TEST_CASE("weights of moments go with their samples: shuffled, split and in batches") {
    Tags const tags;
    FitOptions options{.epochs = 3, .batch_size = 3, .validation_split = 0.2f, .verbose = 0};
    auto plain = tagger(), a = plain, b = plain, both = plain, squared = plain;
    plain.fit(tags.sequences(), tags.labels(), options);
    options.class_weight = by_class;
    a.fit(tags.sequences(), tags.labels(), options);
    options.class_weight = {};
    options.sample_weight = tags.weights();
    b.fit(tags.sequences(), tags.labels(), options);
    CHECK(numbers_of(a) == numbers_of(b));
    CHECK(numbers_of(a) != numbers_of(plain));

    // a weight for each sample beside those of the classes
    std::vector<float> each(n), product = tags.weight;
    for (std::size_t i = 0; i < n; ++i) each[i] = float(i % 3);
    for (std::size_t r = 0; r < rows; ++r) product[r] *= each[r / moments];
    options.sample_weight = Array(product.data(), {n, moments});
    squared.fit(tags.sequences(), tags.labels(), options);
    options.sample_weight = each;
    options.class_weight = by_class;
    both.fit(tags.sequences(), tags.labels(), options);
    CHECK(numbers_of(both) == numbers_of(squared));

    // batches that come from elsewhere
    using Sample = std::pair<std::span<float const>, std::span<std::int32_t const>>;
    std::size_t const size = moments * features;
    auto stream = batches(
        [&, i = std::size_t{0}]() mutable -> std::optional<Sample> {
            if (i == n) return i = 0, std::nullopt;
            std::size_t const at = i++;
            return Sample{std::span(tags.x).subspan(size * at, size),
                          std::span(tags.label).subspan(moments * at, moments)};
        },
        {.batch_size = 3, .shuffle = false});
    auto by_arrays = tagger(), by_batches = by_arrays;
    by_batches.fit(stream, {.epochs = 2, .class_weight = by_class, .verbose = 0});
    by_arrays.fit(
        tags.sequences(), tags.labels(),
        {.epochs = 2, .batch_size = 3, .shuffle = false, .class_weight = by_class, .verbose = 0});
    CHECK(numbers_of(by_arrays) == numbers_of(by_batches));
}

TEST_CASE("weights of pixels, by the largest of their targets or given") {
    constexpr std::size_t pixels = 2 * 3;
    auto model = compile(Sequential{Input<2, 3, 2>{}, Conv2D<3, 1, Softmax>{}},
                         SGD{.learning_rate = 0.1}, CategoricalCrossentropy{});
    std::vector<float> x(2 * pixels * 2), y(2 * pixels * 3), weight(2 * pixels);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i % 7) - 3;
    for (std::size_t i = 0; i < 2 * pixels; ++i) {
        y[3 * i + i % 3] = 1;
        weight[i] = by_class[i % 3];
    }
    Array const images(x.data(), {2, 2, 3, 2}), targets(y.data(), {2, 2, 3, 3});
    auto const p = model.predict(images);
    double sum = 0;
    for (std::size_t i = 0; i < 2 * pixels; ++i)
        sum -= double(weight[i]) * std::log(double(p.data()[3 * i + i % 3]));
    auto given = model;
    CHECK(double(model.train_on_batch(images, targets, {.class_weight = {0.3f, 2, 0.7f}})) ==
          doctest::Approx(sum / double(2 * pixels)));
    given.train_on_batch(images, targets, {.sample_weight = Array(weight.data(), {2, 2, 3})});
    CHECK(numbers_of(given) == numbers_of(model));

    // several labels of a pixel say no class
    y[3 * 4 + 2] = 1;
    CHECK(complaint([&] {
              model.train_on_batch(images, targets, {.class_weight = {1, 2, 3}});
          }) == "train_on_batch: class_weight is for one class per vector, and vector 4 has "
                "several labels. Give sample_weight.");
}

TEST_CASE("classes of pixels, and their weights, have the axes of the image") {
    auto model = compile(Sequential{Input<2, 3, 1>{}, Conv2D<3, 1, Softmax>{}},
                         SGD{.learning_rate = 0}, SparseCategoricalCrossentropy{}, Accuracy{});
    std::vector<float> x(2 * 6), seen(2 * 6);
    std::vector<std::int32_t> classes(2 * 6);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = float(i % 7) - 3;
        classes[i] = std::int32_t(i % 3);
        seen[i] = i % 4 == 1 ? 0.0f : 1.0f;
    }
    Array const images(x.data(), {2, 2, 3, 1});
    auto const p = model.predict(images);
    double sum = 0, right = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        float const* const row = p.data() + 3 * i;
        sum -= double(seen[i]) * std::log(double(row[classes[i]]));
        right += std::max_element(row, row + 3) - row == classes[i];
    }
    auto const judge = [&](Array const& of, Array const& masks, Array const& weights) {
        auto const [loss, accuracy] = model.evaluate(of, masks, {.sample_weight = weights});
        CHECK(loss == doctest::Approx(sum / 12));
        CHECK(accuracy == doctest::Approx(right / 12));
    };
    judge(images, Array(classes.data(), {2, 2, 3}), Array(seen.data(), {2, 2, 3}));
    judge(Array(x.data(), {2, 2, 3}), Array(classes.data(), {2, 2, 3, 1}), // as out of files
          Array(seen.data(), {2, 2, 3, 1}));
    CHECK(complaint([&] {
              model.evaluate(images, Array(classes.data(), {2, 3, 2}));
          }) ==
          "evaluate: y has the shape (2, 3, 2), the network takes (n, 2, 3), n samples. Nothing "
          "is broadcast: reshape it.");
    std::vector<float> one_hot(2 * 6 * 3);
    CHECK(complaint([&] {
              model.evaluate(images, Array(one_hot.data(), {2, 2, 3, 3}));
          }) ==
          "evaluate: y has the shape (2, 2, 3, 3), the network takes (n, 2, 3), n samples. One-hot "
          "rows? They are for CategoricalCrossentropy.");
}

TEST_CASE("weights of moments of numbers: a gap in a forecast counts for nothing") {
    auto model =
        compile(Sequential{Input<3, 1>{}, Dense<2>{}}, SGD{.learning_rate = 0}, MeanSquaredError{});
    float const x[]{1, 2, 3}, y[]{1, 0, 4, 4, -1, 2}, seen[]{1, 0, 0.5f};
    auto const p = model.predict(Array(x, {1, 3, 1}));
    double sum = 0;
    for (std::size_t i = 0; i < 6; ++i)
        sum += double(seen[i / 2]) * std::pow(double(p.data()[i]) - double(y[i]), 2) / 2;
    CHECK(std::get<0>(model.evaluate(Array(x, {1, 3, 1}), Array(y, {1, 3, 2}),
                                     {.sample_weight = Array(seen, {1, 3})})) ==
          doctest::Approx(sum / 3));
}

TEST_CASE("weights that no sample has are refused") {
    Tags const tags;
    auto model = tagger();
    auto const why = [&](auto& of, Array const& weight) {
        return complaint(
            [&] { of.train_on_batch(tags.sequences(), tags.labels(), {.sample_weight = weight}); });
    };
    CHECK(why(model, Array(tags.x.data(), {n, moments - 1})) ==
          "train_on_batch: sample_weight has the shape (10, 5), the network takes (n, 6), n "
          "samples. Give one for each sample, or for each vector of the one output.");
    CHECK(why(model, Array(tags.weight.data(), {n - 1, moments})) ==
          "train_on_batch: sample_weight has 9 numbers for 10 samples. Give one for each.");
    auto gaps = tags.weight;
    gaps[3 * moments + 2] = std::numeric_limits<float>::quiet_NaN();
    CHECK(why(model, Array(gaps.data(), {n, moments})) ==
          "train_on_batch: sample_weight nan of sample 3 is not finite.");
    CHECK(complaint([&] {
              model.train_on_batch(tags.sequences(), tags.labels(), {.class_weight = {1, 2, 3}});
          }).find("train_on_batch: class_weight has 3 numbers, sample ") == 0);

    // whose of two outputs' moments?
    auto two = compile(graph<Input<moments, features>>([](auto x) {
                           return outputs(x | Dense<classes, Softmax>{}, x | Dense<2>{});
                       }),
                       SGD{}, losses(Loss{.ignore_class = -1}, MeanSquaredError{}));
    std::vector<float> const numbers(rows * 2);
    CHECK(complaint([&] {
              two.train_on_batch(tags.sequences(),
                                 {tags.labels(), Array(numbers.data(), {n, moments, 2})},
                                 {.sample_weight = tags.weights()});
          }) == "train_on_batch: sample_weight has the shape (10, 6), the network takes (n), n "
                "samples. Give one for each sample, or for each vector of the one output.");
}
