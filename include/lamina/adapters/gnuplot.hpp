// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/model/history.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// Needs the program gnuplot when it runs (Debian: gnuplot-nox), and nothing when it is built.
namespace lamina {

namespace detail {

/// A text as gnuplot reads it between single quotes.
inline std::string quoted(std::string_view s) {
    std::string out = "'";
    for (char const c : s) {
        if (c == '\'') out += '\'';
        if (c != '\n') out += c;
    }
    return out + "'";
}

/// The numbers of a curve, one line for each epoch, counted from 1.
inline void append_curve(std::string& text, std::vector<std::size_t> const& epochs, std::vector<double> const& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        char digits[32];
        auto const end = std::to_chars(digits, digits + sizeof digits, values[i]).ptr;
        text += std::to_string(epochs[i] + 1) + " ";
        if (std::isfinite(values[i])) text.append(digits, end);
        else text += "NaN";
        text += "\n";
    }
    text += "e\n";
}

} // namespace detail

/// Draws the training curves into a picture: a panel for the loss and one for each metric, training beside validation. The
/// suffix says what kind: .png or .svg.
///
/// Errors      another suffix; gnuplot is not installed or does not succeed: Error (file)
inline void plot_history(History const& history, std::string const& path) {
    std::string const suffix = path.size() < 4 ? path : path.substr(path.size() - 4);
    if (suffix != ".png" && suffix != ".svg")
        throw Error(Error::Kind::argument, "plot_history", "\"" + path + "\" does not end in .png or .svg.");
    std::vector<std::string> panels;
    for (auto const& name : history.names())
        if (!name.starts_with("val_")) panels.push_back(name);

    std::string text = "set terminal " + std::string(suffix == ".png" ? "pngcairo" : "svg") + " size "
                       + std::to_string(480 * panels.size()) + ",400\nset output " + detail::quoted(path)
                       + "\nset multiplot layout 1," + std::to_string(panels.size())
                       + "\nset xlabel 'epoch'\nset grid\nset key below noenhanced\nset title noenhanced\n";
    for (auto const& name : panels) {
        auto const training = history[name], validation = history["val_" + name];
        text += "set title " + detail::quoted(name) + "\nplot '-' using 1:2 with linespoints pointtype 7 title 'training'";
        if (!validation.empty()) text += ", '-' using 1:2 with linespoints pointtype 7 title 'validation'";
        text += "\n";
        detail::append_curve(text, history.epochs(), training);
        if (!validation.empty()) detail::append_curve(text, history.epochs(), validation);
    }
    text += "unset multiplot\n";

    std::FILE* const pipe = ::popen("gnuplot", "w");
    bool ok = pipe && std::fwrite(text.data(), 1, text.size(), pipe) == text.size();
    if (pipe) ok = ::pclose(pipe) == 0 && ok;
    if (!ok)
        throw Error(Error::Kind::file, "plot_history",
                    path + " was not drawn: gnuplot is missing or said why above (Debian: apt-get install gnuplot-nox).");
}

} // namespace lamina
