// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/finite.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using lamina::Threads;
using lamina::kernels::all_below;
using lamina::kernels::all_finite;

namespace {

template <class T>
void check() {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    using Limits = std::numeric_limits<T>;
    // by bits: -ffast-math need not know what a NaN is
    Bits const infinity = std::bit_cast<Bits>(Limits::max()) + 1;
    Bits const sign = Bits{1} << (8 * sizeof(T) - 1);
    std::vector<T> const bad{std::bit_cast<T>(infinity), std::bit_cast<T>(infinity | sign),
                             std::bit_cast<T>(Bits(infinity + 1)),           // signalling NaN
                             std::bit_cast<T>(Bits(~Bits{0})),               // every bit
                             std::bit_cast<T>(Bits(~Bits{0} & ~sign)),
                             std::bit_cast<T>(Bits(infinity | (infinity >> 1)))};
    std::vector<T> const good{T{0}, T(-0.0), Limits::max(), Limits::lowest(), Limits::min(),
                              Limits::denorm_min(), -Limits::denorm_min(), T{1}, T(-1e30)};
    for (std::size_t n = 0; n <= 200; n = n < 70 ? n + 1 : n + 43) {
        std::vector<T> x(n + 2, bad[0]);   // what lies outside does not count
        for (std::size_t i = 0; i < n; ++i) x[i + 1] = good[i % good.size()];
        CHECK(all_finite(n, x.data() + 1));
        for (std::size_t i = 0; i < n; ++i) {
            T const before = x[i + 1];
            x[i + 1] = bad[i % bad.size()];
            CHECK(!all_finite(n, x.data() + 1));
            x[i + 1] = before;
        }
    }
    for (T b : bad) CHECK(!all_finite(1, &b));
    for (T g : good) CHECK(all_finite(1, &g));

    for (T const limit : {Limits::denorm_min(), T(1), T(1e15), Limits::max()}) {
        T const smaller = std::bit_cast<T>(Bits(std::bit_cast<Bits>(limit) - 1));
        for (std::size_t i = 0; i < 70; ++i) {
            std::vector<T> x(70, i % 2 ? smaller : -smaller);
            CHECK(all_below(limit, 70, x.data()));
            for (T const b : {limit, -limit, bad[i % bad.size()]}) {
                x[i] = b;
                CHECK(!all_below(limit, 70, x.data()));
            }
        }
    }

    Threads threads(3);
    std::size_t const n = 300001;
    std::vector<T> x(n, T{1});
    CHECK(all_finite(n, x.data(), &threads));
    for (std::size_t i : {std::size_t{0}, std::size_t{65535}, std::size_t{65536}, n - 1}) {
        x[i] = bad[0];
        CHECK(!all_finite(n, x.data(), &threads));
        CHECK(!all_finite(n, x.data()));
        x[i] = T{1};
    }
}

} // namespace

TEST_CASE("all_finite finds every kind of NaN and infinity wherever it lies") {
    SUBCASE("float") { check<float>(); }
    SUBCASE("double") { check<double>(); }
}
