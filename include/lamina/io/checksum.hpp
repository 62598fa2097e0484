// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/random.hpp>
#include <lamina/io/dtype.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace lamina {

/// A 64-bit sum over bytes that come in pieces; how they are cut does not matter. Each step is a
/// bijection of the state and of the eight bytes that it takes in, so a change within eight
/// neighbouring bytes always changes the sum. It finds accidents, not forgeries.
class Checksum {
public:
    void add(void const* data, std::size_t n) {
        auto const* at = static_cast<std::byte const*>(data);
        size_ += n;
        for (; n > 0 && pending_ > 0; --n) take(*at++);
        for (; n >= 8; n -= 8, at += 8) mix(detail::load_little<std::uint64_t>(at));
        for (; n > 0; --n) take(*at++);
    }
    std::uint64_t value() const {
        std::uint64_t state = state_;
        if (pending_ > 0)
            state = Random::mix(state ^ detail::load_little<std::uint64_t>(word_.data()));
        return Random::mix(state ^ size_);
    }
    /// The sum as 16 hexadecimal digits.
    std::string text() const {
        constexpr char hex[] = "0123456789abcdef";
        std::string out;
        for (int shift = 60; shift >= 0; shift -= 4) out += hex[(value() >> shift) & 15];
        return out;
    }

private:
    void mix(std::uint64_t word) { state_ = Random::mix(state_ ^ word) + Random::golden; }
    void take(std::byte b) {
        word_[pending_++] = b;
        if (pending_ < word_.size()) return;
        mix(detail::load_little<std::uint64_t>(word_.data()));
        word_ = {};
        pending_ = 0;
    }

    std::uint64_t state_ = 0, size_ = 0;
    std::array<std::byte, 8> word_{};
    std::size_t pending_ = 0;
};

} // namespace lamina
