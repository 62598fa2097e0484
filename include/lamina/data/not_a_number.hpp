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
    std::size_t const e = bare.find_first_of("eE");
    std::string_view power = e == bare.npos ? std::string_view() : bare.substr(e + 1);
    if (power.starts_with('-') || power.starts_with('+')) power.remove_prefix(1);
    bool const digits = !power.empty() && power.find_first_not_of("0123456789") == power.npos;
    if (bare.empty()) {
        why = " is not a number. An empty cell is a gap only where .gaps lists \"\".";
    } else if (bare == column) {
        why = " is not a number but the column's name: is this the header a second time?";
    } else if (digits && parse_number(bare.substr(0, e), value)) {
        // A number all through, which scan_number refused.
        why = " is beyond the range of a double (1.8e308).";
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
