// SPDX-License-Identifier: BSD-3-Clause
// Several outputs: each one's own loss beside the sum, in the log, History, CSVLogger and evaluate.
#include <lamina/model/metric_sums.hpp>

#include <lamina/lamina.hpp>

#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace lamina;

namespace {

constexpr std::size_t n = 50;

struct Data {
    std::vector<double> x = std::vector<double>(3 * n), sum = std::vector<double>(n),
                        sign = std::vector<double>(n);
    Data() {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = Random{1}.uniform(i) - 0.5;
        for (std::size_t i = 0; i < n; ++i) {
            sum[i] = x[3 * i] + x[3 * i + 1];
            sign[i] = x[3 * i + 2] > 0;
        }
    }
    Array inputs() const { return {x.data(), {n, 3}}; }
};

template <int Percent = 0> // of the squared weights, as a penalty
auto heads(float first, float second) {
    auto const net = graph<Input<3>>([](auto x) {
        auto const h = x | Dense<8, Tanh>{.kernel_l2 = Percent / 100.0f};
        return outputs(h | named<"sum">(Dense<1>{}), h | named<"sign">(Dense<1, Sigmoid>{}));
    });
    return compile<double>(
        net, SGD{.learning_rate = 0.1},
        losses(weighted(first, MeanSquaredError{}), weighted(second, BinaryCrossentropy{})),
        at<1>(Accuracy{}), MeanAbsoluteError{});
}
/// What the two losses are, from predictions.
std::pair<double, double> by_hand(auto const& model, Data const& data) {
    auto const a = model.template predict<0>(data.inputs());
    auto const b = model.template predict<1>(data.inputs());
    double squares = 0, entropy = 0;
    for (std::size_t i = 0; i < n; ++i) {
        squares += std::pow(a(i, 0) - data.sum[i], 2) / n;
        entropy -= std::log(data.sign[i] > 0.5 ? b(i, 0) : 1 - b(i, 0)) / n;
    }
    return {squares, entropy};
}

} // namespace

TEST_CASE("evaluate gives the sum, each output's own loss, then the metrics") {
    Data const data;
    for (auto const& [first, second] :
         {std::pair{1.0f, 1.0f}, {0.25f, 3.0f}, {-0.5f, 0.0f}, {0.0f, 0.0f}, {0.0f, 2.0f}}) {
        auto const model = heads(first, second);
        auto const [squares, entropy] = by_hand(model, data);
        for (std::size_t const batch : {std::size_t{7}, n}) { // 50 = 7 * 7 + 1
            auto const [loss, sum, sign, accuracy, error] =
                model.evaluate(data.inputs(), {data.sum, data.sign}, {.batch_size = batch});
            CHECK(sum == doctest::Approx(squares).epsilon(1e-12));
            CHECK(sign == doctest::Approx(entropy).epsilon(1e-12));
            CHECK(
                loss ==
                doctest::Approx(double(first) * squares + double(second) * entropy).epsilon(1e-12));
            CHECK(accuracy <= 1);
            CHECK(error * error <= sum);
        }
    }
}

TEST_CASE("penalties are in the sum alone") {
    Data const data;
    auto const model = heads<10>(1, 1);
    auto const [squares, entropy] = by_hand(model, data);
    auto const [loss, sum, sign, accuracy, error] =
        model.evaluate(data.inputs(), {data.sum, data.sign});
    double penalty = 0;
    for (double const w : model.weights.layer("dense")["kernel"].numbers) penalty += 0.1f * w * w;
    CHECK(sum == doctest::Approx(squares).epsilon(1e-12));
    CHECK(sign == doctest::Approx(entropy).epsilon(1e-12));
    CHECK(loss == doctest::Approx(squares + entropy + penalty).epsilon(1e-6));
    CHECK(penalty > 0.1);
}

TEST_CASE("History, callbacks and CSVLogger have them; training is as without") {
    Data const data;
    auto model = heads(0.25f, 3.0f), still = heads(0.25f, 3.0f);
    still.optimizer.learning_rate = 0.0;
    testing::Folder const folder("metric_sums");
    std::string const path = folder.path + "/log.csv";
    CSVLogger log{path};
    double seen = 0;
    LambdaCallback look{{.on_batch_end = [&](Training& training) {
        seen = training.log("sum_loss");
        CHECK(0.25 * seen + 3 * training.log("sign_loss") ==
              doctest::Approx(training.log("loss")).epsilon(1e-12));
        CHECK(std::isnan(training.log("accuracy")));
    }}};
    FitOptions options{.epochs = 3, .batch_size = 8, .verbose = 0};
    options.validation_data = {data.inputs(), {data.sum, data.sign}};
    options.callbacks = {&look, &log};
    History const history = model.fit(data.inputs(), {data.sum, data.sign}, options);
    std::vector<std::string> const shown{"loss", "sum_loss", "sign_loss", "sign_accuracy",
                                         "sum_mean_absolute_error"};
    auto names = shown;
    for (auto const& name : shown) names.push_back("val_" + name);
    CHECK(history.names() == names);
    CHECK(history.last("sum_loss") == seen);
    auto const [loss, sum, sign, accuracy, error] =
        model.evaluate(data.inputs(), {data.sum, data.sign});
    CHECK(history.last("val_loss") == doctest::Approx(loss).epsilon(1e-12));
    CHECK(history.last("val_sum_loss") == doctest::Approx(sum).epsilon(1e-12));
    CHECK(history.last("val_sign_loss") == doctest::Approx(sign).epsilon(1e-12));
    CHECK(history.last("val_sign_accuracy") == accuracy);
    CHECK(history.last("val_sum_mean_absolute_error") == doctest::Approx(error).epsilon(1e-12));
    std::string header = "epoch", first;
    for (auto const& name : names) header += "," + name;
    std::ifstream file(path);
    std::getline(file, first);
    CHECK(first == header);

    // where nothing is learnt, an epoch's mean is what evaluate gives
    options.callbacks = {};
    auto const [squares, entropy] = by_hand(still, data);
    History const flat = still.fit(data.inputs(), {data.sum, data.sign}, options);
    CHECK(flat.last("sum_loss") == doctest::Approx(squares).epsilon(1e-12));
    CHECK(flat["sign_loss"].front() == doctest::Approx(entropy).epsilon(1e-12));
    CHECK(flat.last("val_sign_loss") == doctest::Approx(entropy).epsilon(1e-12));
}

TEST_CASE("the log of evaluate and fit shows them") {
    Data const data;
    auto model = heads(1, 1);
    std::FILE* const file = std::tmpfile();
    model.evaluate(data.inputs(), {data.sum, data.sign}, {.verbose = 2, .log = file});
    model.fit(data.inputs(), {data.sum, data.sign}, {.verbose = 2, .log = file});
    std::rewind(file);
    char line[1024];
    for (int k = 0; k < 2; ++k) {
        REQUIRE(std::fgets(line, sizeof line, file));
        std::string const text = line;
        std::size_t at = 0;
        for (char const* const part : {" - loss: ", " - sum_loss: ", " - sign_loss: ",
                                       " - sign_accuracy: ", " - sum_mean_absolute_error: "}) {
            CHECK(text.find(part, at) != text.npos);
            at = text.find(part, at);
        }
    }
    std::fclose(file);
}

TEST_CASE("an output that counts for nothing shows its loss, and is not learnt") {
    Data const data;
    auto model = heads(1, 0);
    auto const before = model.weights.layer("sign")["kernel"].numbers[0];
    History const history =
        model.fit(data.inputs(), {data.sum, data.sign}, {.epochs = 2, .verbose = 0});
    CHECK(history.last("sign_loss") > 0.1);
    CHECK(history.last("loss") == doctest::Approx(history.last("sum_loss")).epsilon(1e-12));
    CHECK(model.weights.layer("sign")["kernel"].numbers[0] == before);
}

TEST_CASE("a model with one output is as it was") {
    using One = decltype(compile(Sequential{Input<3>{}, Dense<1>{}}, SGD{}, MeanSquaredError{},
                                 MeanAbsoluteError{}));
    static_assert(One::Sums::losses == 0 && One::Sums::numbers == 1);
    using Results = decltype(std::declval<One const&>().evaluate(Arrays{}, Arrays{}));
    static_assert(std::is_same_v<Results, std::tuple<double, double>>);
    static_assert(sizeof(One::Sums) == 2 * sizeof(double));
}
