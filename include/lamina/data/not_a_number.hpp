// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/number.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace lamina {

namespace detail {

/// What is wrong with a cell that should be a number; `column` is the name above it.
std::string not_a_number(std::string_view text, std::string_view column);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::string not_a_number(std::string_view text,
                                                     std::string_view column) {
    std::string_view const bare = trimmed(text);
    char const* why = " is not a number (expected e.g. 4.7).";
    double value = 0;
    if (bare.empty()) {
        why = " is not a number. An empty cell is a gap only where .gaps lists \"\".";
    } else if (bare == column) {
        why = " is not a number but the column's name: is this the header a second time?";
    } else if (std::size_t const e = bare.find_first_of("eE"); e != bare.npos && e > 0) {
        // A number all through, which scan_number refused: it is too large.
        std::size_t const digits = bare.find_first_not_of("0123456789", e + 1);
        bool const sign = digits == e + 1 && (bare[digits] == '-' || bare[digits] == '+');
        std::size_t const first = sign ? digits + 1 : e + 1;
        if (first < bare.size() && bare.find_first_not_of("0123456789", first) == bare.npos &&
            parse_number(bare.substr(0, e), value)) {
            why = " is beyond the range of a double (1.8e308).";
        }
    } else {
        std::string changed(bare);
        for (char& c : changed) {
            if (c == ',') c = '.';
            else if (c >= 'A' && c <= 'Z') c = char(c + ('a' - 'A'));
        }
        bool const sign = changed.front() == '-' || changed.front() == '+';
        if (parse_number(changed, value)) {
            why = " is not a number (expected e.g. 4.7; the decimal point is '.' in every locale).";
        }
        for (char const* word : {"nan", "inf", "infinity", "n/a", "null", "none", "na", "?", "-"}) {
            if (changed == word || (sign && changed.compare(1, changed.npos, word) == 0)) {
                why = " is not a number. If it stands for a gap, list it in .gaps.";
            }
        }
    }
    return message({Quoted{text}, why});
}

#endif

} // namespace detail

} // namespace lamina
