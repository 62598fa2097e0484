// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/optimizers/scale_learning_rate.hpp>

#include <lamina/io/safetensors.hpp>
#include <lamina/lamina.hpp>

#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace lamina;
using testing::numbers_of;
using testing::Task;

namespace {

struct Backbone {
    constexpr auto operator()(AnyNode auto x) const {
        return x | Dense<8, Tanh>{} | LayerNormalization{} | Dense<8, Tanh>{};
    }
};
constexpr auto net = graph<Input<3>>(
    [](auto x) { return x | named<"backbone">(Backbone{}) | named<"head">(Dense<1>{}); });

/// One of one's own, which refuses to be used.
struct Picky : SGD {
    void check() const { detail::Check{"Picky"}.positive("mood", -1); }
};

void step(auto& model) {
    Task const task(20);
    model.fit(task.features(), task.y, {.verbose = 0});
}
/// The rates at which a model's tensors are trained by SGD without a memory, from what one step
/// does to them, by 0.1: "backbone/dense/kernel 0.5 ...".
template <class M>
std::string rates(M model) {
    model.optimizer.learning_rate = 0.1;
    std::vector<float> const before(model.weights.values.data(),
                                    model.weights.values.data() + model.parameter_count);
    step(model);
    std::string all;
    model.weights.for_each_parameter(
        [&](int, std::string const& path, auto const&, float const* numbers) {
            std::size_t const at = std::size_t(numbers - model.weights.values.data());
            double const by =
                (double(before[at]) - double(numbers[0])) / (0.1 * double(model.gradients()[at]));
            char text[32];
            std::snprintf(text, sizeof text, " %.2g ", std::fabs(by));
            all += path + text;
        });
    return all;
}
template <class Net>
std::string rates(Net const& of, auto const& optimizer) {
    return rates(compile(of, optimizer, MeanSquaredError{}));
}

} // namespace

TEST_CASE("blocks, layers and tensors have rates of their own") {
    CHECK(rates(net, scale_learning_rate<"backbone">(0.5, SGD{})) ==
          "backbone/dense/kernel 0.5 backbone/dense/bias 0.5 "
          "backbone/layer_normalization/gamma 0.5 backbone/layer_normalization/beta 0.5 "
          "backbone/dense_1/kernel 0.5 backbone/dense_1/bias 0.5 head/kernel 1 head/bias 1 ");
    // a scale for all, or for each; a whole number is one
    CHECK(rates(net, scale_learning_rate<"backbone/dense_1", "head/bias">(2, SGD{})) ==
          "backbone/dense/kernel 1 backbone/dense/bias 1 backbone/layer_normalization/gamma 1 "
          "backbone/layer_normalization/beta 1 backbone/dense_1/kernel 2 backbone/dense_1/bias 2 "
          "head/kernel 1 head/bias 2 ");
    CHECK(rates(net, scale_learning_rate<"backbone/dense", "head">({0.25, 3}, SGD{})) ==
          "backbone/dense/kernel 0.25 backbone/dense/bias 0.25 "
          "backbone/layer_normalization/gamma 1 backbone/layer_normalization/beta 1 "
          "backbone/dense_1/kernel 1 backbone/dense_1/bias 1 head/kernel 3 head/bias 3 ");
    // where they meet they multiply, in one or one in another
    std::string const met = "backbone/dense/kernel 0.05 backbone/dense/bias 0.05 "
                            "backbone/layer_normalization/gamma 0.5 "
                            "backbone/layer_normalization/beta 0.5 backbone/dense_1/kernel 0.5 "
                            "backbone/dense_1/bias 0.5 head/kernel 1 head/bias 1 ";
    CHECK(rates(net, scale_learning_rate<"backbone", "backbone/dense">({0.5, 0.1}, SGD{})) == met);
    CHECK(rates(net, scale_learning_rate<"backbone/dense">(
                         0.1, scale_learning_rate<"backbone">(0.5, SGD{}))) == met);
    // a Sequential has paths too, and what is shared has one
    CHECK(rates(Sequential{Input<3>{}, Dense<2>{}, Dense<2>{}, Dense<1>{}},
                scale_learning_rate<"dense", "dense_1/bias">({0.1, 0.2}, SGD{})) ==
          "dense/kernel 0.1 dense/bias 0.1 dense_1/kernel 1 dense_1/bias 0.2 dense_2/kernel 1 "
          "dense_2/bias 1 ");
    CHECK(rates(graph<Input<3>>([](auto x) {
                    auto twice = shared(Dense<3>{});
                    return x | twice | twice | Dense<1>{};
                }),
                scale_learning_rate<"dense">(0.1, SGD{})) ==
          "dense/kernel 0.1 dense/bias 0.1 dense_2/kernel 1 dense_2/bias 1 ");
}

TEST_CASE("two optimizers by hand, in double, do the same for ten steps") {
    Task const task(20);
    double const rate = 0.02, scale = 0.25, decay = 0.1;
    auto const run = [&](auto const& optimizer, auto const& by_hand) {
        auto model = compile<double>(net, optimizer, MeanSquaredError{});
        std::size_t const n = model.parameter_count;
        std::vector<double> w(model.weights.values.data(), model.weights.values.data() + n), m(n),
            v(n), its(n, rate);
        std::size_t scaled = 0;
        model.weights.for_each_parameter(
            [&](int, std::string const& path, auto const& tensor, double const* numbers) {
                if (!path.starts_with("backbone/")) return;
                scaled += tensor.extents.size;
                std::fill_n(its.begin() + (numbers - model.weights.values.data()),
                            tensor.extents.size, rate * scale);
            });
        CHECK(scaled == 3 * 8 + 8 + 16 + 8 * 8 + 8);
        double worst = 0;
        for (int t = 1; t <= 10; ++t) {
            model.train_on_batch(task.features(), task.y);
            for (std::size_t i = 0; i < n; ++i) {
                by_hand(t, its[i], w[i], model.gradients()[i], m[i], v[i]);
                worst = std::max(worst, std::fabs(w[i] - model.weights.values[i]));
            }
        }
        CHECK(worst < 1e-13);
    };
    run(scale_learning_rate<"backbone">(scale, AdamW{.learning_rate = rate,
                                                     .weight_decay = decay,
                                                     .epsilon = 1e-8,
                                                     .form = Form::torch}),
        [&](int t, double lr, double& w, double g, double& m, double& v) {
            w -= lr * decay * w;
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            double const root = std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8;
            w -= lr * m / (1 - std::pow(0.9, t)) / root;
        });
    run(scale_learning_rate<"backbone">(scale, SGD{.learning_rate = rate, .momentum = 0.9}),
        [&](int, double lr, double& w, double g, double& m, double&) {
            m = 0.9 * m - lr * g; // Keras' form: the momentum holds the rate
            w += m;
        });
}

TEST_CASE("a schedule and what a callback sets are scaled") {
    Task const task(20);
    auto const rate = [](std::uint64_t step) { return 0.1 / double(step + 1); };
    auto model = compile(net, scale_learning_rate<"backbone">(0.5, SGD{.learning_rate = rate}),
                         MeanSquaredError{});
    std::size_t const head = model.parameter_count - 1; // its bias
    for (int t = 0; t < 4; ++t) {
        auto const before = numbers_of(model);
        model.train_on_batch(task.features(), task.y);
        auto const moved = [&](std::size_t i) {
            return (double(before[i]) - double(model.weights.values[i])) /
                   double(model.gradients()[i]);
        };
        CHECK(moved(0) == doctest::Approx(0.05 / (t + 1)).epsilon(1e-3));
        CHECK(moved(head) == doctest::Approx(0.1 / (t + 1)).epsilon(1e-3));
    }
    model.optimizer.learning_rate = 0.1;
    LearningRateScheduler slower{[](std::size_t, double) { return 0.01; }};
    auto const before = numbers_of(model);
    model.fit(task.features(), task.y, {.callbacks = {&slower}, .verbose = 0});
    CHECK(double(before[0]) - double(model.weights.values[0]) ==
          doctest::Approx(0.005 * double(model.gradients()[0])).epsilon(1e-3));
}

TEST_CASE("with weight decay of kernels alone, one in another either way") {
    AdamW const adam{.learning_rate = 0.01, .weight_decay = 0.5, .clip = {.global_norm = 0.1}};
    auto const learn = [](auto const& optimizer) {
        auto model = compile(net, optimizer, MeanSquaredError{});
        for (int i = 0; i < 3; ++i) step(model);
        return numbers_of(model);
    };
    auto const a = learn(exclude_from_weight_decay(scale_learning_rate<"backbone">(0.1, adam)));
    auto const b = learn(scale_learning_rate<"backbone">(0.1, exclude_from_weight_decay(adam)));
    CHECK(a == b);
    CHECK(a != learn(scale_learning_rate<"backbone">(0.1, adam)));
    CHECK(a != learn(exclude_from_weight_decay(adam)));

    // without a gradient a weight moves by its decay alone, which goes by the rate
    auto idle = compile(net, scale_learning_rate<"backbone">(0.1, exclude_from_weight_decay(adam)),
                        losses(weighted(0, MeanSquaredError{})));
    std::fill_n(idle.weights.values.data(), idle.parameter_count, 1.0f);
    step(idle);
    auto const of = [&](char const* layer, char const* tensor) {
        return 1 - double(idle.weights.layer(layer)[tensor].numbers[0]);
    };
    CHECK(of("backbone/dense", "kernel") == doctest::Approx(0.0005).epsilon(1e-3));
    CHECK(of("head", "kernel") == doctest::Approx(0.005).epsilon(1e-3));
    CHECK(of("backbone/dense", "bias") == 0);
    CHECK(of("head", "bias") == 0);
}

TEST_CASE("scales of 1 leave every bit as it is") {
    auto const learn = [](auto const& optimizer) {
        auto model = compile(net, optimizer, MeanSquaredError{});
        for (int i = 0; i < 3; ++i) step(model);
        return numbers_of(model);
    };
    for (double const most : {0.0, 0.01}) { // clipping sees all parameters, whatever their rates
        AdamW const adam{.learning_rate = 0.01, .clip = {.norm = most, .global_norm = most}};
        auto const expected = learn(adam);
        CHECK(learn(scale_learning_rate<"head">(1, adam)) == expected);
        CHECK(learn(scale_learning_rate<"backbone/dense", "head">({1, 1}, adam)) == expected);
    }
}

TEST_CASE("tables with sparse gradients have rates of their own, and decay or not") {
    constexpr std::size_t time = 4;
    auto const make = []<class Table>(Table, auto const& optimizer) {
        auto const of = graph<Tokens<time>, Tokens<time>>([](auto a, auto b) {
            return join(a | named<"user">(Table{}), b | named<"item">(Table{})) | Concatenate{} |
                   Flatten{} | Dense<1>{};
        });
        return compile(of, optimizer, MeanSquaredError{});
    };
    auto const learn = [&](auto model) {
        for (std::uint64_t t = 0; t < 5; ++t) {
            std::vector<std::int32_t> a(3 * time), b(3 * time);
            for (std::size_t i = 0; i < a.size(); ++i) {
                a[i] = std::int32_t(Random{t}.below(i, 30));
                b[i] = std::int32_t(Random{t + 9}.below(i, 30));
            }
            model.train_on_batch({Array(a.data(), {3, time}), Array(b.data(), {3, time})},
                                 std::vector<float>{1, 0, 1});
        }
        return numbers_of(model);
    };
    // of an optimizer without a memory rows and whole tables give the same bits
    auto const sgd =
        scale_learning_rate<"user", "dense/bias">({0.25, 4}, SGD{.learning_rate = 0.2});
    auto const rows = learn(make(Embedding<30, 3>{}, sgd));
    CHECK(rows == learn(make(Embedding<30, 3, DenseGradient>{}, sgd)));
    CHECK(rows != learn(make(Embedding<30, 3>{}, SGD{.learning_rate = 0.2})));

    // of one that decays the rows of the batch do, each table's as it is told
    AdamW const adam{.learning_rate = 0.1, .weight_decay = 0.5};
    auto model = make(Embedding<30, 3>{},
                      scale_learning_rate<"user">(0.1, exclude_from_weight_decay<"bias">(adam)));
    std::fill_n(model.weights.values.data(), model.parameter_count, 1.0f);
    std::vector<std::int32_t> const tokens{7, 7, 7, 9};
    Array const x(tokens.data(), {1, time});
    std::vector<float> const none{0};
    model.train_on_batch({x, x}, std::vector<float>{1}, {.sample_weight = none});
    auto const of = [&](char const* table, std::size_t row) {
        return 1 - double(model.weights.layer(table)["embeddings"].numbers[3 * row]);
    };
    CHECK(of("user", 7) == doctest::Approx(0.005).epsilon(1e-3));
    CHECK(of("item", 7) == doctest::Approx(0.05).epsilon(1e-3));
    CHECK(of("user", 9) == doctest::Approx(0.005).epsilon(1e-3));
    CHECK(of("user", 8) == 0);
    CHECK(of("item", 8) == 0);
}

TEST_CASE("the average of the weights, files, resuming and threads are as without") {
    auto const optimizer = scale_learning_rate<"dense", "dense_1">(
        {0.01, 0.1},
        AdamW{.learning_rate = CosineDecay{.initial_learning_rate = 0.01, .decay_steps = 20},
              .weight_decay = 0.2,
              .average = {.momentum = 0.9}});
    auto const model_of = [&] {
        return compile(Sequential{Input<3>{}, Dense<300, ReLU>{}, LayerNormalization{},
                                  Dense<300, ReLU>{}, Dense<1>{}},
                       optimizer, MeanSquaredError{});
    };
    Task const task(150);
    auto whole = model_of(), threads = model_of(), first = model_of(), second = model_of();
    FitOptions options{.epochs = 4, .batch_size = 32, .verbose = 0, .threads = 1};
    whole.fit(task.features(), task.y, options);
    options.threads = 2;
    threads.fit(task.features(), task.y, options);
    CHECK(numbers_of(threads) == numbers_of(whole));
    std::size_t left = 7; // in the middle of an epoch of 5
    LambdaCallback stop{{.on_batch_end = [&](Training& t) { t.stop = --left == 0; }}};
    FitOptions part = options;
    part.callbacks = {&stop};
    first.fit(task.features(), task.y, part);
    CHECK(numbers_of(first) != numbers_of(whole));
    from_bytes(second, to_bytes(first));
    options.resume = true;
    second.fit(task.features(), task.y, options);
    CHECK(numbers_of(second) == numbers_of(whole));
}

TEST_CASE("a scale may change while training; 0 keeps the weights") {
    auto model = compile(net, scale_learning_rate<"backbone">(0, Adam{}), MeanSquaredError{});
    auto const begin = numbers_of(model);
    auto const backbone_moved = [&] { return model.weights.values[0] != begin[0]; };
    step(model);
    CHECK(!backbone_moved());
    CHECK(numbers_of(model) != begin);
    model.optimizer.scales[0] = 0.5;
    step(model);
    CHECK(backbone_moved());
}

TEST_CASE("a rate that is no number is refused, and nothing has changed") {
    Task const task(20);
    auto const refused = [&](auto scale, auto const& of, std::string_view text) {
        CAPTURE(text);
        auto model = compile(net, scale_learning_rate<"head">(0.5, of),
                             losses(weighted(1000, MeanSquaredError{}))); // steep
        auto const begin = numbers_of(model);
        model.optimizer.scales[0] = scale;
        try {
            model.train_on_batch(task.features(), task.y);
            FAIL_CHECK("not refused");
        } catch (Error const& e) {
            CAPTURE(std::string(e.what()));
            CHECK(std::string_view(e.what()).find(text) != std::string_view::npos);
        }
        CHECK(numbers_of(model) == begin);
    };
    refused(-0.1, SGD{},
            "scale_learning_rate: a scale is -0.1. Give a finite number that is not "
            "negative.");
    refused(std::numeric_limits<double>::quiet_NaN(), Adam{}, "a scale is nan");
    refused(1e300, SGD{}, "learning_rate: it is 1e+298 at step 1. Give a finite number");
    refused(1e40, SGD{}, "makes a weight infinite, first in head");
    CHECK_THROWS_AS(compile(net, scale_learning_rate<"head">(-1, Adam{}), MeanSquaredError{}),
                    Error const&);
    // what the optimizer in it refuses it refuses still
    CHECK_THROWS_AS(compile(net, scale_learning_rate<"head">(1, Picky{}), MeanSquaredError{}),
                    Error const&);
}

TEST_CASE("it has the options of the optimizer in it, and costs nothing where it is not") {
    auto const scaled =
        scale_learning_rate<"head", "backbone">(0.5, exclude_from_weight_decay(AdamW{}));
    using Scaled = std::remove_const_t<decltype(scaled)>;
    static_assert(std::is_base_of_v<AdamW, Scaled>);
    static_assert(sizeof(Scaled) == sizeof(AdamW) + 2 * sizeof(double));
    static_assert(Scaled::scale_count == 2);
    CHECK(detail::name_in_files<Scaled>() == "AdamW"); // and so for Keras
    CHECK(scaled.scale_of(0) == 1);
    CHECK(scaled.scale_of(2) == 0.5);
    CHECK(scaled.scale_of(3) == 0.25);
}
