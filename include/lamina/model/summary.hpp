// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/model/network.hpp>
#include <lamina/model/refused_model.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

namespace detail {

[[gnu::cold]] inline std::string grouped(std::size_t n) { // 1,234,567
    std::string const digits = std::to_string(n);
    std::string s;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i && (digits.size() - i) % 3 == 0) s += ',';
        s += digits[i];
    }
    return s;
}
[[gnu::cold]] inline std::string bytes_text(std::size_t n) {
    if (n < 1024) return std::to_string(n) + " B";
    double v = double(n) / 1024;
    char const* unit = "KB";
    for (char const* larger : {"MB", "GB"}) {
        if (v < 1024) break;
        v /= 1024;
        unit = larger;
    }
    auto const hundredths = std::size_t(v * 100 + 0.5);
    std::string const cents = std::to_string(hundredths % 100);
    return std::to_string(hundredths / 100) + "." + (cents.size() < 2 ? "0" : "") + cents + " " +
           unit;
}

/// What a summary tells, once the network's type is gone: so that a program pays for one body.
template <class T>
[[gnu::cold]] std::string summary_text(Row<T> const* rows, int n, Scope const* scopes,
                                       std::size_t scope_count, std::string_view title,
                                       std::size_t training_bytes, std::size_t inference_bytes) {
    auto const names = Paths(rows, n, scopes, scope_count);
    using Line = std::array<std::string, 5>;
    std::vector<Line> lines{{"Layer (type)", "Output Shape", "Param #", "FLOPs", "Connected to"}};
    std::size_t trained = 0, frozen = 0, kept = 0, flops = 0;
    bool straight = true;
    auto const name_of = [&](int i) {
        return rows[i].arity ? names[i] : "input" + (i ? "_" + std::to_string(i) : std::string{});
    };
    for (int i = 0; i < n; ++i) {
        auto const& row = rows[i];
        auto const& op = *row.op;
        std::string shape = "(None";
        for (std::size_t k = 0; k < op.output.rank; ++k)
            shape += ", " + std::to_string(op.output.dims[k]);
        std::string type(row.arity ? op.type : op.integer ? "Tokens" : "Input");
        type = type.substr(0, type.find('<'));
        bool const owns = row.owner == i;
        std::size_t const own = owns ? op.parameters : 0, state = owns ? op.state : 0;
        (row.frozen ? frozen : trained) += own;
        kept += state;
        flops += op.flops;
        std::string from;
        for (int k = 0; k < row.arity; ++k) from += (k ? ", " : "") + name_of(row.inputs[k]);
        if (!owns) from += " (parameters of " + name_of(row.owner) + ")";
        if (row.frozen && own) from += " (frozen)";
        straight = straight && (row.arity == 0 ? i == 0
                                               : row.arity == 1 && row.inputs[0] == i - 1 && owns &&
                                                     !row.frozen);
        lines.push_back({name_of(i) + " (" + type + ")", shape + ")", grouped(own + state),
                         grouped(op.flops), from});
    }
    std::size_t const columns = straight ? 4 : 5;
    std::array<std::size_t, 5> width{};
    for (auto const& line : lines)
        for (std::size_t c = 0; c < columns; ++c) width[c] = std::max(width[c], line[c].size() + 2);
    std::size_t total = 0;
    for (std::size_t c = 0; c < columns; ++c) total += width[c];
    std::string text = "Model: \"" + std::string(title) + "\"\n" + std::string(total, '_') + "\n";
    for (std::size_t l = 0; l < lines.size(); ++l) {
        std::string line;
        for (std::size_t c = 0; c < columns; ++c) {
            std::string cell = lines[l][c];
            bool const number = c == 2 || c == 3;
            std::size_t const gap = width[c] - cell.size();
            if (number && l) line += std::string(gap - 2, ' ') + cell + "  ";
            else line += cell + std::string(gap, ' ');
        }
        while (!line.empty() && line.back() == ' ') line.pop_back();
        text += line + "\n";
        if (l == 0) text += std::string(total, '=') + "\n";
    }
    std::size_t const all = trained + frozen + kept;
    auto const count = [&](char const* what, std::size_t c) {
        return std::string(what) + grouped(c) + " (" + bytes_text(c * sizeof(T)) + ")\n";
    };
    text += std::string(total, '=') + "\n";
    text += count("Total params: ", all) + count("Trainable params: ", trained) +
            count("Non-trainable params: ", frozen + kept);
    text += "Forward pass: " + grouped(flops) + " FLOPs a sample\n";
    text += "Memory of activations, a sample: " + bytes_text(training_bytes) + " in training, " +
            bytes_text(inference_bytes) + " in prediction\n" + std::string(total, '_') + "\n";
    return text;
}

#ifdef LAMINA_SOURCE
template std::string summary_text(Row<float> const*, int, Scope const*, std::size_t,
                                  std::string_view, std::size_t, std::size_t);
template std::string summary_text(Row<double> const*, int, Scope const*, std::size_t,
                                  std::string_view, std::size_t, std::size_t);
#elif !LAMINA_BODIES
extern template std::string summary_text(Row<float> const*, int, Scope const*, std::size_t,
                                         std::string_view, std::size_t, std::size_t);
extern template std::string summary_text(Row<double> const*, int, Scope const*, std::size_t,
                                         std::string_view, std::size_t, std::size_t);
#endif

} // namespace detail

/// A table like Keras': a line for each layer with its shape, parameters and floating-point
/// operations, and the sums in numbers and bytes. Asks no network to exist:
/// summary(Sequential{...}).
template <class T = float, class D>
requires requires { typename D::Inputs; }
std::string summary(D const&, std::string_view title = "sequential") {
    if constexpr (std::is_same_v<detail::OutputsOf<D, T>, Refused>) return {};
    else {
        using N = Network<D, T>;
        return detail::summary_text(
            N::table.data(), N::size, N::graph.scopes.data(), N::graph.scopes.size(), title,
            N::training.per_sample * sizeof(T), N::inference.per_sample * sizeof(T));
    }
}
/// The same of a model.
template <class M>
requires requires { typename M::Network; }
std::string summary(M const&, std::string_view title = "sequential") {
    using N = typename M::Network;
    using T = typename M::Scalar;
    return detail::summary_text(N::table.data(), N::size, N::graph.scopes.data(),
                                N::graph.scopes.size(), title, N::training.per_sample * sizeof(T),
                                N::inference.per_sample * sizeof(T));
}
inline std::string summary(Refused, std::string_view = {}) { return {}; }
template <std::size_t Metrics>
std::string summary(RefusedModel<Metrics> const&, std::string_view = {}) {
    return {};
}

} // namespace lamina
