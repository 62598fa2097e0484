// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>
#include <type_traits>

namespace lamina {

namespace detail {

template <class T>
concept Arithmetic = std::is_arithmetic_v<T>;

/// A function that gives a number for the number or the text of a cell.
template <class F>
concept ValueFunction =
    std::is_invocable_r_v<double, F, double> || std::is_invocable_r_v<double, F, std::string_view>;

} // namespace detail

/// One line of a map: {"positive", 1} or {4, 1}.
struct MapRule {
    template <detail::Arithmetic T>
    MapRule(std::string_view from, T value)
        : text(from), is_text(true), to(static_cast<double>(value)) {}
    template <detail::Arithmetic F, detail::Arithmetic T>
    MapRule(F from, T value) : number(static_cast<double>(from)), to(static_cast<double>(value)) {}

    std::string_view text = {};
    double number = 0;
    bool is_text = false;
    double to = 0;
};

} // namespace lamina
