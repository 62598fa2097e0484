// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/elementwise.hpp>

#include "support/guard_pages.hpp"
#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <lamina/core/random.hpp>
#include <lamina/kernels/math.hpp>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

using Sizes = std::initializer_list<std::size_t>;

// with products that a compiler might or might not melt into additions
struct Function {
    template <class V>
    V operator()(V a, V b) const {
        return a * b + kernels::sigmoid(a) * V(0.3f) - b * V(1.7f) * V(0.9f);
    }
};

template <class T>
T number(std::size_t i) { return T(8 * Random{4}.uniform(i) - 4); }

/// The bits that a number gives all alone.
template <class T>
T alone(T a, T b) {
    T y;
    kernels::map(1, &y, Function{}, &a, &b);
    return y;
}

} // namespace

TEST_CASE_TEMPLATE("map stays inside its operands, at every length and place", T, float, double) {
    GuardPages pages_a(8192), pages_b(8192), pages_y(8192);
    for (std::size_t n = 0; n <= 257; ++n)
        for (bool const at_end : {false, true}) {
            T *const a = pages_a.array<T>(n, at_end), *const b = pages_b.array<T>(n, at_end);
            T* const y = pages_y.array<T>(n, at_end);
            for (std::size_t i = 0; i < n; ++i) {
                a[i] = number<T>(i);
                b[i] = number<T>(i + 1000);
                y[i] = T(-77);
            }
            kernels::map(n, y, Function{}, a, b);
            bool same = true;
            for (std::size_t i = 0; i < n; ++i)
                same = same && bits_of(y[i]) == bits_of(alone(a[i], b[i]));
            INFO("n = " << n);
            CHECK(same);
        }
}

TEST_CASE_TEMPLATE("map writes n numbers and no more", T, float, double) {
    for (std::size_t n = 0; n <= 257; ++n)
        for (std::size_t offset = 0; offset < 64 / sizeof(T); offset += 5) {
            std::vector<T> a(n + 200, T(2)), y(n + 200, T(7));
            kernels::map(n, y.data() + 64 + offset, Function{}, a.data() + offset, a.data());
            bool untouched = true;
            for (std::size_t i = 0; i < y.size(); ++i)
                if (i < 64 + offset || i >= 64 + offset + n) untouched = untouched && y[i] == T(7);
            CHECK(untouched);
        }
}

TEST_CASE_TEMPLATE("map may write over what it reads", T, float, double) {
    for (std::size_t const n : Sizes{1, 3, 15, 16, 17, 33, 257}) {
        std::vector<T> a(n), b(n), y(n);
        for (std::size_t i = 0; i < n; ++i) {
            a[i] = number<T>(i);
            b[i] = number<T>(i + 1000);
        }
        kernels::map(n, y.data(), Function{}, a.data(), b.data());
        auto over_a = a, over_b = b;
        kernels::map(n, over_a.data(), Function{}, over_a.data(), b.data());
        kernels::map(n, over_b.data(), Function{}, a.data(), over_b.data());
        CHECK(std::memcmp(over_a.data(), y.data(), n * sizeof(T)) == 0);
        CHECK(std::memcmp(over_b.data(), y.data(), n * sizeof(T)) == 0);
    }
}

TEST_CASE_TEMPLATE("map by several threads gives the same bits", T, float, double) {
    std::size_t const n = 100003;
    std::vector<T> a(n), b(n), y(n), z(n);
    for (std::size_t i = 0; i < n; ++i) {
        a[i] = number<T>(i);
        b[i] = number<T>(i + n);
    }
    kernels::map(n, y.data(), Function{}, a.data(), b.data());
    for (std::size_t const count : Sizes{1, 2, 3, 7}) {
        Threads threads(count);
        z.assign(n, T(0));
        kernels::map(&threads, n, z.data(), Function{}, a.data(), b.data());
        CHECK(std::memcmp(z.data(), y.data(), n * sizeof(T)) == 0);
    }
    z.assign(n, T(0));
    kernels::map(nullptr, n, z.data(), Function{}, a.data(), b.data());
    CHECK(std::memcmp(z.data(), y.data(), n * sizeof(T)) == 0);
}
