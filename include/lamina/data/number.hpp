// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>

#if LAMINA_BODIES
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>
#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 200000
#include <cstdlib>
#include <locale> // brings newlocale() and strtod_l()
#endif
#endif

#include <limits>
#include <string>
#include <string_view>

// Numbers as text. No function here looks at a locale: the decimal point is '.' everywhere.

namespace lamina::detail {

/// What a number column holds where the table has no value.
inline constexpr double missing_number = std::numeric_limits<double>::quiet_NaN();

inline bool is_missing(double value) { return is_nan(value); }

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads the decimal number that begins at first: [+-] digits [. digits] [e [+-] digits]. Returns
/// its end, or nullptr where there is no number or one beyond the range of double; what is too
/// small for a double is 0. "inf", "nan" and hexadecimal numbers are no numbers.
char const* scan_number(char const* first, char const* last, double& value);
/// Is the whole text, but for blanks around it, one number?
bool parse_number(std::string_view text, double& value);
/// The shortest text that reads back as the same number.
void append_number(std::string& to, double value);

/// Blanks and tabs around a cell.
inline std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

#if LAMINA_BODIES

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 200000
/// The double that is nearest to a decimal number, by the C library: libc++ has std::from_chars for
/// whole numbers only before its release 20.
[[gnu::cold]] inline std::from_chars_result read_double_by_c(char const* first, char const* last,
                                                             double& value) {
    char const* p = first;
    bool const negative = p != last && *p == '-';
    p += negative;
    for (std::string_view const word : {"infinity", "inf", "nan"}) {
        if (std::size_t(last - p) < word.size()) continue;
        std::size_t same = 0;
        while (same < word.size() && (p[same] | 0x20) == word[same]) ++same; // ASCII, either case
        if (same < word.size()) continue;
        value = word == "nan" ? missing_number : std::numeric_limits<double>::infinity();
        if (negative) value = -value;
        return {p + same, std::errc{}};
    }
    std::size_t count = 0;
    bool significant = false;
    auto const digits = [&] {
        for (; p != last && is_digit(*p); ++p, ++count) significant |= *p != '0';
    };
    digits();
    if (p != last && *p == '.') {
        ++p;
        digits();
    }
    if (count == 0) return {first, std::errc::invalid_argument};
    if (p != last && (*p == 'e' || *p == 'E')) {
        char const* q = p + 1;
        if (q != last && (*q == '-' || *q == '+')) ++q;
        if (q != last && is_digit(*q)) {
            while (q != last && is_digit(*q)) ++q;
            p = q;
        }
    }
    static ::locale_t const plain = ::newlocale(LC_ALL_MASK, "C", nullptr);
    std::string const text(first, p); // strtod wants an end
    double const number = ::strtod_l(text.c_str(), nullptr, plain);
    if (!is_finite(number) || (number == 0 && significant))
        return {p, std::errc::result_out_of_range};
    value = number;
    return {p, std::errc{}};
}
#endif

/// std::from_chars of a decimal number.
inline std::from_chars_result read_double(char const* first, char const* last, double& value) {
#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 200000
    return read_double_by_c(first, last, value);
#else
    return std::from_chars(first, last, value);
#endif
}

/// Did a number that from_chars found out of range have too large an exponent (or too small a one)?
[[gnu::cold]] inline bool overflows(char const* first, char const* last) {
    // value = 0.d1 d2 d3... * 10^magnitude, d1 != 0
    std::int64_t magnitude = 0;
    bool point = false, significant = false;
    char const* p = first;
    for (; p != last && *p != 'e' && *p != 'E'; ++p) {
        if (*p == '.') point = true;
        if (!is_digit(*p)) continue;
        if (*p != '0') significant = true;
        if (significant && !point) ++magnitude;
        if (!significant && point) --magnitude;
    }
    std::int64_t power = 0;
    if (p != last) ++p;
    bool const minus = p != last && *p == '-';
    for (; p != last; ++p) {
        if (is_digit(*p) && power < 1'000'000'000'000'000) power = power * 10 + (*p - '0');
    }
    if (minus) power = -power;
    return magnitude + power > 0;
}

LAMINA_INLINE char const* scan_number(char const* first, char const* last, double& value) {
    // Exact as they are: 10^22 < 2^74 = 2^53 2^21 is the last power of ten whose odd part fits 53
    // bits.
    constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    char const* p = first;
    bool const negative = p != last && *p == '-';
    if (p != last && (*p == '-' || *p == '+')) ++p;
    char const* const digits = p;

    std::uint64_t mantissa = 0;
    for (; p != last && is_digit(*p); ++p) mantissa = mantissa * 10 + unsigned(*p - '0');
    std::ptrdiff_t count = p - digits, power = 0;
    if (p != last && *p == '.') {
        char const* const fraction = ++p;
        for (; p != last && is_digit(*p); ++p) mantissa = mantissa * 10 + unsigned(*p - '0');
        power = fraction - p;
        count -= power;
    }
    if (count == 0) return nullptr;
    if (p != last && (*p == 'e' || *p == 'E')) {
        char const* q = p + 1;
        bool const minus = q != last && *q == '-';
        if (q != last && (*q == '-' || *q == '+')) ++q;
        if (q != last && is_digit(*q)) {
            std::ptrdiff_t exponent = 0;
            for (; q != last && is_digit(*q); ++q)
                exponent = exponent < 100'000 ? exponent * 10 + (*q - '0') : exponent;
            power += minus ? -exponent : exponent;
            p = q;
        }
    }
    // Both operands are exact, so one rounding gives the nearest double (Clinger 1990, "How to read
    // floating point numbers accurately"). With at most 19 digits the mantissa has not wrapped.
    if (count <= 19 && mantissa <= std::uint64_t{1} << 53 && power >= -22 && power <= 22) {
        double const exact = double(mantissa);
        double const magnitude = power < 0 ? exact / powers[-power] : exact * powers[power];
        value = negative ? -magnitude : magnitude;
        return p;
    }
    double magnitude = 0;
    std::errc const error = read_double(digits, p, magnitude).ec;
    if (error == std::errc::result_out_of_range) {
        if (overflows(digits, p)) return nullptr;
        magnitude = 0;
    }
    value = negative ? -magnitude : magnitude;
    return p;
}

[[gnu::cold]] LAMINA_INLINE bool parse_number(std::string_view text, double& value) {
    text = trimmed(text);
    return scan_number(text.data(), text.data() + text.size(), value) ==
               text.data() + text.size() &&
           !text.empty();
}

[[gnu::cold]] LAMINA_INLINE void append_number(std::string& to, double value) {
    char digits[32];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

#endif

} // namespace lamina::detail
