// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina {

/// Counter-based random numbers: the i-th number of a stream is a function of (key, i), so forward and backward agree without
/// a cache, and the bits depend neither on the order nor on the threads nor on the standard library.
/// Source: SplitMix64, Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
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
    /// A number of the standard normal distribution.
    double normal(std::uint64_t i) const;
};

} // namespace lamina
