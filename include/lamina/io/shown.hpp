// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lamina {

/// A text from a file for a message: in quotes, on one line, not too long.
[[gnu::cold]] inline std::string shown(std::string_view text) {
    constexpr std::size_t limit = 120;
    constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (char const c : text.substr(0, limit)) {
        auto const code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') (out += '\\') += c;
        else if (code >= 0x20 && code != 0x7f) out += c;
        else ((out += "\\x") += hex[code >> 4]) += hex[code & 15];
    }
    return out += text.size() > limit ? "...\"" : "\"";
}

/// "64x10"; "scalar" for no axes.
[[gnu::cold]] inline std::string shown_shape(Span<std::uint64_t const> shape) {
    if (shape.empty()) return "scalar";
    std::string out;
    for (auto const d : shape) detail::append(out, {out.empty() ? "" : "x", d});
    return out;
}

} // namespace lamina
