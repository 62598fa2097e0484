// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/golden.hpp"
#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <lamina/core/pass.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/elementwise.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

// What every elementwise activation owes:
//
//     check_activation(ELU{.alpha = 2}, {
//         .exact = [](long double x) { return x > 0 ? x : 2 * std::expm1(x); },
//         .kinks = {0},
//         .at_minus_infinity = -2, .slope_at_minus_infinity = 0});
namespace lamina::testing {

struct Activation {
    long double (*exact)(long double);
    std::vector<double> kinks{};         // where there is no slope
    double at_minus_infinity = 0, at_infinity = HUGE_VAL;
    double slope_at_minus_infinity = 0, slope_at_infinity = 1;
    double ulps = 4;                     // of the value, in float and double ...
    double absolute = 0;                 // ... or so many epsilons of 1, if that is more
    double largest = 1e4;                // |x| up to here is compared with `exact`
};

/// y = f(x) and dx = dy f'(x), as the bound layer computes them.
template <class F, class T>
struct Applied {
    std::vector<T> y, dx;

    Applied(F const& f, std::vector<T> const& x, std::vector<T> const& dy, bool in_place = false)
        : y(in_place ? x : std::vector<T>(x.size())),
          dx(in_place ? dy : std::vector<T>(x.size())) {
        using Bound = typename F::template On<Shape<1>>;
        Call<T> call{};
        call.layer = &f;
        call.batch = x.size();
        call.x[0] = in_place ? y.data() : x.data();
        call.y = y.data();
        Bound::forward(Pass<T, F, Bound, NoEpilogue, Shape<1>>{call});
        auto gradient = dy;
        call.x[0] = Bound::needs_x ? x.data() : nullptr;
        if (!Bound::needs_y) call.y = nullptr;
        call.dy = in_place ? dx.data() : gradient.data();
        call.dx[0] = dx.data();
        call.needs_dx[0] = true;
        Bound::backward(Pass<T, F, Bound, NoEpilogue, Shape<1>>{call});
    }
};

/// f'(x), through y where the layer does so.
template <class F, class T>
std::vector<T> slopes(F const& f, std::vector<T> const& x) {
    return Applied<F, T>(f, x, std::vector<T>(x.size(), T(1))).dx;
}
template <class F, class T>
std::vector<T> values(F const& f, std::vector<T> const& x) {
    return Applied<F, T>(f, x, x).y;
}

/// Points of [-size, size]: evenly, and ever closer to 0.
template <class T>
std::vector<T> spread_points(std::size_t n, double size) {
    std::vector<T> x(n);
    for (std::size_t i = 0; i < n; ++i) {
        double const u = size * (2 * double(Random{2}.bits(i) >> 11) * 0x1p-53 - 1);
        x[i] = T(i % 2 ? u : std::ldexp(u, -int(Random{3}.below(i, 30))));
    }
    return x;
}

template <class T, class F>
void check_values(F const& f, Activation const& a) {
    auto x = spread_points<T>(20000, 30);
    for (double const size : {0.0, 1e-300, 1e-40, 1.0, 3.0, 6.0, 88.0, 104.0, 200.0, 745.0, 1e4})
        for (double const sign : {1, -1})
            if (size <= a.largest) x.push_back(T(sign * size));
    auto const y = values(f, x);
    double worst = 0, at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        using L = std::numeric_limits<T>;
        long double const exact = a.exact(x[i]);
        long double const error = std::fabs(y[i] - exact);
        // a factor that is denormal has few places left
        bool const near = error <= a.absolute * L::epsilon() || error <= 1024 * L::denorm_min();
        double const d = near ? 0 : ulps(y[i], exact);
        if (d > worst) {
            worst = d;
            at = double(x[i]);
        }
    }
    INFO(worst << " ulp at " << at);
    CHECK(worst <= a.ulps);
}

template <class T, class F>
void check_ends(F const& f, Activation const& a) {
    using L = std::numeric_limits<T>;
    constexpr T inf = L::infinity(), nan = L::quiet_NaN();
    auto const close = [](T got, double expected) {
        return std::isinf(expected) ? double(got) == expected
                                    : std::fabs(double(got) - expected) <= 4 * double(L::epsilon());
    };
    std::vector<T> const ends{-inf, inf, nan};
    auto const y = values(f, ends), dx = slopes(f, ends);
    CHECK(close(y[0], a.at_minus_infinity));
    CHECK(close(y[1], a.at_infinity));
    CHECK(std::isnan(y[2]));
    CHECK(close(dx[0], a.slope_at_minus_infinity));
    CHECK(close(dx[1], a.slope_at_infinity));
    // far out, but finite: nothing is NaN
    for (T const x : {T(200), T(1e4), L::max(), L::min(), L::denorm_min(), T(0)})
        for (T const signed_x : {x, -x}) {
            std::vector<T> const one{signed_x};
            INFO("x = " << double(signed_x));
            CHECK(!std::isnan(values(f, one)[0]));
            CHECK(!std::isnan(slopes(f, one)[0]));
        }
    // a NaN that comes back as the gradient goes on
    CHECK(std::isnan(Applied<F, T>(f, {T(1)}, {nan}).dx[0]));
}

/// The slope against differences of fourth order, in double.
template <class F>
void check_slope(F const& f, Activation const& a) {
    auto x = spread_points<double>(4000, 12);
    double const h = 1e-4;
    std::erase_if(x, [&](double p) {
        return std::any_of(a.kinks.begin(), a.kinks.end(),
                           [&](double k) { return std::fabs(p - k) < 10 * h; });
    });
    auto const shifted = [&](double by) {
        auto moved = x;
        for (double& p : moved) p += by;
        return values(f, moved);
    };
    auto const up = shifted(h), down = shifted(-h), up2 = shifted(2 * h), down2 = shifted(-2 * h);
    auto const dx = slopes(f, x);
    double worst = 0, at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        double const slope = (8 * (up[i] - down[i]) - (up2[i] - down2[i])) / (12 * h);
        double const d = std::fabs(slope - dx[i]) / std::max(1.0, std::fabs(slope));
        if (!(d <= worst)) {
            worst = d;
            at = x[i];
        }
    }
    INFO("slope is off by " << worst << " at " << at);
    CHECK(worst < 1e-7);
    CHECK(x.size() > 2500);
}

/// The same bits alone, among others, in place and by several threads.
template <class T, class F>
void check_bits(F const& f) {
    auto const x = spread_points<T>(150, 9);
    auto dy = x;
    std::reverse(dy.begin(), dy.end());
    Applied<F, T> const all(f, x, dy);
    int other = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        Applied<F, T> const alone(f, {x[i]}, {dy[i]});
        other += bits_of(alone.y[0]) != bits_of(all.y[i]);
        other += bits_of(alone.dx[0]) != bits_of(all.dx[i]);
    }
    CHECK(other == 0);
    if constexpr (!F::template On<Shape<1>>::needs_x) {
        Applied<F, T> const in_place(f, x, dy, true);
        for (std::size_t i = 0; i < x.size(); ++i) {
            other += bits_of(in_place.y[i]) != bits_of(all.y[i]);
            other += bits_of(in_place.dx[i]) != bits_of(all.dx[i]);
        }
        CHECK(other == 0);
    }
}

template <class F>
void check_activation(F const& f, Activation const& a) {
    check_values<float>(f, a);
    check_values<double>(f, a);
    check_ends<float>(f, a);
    check_ends<double>(f, a);
    check_slope(f, a);
    check_bits<float>(f);
    check_bits<double>(f);
}

/// What PyTorch computed, for |x| <= largest.
template <class F>
void check_golden(F const& f, std::string const& name, double tolerance = 1e-12,
                  double largest = 1e9) {
    golden::Case const given(name);
    auto const compare = [&]<class T>(T, double bound) {
        Applied<F, T> const got(f, given["in/x"].as<T>(), given["gout/y"].as<T>());
        std::size_t compared = 0;
        for (std::size_t i = 0; i < got.y.size(); ++i) {
            if (std::fabs(given["in/x"][i]) > largest) continue;
            double const y = given["out/y"][i], dx = given["grad_in/x"][i];
            INFO(name << " at " << given["in/x"][i]);
            CHECK(std::fabs(double(got.y[i]) - y) <= bound * std::max(1.0, std::fabs(y)));
            CHECK(std::fabs(double(got.dx[i]) - dx) <= bound * std::max(1.0, std::fabs(dx)));
            ++compared;
        }
        CHECK(compared > 20);
    };
    compare(0.0, tolerance);
    compare(0.0f, std::max(tolerance, 1e-6));
}

} // namespace lamina::testing
