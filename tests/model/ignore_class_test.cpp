// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include "support/golden.hpp"
#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

using namespace lamina;

namespace {

using Labels = std::vector<std::int32_t>;

/// A network whose logits are its kernel: sample i is the i-th row of the unit matrix. The gradient
/// of the kernel is then the one of the logits.
template <std::size_t Samples, std::size_t Classes, class Loss, class... Metrics>
auto logits_of(std::vector<double> const& logits, Loss loss, Metrics... metrics) {
    auto model =
        compile<double>(Sequential{Input<Samples>{}, Dense<Classes, lamina::Linear, NoBias>{}},
                        SGD{.learning_rate = 0.0}, loss, metrics...);
    std::copy(logits.begin(), logits.end(), model.weights.values.data());
    return model;
}
template <std::size_t Samples>
std::vector<double> unit_matrix() {
    std::vector<double> x(Samples * Samples);
    for (std::size_t i = 0; i < Samples; ++i) x[i * Samples + i] = 1;
    return x;
}

/// -log softmax of row r.
double crossentropy(std::vector<double> const& z, std::size_t r, std::size_t classes,
                    std::size_t label) {
    double sum = 0;
    for (std::size_t j = 0; j < classes; ++j) sum += std::exp(z[r * classes + j]);
    return std::log(sum) - z[r * classes + label];
}

using Loss = SparseCategoricalCrossentropyFromLogits;

} // namespace

TEST_CASE("golden: ignore_class is PyTorch's ignore_index, loss and gradient") {
    golden::Case const c("loss_ce_ignore_index_mean");
    auto const t = c["in/target"].as<std::int32_t>();
    REQUIRE(std::count(t.begin(), t.end(), -100) > 0);
    auto model = logits_of<5, 4>(c["in/x"].values, Loss{.ignore_class = -100});
    auto const x = unit_matrix<5>();
    double const loss = model.train_on_batch(Array(x.data(), {5, 5}), t);
    CHECK(std::abs(loss - c["out/y"][0]) < 1e-14);
    for (std::size_t i = 0; i < 20; ++i)
        CHECK(std::abs(model.gradients()[i] * c["gout/y"][0] - c["grad_in/x"][i]) < 1e-15);
    auto const [same] = model.evaluate(Array(x.data(), {5, 5}), t);
    CHECK(std::abs(same - loss) < 1e-15);
}

TEST_CASE("ignored are the loss, the metrics and the gradient; sample weights still count") {
    std::vector<double> const z{1, 3, 2, /**/ 0, 5, 1, /**/ 2, 1, 0, /**/ -1, 0, 4};
    auto const x = unit_matrix<4>();
    Array const in(x.data(), {4, 4});
    Labels const t{1, 7, 1, 7}; // 7 is no class; the third answer is wrong
    auto model = logits_of<4, 3>(z, Loss{.ignore_class = 7}, Accuracy{}, ConfusionMatrix{});
    auto const [loss, accuracy, confusion] = model.evaluate(in, t);
    double const first = crossentropy(z, 0, 3, 1), third = crossentropy(z, 2, 3, 1);
    CHECK(std::abs(loss - (first + third) / 2) < 1e-14);
    CHECK(accuracy == 0.5);
    double counted = 0;
    for (std::size_t a = 0; a < 3; ++a)
        for (std::size_t b = 0; b < 3; ++b) counted += confusion(a, b);
    CHECK(counted == 2);

    std::vector<double> const w{3, 100, 1,
                                100}; // the mean is over vectors, as without ignore_class
    auto const weighed = std::get<0>(model.evaluate(in, t, {.sample_weight = w}));
    CHECK(std::abs(weighed - (3 * first + third) / 2) < 1e-14);

    model.train_on_batch(in, t);
    for (std::size_t j = 0; j < 3; ++j) {
        CHECK(model.gradients()[3 + j] == 0);
        CHECK(model.gradients()[9 + j] == 0);
        CHECK(model.gradients()[j] != 0);
    }
    CHECK(model.train_on_batch(in, Labels{7, 7, 7, 7}) == 0); // nothing is left
    for (double g : model.gradients()) CHECK(g == 0);

    auto real = logits_of<4, 3>(z, Loss{.ignore_class = 1}); // a class that there is
    CHECK(std::abs(real.train_on_batch(in, Labels{1, 1, 2, 1}) - crossentropy(z, 2, 3, 2)) < 1e-14);
}

TEST_CASE("after Softmax too, with class weights, and from batches that come one by one") {
    std::vector<double> const z{1, 3, 2, /**/ 0, 5, 1};
    auto const x = unit_matrix<2>();
    auto model = compile<double>(Sequential{Input<2>{}, Dense<3, Softmax, NoBias>{}},
                                 SGD{.learning_rate = 0.0},
                                 SparseCategoricalCrossentropy{.ignore_class = -1});
    std::copy(z.begin(), z.end(), model.weights.values.data());
    Array const in(x.data(), {2, 2});
    double const second = crossentropy(z, 1, 3, 0);
    std::vector<float> const by{2, 1, 1};
    auto const history = model.fit(in, Labels{-1, 0}, {.class_weight = by, .verbose = 0});
    CHECK(std::abs(history["loss"][0] - 2 * second) < 1e-14);
    CHECK_THROWS_WITH_AS(model.fit(in, Labels{-1, -2}, {.verbose = 0}),
                         "fit: label -2 at row 1: this model has 3 classes, labels are 0..2",
                         Error);

    struct Two { // one batch of two samples
        std::vector<float> x{1, 0, 0, 1}, y{-1, 0};
        bool given = false;
        std::size_t steps() const { return 1; }
        void restart(std::size_t) { given = false; }
        bool next(Batch<float>& b) {
            if (given) return false;
            b.x = x;
            b.y = y;
            b.n = 2;
            return given = true;
        }
    } batches;
    auto const streamed = model.fit(batches, {.verbose = 0});
    CHECK(std::abs(streamed["loss"][0] - second) < 1e-14);
}

TEST_CASE("a sequence: positions that are masked or ignored count for nothing") {
    auto model = compile<double>(Sequential{Tokens<4>{}, Embedding<6, 5, MaskZero>{}, Dense<3>{}},
                                 SGD{.learning_rate = 0.0}, Loss{.ignore_class = -1}, Accuracy{});
    Labels const tokens{3, 1, 2, 0, /**/ 5, 4, 0, 0}, t{0, -1, 2, 1, /**/ -1, 2, -1, 1};
    Array const x(tokens.data(), {2, 4}), y(t.data(), {2, 4});
    auto const z = model.predict(x); // counted are (0, 0), (0, 2) and (1, 1)
    std::vector<double> const logits(z.data(), z.data() + z.size());
    double const expected = (crossentropy(logits, 0, 3, 0) + crossentropy(logits, 2, 3, 2) +
                             crossentropy(logits, 5, 3, 2)) /
                            3;
    CHECK(std::abs(std::get<0>(model.evaluate(x, y)) - expected) < 1e-14);
    CHECK(std::abs(model.train_on_batch(x, y) - expected) < 1e-14);
    auto const g = model.gradients(); // of the embeddings' row of token 1, which was ignored
    for (std::size_t j = 0; j < 5; ++j) CHECK(g[5 + j] == 0);
}

TEST_CASE("two outputs, of which one ignores: each has its own mask") {
    auto const net = graph<Input<2>>([](auto x) {
        return outputs(x | Dense<3, lamina::Linear, NoBias>{},
                       x | Dense<3, lamina::Linear, NoBias>{});
    });
    auto model =
        compile<double>(net, SGD{.learning_rate = 0.0}, losses(Loss{.ignore_class = -1}, Loss{}),
                        Accuracy{}, at<1>(Accuracy{}));
    std::vector<double> const z{1, 3, 2, /**/ 0, 5, 1, /**/ 2, 1, 0, /**/ -1, 0, 4};
    std::copy(z.begin(), z.end(), model.weights.values.data());
    auto const x = unit_matrix<2>();
    Labels const first{-1, 1}, second{0, 1};
    auto const [loss, one, both, a, b] = model.evaluate(Array(x.data(), {2, 2}), {first, second});
    CHECK(std::abs(one - crossentropy(z, 1, 3, 1)) < 1e-14);
    CHECK(std::abs(both - (crossentropy(z, 2, 3, 0) + crossentropy(z, 3, 3, 1)) / 2) < 1e-14);
    CHECK(std::abs(loss - (one + both)) < 1e-14);
    CHECK(a == 1);
    CHECK(b == 0.5);
    CHECK_THROWS_AS(model.evaluate(Array(x.data(), {2, 2}), {second, first}), Error);
}
