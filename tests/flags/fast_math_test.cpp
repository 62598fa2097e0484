// SPDX-License-Identifier: BSD-3-Clause
// Compiled with -ffast-math, under which a compiler takes it for granted that there is no NaN: the
// library must see one all the same.
#include <lamina/core/array.hpp>
#include <lamina/core/block.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/data/number.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/data/json_writer.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/metrics/roc_auc.hpp>
#include <lamina/model/callbacks/monitor.hpp>
#include <lamina/model/model.hpp>
#include <lamina/model/training_log.hpp>
#include <lamina/optimizers/sgd.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

using namespace lamina;

namespace {

/// Made where the compiler cannot see it.
double made(std::uint64_t bits) {
    std::uint64_t volatile hidden = bits;
    return std::bit_cast<double>(std::uint64_t{hidden});
}
double nan() { return made(0x7ff8000000000000u); }
double infinity() { return made(0x7ff0000000000000u); }

std::string message(auto&& f) {
    try {
        f();
    } catch (Error const& e) {
        return e.what();
    }
    return "no error";
}
bool says(std::string const& text, char const* part) {
    return text.find(part) != std::string::npos;
}

} // namespace

#if !defined(__FAST_MATH__)
#error "this test is about -ffast-math"
#endif

TEST_CASE("NaN and infinity are seen in bits") {
    for (double const sign : {1.0, -1.0}) {
        CHECK(detail::is_nan(std::bit_cast<double>(std::bit_cast<std::uint64_t>(nan()) |
                                                   (sign < 0 ? 1ull << 63 : 0))));
        CHECK_FALSE(detail::is_nan(sign * infinity()));
        CHECK_FALSE(detail::is_finite(sign * infinity()));
        CHECK(detail::is_finite(sign * 1.7e308));
        CHECK(detail::is_finite(float(sign * 3.4e38)));
    }
    CHECK_FALSE(detail::is_finite(nan()));
    CHECK(detail::is_nan(float(nan())));
    CHECK_FALSE(detail::is_finite(float(infinity())));
    CHECK_FALSE(detail::is_nan(0.0));
    CHECK_FALSE(detail::is_nan(7));
    CHECK(detail::is_missing(detail::missing_number));
}

TEST_CASE("NaN neither improves nor ranks nor becomes a class") {
    detail::Best best(Mode::max, "accuracy"), least(Mode::min, "loss");
    CHECK_FALSE(best.better(nan()));
    CHECK_FALSE(least.better(nan()));
    CHECK(best.better(0.5));   // so no_baseline was none
    CHECK(least.better(0.5));
    CHECK_FALSE(best.better(nan()));

    std::vector<double> const scores{0.5, nan(), 0.1}, labels{1, 0, 0};
    CHECK(says(message([&] { roc_auc(scores, labels); }), "score 1 is NaN"));

    std::vector<double> const classes{0, nan()};
    Block<std::int32_t> room;
    CHECK(says(message([&] { Array(classes).as(room, "fit"); }),
               "is not a whole number"));
}

TEST_CASE("NaN and infinity are written as such") {
    detail::JsonWriter text;
    text.value(nan());
    CHECK(std::move(text).text() == "NaN");

    std::FILE* const file = std::tmpfile();
    REQUIRE(file);
    TrainingLog log(file, 2);
    log.begin(0, 1, 1);
    LogValue const logs[]{{"loss", nan()}, {"most", infinity()}, {"least", -infinity()}};
    log.end(1, logs);
    log.finish();
    std::string written(500, '\0');
    std::rewind(file);
    written.resize(std::fread(written.data(), 1, written.size(), file));
    std::fclose(file);
    CHECK(says(written, "loss: nan - most: inf - least: -inf"));
}

TEST_CASE("NaN is no share and no rate") {
    std::vector<float> const x{1, 2, 3, 4}, y{1, 2};
    Array const samples(x.data(), {2, 2});
    auto const fit = [&](auto definition, double rate, double share) {
        auto model = compile(definition, SGD{.learning_rate = rate}, MeanSquaredError{});
        model.fit(samples, y, {.validation_split = float(share), .verbose = 0});
    };
    Sequential const plain{Input<2>{}, Dense<1>{}};
    CHECK(message([&] { fit(plain, 0.1, 0.5); }) == "no error");
    CHECK(says(message([&] { fit(plain, 0.1, nan()); }), "It is a share of the samples"));
    for (double const rate : {nan(), infinity(), -infinity(), -1.0})
        CHECK(says(message([&] { fit(plain, rate, 0); }), "Give a finite number"));
    CHECK(says(message([&] {
                   fit(Sequential{Input<2>{}, Dropout{.rate = float(nan())}, Dense<1>{}}, 0.1, 0);
               }),
               "Dropout: rate is nan. Give a number from 0 to 1."));
}

TEST_CASE("NaN does not reach the weights") {
    auto model = compile(Sequential{Input<2>{}, Dense<3>{}, Dense<1>{}}, SGD{}, MeanSquaredError{});
    auto const before = std::vector<float>(model.weights.values.data(),
                                           model.weights.values.data() + model.parameter_count);
    std::vector<float> const x{1, 2, 3, float(nan())}, y{1, 2};
    CHECK(says(message([&] { model.train_on_batch(Array(x.data(), {2, 2}), y); }),
               "input 0, sample 1 of the batch, holds nan"));
    CHECK(std::equal(before.begin(), before.end(), model.weights.values.data()));
}
