// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/scale_norms.hpp>

#include <lamina/core/random.hpp>
#include <lamina/kernels/reference.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace lamina;
using namespace lamina::kernels;

namespace {

constexpr auto shorten = []<class V>(V norm) {
    return kernels::select(norm > V(2), V(V(2) / norm), V(1));
};

/// Vectors of w along every choice of axes, beside the plain twin; what lies outside stays.
template <class T>
void check(std::vector<std::size_t> const& dims, double tolerance) {
    std::size_t size = 1;
    for (std::size_t const d : dims) size *= d;
    Threads two(2), three(3);
    for (unsigned along = 1; along < 1u << dims.size(); ++along) {
        CAPTURE(along);
        auto const axes = vector_axes(dims.data(), dims.size(), along);
        std::vector<T> w(size + 2, T(7));
        for (std::size_t i = 0; i < size; ++i) w[i + 1] = T(Random{along}.normal(i));
        std::vector<T> by_two = w, by_three = w;
        std::vector<long double> norm(size);
        reference::norms(dims.data(), dims.size(), along, w.data() + 1, norm.data());
        std::vector<T> const before = w;
        scale_norms(axes, w.data() + 1, shorten, nullptr);
        double worst = 0;
        for (std::size_t i = 0; i < size; ++i) {
            auto const x = static_cast<long double>(before[i + 1]);
            long double const expected = norm[i] > 2 ? x * 2 / norm[i] : x;
            worst = std::fmax(worst, std::fabs(double(w[i + 1] - expected)));
        }
        CHECK(worst <= tolerance);
        CHECK(w.front() == T(7));
        CHECK(w.back() == T(7));
        scale_norms(axes, by_two.data() + 1, shorten, &two);
        scale_norms(axes, by_three.data() + 1, shorten, &three);
        CHECK(by_two == w);
        CHECK(by_three == w);
    }
}
template <class T>
void check_all(double tolerance) {
    for (std::size_t n = 1; n <= 70; ++n) {
        CAPTURE(n);
        check<T>({n}, tolerance);
        check<T>({5, n}, tolerance);
        check<T>({n, 3}, tolerance);
    }
    for (std::size_t n : {1u, 2u, 15u, 16u, 17u, 33u}) {
        CAPTURE(n);
        check<T>({3, 2, n}, tolerance);
        check<T>({n, 3, 4}, tolerance);
        check<T>({2, 3, 4, n}, tolerance);
        check<T>({3, n, 2, 5}, tolerance);
    }
    check<T>({300, 257}, tolerance);
    check<T>({3, 3, 40, 100}, tolerance);
}

} // namespace

TEST_CASE("scale_norms: vectors along any axes, the same bits for any number of threads") {
    SUBCASE("float") { check_all<float>(2e-5); }
    SUBCASE("double") { check_all<double>(4e-14); }
}
