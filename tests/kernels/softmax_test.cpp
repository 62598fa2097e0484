// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/softmax.hpp>

#include "support/guard_pages.hpp"
#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <lamina/core/random.hpp>
#include <lamina/kernels/reference_elementwise.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

using namespace lamina;
using namespace lamina::testing;
namespace reference = lamina::kernels::reference;

namespace {

using Sizes = std::initializer_list<std::size_t>;

template <class T>
std::vector<T> numbers(std::size_t n, std::uint64_t key, T spread) {
    std::vector<T> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = spread * T(2 * Random{key}.uniform(i) - 1);
    return x;
}

/// The largest distance, in units of T's last place at 1, or at the number where it is larger.
template <class T>
double apart(T const* got, std::vector<long double> const& exact) {
    long double worst = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        auto const d = std::fabs(got[i] - exact[i]) / std::max(1.0L, std::fabs(exact[i]));
        worst = std::isnan(d) ? HUGE_VALL : std::max(worst, d);
    }
    return double(worst / std::numeric_limits<T>::epsilon());
}

#define LAMINA_CALL(name)                                     \
    [](std::size_t count, std::size_t length, auto... more) { \
        kernels::name(count, length, more...);                \
    }

} // namespace

TEST_CASE_TEMPLATE("rows of every length, against the plain twin, between guard pages", T, float,
                   double) {
    GuardPages pages_x(16384), pages_y(16384), pages_d(16384), pages_z(16384);
    for (std::size_t n = 1; n <= 257; ++n)
        for (bool const at_end : {false, true}) {
            std::size_t const rows = n < 20 ? 5 : 2, size = rows * n;
            T *const x = pages_x.array<T>(size, at_end), *const y = pages_y.array<T>(size, at_end);
            T *const d = pages_d.array<T>(size, at_end), *const z = pages_z.array<T>(size, at_end);
            auto const random = numbers<T>(size, n, T(12)), slope = numbers<T>(size, n + 999, T(1));
            std::copy(random.begin(), random.end(), x);
            std::copy(slope.begin(), slope.end(), d);
            std::vector<long double> exact(size);
            INFO("n = " << n);

            kernels::softmax(rows, n, x, y, nullptr);
            reference::softmax(rows, n, x, exact.data());
            // what x - top loses comes back as many times larger as x is below the top; and the
            // sum's own rounding grows with its length
            double worst = 0;
            for (std::size_t i = 0; i < size; ++i)
                worst = std::max(worst, ulps(y[i], exact[i]) - std::fabs(double(x[i]) - 12));
            CHECK(worst < 4 + double(n) / 64);
            kernels::softmax_gradient(rows, n, y, d, z, nullptr);
            reference::softmax_gradient(rows, n, y, d, exact.data());
            CHECK(apart(z, exact) < 4);

            kernels::log_softmax(rows, n, x, y, nullptr);
            reference::log_softmax(rows, n, x, exact.data());
            CHECK(apart(y, exact) < 4);
            kernels::log_softmax_gradient(rows, n, y, d, z, nullptr);
            reference::log_softmax_gradient(rows, n, y, d, exact.data());
            CHECK(apart(z, exact) < 8 + double(n) / 16);
        }
}

TEST_CASE_TEMPLATE("results may lie where the numbers lay", T, float, double) {
    for (std::size_t const n : Sizes{1, 2, 10, 16, 17, 31, 100}) {
        std::size_t const rows = 3, size = rows * n;
        auto const x = numbers<T>(size, 1, T(3)), dy = numbers<T>(size, 2, T(1));
        auto const check = [&](auto const& forward, auto const& backward) {
            std::vector<T> y(size), dx(size);
            auto y_in_place = x, dx_in_place = dy;
            forward(rows, n, x.data(), y.data(), nullptr);
            forward(rows, n, y_in_place.data(), y_in_place.data(), nullptr);
            CHECK(std::memcmp(y.data(), y_in_place.data(), size * sizeof(T)) == 0);
            backward(rows, n, y.data(), dy.data(), dx.data(), nullptr);
            backward(rows, n, y.data(), dx_in_place.data(), dx_in_place.data(), nullptr);
            CHECK(std::memcmp(dx.data(), dx_in_place.data(), size * sizeof(T)) == 0);
        };
        check(LAMINA_CALL(softmax), LAMINA_CALL(softmax_gradient));
        check(LAMINA_CALL(log_softmax), LAMINA_CALL(log_softmax_gradient));
    }
}

TEST_CASE_TEMPLATE("bits depend neither on the neighbours nor on the threads", T, float, double) {
    for (std::size_t const n : Sizes{10, 37, 40000}) {
        std::size_t const rows = 60000 / n + 3, size = rows * n;
        auto const x = numbers<T>(size, 3, T(5)), dy = numbers<T>(size, 4, T(1));
        Threads threads(3);
        auto const check = [&](auto const& forward, auto const& backward) {
            std::vector<T> y(size), z(size);
            forward(rows, n, x.data(), y.data(), nullptr);
            forward(rows, n, x.data(), z.data(), &threads);
            CHECK(std::memcmp(y.data(), z.data(), size * sizeof(T)) == 0);
            for (std::size_t r = 0; r < rows; ++r)
                forward(1, n, x.data() + r * n, z.data() + r * n, nullptr);
            CHECK(std::memcmp(y.data(), z.data(), size * sizeof(T)) == 0);
            std::vector<T> dx(size), dz(size);
            backward(rows, n, y.data(), dy.data(), dx.data(), nullptr);
            backward(rows, n, y.data(), dy.data(), dz.data(), &threads);
            CHECK(std::memcmp(dx.data(), dz.data(), size * sizeof(T)) == 0);
        };
        check(LAMINA_CALL(softmax), LAMINA_CALL(softmax_gradient));
        check(LAMINA_CALL(log_softmax), LAMINA_CALL(log_softmax_gradient));
    }
}

TEST_CASE_TEMPLATE("extremes", T, float, double) {
    constexpr T inf = std::numeric_limits<T>::infinity();
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    for (std::size_t const n : Sizes{2, 3, 16, 19, 64}) {
        std::vector<T> x(n), y(n), z(n);
        auto const run = [&](T others, T at_last) {
            std::fill(x.begin(), x.end(), others);
            x[n - 1] = at_last;
            kernels::softmax(1, n, x.data(), y.data(), nullptr);
            kernels::log_softmax(1, n, x.data(), z.data(), nullptr);
        };
        T const share = T(1) / T(n);
        for (T const level : {T(0), T(1e4), T(-1e4), T(200), T(-200), std::numeric_limits<T>::max(),
                              std::numeric_limits<T>::lowest()}) {
            run(level, level);   // all equal
            for (T const v : y) CHECK(ulps(v, share) <= 2);
            for (T const v : z) CHECK(ulps(v, -std::log((long double)(n))) <= 4);
        }
        run(T(-1e4), T(1e4));
        CHECK(y[n - 1] == 1);
        CHECK(y[0] == 0);
        CHECK(z[n - 1] == 0);
        CHECK(z[0] == T(-2e4));
        run(T(0), -inf);
        CHECK(y[n - 1] == 0);
        CHECK(ulps(y[0], 1 / (long double)(n - 1)) <= 2);
        CHECK(z[n - 1] == -inf);
        for (T const bad : {nan, inf}) {
            run(T(0), bad);
            for (T const v : y) CHECK(std::isnan(v));
            for (T const v : z) CHECK(std::isnan(v));
        }
        run(-inf, -inf);
        for (T const v : y) CHECK(std::isnan(v));
    }
    T one = 5, y;
    kernels::softmax(1, 1, &one, &y, nullptr);
    CHECK(y == 1);
    kernels::log_softmax(1, 1, &one, &y, nullptr);
    CHECK(y == 0);
}

TEST_CASE_TEMPLATE("rows of a constant length have the bits of the others", T, float, double) {
    constexpr T inf = std::numeric_limits<T>::infinity();
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    constexpr std::size_t rows = 9;
    GuardPages pages(4096);
    auto const check = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
        for (bool const at_end : {false, true}) {
            T* const x = pages.array<T>(rows * N, at_end);
            auto const some = numbers<T>(rows * N, N, T(20));
            std::copy(some.begin(), some.end(), x);
            x[2 * N] = -inf, x[3 * N + N / 2] = inf, x[4 * N + N - 1] = nan;
            std::fill_n(x + 5 * N, N, -inf);
            x[6 * N] = std::numeric_limits<T>::max();
            std::vector<T> y(rows * N);
            kernels::softmax(rows, N, x, y.data(), nullptr);
            kernels::softmax<N>(rows, x, x, nullptr);   // where they lay
            for (std::size_t i = 0; i < y.size(); ++i)
                CHECK((std::isnan(y[i]) ? std::isnan(x[i]) : bits_of(x[i]) == bits_of(y[i])));
        }
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (check(std::integral_constant<std::size_t, I + 1>{}), ...);
    }
    (std::make_index_sequence<kernels::lanes<T>>{});
}
