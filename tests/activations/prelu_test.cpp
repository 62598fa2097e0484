// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/activations/prelu.hpp>

#include "support/check_layer.hpp"
#include "support/golden.hpp"
#include "support/guard_pages.hpp"

#include <doctest/doctest.h>

#include <lamina/core/random.hpp>
#include <lamina/kernels/reference_elementwise.hpp>
#include <lamina/layers/dense.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<PReLU::On<Shape<3, 4>>::Output, Shape<3, 4>>);
static_assert(PReLU::On<Shape<3, 4>>::Parameters::size == 4);
static_assert(PReLU::On<Shape<3, 4>>::fits && !PReLU::On<Indices<3>>::fits);

TEST_CASE("PReLU: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, PReLU{}});
    check_layer("3", Sequential{Input<3>{}, PReLU{}, Dense<2>{}});
    check_layer("rows of 17", Sequential{Input<5, 17>{}, PReLU{}});
    check_layer("image", Sequential{Input<3, 4, 2>{}, PReLU{}});
    check_layer("behind Dense", Sequential{Input<3>{}, Dense<33>{}, PReLU{}, PReLU{}, Dense<2>{}});
}

TEST_CASE("PReLU agrees with PyTorch") {   // whose features lie along the second of three axes
    golden::Case const given("act_prelu");
    constexpr std::size_t n = 2, f = 3, last = 4;
    auto const turned = [&](char const* key) {
        std::vector<double> v;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t k = 0; k < last; ++k)
                for (std::size_t j = 0; j < f; ++j) v.push_back(given[key][(i * f + j) * last + k]);
        return v;
    };
    auto const x = turned("in/x"), dy = turned("gout/y"), y = turned("out/y");
    auto const dx = turned("grad_in/x");
    double const* const alpha = given["param/weight"].data();
    std::vector<double> got(x.size()), room(kernels::prelu_room(f)), dalpha(f, 1.0);
    kernels::prelu(n * last, f, x.data(), alpha, got.data(), nullptr);
    for (std::size_t i = 0; i < x.size(); ++i)
        CHECK(got[i] == doctest::Approx(y[i]).epsilon(1e-14));
    kernels::prelu_dx(n * last, f, x.data(), alpha, dy.data(), got.data(), nullptr);
    for (std::size_t i = 0; i < x.size(); ++i)
        CHECK(got[i] == doctest::Approx(dx[i]).epsilon(1e-14));
    kernels::prelu_dalpha(n * last, f, x.data(), dy.data(), dalpha.data(), room.data(), nullptr);
    for (std::size_t j = 0; j < f; ++j)   // added to what was there
        CHECK(dalpha[j] == doctest::Approx(1 + given["grad_param/weight"][j]).epsilon(1e-13));
}

TEST_CASE_TEMPLATE("rows of every width, between guard pages, against the plain twin", T, float,
                   double) {
    GuardPages pages_x(16384), pages_a(4096), pages_d(16384), pages_y(16384), pages_g(4096);
    GuardPages pages_room(65536);
    for (std::size_t f = 1; f <= 257; ++f)
        for (bool const at_end : {false, true}) {
            std::size_t const rows = f < 20 ? 7 : 3, size = rows * f;
            T *const x = pages_x.array<T>(size, at_end), *const d = pages_d.array<T>(size, at_end);
            T *const alpha = pages_a.array<T>(f, at_end), *const y = pages_y.array<T>(size, at_end);
            T *const g = pages_g.array<T>(f, at_end);
            T* const room = pages_room.array<T>(kernels::prelu_room(f), at_end);
            for (std::size_t i = 0; i < size; ++i) {
                x[i] = T(2 * Random{1}.uniform(i) - 1);
                d[i] = T(2 * Random{2}.uniform(i) - 1);
            }
            for (std::size_t j = 0; j < f; ++j) alpha[j] = T(Random{3}.uniform(j));
            std::vector<long double> exact_y(size), exact_dx(size), exact_g(f, 2.0L);
            kernels::reference::prelu(rows, f, x, alpha, d, exact_y.data(), exact_dx.data(),
                                      exact_g.data());
            double worst = 0;
            auto const compare = [&](T const* got, std::vector<long double> const& exact) {
                for (std::size_t i = 0; i < exact.size(); ++i)
                    worst = std::max(worst, double(std::fabs(got[i] - exact[i])));
            };
            kernels::prelu(rows, f, x, alpha, y, nullptr);
            compare(y, exact_y);
            std::fill_n(g, f, T(2));
            kernels::prelu_dalpha(rows, f, x, d, g, room, nullptr);
            compare(g, exact_g);
            kernels::prelu_dx(rows, f, x, alpha, d, d, nullptr);   // over dy
            compare(d, exact_dx);
            INFO("f = " << f);
            CHECK(worst < 8 * double(std::numeric_limits<T>::epsilon()));
        }
}

TEST_CASE("PReLU hands NaN on") {
    double const nan = std::numeric_limits<double>::quiet_NaN(), alpha = 0;
    double y;
    kernels::prelu(1, 1, &nan, &alpha, &y, nullptr);
    CHECK(std::isnan(y));
}
