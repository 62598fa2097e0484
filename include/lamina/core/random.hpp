// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace lamina {

namespace detail {

/// x acc + c, rounded to float. The product of two floats is exact in double, so no bit depends on
/// whether the compiler fuses it with the sum.
constexpr float horner(float acc, float x, double c) { return float(double(acc) * double(x) + c); }

/// -log p for a normal p < 1, to about eight digits, from IEEE operations alone: p = 2^e m with
/// m in [sqrt 1/2, sqrt 2), and log m = 2 artanh s = 2 s (1 + s^2/3 + ...), s = (m - 1) / (m + 1).
constexpr double minus_log(double p) {
    constexpr double ln2 = 0x1.62e42fefa38p-1; // 44 bits: exact when multiplied by e
    std::uint64_t const bits = std::bit_cast<std::uint64_t>(p);
    // 2^52 e: the exponent, made to step at sqrt 1/2 instead of 1
    std::uint64_t const shift = (bits - 0x3fe6a09e667f3bcdu) & 0xfff0000000000000u;
    double const e = double(static_cast<std::int64_t>(shift) / (std::int64_t{1} << 52));
    double const m = std::bit_cast<double>(bits - shift);
    float const s = float((m - 1.0) / (m + 1.0)), s2 = float(double(s) * double(s));
    float series = horner(float(1.0 / 9.0), s2, 1.0 / 7.0);
    series = horner(series, s2, 1.0 / 5.0);
    series = horner(series, s2, 1.0 / 3.0);
    series = horner(series, s2, 1.0);
    return -2.0 * (double(s) * double(series)) - e * ln2;
}

/// The number below which a standard normal one lies with probability 1/2 + q, |q| <= 1/2 - 2^-33;
/// a float, to six digits or more. The same bits from every compiler: of the standard library it
/// uses the square root alone, which IEEE 754 makes exact.
/// Source: Wichura (1988), "Algorithm AS 241: the percentage points of the normal distribution",
/// PPND7, without its branch for rarer events.
inline double normal_quantile(double q) {
    double const size = q < 0 ? -q : q;
    if (size <= 0.425) {
        float const f = float(q), x = float(0.180625 - double(f) * double(f));
        float num = horner(float(5.9109374720e+1), x, 1.5929113202e+2);
        num = horner(num, x, 5.0434271938e+1);
        num = horner(num, x, 3.3871327179e+0);
        float den = horner(float(6.7187563600e+1), x, 7.8757757664e+1);
        den = horner(den, x, 1.7895169469e+1);
        den = horner(den, x, 1.0);
        return double(float(double(f) * double(num) / double(den)));
    }
    float const x = float(std::sqrt(minus_log(0.5 - size)) - 1.6);
    float num = horner(float(1.7023821103e-1), x, 1.3067284816e+0);
    num = horner(num, x, 2.7568153900e+0);
    num = horner(num, x, 1.4234372777e+0);
    float den = horner(float(1.2021132975e-1), x, 7.3700164250e-1);
    den = horner(den, x, 1.0);
    double const z = double(float(double(num) / double(den)));
    return q < 0 ? -z : z;
}

} // namespace detail

/// Counter-based random numbers: the i-th number of a stream is a function of (key, i), so forward
/// and backward agree without a cache, and the bits depend neither on the order nor on the threads
/// nor on the compiler and its standard library.
/// Source: SplitMix64, Steele, Lea and Flood (2014), "Fast splittable pseudorandom number
/// generators".
struct Random {
    std::uint64_t key = 0;

    static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;

    static constexpr std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    /// Another stream, one for each i.
    constexpr Random child(std::uint64_t i) const { return {mix(key ^ mix((i + 1) * golden))}; }
    /// The same stream, beginning at its i-th number.
    constexpr Random from(std::uint64_t i) const { return {key + i * golden}; }

    /// 64 random bits.
    constexpr std::uint64_t bits(std::uint64_t i) const { return mix(key + (i + 1) * golden); }
    /// A number of [0, 1), a multiple of 2^-24.
    constexpr float uniform(std::uint64_t i) const { return float(bits(i) >> 40) * 0x1p-24f; }
    /// A whole number of [0, n), n < 2^32.
    constexpr std::size_t below(std::uint64_t i, std::size_t n) const {
        return std::size_t(((bits(i) >> 32) * n) >> 32);
    }
    /// A number of the standard normal distribution: a float of at most 6.4 in size.
    double normal(std::uint64_t i) const { return detail::normal_quantile(centered(i)); }
    /// The same, of the part of the distribution within two standard deviations.
    double truncated_normal(std::uint64_t i) const {
        // P(|z| < 2) = 0.95449973..., rounded down to 20 bits so that the product is exact
        return detail::normal_quantile(centered(i) * 0x0.f45a1p0);
    }

private:
    /// (k + 1/2) 2^-32 - 1/2 for one of the 2^32 whole numbers k; never 0.
    constexpr double centered(std::uint64_t i) const {
        return (double(bits(i) >> 32) - 2147483647.5) * 0x1p-32;
    }
};

} // namespace lamina
