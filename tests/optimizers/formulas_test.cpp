// SPDX-License-Identifier: BSD-3-Clause
// Every optimizer in Keras' form against a plain loop over its formula.
#include "run.hpp"

#include <lamina/optimizers/schedules/exponential_decay.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

using Real = long double;

constexpr ExponentialDecay falling{.initial_learning_rate = 0.05,
                                   .decay_steps = 10,
                                   .decay_rate = 0.5};

/// One weight and what is kept for it.
struct Weight {
    Real w = 0, a = 0, b = 0, c = 0;
};

/// 30 steps with a rate that falls, 37 weights: f(weight, g, rate, t) is the formula.
template <class T, class O, class F>
double error(O optimizer, Real a, F const& f) {
    constexpr std::size_t n = 37;
    optimizer.learning_rate = falling;
    Run<T> run(optimizer, sample<T>(n, 1));
    std::vector<Weight> expected(n);
    for (std::size_t i = 0; i < n; ++i) expected[i] = {Real(run.w[i]), a};
    double worst = 0;
    for (std::uint64_t t = 1; t <= 30; ++t) {
        auto const g = sample<T>(n, 100 + t);
        run.step(optimizer, g);
        for (std::size_t i = 0; i < n; ++i) {
            f(expected[i], Real(g[i]), Real(falling(t - 1)), Real(t));
            worst = std::max(worst, double(std::fabs(expected[i].w - Real(run.w[i]))));
        }
    }
    return worst;
}

template <class O, class F>
void check(O const& optimizer, F const& f, Real a = 0) {
    CHECK(error<double>(optimizer, a, f) < 1e-13);
    CHECK(error<float>(optimizer, a, f) < 2e-6);
}

Real square(Real x) { return x * x; }
Real sign(Real x) { return Real((x > 0) - (x < 0)); }

constexpr Real b1 = 0.9, b2 = 0.999, eps = 1e-7;

} // namespace

TEST_CASE("SGD") {
    check(SGD{}, [](Weight& s, Real g, Real rate, Real) { s.w -= rate * g; });
    check(SGD{.momentum = 0.9}, [](Weight& s, Real g, Real rate, Real) {
        s.a = Real(0.9) * s.a - rate * g;
        s.w += s.a;
    });
    check(SGD{.momentum = 0.9, .nesterov = true}, [](Weight& s, Real g, Real rate, Real) {
        s.a = Real(0.9) * s.a - rate * g;
        s.w += Real(0.9) * s.a - rate * g;
    });
    check(SGD{.momentum = 0.9, .form = Form::torch}, [](Weight& s, Real g, Real rate, Real) {
        s.a = Real(0.9) * s.a + g;
        s.w -= rate * s.a;
    });
    check(SGD{.weight_decay = 0.3}, [](Weight& s, Real g, Real rate, Real) {
        s.w -= s.w * Real(0.3) * rate;
        s.w -= rate * g;
    });
}

TEST_CASE("Adam, AdamW, AMSGrad") {
    auto const adam = [](Weight& s, Real g, Real rate, Real t, Real decay, bool never_falls) {
        s.w -= s.w * decay * rate;
        s.a += (g - s.a) * (1 - b1);
        s.b += (square(g) - s.b) * (1 - b2);
        s.c = never_falls ? std::max(s.c, s.b) : s.b;
        Real const alpha = rate * std::sqrt(1 - std::pow(b2, t)) / (1 - std::pow(b1, t));
        s.w -= alpha * s.a / (std::sqrt(s.c) + eps);
    };
    check(Adam{}, [&](Weight& s, Real g, Real rate, Real t) { adam(s, g, rate, t, 0, false); });
    check(Adam{.weight_decay = 0.2},
          [&](Weight& s, Real g, Real rate, Real t) { adam(s, g, rate, t, 0.2, false); });
    check(AdamW{},
          [&](Weight& s, Real g, Real rate, Real t) { adam(s, g, rate, t, 0.004, false); });
    check(AMSGrad{}, [&](Weight& s, Real g, Real rate, Real t) { adam(s, g, rate, t, 0, true); });
}

TEST_CASE("Adamax") {
    check(Adamax{}, [](Weight& s, Real g, Real rate, Real t) {
        s.a += (g - s.a) * (1 - b1);
        s.b = std::max(b2 * s.b, std::fabs(g));
        s.w -= rate * s.a / ((1 - std::pow(b1, t)) * (s.b + eps));
    });
}

TEST_CASE("Nadam") {
    Real product = 1;
    std::size_t calls = 0;
    check(Nadam{}, [&](Weight& s, Real g, Real rate, Real t) {
        auto const mu = [](Real at) { return b1 * (1 - std::pow(Real(0.96), at) / 2); };
        if (calls % 37 == 0) product = t == 1 ? mu(1) : product * mu(t);
        ++calls;
        s.a += (g - s.a) * (1 - b1);
        s.b += (square(g) - s.b) * (1 - b2);
        Real const ahead = mu(t + 1) * s.a / (1 - product * mu(t + 1));
        Real const m = ahead + (1 - mu(t)) * g / (1 - product);
        s.w -= rate * m / (std::sqrt(s.b / (1 - std::pow(b2, t))) + eps);
    });
}

TEST_CASE("Nadam's product at any step") {
    for (double beta : {0.5, 0.9, 0.99, 0.999})
        for (double decay : {0.0, 0.004, 1.0, 20.0}) {
            Nadam const nadam{.beta_1 = beta, .epsilon = 0, .momentum_decay = decay};
            auto const mu = [&](Real at) {
                return Real(beta) * (1 - std::pow(Real(0.96), at * Real(decay)) / 2);
            };
            Real product = 1;
            for (std::uint64_t t = 1; t <= 3000; ++t) {
                product *= mu(Real(t));
                if (t > 5 && t % 101 != 0) continue;
                // g = 0, m = v = 1 before: only m's share is left
                Run<double> run(nadam, {0.0});
                run.slots = {1, 1};
                run.t = t - 1;
                run.step(nadam, std::vector<double>{0.0});
                Real const m = Real(beta), v = b2;
                Real const step = mu(Real(t) + 1) * m / (1 - product * mu(Real(t) + 1)) /
                                  std::sqrt(v / (1 - std::pow(b2, Real(t))));
                CHECK(run.w[0] / double(-step * Real(0.001)) ==
                      doctest::Approx(1.0).epsilon(1e-12));
            }
        }
}

TEST_CASE("RAdam") {
    check(RAdam{}, [](Weight& s, Real g, Real rate, Real t) {
        s.a += (g - s.a) * (1 - b1);
        s.b += (square(g) - s.b) * (1 - b2);
        Real const m = s.a / (1 - std::pow(b1, t)), c2 = 1 - std::pow(b2, t);
        Real const most = 2 / (1 - b2) - 1, rho = most - 2 * t * std::pow(b2, t) / c2;
        if (rho > 5)
            s.w -= rate * m * std::sqrt(c2) / (std::sqrt(s.b) + eps) *
                   std::sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho));
        else
            s.w -= rate * m;
    });
}

TEST_CASE("RMSprop") {
    auto const rms = [](Weight& s, Real g, Real rate, Real momentum, bool centered) {
        s.a = Real(0.9) * s.a + Real(0.1) * square(g);
        s.b = Real(0.9) * s.b + Real(0.1) * g;
        Real const step = rate * g / std::sqrt(s.a - (centered ? square(s.b) : 0) + eps);
        s.c = momentum * s.c + step;
        s.w -= s.c;
    };
    check(RMSprop{}, [&](Weight& s, Real g, Real rate, Real) { rms(s, g, rate, 0, false); });
    check(RMSprop{.momentum = 0.8},
          [&](Weight& s, Real g, Real rate, Real) { rms(s, g, rate, 0.8L, false); });
    check(RMSprop{.epsilon = 1e-3, .centered = true}, [](Weight& s, Real g, Real rate, Real) {
        s.a = Real(0.9) * s.a + Real(0.1) * square(g);
        s.b = Real(0.9) * s.b + Real(0.1) * g;
        s.w -= rate * g / std::sqrt(s.a - square(s.b) + Real(1e-3));
    });
    check(RMSprop{.momentum = 0.8, .epsilon = 1e-3, .centered = true},
          [](Weight& s, Real g, Real rate, Real) {
              s.a = Real(0.9) * s.a + Real(0.1) * square(g);
              s.b = Real(0.9) * s.b + Real(0.1) * g;
              s.c = Real(0.8) * s.c + rate * g / std::sqrt(s.a - square(s.b) + Real(1e-3));
              s.w -= s.c;
          });
}

TEST_CASE("Adagrad and Adadelta") {
    check(
        Adagrad{},
        [](Weight& s, Real g, Real rate, Real) {
            s.a += square(g);
            s.w -= rate * g / std::sqrt(s.a + eps);
        },
        Real(0.1));
    check(Adadelta{}, [](Weight& s, Real g, Real rate, Real) {
        s.a = Real(0.95) * s.a + Real(0.05) * square(g);
        Real const d = std::sqrt(s.b + eps) / std::sqrt(s.a + eps) * g;
        s.b = Real(0.95) * s.b + Real(0.05) * square(d);
        s.w -= rate * d;
    });
}

TEST_CASE("Lion") {
    check(Lion{.weight_decay = 0.1}, [](Weight& s, Real g, Real rate, Real) {
        s.w -= s.w * Real(0.1) * rate;
        s.w -= rate * sign(b1 * s.a + (1 - b1) * g);
        s.a = Real(0.99) * s.a + Real(0.01) * g;
    });
    // no direction, no step
    Lion const lion{};
    Run<float> run(lion, std::vector<float>(20, 1.0f));
    run.step(lion, std::vector<float>(20, 0.0f));
    CHECK(run.w == std::vector<float>(20, 1.0f));
}

TEST_CASE("steps computed by hand") {
    // (w - 1)^2 from 0.5 with rate 0.1: 0.6, 0.68, 0.744
    SGD const sgd{.learning_rate = 0.1};
    Run<double> run(sgd, {0.5});
    for (double expected : {0.6, 0.68, 0.744}) {
        run.step(sgd, std::vector<double>{2 * (run.w[0] - 1)});
        CHECK(run.w[0] == doctest::Approx(expected).epsilon(1e-14));
    }
    // the example in Keras' documentation: RMSprop on w^2 / 2 from 10 with rate 0.1
    RMSprop const rmsprop{.learning_rate = 0.1};
    Run<float> keras(rmsprop, {10.0f});
    keras.step(rmsprop, std::vector<float>{10.0f});
    CHECK(keras.w[0] == doctest::Approx(9.683772).epsilon(1e-6));
    // Adam's first step is the rate, whatever the gradient, but for epsilon / sqrt(1 - beta_2)
    Adam const adam{};
    Run<double> first(adam, {1.0});
    first.step(adam, std::vector<double>{0.5});
    CHECK(first.w[0] == doctest::Approx(1 - 0.001 * 0.5 / (0.5 + 3.16227766e-6)).epsilon(1e-14));
    CHECK(first.slots[0] == doctest::Approx(0.05).epsilon(1e-14));
    CHECK(first.slots[1] == doctest::Approx(0.00025).epsilon(1e-14));
}

TEST_CASE("what a moving average has gathered needs no power once it is all") {
    for (double beta : {0.5, 0.9, 0.99, 0.999, 0.9999})
        for (double share : {0.01, 0.5, 0.9, 0.999, 1.0, 1.001, 1.5, 20.0}) {
            auto const t = std::uint64_t(40 * share / (1 - beta)) + 1;
            CHECK(detail::gathered(beta, t) == 1 - std::pow(beta, double(t)));
        }
    CHECK(detail::gathered(0.0, 1) == 1.0);
    CHECK(detail::gathered(0.9, 1) == doctest::Approx(0.1).epsilon(1e-15));
}
