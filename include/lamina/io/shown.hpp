// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lamina::detail {

/// A text from a file for a message, as Quoted; a tensor's path may be long.
[[gnu::cold]] inline std::string shown(std::string_view text) {
    return message({Quoted{text, 120}});
}

/// "64x10"; "scalar" for no axes.
[[gnu::cold]] inline std::string shown_shape(Span<std::uint64_t const> shape) {
    if (shape.empty()) return "scalar";
    std::string out;
    for (auto const d : shape) append(out, {out.empty() ? "" : "x", d});
    return out;
}

} // namespace lamina::detail
