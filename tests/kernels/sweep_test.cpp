// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/sweep.hpp>

#include <lamina/core/random.hpp>

#include <doctest/doctest.h>

#include "support/guard_pages.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace lamina;

namespace {

struct Momentum {
    template <class V>
    void operator()(V& w, V g, V& m) const {
        m = m * V(0.5f) + g;
        w -= m;
    }
};
struct Descent {
    template <class V>
    void operator()(V& w, V g) const {
        w -= g * V(0.25f);
    }
};
struct Two {
    template <class V>
    void operator()(V& w, V g, V& a, V& b) const {
        a += g;
        b += g * g;
        w -= a + b;
    }
};

// Multiples of 1/8 of moderate size: every sum and product below is exact, so the results are
// compared to the bit.
template <class T>
T eighths(Random random, std::size_t i) {
    return static_cast<T>(static_cast<int>(random.below(i, 65)) - 32) / 8;
}

} // namespace

TEST_CASE_TEMPLATE("sweep is right for every length and stays inside", T, float, double) {
    testing::GuardPages pages_w(8192), pages_g(8192), pages_s(16384);
    std::size_t wrong = 0;
    for (std::size_t n = 0; n <= 257; ++n)
        for (bool at_end : {false, true}) {
            T* const w = pages_w.array<T>(n, at_end);
            T* const g = pages_g.array<T>(n, at_end);
            std::size_t const stride = n + 3;
            T* const s = pages_s.array<T>(stride + n, at_end);
            Random const random{n};
            auto const fill = [&] {
                for (std::size_t i = 0; i < n; ++i) {
                    w[i] = eighths<T>(random.child(0), i);
                    g[i] = eighths<T>(random.child(1), i);
                    s[i] = eighths<T>(random.child(2), i);
                    s[stride + i] = eighths<T>(random.child(3), i);
                }
                for (std::size_t i = n; i < stride; ++i) s[i] = 77;
            };
            fill();
            kernels::sweep<0>(n, w, g, static_cast<T*>(nullptr), 0, T(2), Descent{}, nullptr);
            for (std::size_t i = 0; i < n; ++i)
                wrong += w[i] != eighths<T>(random.child(0), i) - g[i] / 2;
            fill();
            kernels::sweep<1>(n, w, g, s, stride, T(0.5), Momentum{}, nullptr);
            for (std::size_t i = 0; i < n; ++i) {
                T const m = eighths<T>(random.child(2), i) / 2 + g[i] / 2;
                wrong += s[i] != m || w[i] != eighths<T>(random.child(0), i) - m;
                wrong += s[stride + i] != eighths<T>(random.child(3), i);
            }
            fill();
            kernels::sweep<2>(n, w, g, s, stride, T(1), Two{}, nullptr);
            for (std::size_t i = 0; i < n; ++i) {
                T const a = eighths<T>(random.child(2), i) + g[i];
                T const b = eighths<T>(random.child(3), i) + g[i] * g[i];
                wrong += s[i] != a || s[stride + i] != b;
                wrong += w[i] != eighths<T>(random.child(0), i) - (a + b);
            }
            for (std::size_t i = n; i < stride; ++i) wrong += s[i] != 77;
        }
    CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("sweep gives the same bits for any number of threads", T, float, double) {
    std::size_t const n = 100003;
    std::vector<T> one;
    for (std::size_t threads : {0u, 1u, 2u, 3u, 5u}) {
        std::vector<T> w(n), g(n), s(2 * n);
        for (std::size_t i = 0; i < n; ++i) {
            w[i] = static_cast<T>(Random{1}.uniform(i));
            g[i] = static_cast<T>(Random{2}.uniform(i));
            s[i] = s[n + i] = static_cast<T>(Random{3}.uniform(i));
        }
        Threads pool(threads == 0 ? 1 : threads);
        kernels::sweep<2>(n, w.data(), g.data(), s.data(), n, T(0.3), Two{},
                          threads == 0 ? nullptr : &pool);
        if (one.empty()) one = w;
        CHECK(std::memcmp(one.data(), w.data(), n * sizeof(T)) == 0);
    }
}

TEST_CASE("a NaN in one gradient reaches its own weight only") {
    for (std::size_t at : {0u, 15u, 16u, 20u}) {
        std::vector<float> w(21, 1.0f), g(21, 1.0f), s(21, 0.0f);
        g[at] = std::numeric_limits<float>::quiet_NaN();
        kernels::sweep<1>(w.size(), w.data(), g.data(), s.data(), 0, 1.0f, Momentum{}, nullptr);
        for (std::size_t i = 0; i < w.size(); ++i) CHECK(std::isnan(w[i]) == (i == at));
    }
}
