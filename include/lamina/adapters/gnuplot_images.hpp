// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/adapters/gnuplot.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/metrics/confusion_matrix.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

// Needs the program gnuplot when it runs (Debian: gnuplot-nox), and nothing when it is built.
namespace lamina {

struct ImageGridOptions {
    /// What stands above each image, if anything.
    std::vector<std::string> captions = {};
    /// The captions' colours as gnuplot names them: "red", "#0000ff".
    std::vector<std::string> colors = {};
    /// Images side by side; 0: as many as make a square.
    std::size_t columns = 0;
};

/// Draws images (n, height, width, channels), 1 gray or 3 colours, into one picture, each from its
/// smallest number, black, to its largest, white. The suffix says what kind of picture: .png or
/// .svg.
///
/// Errors      another suffix; there are no images, or their channels are neither 1 nor 3; gnuplot
///             is not installed or does not succeed
void plot_images(Tensor<float, 4> const& images, std::string const& path,
                 ImageGridOptions const& options = {});

namespace detail {
void plot_confusion(double const* counts, std::size_t classes,
                    std::vector<std::string> const& names, std::string const& path);
}

/// Draws a confusion matrix: a row for each true class, a column for each answer, the darker the
/// larger the share of the row.
template <std::size_t Classes>
void plot_confusion_matrix(Confusion<Classes> const& confusion, std::string const& path,
                           std::vector<std::string> const& names = {}) {
    detail::plot_confusion(confusion.counts[0].data(), Classes, names, path);
}

#if LAMINA_BODIES

namespace detail {

[[gnu::cold]] inline void append_value(std::string& text, double value) {
    char digits[32];
    auto const end =
        std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 6).ptr;
    text += ' ';
    if (is_finite(value)) text.append(digits, end);
    else text += "NaN";
}

[[gnu::cold]] LAMINA_INLINE void plot_confusion(double const* counts, std::size_t classes,
                                                std::vector<std::string> const& names,
                                                std::string const& path) {
    std::size_t const side = 160 + std::max<std::size_t>(320, 56 * classes);
    std::string text = begin_picture("plot_confusion_matrix", path, side, side);
    text += "$shares << EOD\n";
    std::string numbers;
    for (std::size_t t = 0; t < classes; ++t) {
        double total = 0;
        for (std::size_t a = 0; a < classes; ++a) total += counts[t * classes + a];
        for (std::size_t a = 0; a < classes; ++a) {
            double const n = counts[t * classes + a], share = total > 0 ? n / total : 0;
            append_value(text, share);
            if (n > 0) {
                numbers += message({"set label ", quoted_for_gnuplot(message({n})), " at ", a, ",",
                                    t, " center front noenhanced textcolor rgb '",
                                    share > 0.5 ? "white" : "black", "'\n"});
            }
        }
        text += "\n";
    }
    text += "EOD\n" + numbers;
    auto const tics = [&](char const* axis) {
        text += message({"set ", axis, "tics noenhanced scale 0 ("});
        for (std::size_t k = 0; k < classes; ++k) {
            text += k ? ", " : "";
            text += quoted_for_gnuplot(k < names.size() ? names[k] : message({k}));
            text += message({" ", k});
        }
        text += ")\n";
    };
    tics("x");
    tics("y");
    std::string const range = message({double(classes) - 0.5});
    text += "set xtics rotate by 45 right\nset xrange [-0.5:" + range + "]\nset yrange [" + range +
            ":-0.5]\nset cbrange [0:1]\nset palette defined (0 'white', 1 '#08306b')\n"
            "unset colorbox\nunset key\nset size square\nset xlabel 'predicted'\n"
            "set ylabel 'true'\nplot $shares matrix with image\n";
    run_gnuplot("plot_confusion_matrix", path, text);
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE void plot_images(Tensor<float, 4> const& images,
                                             std::string const& path,
                                             ImageGridOptions const& options) {
    constexpr auto where = "plot_images";
    auto const s = images.shape();
    std::size_t const n = s[0], height = s[1], width = s[2], channels = s[3];
    if (images.size() == 0 || (channels != 1 && channels != 3)) {
        detail::refuse(where, {"the images are ", detail::Dims{s},
                               ". There should be some, of 1 channel or of 3."});
    }
    std::size_t columns = options.columns;
    if (columns == 0) columns = std::size_t(std::ceil(std::sqrt(double(n))));
    std::size_t const rows = (n + columns - 1) / columns;
    bool const titled = !options.captions.empty();
    std::string text = detail::begin_picture(where, path, columns * (titled ? 140 : 110) + 20,
                                             rows * (titled ? 130 : 110) + 20);
    for (std::size_t k = 0; k < n; ++k) {
        float const* const v = images.data() + k * height * width * channels;
        Span<float const> const all(v, height * width * channels);
        auto const [least, most] = std::minmax_element(all.begin(), all.end());
        double const low = double(*least), range = double(*most) - low;
        auto const shade = [&](std::size_t i) {
            return range > 0 ? std::round(255 * (double(v[i]) - low) / range) : 0.0;
        };
        text += detail::message({"$image", k, " << EOD\n"});
        for (std::size_t i = 0; i < height; ++i) {
            for (std::size_t j = 0; j < width; ++j) {
                std::size_t const at = (i * width + j) * channels;
                if (channels == 1) detail::append_value(text, shade(at));
                else {
                    for (double const number :
                         {double(j), double(i), shade(at), shade(at + 1), shade(at + 2)})
                        detail::append_value(text, number);
                    text += "\n";
                }
            }
            if (channels == 1) text += "\n";
        }
        text += "EOD\n";
    }
    text += detail::message(
        {"set multiplot layout ", rows, ",", columns,
         "\nunset key\nunset colorbox\nunset tics\nset cbrange [0:255]\n"
         "set palette gray\nset lmargin 0.5\nset rmargin 0.5\nset tmargin ",
         titled ? "1.6" : "0.3", "\nset bmargin 0.3\nset xrange [-0.5:", double(width) - 0.5,
         "]\nset yrange [", double(height) - 0.5, ":-0.5]\nset size ratio -1\n"});
    for (std::size_t k = 0; k < n; ++k) {
        if (titled) {
            std::string const color = k < options.colors.size() ? options.colors[k] : "black";
            text += "set title " +
                    detail::quoted_for_gnuplot(k < options.captions.size() ? options.captions[k]
                                                                           : std::string()) +
                    " offset 0,-0.7 noenhanced font ',8' textcolor rgb " +
                    detail::quoted_for_gnuplot(color) + "\n";
        }
        text += detail::message(
            {"plot $image", k, channels == 1 ? " matrix with image\n" : " with rgbimage\n"});
    }
    text += "unset multiplot\n";
    detail::run_gnuplot(where, path, text);
}

#endif

} // namespace lamina
