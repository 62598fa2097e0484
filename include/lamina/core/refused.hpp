// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace lamina {

/// Stands for a network or model that was refused at compile time, and for all that is asked of it
/// afterwards, so that one mistake is one error.
struct Refused {};

/// The same for a number that a program asserts: it is what is expected.
struct RefusedNumber {
    constexpr operator std::size_t() const { return 1; }
    friend constexpr bool operator==(RefusedNumber, auto const&) { return true; }
};

} // namespace lamina
