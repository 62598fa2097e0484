// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/model/history.hpp>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// Needs the program gnuplot when it runs (Debian: gnuplot-nox), and nothing when it is built.
namespace lamina {

/// Draws the training curves into a picture: a panel for the loss and one for each metric, training
/// beside validation. The suffix says what kind: .png or .svg.
///
/// Errors      another suffix; gnuplot is not installed or does not succeed: Error (file)
void plot_history(History const& history, std::string const& path);

#if LAMINA_BODIES

namespace detail {

/// A text as gnuplot reads it between single quotes.
[[gnu::cold]] inline std::string quoted_for_gnuplot(std::string_view s) {
    std::string out = "'";
    for (char const c : s) {
        if (c == '\'') out += '\'';
        if (c != '\n') out += c;
    }
    return out + "'";
}

/// A named block of data: one line for each epoch, counted from 1.
[[gnu::cold]] inline void append_curve(std::string& text, std::string const& name,
                                       std::vector<std::size_t> const& epochs,
                                       std::vector<double> const& values) {
    text += "$" + name + " << EOD\n";
    for (std::size_t i = 0; i < values.size(); ++i) {
        char digits[32];
        auto const end = std::to_chars(digits, digits + sizeof digits, values[i]).ptr;
        text += std::to_string(epochs[i] + 1) + " ";
        if (is_finite(values[i])) text.append(digits, end);
        else text += "NaN";
        text += "\n";
    }
    text += "EOD\n";
}

/// How a picture begins; the suffix of its path says what kind it is.
[[gnu::cold]] inline std::string begin_picture(char const* where, std::string const& path,
                                               std::size_t width, std::size_t height) {
    std::string const suffix = path.size() < 4 ? path : path.substr(path.size() - 4);
    if (suffix != ".png" && suffix != ".svg")
        detail::raise(
            Error(Error::Kind::argument, where, "\"" + path + "\" does not end in .png or .svg."));
    return (suffix == ".png" ? "set terminal pngcairo size " : "set terminal svg size ") +
           std::to_string(width) + "," + std::to_string(height) + "\nset output " +
           quoted_for_gnuplot(path) + "\n";
}

[[gnu::cold]] inline void run_gnuplot(char const* where, std::string const& path,
                                      std::string const& text) {
    std::FILE* const pipe = ::popen("gnuplot", "w");
    bool ok = pipe && std::fwrite(text.data(), 1, text.size(), pipe) == text.size();
    if (pipe) ok = ::pclose(pipe) == 0 && ok;
    if (!ok)
        detail::raise(
            Error(Error::Kind::file, where,
                  path + " was not drawn: gnuplot is missing or said why above (Debian: apt-get "
                         "install gnuplot-nox)."));
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE void plot_history(History const& history, std::string const& path) {
    std::vector<std::string> panels;
    for (auto const& name : history.names())
        if (!name.starts_with("val_")) panels.push_back(name);

    std::string text = detail::begin_picture("plot_history", path, 480 * panels.size(), 400);
    for (std::size_t i = 0; i < panels.size(); ++i) {
        std::string const n = std::to_string(i);
        detail::append_curve(text, "training" + n, history.epochs(), history[panels[i]]);
        if (history.contains("val_" + panels[i]))
            detail::append_curve(text, "validation" + n, history.epochs(),
                                 history["val_" + panels[i]]);
    }
    text += "set xlabel 'epoch'\nset grid\nset key below noenhanced\nset title noenhanced\n"
            "set multiplot layout 1," +
            std::to_string(panels.size()) + "\n";
    for (std::size_t i = 0; i < panels.size(); ++i) {
        std::string const n = std::to_string(i);
        auto const curve = [&](char const* name) {
            return "$" + (name + n) + " using 1:2 with linespoints pointtype 7 title '" + name +
                   "'";
        };
        text +=
            "set title " + detail::quoted_for_gnuplot(panels[i]) + "\nplot " + curve("training");
        if (history.contains("val_" + panels[i])) text += ", " + curve("validation");
        text += "\n";
    }
    text += "unset multiplot\n";
    detail::run_gnuplot("plot_history", path, text);
}

#endif

} // namespace lamina
