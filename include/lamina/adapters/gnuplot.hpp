// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/model/history.hpp>

#if LAMINA_BODIES
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#endif

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
    out += '\'';
    return out;
}

/// A named block of data: one line for each epoch, counted from 1.
[[gnu::cold]] inline void append_curve(std::string& text, char const* name, std::size_t panel,
                                       std::vector<std::size_t> const& epochs,
                                       std::vector<double> const& values) {
    append(text, {"$", name, panel, " << EOD\n"});
    for (std::size_t i = 0; i < values.size(); ++i) {
        char digits[32];
        auto const end = std::to_chars(digits, digits + sizeof digits, values[i]).ptr;
        std::string_view const shortest(digits, std::size_t(end - digits));
        append(text, {epochs[i] + 1, " ", is_finite(values[i]) ? shortest : "NaN", "\n"});
    }
    text += "EOD\n";
}

/// How a picture begins; the suffix of its path says what kind it is.
[[gnu::cold]] inline std::string begin_picture(char const* where, std::string const& path,
                                               std::size_t width, std::size_t height) {
    bool const png = path.ends_with(".png");
    if (!png && !path.ends_with(".svg"))
        refuse(where, {"\"", path, "\" does not end in .png or .svg."});
    return message({"set terminal ", png ? "pngcairo" : "svg", " size ", width, ",", height,
                    "\nset output ", quoted_for_gnuplot(path), "\n"});
}

/// The script goes through a file without a name: writing into a pipe that a missing gnuplot does
/// not read would end the program by a signal.
[[gnu::cold]] inline void run_gnuplot(char const* where, std::string const& path,
                                      std::string const& text) {
    std::FILE* const script = std::tmpfile();
    bool ok = script && std::fwrite(text.data(), 1, text.size(), script) == text.size() &&
              std::fseek(script, 0, SEEK_SET) == 0; // which writes what is left
    if (ok) ok = std::system(message({"gnuplot /dev/fd/", ::fileno(script)}).c_str()) == 0;
    if (script) std::fclose(script);
    if (!ok)
        fail(Error::Kind::file, {where},
             {path, " was not drawn: gnuplot is missing or said why above (Debian: apt-get install "
                    "gnuplot-nox)."});
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE void plot_history(History const& history, std::string const& path) {
    std::size_t panels = 0;
    for (auto const& name : history.names()) panels += !name.starts_with("val_");

    std::string text = detail::begin_picture("plot_history", path, 480 * panels, 400), plots;
    std::size_t i = 0;
    for (auto const& name : history.names()) {
        if (name.starts_with("val_")) continue;
        std::string const title = detail::quoted_for_gnuplot(name),
                          validation = detail::message({"val_", name});
        detail::append(plots, {"set title ", title, "\nplot "});
        auto const curve = [&](char const* what, std::string const& column) {
            detail::append_curve(text, what, i, history.epochs(), history[column]);
            detail::append(plots, {"$", what, i, " using 1:2 with linespoints pointtype 7 title '",
                                   what, "'"});
        };
        curve("training", name);
        if (history.contains(validation)) {
            plots += ", ";
            curve("validation", validation);
        }
        plots += '\n';
        ++i;
    }
    detail::append(text, {"set xlabel 'epoch'\nset grid\nset key below noenhanced\n"
                          "set title noenhanced\nset multiplot layout 1,",
                          panels, "\n", plots, "unset multiplot\n"});
    detail::run_gnuplot("plot_history", path, text);
}

#endif

} // namespace lamina
