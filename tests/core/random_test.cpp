// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using lamina::Random;

namespace {

/// FNV-1a over the bits of numbers: one changed bit changes it.
template <class F>
std::uint64_t hash(std::size_t n, F f) {
    std::uint64_t h = 0xcbf29ce484222325u;
    for (std::size_t i = 0; i < n; ++i) {
        std::uint64_t const bits = std::bit_cast<std::uint64_t>(double(f(i)));
        for (int byte = 0; byte < 8; ++byte) {
            h ^= (bits >> (8 * byte)) & 0xff;
            h *= 0x100000001b3u;
        }
    }
    return h;
}

/// The standard normal distribution.
double phi(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

/// The largest distance between the distribution of the samples and F: Kolmogorov-Smirnov, times
/// sqrt n. It exceeds 1.95 once in a thousand times.
template <class F>
double distance(std::vector<double> samples, F distribution) {
    std::sort(samples.begin(), samples.end());
    double worst = 0, n = double(samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        double const p = distribution(samples[i]);
        worst = std::max({worst, p - double(i) / n, double(i + 1) / n - p});
    }
    return worst * std::sqrt(n);
}

template <class F>
std::vector<double> draw(std::size_t n, F f) {
    std::vector<double> v(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = double(f(i));
    return v;
}

struct Moments {
    double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};
Moments moments(std::vector<double> const& v) {
    Moments m;
    for (double x : v) m.mean += x;
    m.mean /= double(v.size());
    for (double x : v) {
        double const d = x - m.mean;
        m.variance += d * d;
        m.skewness += d * d * d;
        m.kurtosis += d * d * d * d;
    }
    m.variance /= double(v.size());
    m.skewness /= double(v.size()) * std::pow(m.variance, 1.5);
    m.kurtosis /= double(v.size()) * m.variance * m.variance;
    return m;
}

} // namespace

TEST_CASE("the bits are SplitMix64's") {
    // the published generator, seeded with 1234567
    Random const random{1234567};
    CHECK(random.bits(0) == 6457827717110365317u);
    CHECK(random.bits(1) == 3203168211198807973u);
    CHECK(random.bits(2) == 9817491932198370423u);
    CHECK(random.bits(3) == 4593380528125082431u);
    CHECK(random.bits(4) == 16408922859458223821u);
    static_assert(Random{1234567}.bits(0) == 6457827717110365317u);
}

TEST_CASE("streams: from() shifts, child() is another") {
    Random const random{7};
    CHECK(random.from(3).bits(2) == random.bits(5));
    CHECK(random.child(0).key != random.child(1).key);
    CHECK(random.child(0).key != random.key);
    std::size_t equal = 0;
    for (std::size_t i = 0; i < 10000; ++i)
        equal += random.child(0).bits(i) == random.child(1).bits(i);
    CHECK(equal == 0);
}

TEST_CASE("the same bits from every compiler, for every processor") {
#ifdef __FAST_MATH__
    return;   // which allows other bits
#endif
    Random const random{42};
    auto const below = [&](std::size_t i) { return random.below(i, 1000003); };
    auto const truncated = [&](std::size_t i) { return random.truncated_normal(i); };
    CHECK(hash(1000, [&](std::size_t i) { return random.uniform(i); }) == 11226672956181273005u);
    CHECK(hash(1000, below) == 13468877968835270847u);
    CHECK(hash(1000, [&](std::size_t i) { return random.normal(i); }) == 1316369876129460803u);
    CHECK(hash(1000, truncated) == 8079712305691442998u);
    CHECK(random.uniform(0) == 0x1.7bae64p-1f);
    CHECK(random.normal(0) == 0x1.4bdde8p-1);
    CHECK(random.truncated_normal(0) == 0x1.3aa616p-1);
}

TEST_CASE("normal_quantile is the inverse of the distribution") {
    double worst = 0;
    auto const check = [&](double q) {
        double const z = lamina::detail::normal_quantile(q);
        // from the nearer tail, where nothing cancels; the slope turns the error into one of z
        double const p = 0.5 - std::fabs(q), found = phi(-std::fabs(z));
        double const slope = std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979323846);
        worst = std::max(worst, std::fabs(found - p) / slope / std::fabs(z));
        CHECK(lamina::detail::normal_quantile(-q) == -z);
    };
    for (std::size_t i = 0; i < 20000; ++i) check((double(i) + 0.25) / 40001.0);
    for (int bits = 1; bits < 33; ++bits) check(0.5 - std::ldexp(1.0, -bits - 1));
    CHECK(worst < 4e-7);
    CHECK(worst > 1e-9);   // it is a float
    // the ends of the 32 bits
    CHECK(lamina::detail::normal_quantile(0.5 - 0x1p-33) == doctest::Approx(6.33796).epsilon(1e-5));
    CHECK(lamina::detail::normal_quantile(0x1p-33) == doctest::Approx(2.918e-10).epsilon(1e-3));
}

TEST_CASE("uniform numbers: distribution and moments") {
    auto const v = draw(100000, [r = Random{3}](std::size_t i) { return r.uniform(i); });
    CHECK(distance(v, [](double x) { return x; }) < 1.95);
    CHECK(*std::min_element(v.begin(), v.end()) >= 0.0);
    CHECK(*std::max_element(v.begin(), v.end()) < 1.0);
    CHECK(moments(v).variance == doctest::Approx(1.0 / 12.0).epsilon(0.01));
}

TEST_CASE("whole numbers: every one of them, alike") {
    std::size_t const n = 7, draws = 70000;
    std::vector<double> count(n);
    for (std::size_t i = 0; i < draws; ++i) {
        std::size_t const k = Random{11}.below(i, n);
        REQUIRE(k < n);
        count[k] += 1;
    }
    double chi2 = 0;
    for (double c : count) chi2 += (c - 10000.0) * (c - 10000.0) / 10000.0;
    CHECK(chi2 < 22.5);   // once in a thousand times, 6 degrees of freedom
    CHECK(Random{11}.below(0, 1) == 0);
}

TEST_CASE("normal numbers: distribution, moments, neighbours apart") {
    auto const v = draw(200000, [r = Random{5}](std::size_t i) { return r.normal(i); });
    CHECK(distance(v, phi) < 1.95);
    Moments const m = moments(v);
    CHECK(std::fabs(m.mean) < 0.01);
    CHECK(m.variance == doctest::Approx(1.0).epsilon(0.015));
    CHECK(std::fabs(m.skewness) < 0.025);
    CHECK(m.kurtosis == doctest::Approx(3.0).epsilon(0.02));
    double together = 0;
    for (std::size_t i = 1; i < v.size(); ++i) together += v[i] * v[i - 1];
    CHECK(std::fabs(together / double(v.size())) < 0.01);
    // all floats
    CHECK(std::all_of(v.begin(), v.end(), [](double x) { return double(float(x)) == x; }));
}

TEST_CASE("truncated normal numbers: distribution, limits, standard deviation") {
    auto const v = draw(200000, [r = Random{6}](std::size_t i) { return r.truncated_normal(i); });
    double const inside = phi(2) - phi(-2);
    CHECK(distance(v, [&](double z) { return (phi(z) - phi(-2)) / inside; }) < 1.95);
    CHECK(*std::max_element(v.begin(), v.end()) <= 2.0);
    CHECK(*std::max_element(v.begin(), v.end()) > 1.999);
    CHECK(*std::min_element(v.begin(), v.end()) >= -2.0);
    Moments const m = moments(v);
    CHECK(std::fabs(m.mean) < 0.01);
    CHECK(std::sqrt(m.variance) == doctest::Approx(0.87962566103423978).epsilon(0.01));
}
