// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/normal.hpp>

#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <lamina/core/random.hpp>
#include <lamina/kernels/elementwise.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

using Exact = long double;

/// LAMINA_LONG_TESTS=1 takes a million points a function.
std::size_t points() {
    char const* const value = std::getenv("LAMINA_LONG_TESTS");
    return value && *value == '1' ? 1000000 : 100000;
}

/// The worst of f against the exact function over [low, high]: half of the points evenly, half
/// towards 0; as exponents of e where `exponents` says so.
struct Worst {
    double ulps = 0, at = 0;
};
template <class T, class F>
Worst worst(F const& f, Exact (*exact)(Exact), double low, double high, bool exponents = false) {
    std::size_t const n = points();
    Random const random{7};
    std::vector<T> x(n), y(n);
    for (std::size_t i = 0; i < n; ++i) {
        double v = low + (high - low) * double(random.bits(i) >> 11) * 0x1p-53;
        if (exponents) v = std::exp(v);
        else if (i % 2 == 1) v = std::ldexp(v, -int(random.child(1).below(i, 40)));
        x[i] = T(v);
    }
    kernels::map(n, y.data(), f, x.data());
    Worst w;
    for (std::size_t i = 0; i < n; ++i)
        if (double const d = ulps(y[i], exact(Exact(x[i]))); d > w.ulps) w = {d, double(x[i])};
    return w;
}

/// f at the ends of what T holds: the value, and the sign of a zero.
template <class T, class F>
void check_extremes(F const& f, Exact (*exact)(Exact), double bound) {
    using L = std::numeric_limits<T>;
    constexpr T denormal = L::denorm_min();
    for (T const size :
         {T(0), denormal, 5 * denormal, T(3e5) * denormal, L::min(), T(1e-30), T(1e-10), T(0.5),
          T(1), T(20), T(87.5), T(88.72), T(88.73), T(103.9), T(104.1), T(200), T(709.7), T(709.9),
          T(745.1), T(745.3), T(1e4), T(3e38), L::max(), L::infinity()})
        for (T const x : {size, -size}) {
            T y;
            kernels::map(1, &y, f, &x);
            Exact const expected = exact(Exact(x));
            INFO("x = " << double(x) << ", y = " << double(y));
            CHECK(ulps(y, expected) <= bound);
            if (y == 0) CHECK(std::signbit(y) == std::signbit(expected));
        }
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    for (T const sign : {T(1), T(-1)})
        for (Bits const mark : {0x0u, 0x1u, 0x40u, 0x1a5a5u}) { // a NaN has bits of its own
            T const nan = std::copysign(
                std::bit_cast<T>(Bits(std::bit_cast<Bits>(L::quiet_NaN()) | mark)), sign);
            T y = 1;
            kernels::map(1, &y, f, &nan);
            CHECK(std::isnan(y));
        }
}

#define LAMINA_BATCH_FUNCTION(name) \
    [](auto v) __attribute__((always_inline)) { return kernels::name(v); }

Exact sigmoid_of(Exact x) { return 1 / (1 + std::exp(-x)); }
Exact softplus_of(Exact x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::fabs(x))); }
Exact below_of(Exact x) { return std::erfc(-x * std::sqrt(0.5L)) / 2; }
Exact density_of(Exact x) { return 0.39894228040143267793994605993L * std::exp(-x * x / 2); }
Exact exp_of(Exact x) { return std::exp(x); }
Exact expm1_of(Exact x) { return std::expm1(x); }
Exact log_of(Exact x) { return std::log(x); }
Exact log1p_of(Exact x) { return std::log1p(x); }
Exact tanh_of(Exact x) { return std::tanh(x); }
Exact erf_of(Exact x) { return std::erf(x); }

#define LAMINA_CHECK_WORST(bound, ...)                        \
    do {                                                      \
        Worst const w = worst<T>(__VA_ARGS__);                \
        INFO(w.ulps << " ulp at " << w.at);                   \
        CHECK(w.ulps <= bound);                               \
        CHECK(w.ulps > 0.45);   /* that something was seen */ \
    } while (false)

} // namespace

TEST_CASE_TEMPLATE("functions of a batch are right to a few ulp", T, float, double) {
    bool const single = sizeof(T) == 4;
    double const large = single ? 88.7 : 709.7, tiny = single ? -103.9 : -745;

    SUBCASE("exp") {
        auto const f = LAMINA_BATCH_FUNCTION(exp);
        LAMINA_CHECK_WORST(1.2, f, exp_of, tiny, large);
        LAMINA_CHECK_WORST(1.2, f, exp_of, -1, 1);
        check_extremes<T>(f, exp_of, 1.2);
    }
    SUBCASE("expm1") {
        auto const f = LAMINA_BATCH_FUNCTION(expm1);
        LAMINA_CHECK_WORST(2.5, f, expm1_of, -40, large);
        LAMINA_CHECK_WORST(2.5, f, expm1_of, -1, 1);
        check_extremes<T>(f, expm1_of, 2.5);
    }
    SUBCASE("log") {
        auto const f = LAMINA_BATCH_FUNCTION(log);
        LAMINA_CHECK_WORST(1.5, f, log_of, tiny + 1, large, true);
        LAMINA_CHECK_WORST(1.5, f, log_of, 0.4, 2.5);
        check_extremes<T>(f, log_of, 1.5);
    }
    SUBCASE("log1p") {
        auto const f = LAMINA_BATCH_FUNCTION(log1p);
        LAMINA_CHECK_WORST(1.5, f, log1p_of, tiny + 1, large, true);
        LAMINA_CHECK_WORST(1.5, f, log1p_of, -0.999999, 3);
        check_extremes<T>(f, log1p_of, 1.5);
        T const whole = -1, next = std::nextafter(T(-1), T(0));
        T y[2];
        T const x[2]{whole, next};
        kernels::map(2, y, f, x);
        CHECK(y[0] == -std::numeric_limits<T>::infinity());
        CHECK(ulps(y[1], log1p_of(next)) <= 1.5);
    }
    SUBCASE("log1p_unit") {
        LAMINA_CHECK_WORST(1.5, LAMINA_BATCH_FUNCTION(log1p_unit), log1p_of, 0, 1);
    }
    SUBCASE("tanh") {
        auto const f = LAMINA_BATCH_FUNCTION(tanh);
        LAMINA_CHECK_WORST(3, f, tanh_of, -25, 25);
        LAMINA_CHECK_WORST(3, f, tanh_of, -1, 1);
        check_extremes<T>(f, tanh_of, 3);
    }
    SUBCASE("sigmoid") {
        auto const f = LAMINA_BATCH_FUNCTION(sigmoid);
        LAMINA_CHECK_WORST(3, f, sigmoid_of, tiny, large);
        LAMINA_CHECK_WORST(3, f, sigmoid_of, -8, 8);
        check_extremes<T>(f, sigmoid_of, 3);
    }
    SUBCASE("logistic") {
        auto const below = [](auto v) { return kernels::logistic(v).below; };
        auto const above = [](auto v) { return kernels::logistic(-v).above; };
        LAMINA_CHECK_WORST(3.5, below, sigmoid_of, tiny, large);
        LAMINA_CHECK_WORST(3.5, above, sigmoid_of, -8, 8);
        check_extremes<T>(below, sigmoid_of, 3.5);
        check_extremes<T>(above, sigmoid_of, 3.5);
    }
    SUBCASE("softplus") {
        auto const f = LAMINA_BATCH_FUNCTION(softplus);
        LAMINA_CHECK_WORST(2, f, softplus_of, tiny, large);
        LAMINA_CHECK_WORST(2, f, softplus_of, -8, 8);
        check_extremes<T>(f, softplus_of, 2);
    }
    SUBCASE("normal") {
        double const end = single ? 14.1 : 38.4;
        auto const density = [](auto v) { return kernels::normal(v).density; };
        auto const below = [](auto v) { return kernels::normal(v).below; };
        LAMINA_CHECK_WORST(3, density, density_of, -end, end);
        LAMINA_CHECK_WORST(6.5, below, below_of, -end, 9);
        check_extremes<T>(density, density_of, 3);
        check_extremes<T>(below, below_of, 6.5);
    }
    SUBCASE("erf") {
        auto const f = LAMINA_BATCH_FUNCTION(erf);
        LAMINA_CHECK_WORST(2, f, erf_of, -6.5, 6.5);
        LAMINA_CHECK_WORST(2, f, erf_of, -1.1, 1.1);
        check_extremes<T>(f, erf_of, 2);
    }
}

TEST_CASE("every float near the places where a formula changes") {
    auto const around = [](auto const& f, Exact (*exact)(Exact), float centre, double bound) {
        constexpr std::size_t n = 4096;
        std::vector<float> x(n), y(n);
        x[n / 2] = centre;
        for (std::size_t i = n / 2; i-- > 0;) x[i] = std::nextafter(x[i + 1], -1e30f);
        for (std::size_t i = n / 2 + 1; i < n; ++i) x[i] = std::nextafter(x[i - 1], 1e30f);
        kernels::map(n, y.data(), f, x.data());
        double most = 0;
        for (std::size_t i = 0; i < n; ++i) most = std::max(most, ulps(y[i], exact(Exact(x[i]))));
        INFO("around " << centre);
        CHECK(most <= bound);
    };
    auto const exp = LAMINA_BATCH_FUNCTION(exp);
    for (float const half : {0.34657359f, -0.34657359f, 1.03972077f, 88.72284f, -87.33655f,
                             -103.27893f, -103.97208f, 0.0f})
        around(exp, exp_of, half, 1.2);
    auto const expm1 = LAMINA_BATCH_FUNCTION(expm1);
    for (float const half : {0.34657359f, -0.34657359f, -1.03972077f, 88.72284f, -17.32868f, -20.0f,
                             2.98e-8f})
        around(expm1, expm1_of, half, 2.5);
    auto const log = LAMINA_BATCH_FUNCTION(log);
    for (float const edge : {0.75f, 1.0f, 1.5f, 3.0f, 1.1754944e-38f, 1.0e-42f})
        around(log, log_of, edge, 1.5);
    auto const log1p = LAMINA_BATCH_FUNCTION(log1p);
    for (float const edge : {-0.25f, 0.5f, 2.0f, -0.625f, 1.1529215e18f})
        around(log1p, log1p_of, edge, 1.5);
    auto const tanh = LAMINA_BATCH_FUNCTION(tanh);
    for (float const edge : {0.1732868f, 9.0f, 20.0f, -0.5198604f}) around(tanh, tanh_of, edge, 3);
    auto const sigmoid = LAMINA_BATCH_FUNCTION(sigmoid);
    for (float const edge : {0.3465736f, -1.0397208f, 16.6355f, 40.0f, -87.33655f, -103.97208f})
        around(sigmoid, sigmoid_of, edge, 3);
    auto const erf = LAMINA_BATCH_FUNCTION(erf);
    for (float const edge : {1.0f, -1.0f, 3.92f}) around(erf, erf_of, edge, 2);
}

TEST_CASE_TEMPLATE("tanh is odd, and neither it nor sigmoid goes beyond its limits", T, float,
                   double) {
    auto const tanh = LAMINA_BATCH_FUNCTION(tanh);
    auto const sigmoid = LAMINA_BATCH_FUNCTION(sigmoid);
    constexpr std::size_t n = 100000;
    std::vector<T> x(n), minus(n), y(n), of_minus(n);
    for (std::size_t i = 0; i < n; ++i) {
        x[i] = T(45 * Random{3}.uniform(i));
        minus[i] = -x[i];
    }
    kernels::map(n, y.data(), tanh, x.data());
    kernels::map(n, of_minus.data(), tanh, minus.data());
    std::size_t odd = 0, beyond = 0;
    for (std::size_t i = 0; i < n; ++i) {
        odd += y[i] == -of_minus[i];
        beyond += y[i] > 1 || (x[i] > 20 && y[i] != 1);
    }
    CHECK(odd == n);
    CHECK(beyond == 0);
    kernels::map(n, y.data(), sigmoid, x.data());
    kernels::map(n, of_minus.data(), sigmoid, minus.data());
    for (std::size_t i = 0; i < n; ++i)
        beyond += y[i] > 1 || (x[i] > 40 && y[i] != 1) || !(of_minus[i] > 0);
    CHECK(beyond == 0);
}
