// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/dropout.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

constexpr Conditions draws{.by_sample = false, .one_mode = false};

std::vector<float> dropped(std::size_t n, float rate, std::uint64_t seed = 1,
                           Threads* threads = nullptr) {
    std::vector<float> const x(n, 1.0f);
    std::vector<float> y(n, -1.0f);
    kernels::dropout(threads, n, x.data(), y.data(), double(rate), Random{seed});
    return y;
}

} // namespace

TEST_CASE("Dropout: what every layer owes") {
    check_layer("1", Sequential{Input<1>{}, Dropout{.rate = 0.4f}}, draws);
    check_layer("8", Sequential{Input<8>{}, Dense<8>{}, Dropout{.rate = 0.4f}, Dense<2>{}}, draws);
    check_layer("5 x 13", Sequential{Input<5, 13>{}, Dropout{.rate = 0.9f}}, draws);
    check_layer("two, behind activations",
                Sequential{Input<3>{}, Dense<67>{}, Squash{}, Dropout{}, Dense<5>{}, Dropout{}},
                draws);
    check_layer("rate 0", Sequential{Input<4>{}, Dense<4>{}, Dropout{.rate = 0.0f}, Squash{}});
}

TEST_CASE("Dropout: the share, the scale, the mean") {
    for (float const rate : {0.1f, 0.5f, 0.75f}) {
        std::size_t const n = 200000;
        auto const y = dropped(n, rate);
        std::size_t zeros = 0, others = 0;
        for (float const v : y)
            if (v == 0.0f) ++zeros;
            else if (v == doctest::Approx(1.0 / (1.0 - double(rate))).epsilon(1e-6)) ++others;
        CHECK(zeros + others == n);
        double const deviation = std::sqrt(double(rate) * (1 - double(rate)) / double(n));
        CHECK(std::abs(double(zeros) / double(n) - double(rate)) < 4 * deviation);
    }
}

TEST_CASE("Dropout: the draws are those of the bits of Random, for every length") {
    // 64 draws from 32 words: the lower halves, then the upper ones; the upper 24 bits of each
    Random const random{7};
    for (std::size_t n = 1; n < 200; n += 9) {
        auto const y = dropped(n, 0.3f, 7);
        for (std::size_t i = 0; i < n; ++i) {
            std::uint64_t const word = random.bits(i / 64 * 32 + i % 32);
            std::uint64_t const draw = (i % 64 < 32 ? word & 0xffffffffu : word >> 32) >> 8;
            CHECK((y[i] == 0.0f) == (double(draw) < double(0.3f) * 0x1p24));
        }
    }
}

TEST_CASE("Dropout: neighbours, seeds and rows draw apart") {
    std::size_t const n = 1 << 16;
    auto const a = dropped(n, 0.5f, 1), b = dropped(n, 0.5f, 2);
    for (std::size_t const lag : {0u, 1u, 32u, 64u}) {
        std::size_t equal = 0, equal_seeds = 0;
        for (std::size_t i = lag; i < n; ++i) {
            equal += a[i] == a[i - lag];
            equal_seeds += a[i] == b[i - lag];
        }
        double const count = double(n - lag), limit = 4 * std::sqrt(count) / 2;
        if (lag) CHECK(std::abs(double(equal) - count / 2) < limit);
        CHECK(std::abs(double(equal_seeds) - count / 2) < limit);
    }
}

TEST_CASE("Dropout: what is dropped is 0, whatever it was; rate 1 drops all") {
    float const infinite = std::numeric_limits<float>::infinity();
    std::vector<float> x(256, infinite);
    kernels::dropout(nullptr, x.size(), x.data(), x.data(), 0.5, Random{3});
    std::size_t zeros = 0;
    for (float const v : x) {
        CHECK((v == 0.0f || v == infinite));
        zeros += v == 0.0f;
    }
    CHECK(zeros > 64);
    for (float const v : dropped(100, 1.0f)) CHECK(v == 0.0f);
}

TEST_CASE("Dropout: threads do not change a bit") {
    Threads pool{3};
    CHECK(dropped(100001, 0.3f, 5) == dropped(100001, 0.3f, 5, &pool));
}

TEST_CASE("Dropout is nothing at inference, and lies where its input lay") {
    using N = Network<Sequential<Input<3>, Dense<4>, Dropout, Dense<2>>, float>;
    static_assert(N::inference.rows[2].in_place && N::training.rows[2].in_place);
    static_assert(N::inference.per_sample == 2 * 16);
}
