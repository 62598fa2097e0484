// SPDX-License-Identifier: BSD-3-Clause
#include "run.hpp"

#include <lamina/kernels/finite.hpp>
#include <lamina/optimizers/schedules/cosine_decay.hpp>

#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

template <class T>
bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// The slots that a step sweeps over, of the most that the optimizer may keep.
template <class Optimizer>
std::size_t slots_used(Optimizer const& optimizer) {
    std::size_t used = ~std::size_t{0};
    optimizer.template step<float>(1, 0.1, [&](auto kept, auto const&) { used = kept; });
    return used;
}

template <class T>
void check_bits_do_not_depend_on_place() {
    for_each_optimizer([](auto const& optimizer) {
        // the same 71 weights at every offset of a register, alone, and in one piece with others
        constexpr std::size_t n = 71, room = 200;
        Run<T> alone(optimizer, sample<T>(n, 1));
        for (std::uint64_t t = 1; t <= 5; ++t) alone.step(optimizer, sample<T>(n, 10 + t));
        for (std::size_t offset : {1u, 2u, 3u, 7u, 8u, 15u, 64u}) {
            for (bool cut : {false, true}) {
                std::vector<T> w(room, T{2});
                std::copy_n(sample<T>(n, 1).data(), n, w.data() + offset);
                Run<T> run(optimizer, w);
                std::vector<Stretch> stretches{{0, room}};
                if (cut) stretches = {{offset, 5}, {offset + 5, n - 5}};
                for (std::uint64_t t = 1; t <= 5; ++t) {
                    std::vector<T> g(room, T(0.25));
                    std::copy_n(sample<T>(n, 10 + t).data(), n, g.data() + offset);
                    run.step(optimizer, g, stretches, stretches);
                }
                std::vector<T> const part(run.w.data() + offset, run.w.data() + offset + n);
                CHECK(same_bits(part, alone.w));
                for (std::size_t k = 0; k < slots_used(optimizer); ++k) {
                    T const* const at = run.slots.data() + k * room + offset;
                    T const* const expected = alone.slots.data() + k * n;
                    CHECK(std::memcmp(at, expected, n * sizeof(T)) == 0);
                }
            }
        }
    });
}

} // namespace

TEST_CASE("a weight's bits depend neither on its place nor on how the rest is cut") {
    check_bits_do_not_depend_on_place<float>();
    check_bits_do_not_depend_on_place<double>();
}

TEST_CASE("any number of threads gives the same bits") {
    constexpr std::size_t n = 100003;
    Threads two(2), three(3);
    for_each_optimizer([&](auto optimizer) {
        optimizer.clip = {.value = 2, .norm = 100, .global_norm = 50};
        Run<float> none(optimizer, sample<float>(n, 1));
        Run<float> with_two = none, with_three = none;
        std::vector<Stretch> const trained{{3, 70000}, {70010, 29000}};
        std::vector<Stretch> const tensors{{3, 200}, {203, 69800}, {70010, 29000}};
        for (std::uint64_t t = 1; t <= 3; ++t) {
            auto const g = sample<float>(n, 10 + t);
            none.step(optimizer, g, trained, tensors);
            with_two.step(optimizer, g, trained, tensors, &two);
            with_three.step(optimizer, g, trained, tensors, &three);
        }
        CHECK(same_bits(none.w, with_two.w));
        CHECK(same_bits(none.w, with_three.w));
        CHECK(same_bits(none.slots, with_two.slots));
        CHECK(same_bits(none.slots, with_three.slots));
    });
}

TEST_CASE("rows of a table are stepped by any number of threads, and their gradients are 0 then") {
    constexpr std::size_t rows = 3000, width = 24, large = 20000;
    std::vector<Stretch> trained{{7, large}}; // something dense, and every second row or so
    for (std::size_t r = 0, at = large + 10; r < rows; at += (1 + r % 3) * width, ++r)
        trained.push_back({at, width});
    std::size_t const n = trained.back().from + width + 5;
    Threads two(2), three(3);
    for_each_optimizer([&](auto const& optimizer) {
        Run<float> none(optimizer, sample<float>(n, 1));
        auto const step = [&](Run<float>& run, Threads* threads) {
            auto g = sample<float>(n, 10 + run.t);
            apply(optimizer, ++run.t, run.w.data(), g.data(), run.slots.data(), n,
                  std::span<Stretch const>(trained), std::span<Stretch const>(trained), threads,
                  std::size_t{1});
            return g;
        };
        Run<float> with_two = none, with_three = none;
        for (int t = 0; t < 2; ++t) {
            auto const before = sample<float>(n, 10 + none.t), after = step(none, nullptr);
            auto expected = before;
            for (std::size_t i = 1; i < trained.size(); ++i)
                std::fill_n(expected.data() + trained[i].from, trained[i].size, 0.0f);
            CHECK(same_bits(after, expected));
            CHECK(same_bits(step(with_two, &two), expected));
            CHECK(same_bits(step(with_three, &three), expected));
        }
        CHECK(same_bits(none.w, with_two.w));
        CHECK(same_bits(none.w, with_three.w));
        CHECK(same_bits(none.slots, with_two.slots));
        CHECK(same_bits(none.slots, with_three.slots));
    });
}

TEST_CASE("weights, slots and the step are all that a run goes on from") {
    constexpr std::size_t n = 45;
    for_each_optimizer([&](auto optimizer) {
        using O = std::decay_t<decltype(optimizer)>;
        optimizer.learning_rate = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 15};
        Run<float> whole(optimizer, sample<float>(n, 1)), first = whole;
        for (std::uint64_t t = 1; t <= 20; ++t) whole.step(optimizer, sample<float>(n, 10 + t));
        for (std::uint64_t t = 1; t <= 9; ++t) first.step(optimizer, sample<float>(n, 10 + t));
        O const other = optimizer;
        Run<float> second(other, first.w);
        second.slots = first.slots;
        second.t = first.t;
        for (std::uint64_t t = 10; t <= 20; ++t) second.step(other, sample<float>(n, 10 + t));
        CHECK(same_bits(whole.w, second.w));
        CHECK(same_bits(whole.slots, second.slots));
    });
}

TEST_CASE("what is not trained is not touched, and slots beyond those in use are not") {
    constexpr std::size_t n = 60;
    for_each_optimizer([&](auto const& optimizer) {
        using O = std::decay_t<decltype(optimizer)>;
        CHECK(slots_used(optimizer) <= O::slots);
        Run<float> run(optimizer, std::vector<float>(n, 1.0f));
        auto const begin = run.slots;
        float const untouched = -1e30f;
        std::fill(run.slots.begin() + std::ptrdiff_t(slots_used(optimizer) * n), run.slots.end(),
                  untouched);
        std::vector<Stretch> const trained{{4, 7}, {30, 21}};
        run.step(optimizer, std::vector<float>(n, 0.5f), trained, trained);
        for (std::size_t i = 0; i < n; ++i) {
            bool const is_trained = (i >= 4 && i < 11) || (i >= 30 && i < 51);
            CHECK((run.w[i] != 1.0f) == is_trained);
            for (std::size_t k = 0; k < O::slots; ++k) {
                float const now = run.slots[k * n + i];
                if (k >= slots_used(optimizer)) CHECK(now == untouched);
                else if (!is_trained) CHECK(now == begin[k * n + i]);
            }
        }
    });
}

TEST_CASE("slots in use follow the options") {
    CHECK(slots_used(SGD{}) == 0);
    CHECK(slots_used(SGD{.momentum = 0.9}) == 1);
    CHECK(slots_used(RMSprop{}) == 1);
    CHECK(slots_used(RMSprop{.momentum = 0.9}) == 2);
    CHECK(slots_used(RMSprop{.centered = true}) == 2);
    CHECK(slots_used(RMSprop{.momentum = 0.9, .centered = true}) == 3);
    std::vector<float> slots(6, 9.0f);
    start_slots(Adagrad{}, slots.data(), 6);
    CHECK(slots == std::vector<float>(6, 0.1f));
    start_slots(Rprop{.learning_rate = 0.5}, slots.data(), 3);
    CHECK(slots == std::vector<float>{0, 0, 0, 0.5f, 0.5f, 0.5f});
}

TEST_CASE("an option that no optimizer can do with is refused") {
    auto const why = [](auto const& optimizer) {
        float slots[3]{};
        std::string text;
        try {
            start_slots(optimizer, slots, 1);
        } catch (Error const& e) {
            text = e.what();
        }
        return text;
    };
    CHECK(why(SGD{.momentum = 9}) == "optimizer: momentum is 9. Give a number from 0 to 1.");
    CHECK(why(Adam{.beta_1 = 1}) == "optimizer: beta_1 is 1. Give a number from 0 to below 1.");
    CHECK(why(Lion{.beta_2 = -0.1}) ==
          "optimizer: beta_2 is -0.1. Give a number from 0 to below 1.");
    CHECK(why(RMSprop{.rho = std::numeric_limits<double>::quiet_NaN()}) ==
          "optimizer: rho is nan. Give a number from 0 to 1.");
    CHECK(why(Nadam{.epsilon = -1e-7}) ==
          "optimizer: epsilon is -1e-07. Give a finite number that is not negative.");
    CHECK(why(AdamW{.weight_decay = std::numeric_limits<double>::infinity()}) ==
          "optimizer: weight_decay is inf. Give a finite number that is not negative.");
    CHECK(why(SGD{.momentum = 1}) == "");
}

namespace {

/// One's own, with what an optimizer must have and no more.
struct Signs {
    Schedule learning_rate = 0.5;
    static constexpr std::size_t slots = 1;
    template <class T, class Sweep>
    void step(std::uint64_t, double rate, Sweep const& sweep) const {
        sweep(detail::keeps<1>, [r = T(rate)](auto& w, auto g, auto& m) {
            using V = decltype(g);
            m = V(T(0.5)) * m + g;
            w = w - select(m > V(T{0}), V(r), V(-r));
        });
    }
};
/// ... and weights that decay.
struct DecayingSigns : Signs {
    double weight_decay = 0.5;
};

} // namespace

TEST_CASE("an optimizer of one's own needs no more than a rate and a step") {
    Run<float> run(Signs{}, {1, 1, 1});
    run.step(Signs{}, {1, -1, 3});
    CHECK(run.w == std::vector<float>{0.5f, 1.5f, 0.5f});
    run.step(Signs{}, {-1, 0, 0});
    CHECK(run.w == std::vector<float>{1, 2, 0});
    CHECK(run.slots == std::vector<float>{-0.5f, -0.5f, 1.5f});
    Run<float> decaying(DecayingSigns{}, {1, 1, 1});
    decaying.step(DecayingSigns{}, {1, -1, 3});
    CHECK(decaying.w == std::vector<float>{0.25f, 1.25f, 0.25f});
}

TEST_CASE("an epsilon of 0 is not 0 / 0 where there never was a gradient") {
    auto const stays = [](auto optimizer, auto number) {
        using T = decltype(number);
        for (double const epsilon : {0.0, 1e-320}) {
            optimizer.epsilon = epsilon;
            if constexpr (requires { optimizer.initial_accumulator_value; })
                optimizer.initial_accumulator_value = 0;
            for (Form const form : {Form::keras, Form::torch}) {
                optimizer.form = form;
                Run<T> run(optimizer, std::vector<T>(9, T{1}));
                for (int t = 0; t < 3; ++t) run.step(optimizer, std::vector<T>(9, T{0}));
                CHECK(run.w == std::vector<T>(9, T{1}));
                run.step(optimizer, std::vector<T>(9, T(0.5)));
                CHECK(kernels::all_finite(run.w.size(), run.w.data()));
            }
        }
    };
    auto const check = [&](auto const& optimizer) {
        stays(optimizer, 0.0f);
        stays(optimizer, 0.0);
    };
    for_each_optimizer([&](auto const& optimizer) {
        if constexpr (requires {
                          optimizer.epsilon;
                          optimizer.form;
                      }) {
            auto given = optimizer;
            given.weight_decay = 0;
            check(given);
        }
    });
}

TEST_CASE("weights decay by their share, however small") {
    for_each_optimizer([](auto optimizer) {
        if constexpr (requires { optimizer.weight_decay; })
            for (double const share : {1e-7, 3e-7}) { // of a weight, at each step
                optimizer.learning_rate = 1e-5;
                optimizer.weight_decay = share / 1e-5;
                if (detail::decay_of<float>(optimizer, 1.0).own == 0) continue;
                constexpr std::size_t n = 1000;
                std::vector<float> begin(n);
                for (std::size_t i = 0; i < n; ++i) begin[i] = 1 + float(i) / float(n);
                Run<float> run(optimizer, begin);
                for (int t = 0; t < 1000; ++t) run.step(optimizer, std::vector<float>(n, 0.0f));
                double before = 0, after = 0;
                for (std::size_t i = 0; i < n; ++i) before += begin[i], after += run.w[i];
                double const expected = 1 - std::pow(1 - share, 1000);
                CHECK(1 - after / before == doctest::Approx(expected).epsilon(0.05));
            }
    });
}

TEST_CASE("an optimizer copies its bytes") {
    for_each_optimizer([](auto const& optimizer) {
        static_assert(std::is_trivially_copyable_v<std::decay_t<decltype(optimizer)>>);
    });
}

TEST_CASE("centered RMSprop survives a variance that rounds below 0") {
    RMSprop const optimizer{.centered = true, .form = Form::torch};
    Run<float> run(optimizer, std::vector<float>(8, 1.0f));
    for (int t = 0; t < 200; ++t) run.step(optimizer, std::vector<float>(8, 0.3f));
    CHECK(kernels::all_finite(run.w.size(), run.w.data()));
}

// ---- Clipping -----------------------------------------------------------------------------------

TEST_CASE("clipping by global norm and by value agrees with PyTorch") {
    golden::Case const c("clip_norm");
    std::size_t const n0 = c["in/g0"].size(), n1 = c["in/g1"].size();
    std::vector<double> g = c["in/g0"].values;
    g.insert(g.end(), c["in/g1"].values.begin(), c["in/g1"].values.end());
    std::vector<Stretch> const all{{0, n0 + n1}}, tensors{{0, n0}, {n0, n1}};
    double const scale =
        detail::clip({.global_norm = 1}, g.data(), std::span(all), std::span(tensors), nullptr);
    double const total = c["out/total_norm"][0];
    CHECK(scale == doctest::Approx(1 / total).epsilon(1e-12));
    for (std::size_t i = 0; i < n0 + n1; ++i) {
        double const expected = i < n0 ? c["out/g0"][i] : c["out/g1"][i - n0];
        // PyTorch divides by norm + 1e-6
        CHECK(g[i] * scale * total / (total + 1e-6) == doctest::Approx(expected).epsilon(1e-12));
    }
    // less than the norm that is there: nothing happens
    CHECK(detail::clip({.global_norm = total * 1.001}, g.data(), std::span(all), std::span(tensors),
                       nullptr) == 1.0);

    golden::Case const v("clip_value");
    std::vector<double> h = v["in/g0"].values;
    std::vector<Stretch> const whole{{0, h.size()}};
    CHECK(detail::clip({.value = 0.5}, h.data(), std::span(whole), std::span(whole), nullptr) ==
          1.0);
    CHECK(h == v["out/g0"].values);
}

TEST_CASE("clipping by norm is for each tensor") {
    std::vector<float> g{3, 4, 9, 0.3f, 0.4f};
    std::vector<Stretch> const trained{{0, 2}, {3, 2}};
    CHECK(detail::clip({.norm = 1}, g.data(), std::span(trained), std::span(trained), nullptr) ==
          1.0f);
    CHECK(g[0] == doctest::Approx(0.6));
    CHECK(g[1] == doctest::Approx(0.8));
    CHECK(g[2] == 9);
    CHECK(g[3] == 0.3f);
    CHECK(g[4] == 0.4f);
}

TEST_CASE("clipping reaches the step") {
    // SGD shows the gradient that it got
    std::vector<Stretch> const all{{0, 4}}, tensors{{0, 2}, {2, 2}};
    auto const step = [&](Clip const& clip) {
        SGD const optimizer{.learning_rate = 1, .clip = clip};
        Run<double> run(optimizer, std::vector<double>(4));
        run.step(optimizer, {-3, -4, 0, -12}, all, tensors);
        return run.w;
    };
    auto const near = [](std::vector<double> const& a, std::vector<double> const& b) {
        for (std::size_t i = 0; i < a.size(); ++i)
            CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-15));
    };
    near(step({}), {3, 4, 0, 12});
    near(step({.value = 3.5}), {3, 3.5, 0, 3.5});
    near(step({.norm = 10}), {3, 4, 0, 10});
    near(step({.global_norm = 6.5}), {1.5, 2, 0, 6});
    near(step({.value = 5, .norm = 2.5, .global_norm = 1}),
         {0.6 / std::sqrt(2.0), 0.8 / std::sqrt(2.0), 0, 1 / std::sqrt(2.0)});
}

TEST_CASE("clipping lets a NaN through") {
    std::vector<float> g(40, 5.0f);
    g[13] = std::numeric_limits<float>::quiet_NaN();
    g[39] = g[13];
    std::vector<Stretch> const all{{0, 40}};
    detail::clip({.value = 1}, g.data(), std::span(all), std::span(all), nullptr);
    CHECK(!kernels::all_finite(1, &g[13]));
    CHECK(!kernels::all_finite(1, &g[39]));
    CHECK(g[12] == 1.0f);
}

// ---- Averaging ----------------------------------------------------------------------------------

TEST_CASE("the average of the weights") {
    constexpr std::size_t n = 35;
    std::vector<Stretch> const trained{{0, 20}, {22, 13}};
    WeightAverage const options{.momentum = 0.75};
    std::vector<double> average(n, 99), expected(n);
    for (std::uint64_t t = 1; t <= 6; ++t) {
        auto w = sample<double>(n, t);
        auto const before = w;
        update_average(options, t, w.data(), average.data(), trained, nullptr);
        CHECK(w == before);
        for (std::size_t i = 0; i < n; ++i) {
            double const m = t == 1 ? 0 : 0.75;
            expected[i] = i == 20 || i == 21 ? 99 : m * expected[i] + (1 - m) * w[i];
            CHECK(average[i] == doctest::Approx(expected[i]).epsilon(1e-14));
        }
    }
    // off
    auto w = sample<double>(n, 1);
    auto const untouched = average;
    update_average({}, 3, w.data(), average.data(), trained, nullptr);
    CHECK(average == untouched);
}

TEST_CASE("the average overwrites the weights every so many steps") {
    std::vector<Stretch> const trained{{0, 3}};
    WeightAverage const options{.momentum = 0.5, .overwrite_frequency = 2};
    std::vector<float> w{1, 2, 3, 4}, average(4);
    update_average(options, 1, w.data(), average.data(), trained, nullptr);
    CHECK(average == std::vector<float>{1, 2, 3, 0});
    w = {3, 3, 3, 3};
    update_average(options, 2, w.data(), average.data(), trained, nullptr);
    CHECK(average == std::vector<float>{2, 2.5f, 3, 0});
    CHECK(w == std::vector<float>{2, 2.5f, 3, 3});
}
