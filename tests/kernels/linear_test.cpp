// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/linear.hpp>

#include <lamina/core/random.hpp>
#include <lamina/kernels/reference.hpp>

#include <doctest/doctest.h>

#include "support/guard_pages.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

using namespace lamina;

namespace {

/// x^2 as an activation, with a slope that differs everywhere.
struct Square {
    template <class V>
    V value(V x) const {
        return x * x;
    }
    template <class V>
    V slope(V x) const {
        return x + x;
    }
};

/// Rows that the tiles take together and leave over.
constexpr std::size_t some_rows[]{1, 2, 3, 5, 8, 13, 16, 17, 31, 33};

template <class T>
struct Bench {
    testing::GuardPages pages_x, pages_w, pages_b, pages_y, pages_dx;
    std::size_t const rows, k, n;
    T *x, *w, *b, *y, *dx;

    Bench(std::size_t rows_, std::size_t k_, std::size_t n_, bool at_end)
        : pages_x(rows_ * k_ * sizeof(T)), pages_w(k_ * n_ * sizeof(T)), pages_b(n_ * sizeof(T)),
          pages_y(rows_ * n_ * sizeof(T)), pages_dx(rows_ * k_ * sizeof(T)), rows(rows_), k(k_),
          n(n_), x(pages_x.array<T>(rows * k, at_end)), w(pages_w.array<T>(k * n, at_end)),
          b(pages_b.array<T>(n, at_end)), y(pages_y.array<T>(rows * n, at_end)),
          dx(pages_dx.array<T>(rows * k, at_end)) {
        fill(0, x, rows * k), fill(1, w, k * n), fill(2, b, n);
        fill(3, y, rows * n), fill(4, dx, rows * k);
    }
    void fill(std::size_t stream, T* p, std::size_t size) const {
        for (std::size_t i = 0; i < size; ++i)
            p[i] = static_cast<T>(2.0f * Random{rows}.child(stream).uniform(i) - 1.0f);
    }
};

/// The largest |a - b| in units of the rounding error of a sum of `terms` numbers of at most 1.
template <class T>
double error(T const* a, std::vector<long double> const& b, std::size_t terms) {
    long double most = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        long double const e = std::abs(a[i] - b[i]);
        if (!(e <= most)) most = e;
    }
    auto const n = static_cast<long double>(terms + 2);
    return static_cast<double>(most / (std::numeric_limits<T>::epsilon() / 2 * n * n));
}

template <class T, std::size_t K, std::size_t N>
void check() {
    CAPTURE(K);
    CAPTURE(N);
    bool const small = kernels::is_small<K, N>;
    T const* const nothing = nullptr;
    T* const no_bias = nullptr;
    std::vector<T> scratch(5 * kernels::linear_scratch<T, K, N> + 1);
    for (std::size_t rows : some_rows) {
        CAPTURE(rows);
        Bench<T> t(rows, K, N, rows % 2 == 0);
        auto const copy = [](T const* p, std::size_t size) {
            return std::vector<long double>(p, p + size);
        };
        using kernels::linear, kernels::linear_gradients, kernels::linear_dx;
        Square const square{};
        NoEpilogue const none{};

        std::vector<long double> y(rows * N);
        kernels::reference::linear<T>(rows, K, N, t.x, t.w, nullptr, y.data());
        std::fill_n(t.y, rows * N, std::numeric_limits<T>::quiet_NaN());
        linear<K, N>(rows, t.x, t.w, nothing, t.y, none, scratch.data(), nullptr);
        CHECK(error(t.y, y, K) < 1);
        kernels::reference::linear<T>(rows, K, N, t.x, t.w, t.b, y.data());
        for (auto& v : y) v *= v;
        linear<K, N>(rows, t.x, t.w, t.b, t.y, square, scratch.data(), nullptr);
        CHECK(error(t.y, y, 2 * K) < 1);

        // a row alone: the same bits where the sizes are constant
        for (std::size_t r = 0; r < rows; ++r) {
            T one[N];
            linear<K, N>(1, t.x + r * K, t.w, t.b, one, square, scratch.data(), nullptr);
            if (small) {
                CHECK(std::memcmp(one, t.y + r * N, sizeof(one)) == 0);
            } else {
                std::vector<long double> const row(y.data() + r * N, y.data() + (r + 1) * N);
                CHECK(error(one, row, 2 * K) < 1);
            }
        }

        std::vector<T> dw(t.w, t.w + K * N), db(t.b, t.b + N);
        auto exact_dw = copy(t.w, K * N), exact_db = copy(t.b, N);
        t.fill(3, t.y, rows * N);
        kernels::reference::linear_gradients<T>(rows, K, N, t.x, t.y, exact_dw.data(),
                                                exact_db.data());
        linear_gradients<K, N>(rows, t.x, t.y, t.w, t.b, scratch.data(), nullptr);
        CHECK(error(t.w, exact_dw, rows) < 1);
        CHECK(error(t.b, exact_db, rows) < 1);
        std::copy(dw.begin(), dw.end(), t.w);
        linear_gradients<K, N>(rows, t.x, t.y, t.w, no_bias, scratch.data(), nullptr);
        CHECK(error(t.w, exact_dw, rows) < 1);
        std::copy(dw.begin(), dw.end(), t.w);

        std::vector<long double> dx(rows * K);
        kernels::reference::linear_dx<T>(rows, K, N, t.y, t.w, dx.data());
        auto const before = copy(t.dx, rows * K);
        std::fill_n(t.dx, rows * K, std::numeric_limits<T>::quiet_NaN());
        linear_dx<K, N>(rows, t.y, t.w, t.dx, nothing, none, scratch.data(), nullptr);
        CHECK(error(t.dx, dx, N) < 1);
        linear_dx<K, N, true>(rows, t.y, t.w, t.dx, nothing, none, scratch.data(), nullptr);
        auto twice = dx;
        for (auto& v : twice) v *= 2;
        CHECK(error(t.dx, twice, 2 * N) < 1);
        auto sloped = dx;
        for (std::size_t i = 0; i < sloped.size(); ++i) sloped[i] *= 2 * t.x[i];
        linear_dx<K, N>(rows, t.y, t.w, t.dx, t.x, square, scratch.data(), nullptr);
        CHECK(error(t.dx, sloped, 2 * N) < 1);
        linear_dx<K, N, true>(rows, t.y, t.w, t.dx, t.x, square, scratch.data(), nullptr);
        for (auto& v : sloped) v *= 2;
        CHECK(error(t.dx, sloped, 4 * N) < 1);
    }
}

} // namespace

TEST_CASE_TEMPLATE("linear, its gradients and dx are right for small sizes", T, float, double) {
    check<T, 1, 1>();
    check<T, 3, 64>();
    check<T, 64, 1>();
    check<T, 10, 64>();
    check<T, 5, 33>();
    check<T, 33, 5>();
    check<T, 12, 37>();
    check<T, 20, 100>();
    check<T, 300, 1>();
    check<T, 2, 7>();
}

TEST_CASE_TEMPLATE("linear, its gradients and dx are right for large sizes", T, float, double) {
    check<T, 64, 65>();
    check<T, 500, 10>();
    check<T, 5000, 1>();
    check<T, 300, 200>();
}

TEST_CASE_TEMPLATE("linear with few columns", T, float, double) {
    auto const forward = [&]<std::size_t K, std::size_t N>() {
        CAPTURE(K);
        CAPTURE(N);
        for (std::size_t rows : {1u, 3u, 17u}) {
            Bench<T> t(rows, K, N, rows != 3);
            std::vector<long double> y(rows * N);
            kernels::reference::linear<T>(rows, K, N, t.x, t.w, t.b, y.data());
            for (auto& v : y) v *= v;
            kernels::linear<K, N>(rows, t.x, t.w, t.b, t.y, Square{}, t.y, nullptr);
            CHECK(error(t.y, y, 2 * K) < 1);
            for (std::size_t r = 0; r < rows; ++r) {
                T one[N];
                kernels::linear<K, N>(1, t.x + r * K, t.w, t.b, one, Square{}, t.y, nullptr);
                CHECK(std::memcmp(one, t.y + r * N, sizeof(one)) == 0);
            }
            if (rows > 1) {   // one row's infinity is that row's alone, and its own numbers' alone
                t.x[K - 1] = std::numeric_limits<T>::infinity();
                std::fill_n(t.w, K * N, T(1));
                kernels::linear<K, N>(rows, t.x, t.w, t.b, t.y, NoEpilogue{}, t.y, nullptr);
                for (std::size_t i = 0; i < rows * N; ++i) CHECK(std::isinf(t.y[i]) == (i < N));
            }
        }
    };
    forward.template operator()<9, 2>();
    forward.template operator()<64, 2>();
    forward.template operator()<100, 3>();
    forward.template operator()<5, 4>();
    forward.template operator()<37, 4>();
    forward.template operator()<48, 5>();
    forward.template operator()<18, 6>();
    forward.template operator()<33, 7>();
    forward.template operator()<512, 8>();
}

TEST_CASE_TEMPLATE("the bits of linear do not depend on the threads", T, float, double) {
    std::size_t const rows = 3001;
    auto const run = [&]<std::size_t K, std::size_t N>() {
        std::vector<T> scratch(5 * kernels::linear_scratch<T, K, N> + 1), y1, w1, b1, dx1;
        for (std::size_t threads : {0u, 1u, 2u, 3u, 5u}) {
            Threads pool(threads == 0 ? 1 : threads);
            Threads* const some = threads == 0 ? nullptr : &pool;
            Bench<T> t(rows, K, N, true);
            kernels::linear<K, N>(rows, t.x, t.w, t.b, t.y, Square{}, scratch.data(), some);
            kernels::linear_dx<K, N>(rows, t.y, t.w, t.dx, t.x, Square{}, scratch.data(), some);
            kernels::linear_gradients<K, N>(rows, t.x, t.y, t.w, t.b, scratch.data(), some);
            if (threads == 0) {
                y1.assign(t.y, t.y + rows * N), w1.assign(t.w, t.w + K * N);
                b1.assign(t.b, t.b + N), dx1.assign(t.dx, t.dx + rows * K);
            }
            auto const same = [](std::vector<T> const& a, T const* b) {
                return std::memcmp(a.data(), b, a.size() * sizeof(T)) == 0;
            };
            CHECK(same(y1, t.y));
            CHECK(same(w1, t.w));
            CHECK(same(b1, t.b));
            CHECK(same(dx1, t.dx));
        }
    };
    run.template operator()<40, 30>();
    run.template operator()<64, 1>();
    run.template operator()<100, 130>();
}
