// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/schedules/cosine_decay.hpp>
#include <lamina/optimizers/schedules/cosine_decay_restarts.hpp>
#include <lamina/optimizers/schedules/cyclical.hpp>
#include <lamina/optimizers/schedules/exponential_decay.hpp>
#include <lamina/optimizers/schedules/inverse_time_decay.hpp>
#include <lamina/optimizers/schedules/one_cycle.hpp>
#include <lamina/optimizers/schedules/piecewise_constant.hpp>
#include <lamina/optimizers/schedules/polynomial_decay.hpp>
#include <lamina/optimizers/schedules/step_decay.hpp>
#include <lamina/optimizers/schedules/warm_up.hpp>

#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <type_traits>

using namespace lamina;

namespace {

std::set<std::string> seen;

void check(std::string const& name, Schedule const& schedule) {
    CAPTURE(name);
    seen.insert(name);
    golden::Case const c(name);
    golden::Array const& expected = c["out/lr"];
    REQUIRE(expected.size() > 5);
    for (std::uint64_t step = 0; step < expected.size(); ++step) {
        CAPTURE(step);
        CHECK(std::fabs(schedule.rate(step) - expected[step]) < 1e-12);
    }
}

} // namespace

TEST_CASE("schedules of PyTorch") {
    check("lr_step",
          StepDecay{.initial_learning_rate = 0.1, .decay_steps = 3, .decay_rate = 0.5});
    check("lr_step", ExponentialDecay{.initial_learning_rate = 0.1,
                                      .decay_steps = 3,
                                      .decay_rate = 0.5,
                                      .staircase = true});
    check("lr_multistep", PiecewiseConstant{.pieces = {{0, 0.1}, {4, 0.01}, {9, 0.001}}});
    check("lr_constant", PiecewiseConstant{.pieces = {{0, 0.05}, {4, 0.1}}});
    check("lr_exponential",
          ExponentialDecay{.initial_learning_rate = 0.1, .decay_steps = 1, .decay_rate = 0.9});
    check("lr_cosine", CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 20});
    check("lr_cosine_restarts",
          CosineDecayRestarts{
              .initial_learning_rate = 0.1, .first_decay_steps = 5, .t_mul = 1});
    check("lr_linear", WarmUp<double>{.steps = 5, .then = 0.1, .from = 0.25});
    check("lr_polynomial", PolynomialDecay{.initial_learning_rate = 0.1,
                                           .decay_steps = 10,
                                           .end_learning_rate = 0});
    check("lr_onecycle", OneCycle{.max_learning_rate = 0.4, .total_steps = 21});
    check("lr_onecycle_linear",
          OneCycle{.max_learning_rate = 0.4, .total_steps = 21, .linear = true});
    check("lr_onecycle_three_phase",
          OneCycle{.max_learning_rate = 0.4, .total_steps = 21, .three_phase = true});
    // in spite of the case's name the mode is PyTorch's default, triangular
    check("lr_cyclic_triangular2",
          Cyclical{.base_learning_rate = 0.01, .max_learning_rate = 0.1, .step_size = 3});
    // (t + 1) / 4 of the rate in the first 4 steps, the last of them with the full rate
    check("lr_warmup_cosine", [](std::uint64_t step) {
        constexpr CosineDecay cosine{.initial_learning_rate = 0.1, .decay_steps = 16};
        constexpr WarmUp<double> up{.steps = 3, .then = 0.1, .from = 0.25};
        return step < 4 ? up(step) : cosine(step - 4);
    });
    for (std::string const& name : golden::cases("lr_")) {
        CAPTURE(name);
        CHECK(seen.count(name) + (name == "lr_plateau") == 1);   // plateau_test
    }
}

TEST_CASE("a schedule from a number, a type or a lambda") {
    Schedule rate = 0.5f;
    CHECK(rate.is_constant());
    CHECK(rate.rate(0) == 0.5);
    CHECK(rate.rate(1000) == 0.5);
    rate = 1e-3;
    CHECK(rate.rate(7) == 1e-3);
    rate = 1;
    CHECK(rate.rate(7) == 1);
    double const factor = 2;
    rate = [factor](std::uint64_t step) { return float(factor * double(step)); };
    CHECK(!rate.is_constant());
    CHECK(rate.rate(3) == 6);
    Schedule const copy = rate;
    CHECK(copy.rate(5) == 10);
    rate = StepDecay{.initial_learning_rate = 1, .decay_steps = 10};
    CHECK(rate.rate(10) == doctest::Approx(0.1));
    CHECK(copy.rate(5) == 10);
    static_assert(std::is_trivially_copyable_v<Schedule>);
    static_assert(sizeof(WarmUp<PiecewiseConstant>) <= Schedule::capacity);
    static_assert(!std::is_constructible_v<Schedule, std::string>);
    static_assert(!std::is_constructible_v<Schedule, char const*>);
    constexpr Schedule constant = 0.25;
    static_assert(constant.is_constant());
}

TEST_CASE("schedules are compared by what they hold") {
    Schedule const a = CosineDecay{.initial_learning_rate = 0.1};
    CHECK(a == Schedule(CosineDecay{.initial_learning_rate = 0.1}));
    CHECK(!(a == Schedule(CosineDecay{.initial_learning_rate = 0.2})));
    CHECK(!(a == Schedule(0.1)));
    CHECK(!(a == Schedule(StepDecay{.initial_learning_rate = 0.1})));
    CHECK(Schedule(0.1) == Schedule(0.1));
    CHECK(!(Schedule(0.1) == Schedule(0.2)));
    auto const lambda = [k = 2.0](std::uint64_t) { return k; };
    auto other = lambda;
    CHECK(Schedule(lambda) == Schedule(other));
    CHECK(Schedule(WarmUp<StepDecay>{.steps = 3}) == Schedule(WarmUp<StepDecay>{.steps = 3}));
    CHECK(!(Schedule(WarmUp<StepDecay>{.steps = 3}) == Schedule(WarmUp<StepDecay>{.steps = 4})));
}

TEST_CASE("piecewise: before, at and after each step; sixteen pieces") {
    PiecewiseConstant const two{.pieces = {{0, 0.1}, {10, 0.2}}};
    CHECK(two(0) == 0.1);
    CHECK(two(9) == 0.1);
    CHECK(two(10) == 0.2);
    CHECK(two(1000000) == 0.2);
    PiecewiseConstant full;
    for (std::size_t i = 0; i < 16; ++i) full.pieces[i] = {5 * i, double(i)};
    for (std::uint64_t step = 0; step < 100; ++step)
        CHECK(full(step) == double(step < 80 ? step / 5 : 15));
}

TEST_CASE("polynomial decay, once and in cycles") {
    PolynomialDecay decay{.initial_learning_rate = 1,
                          .decay_steps = 10,
                          .end_learning_rate = 0.2,
                          .power = 2};
    CHECK(decay(0) == 1);
    CHECK(decay(5) == doctest::Approx(0.8 * 0.25 + 0.2));
    CHECK(decay(10) == doctest::Approx(0.2));
    CHECK(decay(25) == doctest::Approx(0.2));
    decay.cycle = true;
    CHECK(decay(0) == 1);
    CHECK(decay(10) == doctest::Approx(0.2));
    CHECK(decay(15) == doctest::Approx(0.8 * 0.0625 + 0.2));   // 15 of 20
    CHECK(decay(20) == doctest::Approx(0.2));
}

TEST_CASE("inverse time and exponential decay, with stairs") {
    InverseTimeDecay inverse{.initial_learning_rate = 1, .decay_steps = 4, .decay_rate = 2};
    CHECK(inverse(0) == 1);
    CHECK(inverse(6) == doctest::Approx(0.25));
    inverse.staircase = true;
    CHECK(inverse(6) == doctest::Approx(1.0 / 3.0));
    ExponentialDecay exponential{
        .initial_learning_rate = 2, .decay_steps = 4, .decay_rate = 0.25};
    CHECK(exponential(2) == doctest::Approx(1.0));
    CHECK(exponential(8) == doctest::Approx(0.125));
    exponential.staircase = true;
    CHECK(exponential(7) == doctest::Approx(0.5));
}

TEST_CASE("cosine decay with Keras' warm-up and floor") {
    CosineDecay const decay{.initial_learning_rate = 0.1,
                            .decay_steps = 10,
                            .alpha = 0.25,
                            .warmup_target = 0.5,
                            .warmup_steps = 4};
    CHECK(decay(0) == doctest::Approx(0.1));
    CHECK(decay(1) == doctest::Approx(0.2));
    CHECK(decay(4) == doctest::Approx(0.5));
    CHECK(decay(9) == doctest::Approx(0.5 * (0.75 * 0.5 + 0.25)));
    CHECK(decay(14) == doctest::Approx(0.125));
    CHECK(decay(99) == doctest::Approx(0.125));
}

TEST_CASE("cosine restarts that grow longer and lower") {
    CosineDecayRestarts const decay{.initial_learning_rate = 1,
                                    .first_decay_steps = 10,
                                    .t_mul = 2,
                                    .m_mul = 0.5,
                                    .alpha = 0.1};
    double height = 1;
    std::uint64_t begin = 0;
    for (std::uint64_t length = 10; length <= 10 * 1024; length *= 2, height /= 2) {
        CHECK(decay(begin) == doctest::Approx(0.9 * height + 0.1));   // not a step late
        CHECK(decay(begin + length / 2) == doctest::Approx(0.45 * height + 0.1));
        begin += length;
        CHECK(decay(begin - 1) < 0.125);
    }
    // ratios that no floating number is
    CosineDecayRestarts const three{
        .initial_learning_rate = 1, .first_decay_steps = 7, .t_mul = 3};
    begin = 0;
    for (std::uint64_t length = 7; length < 100000000; length *= 3) {
        CHECK(three(begin) == doctest::Approx(1.0));
        begin += length;
    }
}

TEST_CASE("one cycle ends where it ends") {
    OneCycle const cycle{.max_learning_rate = 1, .total_steps = 100};
    CHECK(cycle(0) == doctest::Approx(0.04));
    CHECK(cycle(29) == doctest::Approx(1.0));
    CHECK(cycle(99) == doctest::Approx(4e-6));
    CHECK(cycle(5000) == doctest::Approx(4e-6));
    // phases without length
    CHECK(std::isfinite(OneCycle{.total_steps = 1}(0)));
    CHECK(std::isfinite(OneCycle{.total_steps = 2, .pct_start = 0.5}(0)));
    CHECK(std::isfinite(OneCycle{.total_steps = 10, .pct_start = 0}(0)));
}

TEST_CASE("warm-up before any schedule") {
    WarmUp<CosineDecay> const cosine{.steps = 10,
                                     .then = {.initial_learning_rate = 0.2, .decay_steps = 100}};
    CHECK(cosine(0) == 0);
    CHECK(cosine(5) == doctest::Approx(0.1));
    CHECK(cosine(10) == doctest::Approx(0.2));
    CHECK(cosine(60) == doctest::Approx(0.1));
    Schedule const positional = WarmUp{10, CosineDecay{0.2, 100}};
    for (std::uint64_t step : {0u, 3u, 10u, 70u})
        CHECK(positional.rate(step) == doctest::Approx(cosine(step)).epsilon(1e-14));
    Schedule const number = WarmUp{4, 0.4, 0.5};
    CHECK(number == Schedule(WarmUp<>{.steps = 4, .then = 0.4, .from = 0.5}));
    CHECK(number.rate(0) == doctest::Approx(0.2));
    CHECK(number.rate(2) == doctest::Approx(0.3));
    CHECK(number.rate(4) == doctest::Approx(0.4));
    Schedule const none = WarmUp{0, 0.4};
    CHECK(none.rate(0) == 0.4);
    Schedule const lambda = WarmUp{2, [](std::uint64_t step) { return 1.0 + double(step); }};
    CHECK(lambda.rate(1) == 0.5);
    CHECK(lambda.rate(2) == 1);
    CHECK(lambda.rate(5) == 4);
}

TEST_CASE("cycles, and schedules that were given no length") {
    Cyclical const cycle{.base_learning_rate = 1, .max_learning_rate = 3, .step_size = 4};
    CHECK(cycle(0) == 1);
    CHECK(cycle(4) == 3);
    CHECK(cycle(6) == 2);
    CHECK(cycle(8) == 1);
    CHECK(cycle(12) == 3);
    Cyclical const halving{
        .base_learning_rate = 1, .max_learning_rate = 3, .step_size = 4, .halving = true};
    CHECK(halving(4) == 3);
    CHECK(halving(8) == 1);
    CHECK(halving(12) == 2);
    CHECK(halving(18) == 1.25);
    for (std::uint64_t step : {0u, 1u, 50u}) {
        CHECK(std::isfinite(StepDecay{.decay_steps = 0}(step)));
        CHECK(std::isfinite(ExponentialDecay{.decay_steps = 0}(step)));
        CHECK(std::isfinite(PolynomialDecay{.decay_steps = 0}(step)));
        CHECK(std::isfinite(PolynomialDecay{.decay_steps = 0, .cycle = true}(step)));
        CHECK(std::isfinite(InverseTimeDecay{.decay_steps = 0}(step)));
        CHECK(std::isfinite(CosineDecay{.decay_steps = 0}(step)));
        CHECK(std::isfinite(CosineDecayRestarts{.first_decay_steps = 0}(step)));
        CHECK(std::isfinite(OneCycle{.total_steps = 0}(step)));
        CHECK(std::isfinite(Cyclical{.step_size = 0}(step)));
    }
}
