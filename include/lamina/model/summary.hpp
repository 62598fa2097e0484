// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/list.hpp>
#include <lamina/core/message.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/model/network.hpp>
#include <lamina/model/refused_model.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace lamina {

namespace detail {

/// A line of a summary, and the sums below it.
struct SummaryLine {
    std::string cells[5];
};
struct SummarySums {
    std::size_t trained = 0, frozen = 0, kept = 0, flops = 0;
    std::size_t number_bytes = 0, training_bytes = 0, inference_bytes = 0;
    bool straight = true; // nothing to say of where a layer reads
};

void append_grouped(std::string& to, std::size_t n);
void append_bytes(std::string& to, std::size_t n);
std::string summary_table(std::string_view title, List<SummaryLine> const& lines,
                          SummarySums const& sums);

#if LAMINA_BODIES

/// 1,234,567
[[gnu::cold]] LAMINA_INLINE void append_grouped(std::string& to, std::size_t n) {
    std::string const digits = message({n});
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i && (digits.size() - i) % 3 == 0) to += ',';
        to += digits[i];
    }
}
[[gnu::cold]] LAMINA_INLINE void append_bytes(std::string& to, std::size_t n) {
    if (n < 1024) return append(to, {n, " B"});
    double v = double(n) / 1024;
    char const* unit = " KB";
    for (char const* larger : {" MB", " GB"}) {
        if (v < 1024) break;
        v /= 1024;
        unit = larger;
    }
    auto const hundredths = std::size_t(v * 100 + 0.5), cents = hundredths % 100;
    append(to, {hundredths / 100, cents < 10 ? ".0" : ".", cents, unit});
}

[[gnu::cold]] LAMINA_INLINE std::string
summary_table(std::string_view title, List<SummaryLine> const& lines, SummarySums const& sums) {
    std::size_t const columns = sums.straight ? 4 : 5;
    std::size_t width[5]{}, total = 0;
    for (std::size_t c = 0; c < columns; ++c) {
        for (auto const& line : lines) width[c] = std::max(width[c], line.cells[c].size() + 2);
        total += width[c];
    }
    std::string text;
    auto const rule = [&](char of) {
        text.append(total, of);
        text += '\n';
    };
    append(text, {"Model: \"", title, "\"\n"});
    rule('_');
    bool head = true;
    for (auto const& line : lines) {
        for (std::size_t c = 0; c < columns; ++c) {
            auto const& cell = line.cells[c];
            std::size_t const gap = width[c] - cell.size();
            std::size_t const before = !head && (c == 2 || c == 3) ? gap - 2 : 0; // a number
            text.append(before, ' ');
            text += cell;
            text.append(gap - before, ' ');
        }
        text.resize(text.find_last_not_of(' ') + 1);
        text += '\n';
        if (head) rule('=');
        head = false;
    }
    rule('=');
    auto const count = [&](char const* what, std::size_t n) {
        text += what;
        append_grouped(text, n);
        text += " (";
        append_bytes(text, n * sums.number_bytes);
        text += ")\n";
    };
    count("Total params: ", sums.trained + sums.frozen + sums.kept);
    count("Trainable params: ", sums.trained);
    count("Non-trainable params: ", sums.frozen + sums.kept);
    text += "Forward pass: ";
    append_grouped(text, sums.flops);
    text += " FLOPs a sample\nMemory of activations, a sample: ";
    append_bytes(text, sums.training_bytes);
    text += " in training, ";
    append_bytes(text, sums.inference_bytes);
    text += " in prediction\n";
    rule('_');
    return text;
}

#endif

/// What a summary tells, once the network's type is gone: so that a program pays for one body.
template <class T>
[[gnu::cold]] std::string summary_text(Row<T> const* rows, int n, Scope const* scopes,
                                       std::size_t scope_count, std::string_view title,
                                       std::size_t training_bytes, std::size_t inference_bytes) {
    auto const names = Paths(rows, n, scopes, scope_count);
    List<SummaryLine> lines;
    auto& head = lines.emplace_back().cells;
    head[0] = "Layer (type)", head[1] = "Output Shape", head[2] = "Param #", head[3] = "FLOPs";
    head[4] = "Connected to";
    SummarySums sums{.number_bytes = sizeof(T),
                     .training_bytes = training_bytes,
                     .inference_bytes = inference_bytes};
    auto const append_name = [&](std::string& to, int i) {
        if (rows[i].arity) to += names[i];
        else if (i) append(to, {"input_", i});
        else to += "input";
    };
    for (int i = 0; i < n; ++i) {
        auto const& row = rows[i];
        auto const& op = *row.op;
        auto& [name, shape, parameters, flops, from] = lines.emplace_back().cells;
        std::string_view const type = row.arity ? op.type : op.integer ? "Tokens" : "Input";
        append_name(name, i);
        append(name, {" (", type.substr(0, type.find('<')),
                      row.frozen && row.owner == i ? ", frozen)" : ")"});
        append(shape, Dims{{op.output.dims, op.output.rank}, "None"});
        bool const owns = row.owner == i;
        std::size_t const own = owns ? op.parameters : 0, state = owns ? op.state : 0;
        (row.frozen ? sums.frozen : sums.trained) += own;
        sums.kept += state;
        sums.flops += op.flops;
        append_grouped(parameters, own + state);
        append_grouped(flops, op.flops);
        for (int k = 0; k < row.arity; ++k) {
            if (k) from += ", ";
            append_name(from, row.inputs[k]);
        }
        if (!owns) {
            from += " (parameters of ";
            append_name(from, row.owner);
            from += ')';
        }
        bool const next = row.arity == 1 && row.inputs[0] == i - 1 && owns;
        sums.straight = sums.straight && (row.arity == 0 ? i == 0 : next);
    }
    return summary_table(title, lines, sums);
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

namespace detail {
/// What Keras calls a stack of layers, and whatever else a network is.
template <class D>
inline constexpr std::string_view kind_of_model = "functional";
template <class... L>
inline constexpr std::string_view kind_of_model<Sequential<L...>> = "sequential";
} // namespace detail

/// A table like Keras': a line for each layer with its shape, parameters and floating-point
/// operations, and the sums in numbers and bytes. Asks no network to exist:
/// summary(Sequential{...}).
template <class T = float, class D>
requires requires { typename D::Inputs; }
std::string summary(D const&, std::string_view title = detail::kind_of_model<D>) {
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
std::string
summary(M const&, std::string_view title = detail::kind_of_model<typename M::Network::Definition>) {
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
