// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/model.hpp>

#include <lamina/lamina.hpp>

#include "support/complaint.hpp"
#include "support/kernels.hpp"
#include "support/samples.hpp"

#include <doctest/doctest.h>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/generators/xbuilder.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xview.hpp>
#endif

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace lamina;
using testing::complaint;
using testing::numbers_of;
using testing::Task;

namespace {

auto small_model() {
    return compile(Sequential{Input<3>{}, Dense<16>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
                   Adam{.learning_rate = 0.01}, BinaryCrossentropy{}, Accuracy{});
}
FitOptions quiet(std::size_t epochs) { return {.epochs = epochs, .verbose = 0}; }

} // namespace

TEST_CASE("a small network learns") {
    Task const task(1000);
    auto model = small_model();
    History const history = model.fit(task.features(), task.y, quiet(40));
    CHECK(history.size() == 40);
    CHECK(history.last("loss") < 0.1);
    CHECK(history.last("accuracy") > 0.95);
    auto const [loss, accuracy] = model.evaluate(task.features(), task.y);
    CHECK(loss < 0.1);
    CHECK(accuracy > 0.95);
}

TEST_CASE("what a program can assert") {
    using M = decltype(small_model());
    static_assert(M::parameter_count == 3 * 16 + 16 + 16 + 1);
    static_assert(M::flops(1) >= 2 * 3 * 16 + 2 * 16);
    static_assert(M::flops(32) == 32 * M::flops(1));
    static_assert(M::workspace_bytes(32) > M::workspace_bytes(32, false));
    static_assert(M::workspace_bytes(64) > M::workspace_bytes(32));
}

TEST_CASE("validation_split takes the last part before shuffling") {
    // the last fifth of the samples is mislabelled: its loss must be the validation loss and stay
    // out of the training loss
    Task task(500);
    for (std::size_t i = 400; i < 500; ++i) task.y[i] = 1 - task.y[i];
    auto model = small_model();
    FitOptions options = quiet(30);
    options.validation_split = 0.2f;
    History const history = model.fit(task.features(), task.y, options);
    CHECK(history.last("loss") < 0.2);
    CHECK(history.last("val_accuracy") < 0.2);
    CHECK(history.names() ==
          std::vector<std::string>{"loss", "accuracy", "val_loss", "val_accuracy"});

    // the same by hand
    auto other = small_model();
    FitOptions by_hand = quiet(30);
    by_hand.validation_data = {Array(task.x.data() + 1200, {100, 3}),
                               Array(task.y.data() + 400, {100})};
    History const same =
        other.fit(Array(task.x.data(), {400, 3}), Array(task.y.data(), {400}), by_hand);
    CHECK(numbers_of(model) == numbers_of(other));
    CHECK(same["val_loss"] == history["val_loss"]);
}

TEST_CASE("the last batch may be short, and epochs see every sample once") {
    Task const task(103);
    auto model = small_model();
    struct Count final : Callback {
        std::size_t batches = 0;
        void on_batch_end(Training& t) override {
            ++batches;
            CHECK(t.batches == 4);
        }
    } count;
    FitOptions options = quiet(2);
    options.callbacks = {&count};
    model.fit(task.features(), task.y, options);
    CHECK(count.batches == 8);
    CHECK(model.progress.steps == 8);
    CHECK(model.progress.epoch == 2);

    // one epoch of plain gradient descent with rate r on a linear model, batch by batch, equals the
    // sum over a permutation: with a rate of 0 the loss of the epoch is the mean over all samples,
    // whatever the batches
    auto still =
        compile(Sequential{Input<3>{}, Dense<1>{}}, SGD{.learning_rate = 0.0}, MeanSquaredError{});
    auto const before = std::get<0>(still.evaluate(task.features(), task.y));
    for (std::size_t size : {1u, 7u, 32u, 103u, 500u}) {
        FitOptions o = quiet(1);
        o.batch_size = size;
        CHECK(still.fit(task.features(), task.y, o).last("loss") ==
              doctest::Approx(before).epsilon(1e-5));
    }
}

TEST_CASE("the same seed gives the same bits, another seed others") {
    Task const task(300);
    auto const run = [&](std::uint64_t seed) {
        auto model = compile(Sequential{Input<3>{}, Dense<16>{}, ReLU{}, Dropout{.rate = 0.2f},
                                        Dense<1>{}, Sigmoid{}},
                             Adam{}, BinaryCrossentropy{});
        FitOptions options = quiet(3);
        options.seed = seed;
        model.fit(task.features(), task.y, options);
        return numbers_of(model);
    };
    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
}

TEST_CASE("any number of threads gives the same bits") {
    // wide enough that the threads do share the work
    std::size_t const n = 256, features = 64;
    std::vector<float> x(n * features), y(n);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = Random{3}.uniform(i) - 0.5f;
    for (std::size_t i = 0; i < n; ++i) y[i] = x[features * i] > 0;
    auto const run = [&](UseThreads threads) {
        auto model = compile(Sequential{Input<64>{}, Dense<256>{}, BatchNormalization{}, ReLU{},
                                        Dropout{.rate = 0.3f}, Dense<192>{}, LayerNormalization{},
                                        Tanh{}, Dense<1>{}, Sigmoid{}},
                             Adam{}, BinaryCrossentropy{}, Accuracy{});
        static_assert(decltype(model)::flops(128) * 3 > 12'000'000);
        FitOptions options = quiet(3);
        options.batch_size = 128;
        options.threads = threads;
        model.fit(Array(x.data(), {n, features}), y, options);
        return numbers_of(model);
    };
    auto const alone = run(1);
    for (std::size_t const threads : {2u, 3u, 4u, 7u, 8u, 16u}) {
        CAPTURE(threads);
        CHECK(run(threads) == alone);
    }
    Threads pool(3);
    CHECK(run(pool) == alone);
}

TEST_CASE("a model copies and moves, and each goes on by itself") {
    Task const task(200);
    auto model = small_model();
    model.fit(task.features(), task.y, quiet(2));
    auto copy = model;
    copy.fit(task.features(), task.y, quiet(2));
    CHECK(numbers_of(copy) != numbers_of(model));
    model.fit(task.features(), task.y, quiet(2));
    CHECK(numbers_of(copy) == numbers_of(model));
    auto moved = std::move(copy);
    CHECK(numbers_of(moved) == numbers_of(model));
    moved.fit(task.features(), task.y, quiet(1));
    model.fit(task.features(), task.y, quiet(1));
    CHECK(numbers_of(moved) == numbers_of(model));
}

TEST_CASE("predict on one const model from many threads") {
    Task const task(500);
    auto model = small_model();
    model.fit(task.features(), task.y, quiet(3));
    auto const& fixed = model;
    auto const expected = fixed.predict(task.features());
    CHECK(expected.shape()[0] == 500);
    CHECK(expected.shape()[1] == 1);
    std::array<int, 16> wrong{};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t)
        threads.emplace_back([&, t] {
            auto work = fixed.workspace();
            for (std::size_t k = 0; k < 1000; ++k) {
                std::size_t const i = (k * 7 + t) % task.n;
                wrong[t] += *fixed.predict(work, task.x.data() + 3 * i) != expected(i, 0);
            }
        });
    for (auto& t : threads) t.join();
    for (int const w : wrong) CHECK(w == 0);
}

TEST_CASE("predict does not depend on batch size or threads") {
    Task const task(777);
    auto model = compile(
        Sequential{Input<3>{}, Dense<300>{}, ReLU{}, Dense<300>{}, Tanh{}, Dense<2>{}, Softmax{}},
        Adam{}, SparseCategoricalCrossentropy{});
    auto const expected = model.predict(task.features(), {.batch_size = 64, .threads = 1});
    for (std::size_t const threads : {2u, 3u}) {
        auto const y = model.predict(task.features(), {.batch_size = 64, .threads = threads});
        CHECK(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)) == 0);
    }
    auto const whole = model.predict(task.features(), {.batch_size = 1000, .threads = 2});
    for (std::size_t i = 0; i < whole.size(); ++i)
        CHECK(std::abs(whole.data()[i] - expected.data()[i]) < 1e-6f);
    std::vector<float> into(expected.size());
    auto work = model.workspace();
    model.predict_into(task.x.data(), task.n, into.data(), work);
    CHECK(std::memcmp(into.data(), whole.data(), into.size() * sizeof(float)) == 0);
}

TEST_CASE("a sample alone is predicted as among others") {
    auto const check = [](auto const& definition, float most, auto... sizes) {
        using N = Network<std::remove_cvref_t<decltype(definition)>>;
        constexpr std::size_t samples = 7;
        Weights<N> const weights(definition, 5);
        std::vector<float> x[]{
            std::vector<float>(samples * std::size_t(sizes))...}; // of each input
        void const *all[N::inputs], *one[N::inputs];
        for (std::size_t k = 0; k < N::inputs; ++k) {
            for (std::size_t i = 0; i < x[k].size(); ++i)
                x[k][i] = 2 * Random{k}.uniform(i) - 1;
            all[k] = x[k].data();
        }
        Workspace<N> work, alone;
        for (std::size_t i = 0; i < samples * N::output_count; ++i) {
            std::size_t const s = i / N::output_count;
            int const output = int(i % N::output_count);
            auto const row = std::size_t(N::inference.outputs[output]);
            std::size_t const size = N::written.rows[row].op->output.size;
            float const* const y = predict(weights, work, all, samples, output);
            for (std::size_t k = 0; k < N::inputs; ++k)
                one[k] = x[k].data() + s * x[k].size() / samples;
            float const* const z = predict(weights, alone, one, 1, output);
            for (std::size_t j = 0; j < size; ++j) CHECK(std::abs(z[j] - y[s * size + j]) <= most);
        }
    };
    check(Sequential{Input<3>{}, Dense<64>{}, ReLU{}, Dense<1>{}, Sigmoid{}}, 0.0f, 3);
    check(Sequential{Input<13>{}, Dense<20>{}, Tanh{}, Dense<13>{}, ReLU{}, Dense<3>{}, Softmax{}},
          0.0f, 13);
    check(Sequential{Input<4>{}, Dense<40>{}, LayerNormalization{}, Dense<6>{}, Reshape<2, 3>{}},
          0.0f, 4);
    check(Sequential{Input<6, 4>{}, Masking{}, LSTM<5>{}, Dense<2>{}, Softmax{}}, 1e-6f, 24);
    check(Sequential{Input<9, 2>{}, Conv1D<6, 3>{}, ReLU{}, Flatten{}, Dense<1>{}}, 1e-6f, 18);
    check(graph<Input<3>, Input<2>>([](auto a, auto b) {
              auto const h = a | Dense<7>{} | ReLU{};
              return join(h, b, h) | Concatenate{} | Dense<5>{};
          }),
          0.0f, 3, 2);
    check(graph<Input<8>>([](auto x) {
              auto const block = Sequential{Dense<24>{}, BatchNormalization{}, ReLU{}};
              auto const h = x | block | Residual{block} | Residual{block} | Residual{block};
              return outputs(h | Dense<20>{} | Softmax{}, h | Dense<1>{} | Tanh{});
          }),
          0.0f, 8);
}

TEST_CASE("predict_into writes over its own input") {
    auto const model = compile(Sequential{Input<3>{}, Dense<3>{}, Softmax{}}, Adam{},
                               SparseCategoricalCrossentropy{});
    auto work = model.workspace();
    float x[]{0.5f, -1, 2}, y[3];
    model.predict_into(x, 1, y, work);
    model.predict_into(x, 1, x, work);
    CHECK(std::memcmp(x, y, sizeof(x)) == 0);
}

TEST_CASE("sample weights and class weights are Keras'") {
    // weight 0 removes a sample's gradient, the mean still counts it
    std::vector<float> const x{1, 2, 3, 4}, y{2, 4, 60, 80};
    auto weighted =
        compile(Sequential{Input<1>{}, Dense<1>{}}, SGD{.learning_rate = 0.01}, MeanSquaredError{});
    FitOptions options = quiet(1);
    options.batch_size = 4;
    std::vector<float> const weight{1, 1, 0, 0};
    options.sample_weight = weight;
    float const w = weighted.weights.values[0], b = weighted.weights.values[1];
    double const loss = weighted.fit(x, y, options).last("loss");
    double expected = 0, dw = 0;
    for (int i = 0; i < 2; ++i) {
        double const e =
            double(w) * double(x[std::size_t(i)]) + double(b) - double(y[std::size_t(i)]);
        expected += e * e / 4;
        dw += 2 * e * double(x[std::size_t(i)]) / 4;
    }
    CHECK(loss == doctest::Approx(expected));
    CHECK(double(weighted.weights.values[0]) == doctest::Approx(double(w) - 0.01 * dw));

    Task const task(400);
    auto a = small_model(), c = small_model();
    FitOptions by_class = quiet(3), by_sample = quiet(3);
    by_class.class_weight = {1.0f, 5.0f};
    std::vector<float> each(task.n);
    for (std::size_t i = 0; i < task.n; ++i) each[i] = task.y[i] > 0.5f ? 5.0f : 1.0f;
    by_sample.sample_weight = each;
    a.fit(task.features(), task.y, by_class);
    c.fit(task.features(), task.y, by_sample);
    CHECK(numbers_of(a) == numbers_of(c));
}

TEST_CASE("what is kept apart is weighed by sample_weight, and not by class_weight, as in Keras") {
    Task const task(40);
    std::vector<float> weight(task.n);
    for (std::size_t i = 0; i < task.n; ++i) weight[i] = float(i % 4);
    std::size_t const kept = 30;
    Array const x(task.x.data() + 3 * kept, {task.n - kept, 3});
    Array const y(task.y.data() + kept, {task.n - kept});
    Array const w(weight.data() + kept, {task.n - kept});
    auto const check = [&](FitOptions options, EvaluateOptions const& by) {
        auto model = small_model();
        auto const log = model.fit(task.features(), task.y, options);
        auto const [loss, accuracy] = model.evaluate(x, y, by);
        CHECK(log.last("val_loss") == double(loss));
        CHECK(log.last("val_accuracy") == double(accuracy));
    };
    FitOptions options = quiet(2);
    options.validation_split = 0.25f;
    options.sample_weight = weight;
    check(options, {.sample_weight = w});
    options.class_weight = {1.0f, 3.0f};
    check(options, {.sample_weight = w});
    options.sample_weight = {};
    check(options, {});

    options = quiet(2);
    options.validation_data = {x, y, w};
    check(options, {.sample_weight = w});
}

TEST_CASE("several labels that may hold together are counted one by one") {
    Task const task(200);
    std::vector<std::array<float, 2>> labels(task.n);
    std::vector<double> targets;
    for (std::size_t i = 0; i < task.n; ++i)
        for (std::size_t k = 0; k < 2; ++k)
            targets.push_back(labels[i][k] = task.x[3 * i] > 0.5f * float(k));
    auto const check = [&](auto model, bool logits) {
        model.fit(task.features(), labels, quiet(2));
        auto const [loss, f1, stated] = model.evaluate(task.features(), labels);
        std::vector<double> scores;
        for (float const y : model.predict(task.features())) scores.push_back(double(y));
        auto const all = [&](bool each) {
            return evaluate_metric<Shape<2>>(
                F1Score{.threshold = logits ? 0.0f : 0.5f, .multi_label = each}, scores, targets);
        };
        CHECK(f1 == doctest::Approx(all(true)));
        CHECK(stated == doctest::Approx(all(false)));
        CHECK(f1 != doctest::Approx(stated));
    };
    check(compile(Sequential{Input<3>{}, Dense<2>{}, Sigmoid{}}, Adam{}, BinaryCrossentropy{},
                  F1Score{}, F1Score{.multi_label = false}),
          false);
    check(compile(Sequential{Input<3>{}, Dense<2>{}}, Adam{}, BinaryCrossentropyFromLogits{},
                  F1Score{.threshold = 0}, F1Score{.threshold = 0, .multi_label = false}),
          true);

    auto model = compile(Sequential{Input<3>{}, Dense<2>{}, Sigmoid{}}, Adam{},
                         BinaryCrossentropy{});
    FitOptions by_class = quiet(1);
    by_class.class_weight = {1, 5};
    std::vector<float> const x{1, 2, 3, 4, 5, 6};
    auto const why = [&](std::vector<std::array<float, 2>> const& y) {
        return complaint([&] { model.fit(Array(x.data(), {2, 3}), y, by_class); });
    };
    CHECK(why({{0, 1}, {1, 1}}) == "fit: class_weight is for one class per sample, and sample 1 "
                                   "has several labels. Give sample_weight.");
    CHECK(why({{0, 0}, {1, 0}}) == "fit: class_weight is for one class per sample, and sample 0 "
                                   "has no label. Give sample_weight.");
    CHECK(why({{0.1f, 0.9f}, {0.5f, 0.5f}}) == "");
}

TEST_CASE("numbers have no class, and several outputs no class of the sample") {
    std::vector<float> const x{1, 2, 3, 4, 5, 6};
    FitOptions by_class = quiet(1);
    by_class.class_weight = {1, 5};
    auto const why = [&](auto model, Arrays const& y) {
        return complaint([&] { model.fit(Array(x.data(), {2, 3}), y, by_class); });
    };
    auto number = compile(Sequential{Input<3>{}, Dense<1>{}}, Adam{}, MeanSquaredError{});
    auto const has = [](std::string const& what) {
        return "fit: class_weight is for one class per sample, and sample 1 has " + what +
               ". Give sample_weight.";
    };
    using Numbers = std::vector<float>;
    CHECK(why(number, Numbers{1, 3.5f}) == has("a number"));
    CHECK(why(number, Numbers{1, 0.25f}) == has("a number"));
    CHECK(why(number, Numbers{1, -1}) == ""); // a label, whatever the loss
    auto numbers = compile(Sequential{Input<3>{}, Dense<2>{}}, Adam{}, MeanAbsoluteError{});
    using Rows = std::vector<std::array<float, 2>>;
    CHECK(why(numbers, Rows{{0, 1}, {0.2f, 0.8f}}) == has("numbers"));
    CHECK(why(numbers, Rows{{0, 1}, {0, 0}}) == has("no label"));
    CHECK(why(numbers, Rows{{0, 1}, {1, 0}}) == "");
    auto counts = compile(Sequential{Input<3>{}, Dense<1, Softplus>{}}, Adam{}, Poisson{});
    CHECK(why(counts, Numbers{1, 2}) == has("a number"));
    auto hinge = compile(Sequential{Input<3>{}, Dense<1, Tanh>{}}, Adam{}, Hinge{});
    CHECK(why(hinge, Numbers{1, -1}) == "");

    auto two = compile(graph<Input<3>>([](auto a) {
                           return outputs(a | Dense<1, Sigmoid>{}, a | Dense<1>{});
                       }),
                       Adam{}, losses(BinaryCrossentropy{}, MeanSquaredError{}));
    CHECK(why(two, {Numbers{1, 0}, Numbers{0.5f, 3}}) ==
          "fit: class_weight is for one output, and the network has 2. Give sample_weight.");
}

TEST_CASE("validation needs samples") {
    Task const task(20);
    auto model = small_model();
    Tensor<float, 2> const none = Tensor<float, 2>::from_shape({0, 3});
    Tensor<float, 1> const no_label = Tensor<float, 1>::from_shape({0});
    auto const why = [&](FitOptions const& options) {
        return complaint([&] { model.fit(task.features(), task.y, options); });
    };
    CHECK(why({.validation_data = {none, no_label}, .verbose = 0}) ==
          "fit: validation_data: there is no sample.");
    CHECK(why({.validation_data = {{}, task.y}, .verbose = 0}) ==
          "fit: validation_data: 0 of x given, the network has 1. Give them too: {x, y}.");
    CHECK(why({.validation_data = {task.features(), {}}, .verbose = 0}) ==
          "fit: validation_data: 0 of y given, the network has 1. Give them too: {x, y}.");
}

TEST_CASE("a batch of one's own takes weights too, and negative ones") {
    Task const task(64);
    auto a = small_model(), b = small_model();
    std::vector<float> weight(task.n);
    for (std::size_t i = 0; i < task.n; ++i) weight[i] = float(i % 5) - 1;
    FitOptions options = quiet(1);
    options.batch_size = task.n;
    options.shuffle = false;
    options.sample_weight = weight;
    options.class_weight = {1.0f, 3.0f};
    double const loss = a.fit(task.features(), task.y, options).last("loss");
    CHECK(double(b.train_on_batch(task.features(), task.y,
                                  {.sample_weight = weight, .class_weight = {1.0f, 3.0f}})) ==
          doctest::Approx(loss));
    CHECK(numbers_of(a) == numbers_of(b));
    auto c = small_model();
    c.train_on_batch(task.features(), task.y);
    CHECK(numbers_of(a) != numbers_of(c));
}

TEST_CASE("several inputs, outputs and losses") {
    std::size_t const n = 256;
    std::vector<float> a(2 * n), b(3 * n), sum(n);
    std::vector<std::int32_t> kind(n);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = Random{1}.uniform(i);
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = Random{2}.uniform(i);
    for (std::size_t i = 0; i < n; ++i) {
        sum[i] = a[2 * i] + b[3 * i];
        kind[i] = a[2 * i + 1] > 0.5f ? b[3 * i + 1] > 0.5f ? 2 : 1 : 0;
    }
    auto net = graph<Input<2>, Input<3>>([](auto x, auto z) {
        auto h = join(x | Dense<16>{} | Tanh{}, z | Dense<16>{} | Tanh{}) | Concatenate{} |
                 Dense<32>{} | ReLU{};
        return outputs(h | Dense<1>{}, h | named<"kind">(Dense<3>{}) | Softmax{});
    });
    auto model =
        compile(net, Adam{.learning_rate = 0.01},
                losses(MeanSquaredError{}, weighted(0.5f, SparseCategoricalCrossentropy{})),
                at<1>(Accuracy{}));
    Array const xa(a.data(), {n, 2}), xb(b.data(), {n, 3});
    History const history = model.fit({xa, xb}, {sum, kind}, quiet(60));
    CHECK(history.last("kind_accuracy") > 0.9);
    auto const regression = model.predict<0>({xa, xb});
    auto const classes = model.predict<1>({xa, xb});
    CHECK(classes.shape()[1] == 3);
    double error = 0;
    for (std::size_t i = 0; i < n; ++i)
        error += std::abs(double(regression(i, 0) - sum[i])) / double(n);
    CHECK(error < 0.1);
    auto room = model.workspace();
    CHECK(model.predict(room, {a.data(), b.data()}, 2, 1)[5] == classes(1, 2));
    CHECK_THROWS_AS(model.predict(room, {a.data()}, 1), Error);
    CHECK_THROWS_AS(model.predict(room, {a.data(), b.data()}, 1, 2), Error);
}

TEST_CASE("xtensor at the edge: containers, views, expressions, any layout and number") {
    Task const task(64);
    auto model = small_model();
    Tensor<float, 2> rows = xt::adapt(task.x, std::array<std::size_t, 2>{64, 3});
    auto const expected = model.predict(rows);
    xt::xtensor<float, 2, xt::layout_type::column_major> columns = rows;
    CHECK(model.predict(columns) == expected);
    xt::xtensor<double, 2> doubles = rows;
    CHECK(model.predict(doubles) == expected);
    xt::xarray<float> dynamic = rows;
    CHECK(model.predict(dynamic) == expected);
    xt::xtensor<float, 2> wide = xt::zeros<float>({64, 6});
    for (std::size_t i = 0; i < 64; ++i)
        for (std::size_t j = 0; j < 3; ++j) wide(i, 2 * j) = rows(i, j);
    CHECK(model.predict(xt::view(wide, xt::all(), xt::range(0, 6, 2))) == expected);
    CHECK(model.predict(rows * 1.0f) == expected);
    CHECK(model.predict(Array(task.x.data(), {64, 3})) == expected);
    auto a = small_model(), b = small_model();
    a.fit(rows, task.y, quiet(2));
    b.fit(columns, xt::adapt(task.y), quiet(2));
    CHECK(numbers_of(a) == numbers_of(b));
}

TEST_CASE("bad input is refused before anything changes") {
    Task const task(50);
    auto model = small_model();
    auto const before = numbers_of(model);
    CHECK(complaint([&] {
              model.fit(Array(task.x.data(), {30, 5}), Array(task.y.data(), {30}));
          }) == "fit: x has the shape (30, 5), the network takes (n, 3), n samples. Other "
                "columns? select() and drop() of a Table leave those that it takes.");
    CHECK(complaint([&] { model.fit(task.features(), Array(task.y.data(), {49})); }) ==
          "fit: x has 50 samples, y has 49. Give one target for each.");
    CHECK(complaint([&] {
              model.fit({task.features(), task.features()}, task.y);
          }) == "fit: 2 of x given, the network has 1. Give that alone.");
    auto bad = task.y;
    bad[17] = 2;
    CHECK(complaint([&] { model.fit(task.features(), bad); }).find("row 17") != std::string::npos);
    bad[17] = std::numeric_limits<float>::quiet_NaN();
    CHECK(complaint([&] { model.fit(task.features(), bad); }).find("row 17") != std::string::npos);
    FitOptions none = quiet(1);
    none.batch_size = 0;
    CHECK(complaint([&] { model.fit(task.features(), task.y, none); }) ==
          "fit: batch_size is 0. Give at least 1.");
    CHECK(complaint([&] {
              model.fit(Array(task.x.data(), {0, 3}), Array(task.y.data(), {0}));
          }) == "fit: there is no sample to train on.");
    CHECK(complaint([&] {
              model.evaluate(Array(task.x.data(), {0, 3}), Array(task.y.data(), {0}));
          }) == "evaluate: there is no sample.");
    CHECK(complaint([&] {
              model.train_on_batch(Array(task.x.data(), {0, 3}), Array(task.y.data(), {0}));
          }) == "train_on_batch: there is no sample.");
    CHECK(complaint([&] { model.fit(Array{}, Array{}); }) ==
          "fit: x has the shape (), the network takes (n, 3), n samples. Nothing is broadcast: "
          "reshape it.");
    CHECK(complaint([&] { model.predict(Array(task.x.data(), {3})); }) ==
          "predict: x has the shape (3), the network takes (n, 3), n samples. One sample alone? "
          "The first axis counts samples: here it is 1.");
    CHECK(complaint([&] { model.evaluate(task.features(), task.y, {.batch_size = 0}); }) ==
          "evaluate: batch_size is 0. Give at least 1.");
    CHECK(complaint([&] { model.predict(task.features(), {.batch_size = 0}); }) ==
          "predict: batch_size is 0. Give at least 1.");
    for (float const share : {1.5f, -0.5f, std::numeric_limits<float>::quiet_NaN()}) {
        FitOptions split = quiet(1);
        split.validation_split = share;
        CHECK(complaint([&] { model.fit(task.features(), task.y, split); })
                  .find("It is a share of the samples, from 0 to below 1.") != std::string::npos);
    }
    FitOptions nobody = quiet(1);
    nobody.callbacks = {nullptr};
    CHECK(complaint([&] { model.fit(task.features(), task.y, nobody); }) ==
          "fit: a callback is null. Give the address of each: {&stopping}.");
    CHECK(complaint([] { UseThreads{-3}; }) ==
          "threads: -3 threads cannot work. Give at least 1, or 0 for one on each core.");
    FitOptions weights = quiet(1);
    weights.class_weight = {1.0f, -2.0f};
    CHECK(complaint([&] { model.fit(task.features(), task.y, weights); }) ==
          "fit: class_weight -2 of class 1 is no weight. Give 0 or more.");
    std::vector<float> gaps(task.n, 1.0f);
    gaps[4] = std::numeric_limits<float>::quiet_NaN();
    CHECK(complaint([&] {
              model.train_on_batch(task.features(), task.y, {.sample_weight = gaps});
          }) == "train_on_batch: sample_weight nan of sample 4 is not finite.");

    auto classes = compile(Sequential{Input<3>{}, Dense<4>{}, Softmax{}}, Adam{},
                           SparseCategoricalCrossentropy{});
    std::vector<std::int32_t> label(50, 1);
    label[9] = 4;
    CHECK(complaint([&] { classes.fit(task.features(), label); }).find("label 4 at row 9") !=
          std::string::npos);
    label[9] = -1;
    CHECK(complaint([&] { classes.fit(task.features(), label); }).find("label -1 at row 9") !=
          std::string::npos);
    std::vector<float> const half(50, 0.5f);
    CHECK(complaint([&] { classes.fit(task.features(), half); }).find("not a whole number") !=
          std::string::npos);
    CHECK(numbers_of(model) == before);
}

TEST_CASE("what is not finite never reaches the weights") {
    Task const task(100);
    auto const with = [&](std::size_t at, float value) {
        auto x = task.x;
        x[at] = value;
        return x;
    };
    auto model = compile(
        Sequential{Input<3>{}, BatchNormalization{}, Dense<16>{}, Tanh{}, Dense<1>{}, Sigmoid{}},
        Adam{.learning_rate = 0.01}, BinaryCrossentropy{});
    FitOptions options = quiet(2);
    options.shuffle = false;
    options.batch_size = 10;
    for (std::size_t k = 0; k < 20; ++k) {
        auto const x = with(13 * k + 3, k % 2 ? std::numeric_limits<float>::infinity()
                                              : std::numeric_limits<float>::quiet_NaN());
        auto copy = model;
        std::size_t const batch = (13 * k + 3) / 30;
        std::string const text = complaint([&] {
            copy.fit(Array(x.data(), {100, 3}), task.y, options);
        });
        CAPTURE(text);
        CHECK(text.find("epoch 1, batch " + std::to_string(batch + 1) + ".") != std::string::npos);
        std::string const sample = std::to_string((13 * k + 3) / 3 % 10);
        CHECK(text.find("in the data: input 0, sample " + sample + " of the batch, holds " +
                        (k % 2 ? "inf" : "nan") + "; ") != std::string::npos);
        CHECK(text.find("batch. Drop or fill the gaps in the data.") != std::string::npos);
        CHECK(copy.progress.steps == batch);
        for (float const v : numbers_of(copy)) REQUIRE(std::isfinite(v));
        // the same as training on the batches before it alone
        auto until = model;
        FitOptions one = options;
        one.epochs = 1;
        if (batch)
            until.fit(Array(x.data(), {10 * batch, 3}), Array(task.y.data(), {10 * batch}), one);
        CHECK(numbers_of(until) == numbers_of(copy));
    }
    auto wild = model;
    wild.weights.values[20] = std::numeric_limits<float>::quiet_NaN();
    CHECK(complaint([&] {
              wild.fit(task.features(), task.y, options);
          }).find("in the weights of dense") != std::string::npos);

    auto handled = model;
    TerminateOnNaN guard;
    options.callbacks = {&guard};
    auto const x = with(45, std::numeric_limits<float>::quiet_NaN());
    History const history = handled.fit(Array(x.data(), {100, 3}), task.y, options);
    CHECK(guard.terminated());
    CHECK(guard.message().find("epoch 1, batch 2.") != std::string::npos);
    CHECK(history.size() == 0);
}

TEST_CASE("a gradient whose square is infinite reaches neither the weights nor the optimizer") {
    std::vector<float> x(12, 1.0f), y(4, 0.5f);
    x[4] = 3e19f;
    auto const check = [&](auto optimizer) {
        auto model = compile(Sequential{Input<3>{}, Dense<1>{}}, optimizer, MeanSquaredError{});
        auto const before = numbers_of(model);
        std::string const text =
            complaint([&] { model.fit(Array(x.data(), {4, 3}), y, quiet(2)); });
        CAPTURE(text);
        CHECK(text.find("a gradient is too large for what the optimizer keeps of it, first in "
                        "dense; epoch 1, batch 1.") != std::string::npos);
        CHECK(numbers_of(model) == before);
        for (float const v : model.optimizer_state()) CHECK(v == 0);
    };
    check(Adam{});
    check(RMSprop{});
    // without its square, or clipped before, it may stay
    auto model = compile(Sequential{Input<3>{}, Dense<1>{}}, Adam{.clip = {.value = 1}},
                         MeanSquaredError{});
    model.fit(Array(x.data(), {4, 3}), y, quiet(1));
    CHECK(model.progress.steps == 1);
}

TEST_CASE("a learning rate that makes a weight infinite leaves the last finite ones") {
    Task task(100);
    for (float& y : task.y) y += 10; // the gradients are above one
    FitOptions options = quiet(5);
    options.shuffle = false;
    options.batch_size = 10;
    auto const check = [&](auto optimizer, std::size_t steps) {
        auto model = compile(Sequential{Input<3>{}, BatchNormalization{}, Dense<4>{}, Dense<1>{}},
                             optimizer, MeanSquaredError{});
        std::string const text =
            complaint([&] { model.fit(task.features(), task.y, options); });
        CAPTURE(text);
        CHECK(text.find("makes a weight infinite, first in batch") != std::string::npos);
        CHECK(text.find("batch " + std::to_string(steps + 1) + ".") != std::string::npos);
        CHECK(model.progress.steps == steps);
        for (float const v : numbers_of(model)) REQUIRE(std::isfinite(v));
        for (float const v : model.optimizer_state()) REQUIRE(std::isfinite(v));
        // what an untroubled run of as many steps has
        auto until = compile(Sequential{Input<3>{}, BatchNormalization{}, Dense<4>{}, Dense<1>{}},
                             optimizer, MeanSquaredError{});
        FitOptions one = options;
        one.epochs = 1;
        if (steps)
            until.fit(Array(task.x.data(), {10 * steps, 3}), Array(task.y.data(), {10 * steps}),
                      one);
        CHECK(numbers_of(until) == numbers_of(model));
    };
    check(SGD{.learning_rate = 3e38, .momentum = 0.9f}, 0);
    check(RMSprop{.learning_rate = 3e38, .average = {.momentum = 0.9f}}, 0);
    check(SGD{.learning_rate = PiecewiseConstant{.pieces = {{0, 0.01}, {3, 3e38}}}}, 3);
}

TEST_CASE("training from a stream: data larger than memory") {
    Task const task(640);
    std::size_t next = 0;
    auto stream = batches(
        [&]() -> std::optional<std::pair<std::array<float, 3>, std::array<float, 1>>> {
            if (next == task.n) {
                next = 0;
                return {};
            }
            std::size_t const i = next++;
            return std::pair{std::array{task.x[3 * i], task.x[3 * i + 1], task.x[3 * i + 2]},
                             std::array{task.y[i]}};
        },
        {.batch_size = 32, .shuffle_buffer = 128, .seed = 1});
    auto model = small_model();
    FitOptions options = quiet(40);
    options.validation_data = {task.features(), task.y};
    History const history = model.fit(stream, options);
    CHECK(history.size() == 40);
    CHECK(model.progress.steps == 40 * 20);
    CHECK(history.last("val_accuracy") > 0.93);
}

TEST_CASE("double throughout") {
    Task const task(200);
    std::vector<double> const x(task.x.begin(), task.x.end()), y(task.y.begin(), task.y.end());
    auto model = compile<double>(Sequential{Input<3>{}, Dense<16>{}, ReLU{}, Dense<1>{}, Sigmoid{}},
                                 Adam{.learning_rate = 0.01}, BinaryCrossentropy{}, Accuracy{});
    static_assert(std::is_same_v<decltype(model)::Scalar, double>);
    History const history = model.fit(Array(x.data(), {200, 3}), y, quiet(40));
    CHECK(history.last("accuracy") > 0.93);
    static_assert(
        std::is_same_v<decltype(model.predict(Array(x.data(), {200, 3})))::value_type, double>);
}

TEST_CASE("penalties are part of the loss and of the gradients") {
    std::vector<float> const x{1, 1}, y{0, 0};
    auto model = compile(Sequential{Input<1>{},
                                    Dense<1, NoBias, KernelInitializer<Constant<2, 1>>>{
                                        .kernel_l1 = 0.5f, .kernel_l2 = 0.25f}},
                         SGD{.learning_rate = 0.1}, MeanSquaredError{});
    double const loss = model.fit(x, y, quiet(1)).last("loss");
    CHECK(loss == doctest::Approx(4.0 + 0.5 * 2 + 0.25 * 4));
    // dw = 2 w + l1 sign(w) + 2 l2 w = 4 + .5 + 1
    CHECK(double(model.weights.values[0]) == doctest::Approx(2 - 0.1 * 5.5));
}

TEST_CASE("penalties are part of what evaluate and validation say, and of a layer in a layer") {
    std::vector<float> const x{1, 1}, y{0, 0};
    using Kernel = Dense<1, NoBias, KernelInitializer<Ones>>;
    auto const check = [&](auto const& net, Array const& in, Array const& target) {
        auto model = compile(net, SGD{.learning_rate = 0.1}, MeanSquaredError{});
        auto const [loss] = model.evaluate(in, target);
        CHECK(loss == doctest::Approx(1 + 0.25));
        CHECK(model.weights.values[0] == 1); // nothing was learnt
        auto const history =
            model.fit(in, target, {.validation_data = {in, target}, .verbose = 0});
        CHECK(history["loss"][0] == doctest::Approx(1 + 0.25));
        double const w = 1 - 0.1 * (2 + 0.5);
        CHECK(double(model.weights.values[0]) == doctest::Approx(w));
        CHECK(history["val_loss"][0] == doctest::Approx(1.25 * w * w));
    };
    check(Sequential{Input<1>{}, Kernel{.kernel_l2 = 0.25f}}, x, y);
    Array const moments(x.data(), {1, 2, 1}), targets(y.data(), {1, 2, 1});
    check(Sequential{Input<2, 1>{}, TimeDistributed{Kernel{.kernel_l2 = 0.25f}}}, moments, targets);
}

TEST_CASE("a loss with a share below 0 grows, and one with 0 counts for nothing") {
    std::vector<float> const x{1}, y{3};
    auto const after = [&](float share) {
        auto model = compile(Sequential{Input<1>{}, Dense<1, NoBias, KernelInitializer<Ones>>{}},
                             SGD{.learning_rate = 0.1},
                             losses(weighted(share, MeanSquaredError{})));
        double const loss = model.train_on_batch(x, y);
        CHECK(loss == doctest::Approx(share * 4));
        return double(model.weights.values[0]);
    };
    CHECK(after(-1) == doctest::Approx(1 - 0.1 * 4)); // away from the target
    CHECK(after(0) == 1);
    CHECK(after(0.5f) == doctest::Approx(1 + 0.1 * 2));
}

TEST_CASE("the average of the weights takes their place at the end of a run") {
    std::vector<float> const x{1}, y{0};
    auto model =
        compile(Sequential{Input<1>{}, Dense<1, NoBias, KernelInitializer<Ones>>{}},
                SGD{.learning_rate = 0.1, .average = {.momentum = 0.9}}, MeanSquaredError{});
    model.fit(x, y, quiet(3)); // w: .8, .64, .512; average: .8, .784, .7568
    CHECK(double(model.weights.values[0]) ==
          doctest::Approx(0.9 * (0.9 * 0.8 + 0.1 * 0.64) + 0.1 * 0.512));
}

TEST_CASE("A wrong shape that is often meant otherwise has its own cure") {
    auto classes = compile(Sequential{Input<3>{}, Dense<4, Softmax>{}}, Adam{},
                           SparseCategoricalCrossentropy{});
    auto rows =
        compile(Sequential{Input<3>{}, Dense<4, Softmax>{}}, Adam{}, CategoricalCrossentropy{});
    std::vector<float> const x(2 * 8 * 9 * 4), one_hot(8), labels(2);
    CHECK(complaint([&] { classes.fit(Array(x.data(), {2, 3}), Array(one_hot.data(), {2, 4})); }) ==
          "fit: y has the shape (2, 4), the network takes (n, 1), n samples. One-hot rows? They "
          "are for CategoricalCrossentropy.");
    CHECK(complaint([&] { rows.fit(Array(x.data(), {2, 3}), labels); }) ==
          "fit: y has the shape (2), the network takes (n, 4), n samples. Numbers of classes? They "
          "are for SparseCategoricalCrossentropy; to_categorical makes rows of them. Else each "
          "sample has as many targets as outputs.");
    auto pictures =
        compile(Sequential{Input<8, 9, 4>{}, Flatten{}, Dense<1>{}}, Adam{}, MeanSquaredError{});
    CHECK(complaint([&] { pictures.predict(Array(x.data(), {2, 4, 8, 9})); }) ==
          "predict: x has the shape (2, 4, 8, 9), the network takes (n, 8, 9, 4), n samples. "
          "Channels first? channels_last() puts them behind the pixels.");
    auto series =
        compile(Sequential{Input<8, 9>{}, LSTM<4>{}, Dense<1>{}}, Adam{}, MeanSquaredError{});
    CHECK(complaint([&] { series.predict(Array(x.data(), {4, 9, 8})); }) ==
          "predict: x has the shape (4, 9, 8), the network takes (n, 8, 9), n samples. Features "
          "before time? xt::transpose(x, {0, 2, 1}) turns them, a reshape does not.");
}

TEST_CASE("A learning rate that is no rate changes nothing, and says so") {
    Task const task(50);
    for (double const rate : {-0.1, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity(), 1e300}) {
        auto model = small_model();
        auto const before = numbers_of(model);
        model.optimizer.learning_rate = rate;
        CHECK(complaint([&] { model.fit(task.features(), task.y, quiet(1)); }).find(
                  " at step 1. Give a finite number that is not negative.") != std::string::npos);
        CHECK(numbers_of(model) == before);
    }
}

TEST_CASE("A history has what was logged, and says what that is") {
    Task const task(50);
    auto model = small_model();
    History const history = model.fit(task.features(), task.y, quiet(2));
    CHECK(history.contains("loss"));
    CHECK(!history.contains("val_loss"));
    CHECK(history["loss"].size() == 2);
    CHECK(history["loss"].back() == history.last("loss"));
    CHECK(complaint([&] { (void)history["acc"]; }) ==
          "History: there is no \"acc\". It has: loss, accuracy.");
    CHECK(complaint([&] { (void)history.last("acc"); }) ==
          "History: there is no \"acc\". It has: loss, accuracy.");
}

TEST_CASE("A model that was moved from says so, and takes another in its place") {
    Task const task(20);
    auto model = small_model();
    auto const other = std::move(model);
    auto const moved = [&](auto const& use) { return complaint([&] { (void)use(model); }); };
    auto const what = [](std::string const& where) {
        return where + ": this model was moved from: its numbers are where they were moved to. "
                       "Use that one, or copy it.";
    };
    CHECK(moved([&](auto& m) { return m.predict(task.features()); }) == what("predict"));
    CHECK(moved([&](auto& m) { return m.evaluate(task.features(), task.y); }) == what("evaluate"));
    CHECK(moved([&](auto& m) { return m.fit(task.features(), task.y, quiet(1)); }) == what("fit"));
    CHECK(moved([&](auto& m) { return m.train_on_batch(task.features(), task.y); }) ==
          what("train_on_batch"));
    CHECK(moved([&](auto& m) { return m.weights.layer("dense"); }) == what("layer"));
    CHECK(moved([&](auto& m) { m.initialize(1); return 0; }) == what("initialize"));
    model = other;
    CHECK(model.predict(task.features()) == other.predict(task.features()));
}

TEST_CASE("Options that make no sense are refused before anything is computed") {
    auto const of = [](auto const& layer) {
        return complaint([&] {
            compile(Sequential{Input<2, 3>{}, layer, Flatten{}, Dense<1>{}}, SGD{},
                    MeanSquaredError{});
        });
    };
    CHECK(of(Dropout{.rate = 1.5f}) == "Dropout: rate is 1.5. Give a number from 0 to 1.");
    CHECK(of(TimeDistributed{Dropout{.rate = -1}}) ==
          "Dropout: rate is -1. Give a number from 0 to 1.");
    CHECK(of(LSTM<2>{.recurrent_dropout = 2}) ==
          "LSTM: recurrent_dropout is 2. Give a number from 0 to 1.");
    CHECK(of(Dense<3, LeakyReLU>{.activation = {.negative_slope = -0.1f}}) ==
          "LeakyReLU: negative_slope is -0.1. Give a finite number that is not negative.");
    CHECK(of(BatchNormalization{.momentum = 9}) ==
          "BatchNormalization: momentum is 9. Give a number from 0 to 1.");
    CHECK(of(GaussianNoise{.stddev = -1}) ==
          "GaussianNoise: stddev is -1. Give a finite number that is not negative.");
    auto const net = graph<Input<2, 3>>([](auto x) { // not written one after another
        auto y = x | Dense<2>{};
        return outputs(y | Flatten{} | Dense<1>{}, y | Dropout{.rate = 3} | Flatten{} | Dense<1>{});
    });
    auto const trained = [&](auto const& how, auto const& first, auto const& second,
                             auto const&... metrics) {
        return complaint([&] {
            compile(graph<Input<3>>([](auto x) { return outputs(x | Dense<1>{}, x | Dense<1>{}); }),
                    how, losses(first, second), metrics...);
        });
    };
    MeanSquaredError const square;
    CHECK(complaint([&] { compile(net, SGD{}, losses(square, square)); }) ==
          "Dropout: rate is 3. Give a number from 0 to 1.");
    CHECK(trained(SGD{}, square, weighted(2.0f, Huber{.delta = 0})) ==
          "Huber: delta is 0. Give a finite number above 0.");
    CHECK(trained(SGD{}, weighted(INFINITY, square), square) ==
          "weighted: weight is inf. Give a finite number.");
    CHECK(trained(SGD{}, square, BinaryCrossentropyFromLogits{.label_smoothing = 2}) ==
          "BinaryCrossentropyFromLogits: label_smoothing is 2. Give a number from 0 to 1.");
    CHECK(trained(SGD{}, square, square, at<1>(BinaryAccuracy{.threshold = NAN})) ==
          "BinaryAccuracy: threshold is nan. Give a finite number.");
    CHECK(trained(SGD{.clip = {.norm = -1}}, square, square) ==
          "Clip: norm is -1. Give a finite number that is not negative.");
    CHECK(complaint([] { (void)Adam{.learning_rate = CosineDecay{.decay_steps = 0}}; }) ==
          "CosineDecay: decay_steps is 0. Give a finite number above 0.");
    CHECK(complaint([] { (void)Schedule{WarmUp{9, StepDecay{.decay_rate = -1}}}; }) ==
          "StepDecay: decay_rate is -1. Give a finite number that is not negative.");
    CHECK(complaint([] { ReduceLROnPlateau{{.monitor = "loss", .factor = 2}}; }) ==
          "ReduceLROnPlateau: factor is 2. Give a number from 0 to below 1.");
}
