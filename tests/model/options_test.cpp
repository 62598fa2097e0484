// SPDX-License-Identifier: BSD-3-Clause
// Every number that a user may give to a layer, a loss, a metric, an optimizer, a schedule or a
// callback, with values that make no sense: each is refused by name, and its limits are taken.
#include <lamina/core/option.hpp>

#include <lamina/io/safetensors.hpp>
#include <lamina/lamina.hpp>

#include "support/samples.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

using namespace lamina;
using testing::Task;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();

std::string message(auto&& f) {
    try {
        f();
    } catch (Error const& e) {
        CHECK(e.kind() == Error::Kind::argument);
        return e.what();
    }
    return "";
}

/// The values that an option takes, and those that it does not.
struct Values {
    std::vector<float> good, bad;
};
Values const any_finite{{-3, 0, 3}, {not_a_number, infinite, -infinite}};
Values const not_negative{{0, 3}, {-1e-3f, not_a_number, infinite, -infinite}};
Values const positive{{1e-3f, 3}, {0, -1, not_a_number, infinite}};
Values const share{{0, 0.5f, 1}, {-1e-3f, 1.001f, not_a_number, infinite}};
Values const below_one{{0, 0.999f}, {-1e-3f, 1, 2, not_a_number, infinite}};

/// `use(value)` with each of them. The error says who, which option and which value.
void check(std::string const& who, std::string const& option, Values const& values,
           std::function<void(float)> const& use) {
    CAPTURE(who);
    CAPTURE(option);
    for (float const value : values.good) {
        CAPTURE(value);
        CHECK(message([&] { use(value); }) == "");
    }
    for (float const value : values.bad) {
        CAPTURE(value);
        std::string const text = message([&] { use(value); });
        CAPTURE(text);
        CHECK(text.find(who + ": " + option + " is ") == 0);
        CHECK(text.find(". Give a ") != std::string::npos);
    }
}
/// Something whose options are asked where it is used.
void check_own(std::string const& who, std::string const& option, Values const& values,
               auto const& make) {
    check(who, option, values, [&](float value) { detail::check_options(make(value)); });
}
/// A layer in a network of sequences.
void check_within(std::string const& who, std::string const& option, Values const& values,
                  auto const& make) {
    check(who, option, values, [&](float value) {
        Weights const weights{Sequential{Input<3, 4>{}, make(value)}};
    });
}
void check_optimizer(std::string const& option, Values const& values, auto const& make) {
    check("optimizer", option, values, [&](float value) {
        float slots[8]{};
        start_slots(make(double(value)), slots, 1);
    });
}
void check_schedule(std::string const& who, std::string const& option, Values const& values,
                    auto const& make) {
    check(who, option, values, [&](float value) { (void)Schedule{make(double(value))}; });
}

} // namespace

TEST_CASE("options of layers") {
    check_own("Dropout", "rate", share, [](float v) { return Dropout{.rate = v}; });
    check_own("SpatialDropout1D", "rate", share,
              [](float v) { return SpatialDropout1D{.rate = v}; });
    check_own("SpatialDropout2D", "rate", share,
              [](float v) { return SpatialDropout2D{.rate = v}; });
    check_own("GaussianNoise", "stddev", not_negative,
              [](float v) { return GaussianNoise{.stddev = v}; });
    check_own("Dense", "kernel_l1", not_negative, [](float v) { return Dense<2>{.kernel_l1 = v}; });
    check_own("Dense", "kernel_l2", not_negative, [](float v) { return Dense<2>{.kernel_l2 = v}; });
    check_own("Conv2D", "kernel_l2", not_negative,
              [](float v) { return Conv2D<2, 3>{.kernel_l2 = v}; });
    check_own("GRU", "recurrent_l1", not_negative,
              [](float v) { return GRU<2>{.recurrent_l1 = v}; });
    check_own("ActivityRegularization", "l1", not_negative,
              [](float v) { return ActivityRegularization{.l1 = v}; });
    check_own("ActivityRegularization", "l2", not_negative,
              [](float v) { return ActivityRegularization{.l2 = v}; });
    check_own("BatchNormalization", "momentum", share,
              [](float v) { return BatchNormalization{.momentum = v}; });
    check_own("BatchNormalization", "epsilon", not_negative,
              [](float v) { return BatchNormalization{.epsilon = v}; });
    check_own("LayerNormalization", "epsilon", not_negative,
              [](float v) { return LayerNormalization{.epsilon = v}; });
    check_own("GroupNormalization", "epsilon", not_negative,
              [](float v) { return GroupNormalization<2>{.epsilon = v}; });
    check_own("RMSNormalization", "epsilon", not_negative,
              [](float v) { return RMSNormalization{.epsilon = v}; });
    check_own("SimpleRNN", "dropout", share, [](float v) { return SimpleRNN<2>{.dropout = v}; });
    check_own("SimpleRNN", "recurrent_dropout", share,
              [](float v) { return SimpleRNN<2>{.recurrent_dropout = v}; });
    check_own("LSTM", "dropout", share, [](float v) { return LSTM<2>{.dropout = v}; });
    check_own("LSTM", "recurrent_dropout", share,
              [](float v) { return LSTM<2>{.recurrent_dropout = v}; });
    check_own("GRU", "dropout", share, [](float v) { return GRU<2>{.dropout = v}; });
    check_own("GRU", "recurrent_dropout", share,
              [](float v) { return GRU<2>{.recurrent_dropout = v}; });
    check_own("MultiHeadAttention", "dropout", share,
              [](float v) { return MultiHeadAttention<2, 2>{.dropout = v}; });
    check_own("ScaledDotProductAttention", "dropout", share,
              [](float v) { return ScaledDotProductAttention{.dropout = v}; });
    check_own("ScaledDotProductAttention", "scale", any_finite,
              [](float v) { return ScaledDotProductAttention{.scale = v}; });
    check_own("SinusoidalPositionEncoding", "max_wavelength", positive,
              [](float v) { return SinusoidalPositionEncoding{.max_wavelength = v}; });
    check_own("Masking", "mask_value", any_finite,
              [](float v) { return Masking{.mask_value = v}; });
    check_own("LeakyReLU", "negative_slope", not_negative,
              [](float v) { return LeakyReLU{.negative_slope = v}; });
    check_own("ELU", "alpha", not_negative, [](float v) { return ELU{.alpha = v}; });
    check_own("CELU", "alpha", positive, [](float v) { return CELU{.alpha = v}; });
}

TEST_CASE("options of layers that are made of layers") {
    check_within("Dropout", "rate", share,
                 [](float v) { return TimeDistributed{Dropout{.rate = v}}; });
    check_within("Dropout", "rate", share,
                 [](float v) { return FeedForward<2, ReLU, InnerDropout>{.dropout = v}; });
    check_within("LSTM", "dropout", share,
                 [](float v) { return Bidirectional{LSTM<2>{.dropout = v}}; });
    check_within("GRU", "dropout", share,
                 [](float v) { return GRU<2, ReturnSequences>{.dropout = v}; });
    check_within("LeakyReLU", "negative_slope", not_negative,
                 [](float v) { return Dense<2, LeakyReLU>{.activation = {.negative_slope = v}}; });
    check_within("Dense", "kernel_l2", not_negative,
                 [](float v) { return Dense<2, ReLU>{.kernel_l2 = v}; });
    check_within("MultiHeadAttention", "dropout", share,
                 [](float v) { return TransformerEncoderLayer<2, 4>{.dropout = v}; });
    check_within("LayerNormalization", "epsilon", not_negative,
                 [](float v) { return TransformerEncoderLayer<2, 4>{.epsilon = v}; });
    auto const decoder = [](auto const& layer) { // what graph() runs has its options written out
        return message([&] { Weights const weights{graph<Input<3, 4>, Input<2, 4>>(layer)}; });
    };
    CHECK(decoder([](auto x, auto y) {
              return join(x, y) | TransformerDecoderLayer<2, 4>{.dropout = 2};
          }) == "MultiHeadAttention: dropout is 2. Give a number from 0 to 1.");
    CHECK(decoder([](auto x, auto y) {
              return join(x, y) | TransformerDecoderLayer<2, 4>{.epsilon = -1};
          }) == "LayerNormalization: epsilon is -1. Give a finite number that is not negative.");
}

TEST_CASE("options of losses and metrics") {
    check_own("Huber", "delta", positive, [](float v) { return Huber{.delta = v}; });
    auto const smoothing = [](std::string const& who, auto loss) {
        check_own(who, "label_smoothing", share, [=](float v) {
            auto l = loss;
            l.label_smoothing = v;
            return l;
        });
    };
    auto const focal = [&](std::string const& who, auto loss, Values const& alpha) {
        smoothing(who, loss);
        check_own(who, "alpha", alpha, [=](float v) {
            auto l = loss;
            l.alpha = v;
            return l;
        });
        check_own(who, "gamma", any_finite, [=](float v) {
            auto l = loss;
            l.gamma = v;
            return l;
        });
    };
    smoothing("BinaryCrossentropy", BinaryCrossentropy{});
    smoothing("BinaryCrossentropyFromLogits", BinaryCrossentropyFromLogits{});
    smoothing("CategoricalCrossentropy", CategoricalCrossentropy{});
    smoothing("CategoricalCrossentropyFromLogits", CategoricalCrossentropyFromLogits{});
    smoothing("SparseCategoricalCrossentropy", SparseCategoricalCrossentropy{});
    smoothing("SparseCategoricalCrossentropyFromLogits", SparseCategoricalCrossentropyFromLogits{});
    focal("BinaryFocalCrossentropy", BinaryFocalCrossentropy{}, share);
    focal("BinaryFocalCrossentropyFromLogits", BinaryFocalCrossentropyFromLogits{}, share);
    focal("CategoricalFocalCrossentropy", CategoricalFocalCrossentropy{}, not_negative);
    focal("CategoricalFocalCrossentropyFromLogits", CategoricalFocalCrossentropyFromLogits{},
          not_negative);
    check_own("BinaryCrossentropy", "pos_weight", not_negative,
              [](float v) { return BinaryCrossentropy{.pos_weight = v}; });
    check_own("BinaryCrossentropyFromLogits", "pos_weight", not_negative,
              [](float v) { return BinaryCrossentropyFromLogits{.pos_weight = v}; });
    check_own("weighted", "weight", any_finite,
              [](float v) { return weighted(v, MeanSquaredError{}); });
    check_own("Huber", "delta", positive,
              [](float v) { return losses(MeanSquaredError{}, weighted(2, Huber{.delta = v})); });

    check_own("Accuracy", "threshold", any_finite,
              [](float v) { return Accuracy{.threshold = v}; });
    check_own("BinaryAccuracy", "threshold", any_finite,
              [](float v) { return BinaryAccuracy{.threshold = v}; });
    check_own("Precision", "threshold", any_finite,
              [](float v) { return Precision{.threshold = v}; });
    check_own("Recall", "threshold", any_finite, [](float v) { return Recall{.threshold = v}; });
    check_own("F1Score", "threshold", any_finite, [](float v) { return F1Score{.threshold = v}; });
    check_own("ConfusionMatrix", "threshold", any_finite,
              [](float v) { return at<1>(ConfusionMatrix{.threshold = v}); });
}

TEST_CASE("options of optimizers") {
    auto const decays = [](auto with) {
        check_optimizer("weight_decay", not_negative, [=](double v) {
            auto o = with;
            o.weight_decay = v;
            return o;
        });
        if constexpr (requires { with.epsilon; })
            check_optimizer("epsilon", not_negative, [=](double v) {
                auto o = with;
                o.epsilon = v;
                return o;
            });
        if constexpr (requires { with.beta_1; }) {
            check_optimizer("beta_1", below_one, [=](double v) {
                auto o = with;
                o.beta_1 = v;
                return o;
            });
            check_optimizer("beta_2", below_one, [=](double v) {
                auto o = with;
                o.beta_2 = v;
                return o;
            });
        }
        if constexpr (requires { with.momentum; })
            check_optimizer("momentum", share, [=](double v) {
                auto o = with;
                o.momentum = v;
                return o;
            });
        if constexpr (requires { with.rho; })
            check_optimizer("rho", share, [=](double v) {
                auto o = with;
                o.rho = v;
                return o;
            });
    };
    decays(SGD{});
    decays(Adam{});
    decays(AdamW{});
    decays(AMSGrad{});
    decays(Adamax{});
    decays(Nadam{});
    decays(RAdam{});
    decays(RMSprop{});
    decays(Adagrad{});
    decays(Adadelta{});
    decays(Lion{});
    check_optimizer("dampening", share, [](double v) { return SGD{.dampening = v}; });
    check_optimizer("momentum_decay", not_negative,
                    [](double v) { return Nadam{.momentum_decay = v}; });
    check_optimizer("initial_accumulator_value", not_negative,
                    [](double v) { return Adagrad{.initial_accumulator_value = v}; });
    check_optimizer("decrease", below_one, [](double v) { return Rprop{.decrease = v}; });
    check_optimizer("increase", positive, [](double v) { return Rprop{.increase = v}; });
    check_optimizer("smallest_step", not_negative,
                    [](double v) { return Rprop{.smallest_step = v}; });
    check_optimizer("largest_step", positive, [](double v) { return Rprop{.largest_step = v}; });
    check_own("Clip", "value", not_negative, [](float v) { return Clip{.value = v}; });
    check_own("Clip", "norm", not_negative, [](float v) { return Clip{.norm = v}; });
    check_own("Clip", "global_norm", not_negative, [](float v) { return Clip{.global_norm = v}; });
    check_own("WeightAverage", "momentum", share,
              [](float v) { return WeightAverage{.momentum = v}; });
}

TEST_CASE("options of schedules") {
    check_schedule("CosineDecay", "initial_learning_rate", not_negative,
                   [](double v) { return CosineDecay{.initial_learning_rate = v}; });
    check_schedule("CosineDecay", "alpha", not_negative,
                   [](double v) { return CosineDecay{.alpha = v}; });
    check_schedule("CosineDecay", "warmup_target", not_negative,
                   [](double v) { return CosineDecay{.warmup_target = v}; });
    check_schedule("CosineDecayRestarts", "initial_learning_rate", not_negative,
                   [](double v) { return CosineDecayRestarts{.initial_learning_rate = v}; });
    check_schedule("CosineDecayRestarts", "t_mul",
                   {{1, 3}, {0.999f, 0, -1, not_a_number, infinite}},
                   [](double v) { return CosineDecayRestarts{.t_mul = v}; });
    check_schedule("CosineDecayRestarts", "m_mul", not_negative,
                   [](double v) { return CosineDecayRestarts{.m_mul = v}; });
    check_schedule("CosineDecayRestarts", "alpha", not_negative,
                   [](double v) { return CosineDecayRestarts{.alpha = v}; });
    check_schedule("Cyclical", "base_learning_rate", not_negative,
                   [](double v) { return Cyclical{.base_learning_rate = v}; });
    check_schedule("Cyclical", "max_learning_rate", not_negative,
                   [](double v) { return Cyclical{.max_learning_rate = v}; });
    check_schedule("ExponentialDecay", "initial_learning_rate", not_negative,
                   [](double v) { return ExponentialDecay{.initial_learning_rate = v}; });
    check_schedule("ExponentialDecay", "decay_rate", not_negative,
                   [](double v) { return ExponentialDecay{.decay_rate = v}; });
    check_schedule("InverseTimeDecay", "initial_learning_rate", not_negative,
                   [](double v) { return InverseTimeDecay{.initial_learning_rate = v}; });
    check_schedule("InverseTimeDecay", "decay_rate", not_negative,
                   [](double v) { return InverseTimeDecay{.decay_rate = v}; });
    check_schedule("OneCycle", "max_learning_rate", not_negative,
                   [](double v) { return OneCycle{.max_learning_rate = v}; });
    check_schedule("OneCycle", "pct_start", share,
                   [](double v) { return OneCycle{.pct_start = v}; });
    check_schedule("OneCycle", "div_factor", positive,
                   [](double v) { return OneCycle{.div_factor = v}; });
    check_schedule("OneCycle", "final_div_factor", positive,
                   [](double v) { return OneCycle{.final_div_factor = v}; });
    check_schedule("PolynomialDecay", "initial_learning_rate", not_negative,
                   [](double v) { return PolynomialDecay{.initial_learning_rate = v}; });
    check_schedule("PolynomialDecay", "end_learning_rate", not_negative,
                   [](double v) { return PolynomialDecay{.end_learning_rate = v}; });
    check_schedule("PolynomialDecay", "power", not_negative,
                   [](double v) { return PolynomialDecay{.power = v}; });
    check_schedule("StepDecay", "initial_learning_rate", not_negative,
                   [](double v) { return StepDecay{.initial_learning_rate = v}; });
    check_schedule("StepDecay", "decay_rate", not_negative,
                   [](double v) { return StepDecay{.decay_rate = v}; });
    check_schedule("WarmUp", "from", not_negative,
                   [](double v) { return WarmUp<>{.steps = 9, .then = 1e-3, .from = v}; });
    check_schedule("StepDecay", "decay_rate", not_negative, [](double v) {
        return WarmUp{9, StepDecay{.decay_rate = v}};
    });
    check_schedule("PiecewiseConstant", "rate", not_negative, [](double v) {
        return PiecewiseConstant{.pieces = {{0, 0.1}, {5, v}, {9, 0.2}}};
    });
    check_schedule("PiecewiseConstant", "rate", not_negative, [](double v) {
        return PiecewiseConstant{.pieces = {{0, v}}};
    });

    Values const steps{{1, 9}, {0}};
    auto const count = [](double v) { return std::uint64_t(v); };
    check_schedule("CosineDecay", "decay_steps", steps,
                   [=](double v) { return CosineDecay{.decay_steps = count(v)}; });
    check_schedule("CosineDecayRestarts", "first_decay_steps", steps,
                   [=](double v) { return CosineDecayRestarts{.first_decay_steps = count(v)}; });
    check_schedule("Cyclical", "step_size", steps,
                   [=](double v) { return Cyclical{.step_size = count(v)}; });
    check_schedule("ExponentialDecay", "decay_steps", steps,
                   [=](double v) { return ExponentialDecay{.decay_steps = count(v)}; });
    check_schedule("InverseTimeDecay", "decay_steps", steps,
                   [=](double v) { return InverseTimeDecay{.decay_steps = count(v)}; });
    check_schedule("OneCycle", "total_steps", steps,
                   [=](double v) { return OneCycle{.total_steps = count(v)}; });
    check_schedule("PolynomialDecay", "decay_steps", steps,
                   [=](double v) { return PolynomialDecay{.decay_steps = count(v)}; });
    check_schedule("StepDecay", "decay_steps", steps,
                   [=](double v) { return StepDecay{.decay_steps = count(v)}; });
}

TEST_CASE("a warm-up that leads to no rate") {
    CosineDecay decay{.warmup_steps = 5};
    CHECK(message([&] { (void)Schedule{decay}; }) ==
          "CosineDecay: warmup_target is 0, and there are 5 warmup_steps. Give the rate that they "
          "lead to.");
    decay.warmup_target = 0.1;
    CHECK(message([&] { (void)Schedule{decay}; }) == "");
}

TEST_CASE("pieces of a rate that do not follow one another") {
    auto const why = [](PiecewiseConstant const& pieces) {
        return message([&] { (void)Schedule{pieces}; });
    };
    auto const at = [](std::string const& piece, std::string const& step) {
        return "PiecewiseConstant: piece " + piece + " begins at step " + step +
               ". The first begins at step 0, each other one behind the one before it.";
    };
    CHECK(why({.pieces = {{3, 0.1}, {5, 0.1}}}) == at("0", "3"));
    CHECK(why({.pieces = {{0, 0.1}, {9, 0.2}, {9, 0.3}}}) == at("2", "9"));
    CHECK(why({.pieces = {{0, 0.1}, {9, 0.2}, {5, 0.3}}}) == at("2", "5"));
    CHECK(why({.pieces = {{0, 0.1}, {0, 0.2}}}) == at("1", "0"));
    CHECK(why({.pieces = {{0, 0.1}, {5, 0.2}, {}, {9, 0.3}}}) == at("3", "9"));
    PiecewiseConstant all;
    for (std::size_t i = 0; i < 16; ++i) all.pieces[i] = {i, 0.5};
    CHECK(why(all) == "");
}

TEST_CASE("options of callbacks, and what a callback sets") {
    Task const task(20);
    check("ReduceLROnPlateau", "factor", below_one,
          [](float v) { ReduceLROnPlateau{{.factor = double(v)}}; });
    check("ReduceLROnPlateau", "min_delta", not_negative,
          [](float v) { ReduceLROnPlateau{{.min_delta = double(v)}}; });
    check("ReduceLROnPlateau", "min_lr", not_negative,
          [](float v) { ReduceLROnPlateau{{.min_lr = double(v)}}; });
    check("Plateau", "factor", below_one, [](float v) { Plateau{.factor = double(v)}.check(); });
    check("Plateau", "threshold", not_negative,
          [](float v) { Plateau{.threshold = double(v)}.check(); });
    check("Plateau", "min_rate", not_negative,
          [](float v) { Plateau{.min_rate = double(v)}.check(); });
    check("EarlyStopping", "min_delta", not_negative,
          [](float v) { EarlyStopping{{.min_delta = double(v)}}; });
    auto model = compile(Sequential{Input<3>{}, Dense<1>{}}, SGD{}, MeanSquaredError{});
    check("set_learning_rate", "rate", not_negative, [&](float v) {
        LearningRateScheduler rates{[v](std::size_t, double) { return double(v) / 1e9; }};
        model.fit(task.features(), task.y, {.callbacks = {&rates}, .verbose = 0});
    });
    CHECK(model.optimizer.learning_rate.rate(0) == double(3.0f) / 1e9); // the last that it took
    CHECK(message([] { LearningRateScheduler{nullptr}; }) ==
          "LearningRateScheduler: it has no function. Give one of the epoch and the rate.");
    CHECK(message([&] {
              ModelCheckpoint{model, {.path = "m.safetensors", .every_epochs = 0}};
          }) ==
          "ModelCheckpoint: every_epochs and every_batches are both 0, so it never saves. Give at "
          "least one of them.");
}
