// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// A text file as a whole.
inline std::string read_text(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty())
        throw std::runtime_error(path + " cannot be read. On Debian: apt-get install fortunes; or "
                                        "give a text file as an argument.");
    return text;
}

/// The sayings of a file of Debian's package fortunes: a line with % alone stands between two of
/// them. Of another text, its paragraphs.
inline std::vector<std::string> read_sayings(std::string const& path) {
    std::string const text = read_text(path);
    std::string_view const border = text.find("\n%\n") != text.npos ? "\n%\n" : "\n\n";
    std::vector<std::string> sayings;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t const end = std::min(text.find(border, at), text.size());
        if (end > at) sayings.push_back(text.substr(at, end - at));
        at = end + border.size();
    }
    return sayings;
}

/// One of n numbers, drawn by their probabilities: p^(1 / temperature), divided by their sum. At
/// temperature 0 it is the largest ("greedy").
template <class Generator>
std::size_t draw(float const* p, std::size_t n, double temperature, Generator& random) {
    if (temperature <= 0) return static_cast<std::size_t>(std::max_element(p, p + n) - p);
    std::vector<double> weight(n);
    for (std::size_t i = 0; i < n; ++i) weight[i] = std::pow(double(p[i]), 1 / temperature);
    return std::discrete_distribution<std::size_t>(weight.begin(), weight.end())(random);
}
