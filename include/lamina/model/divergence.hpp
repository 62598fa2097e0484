// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/graph/engine.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/kernels/finite.hpp>

#include <cstddef>
#include <string>

// Where a number came from that is NaN or infinite: looked for once a step has gone wrong, so that
// the error names the layer. Of the network, its table is enough.

namespace lamina::detail {

/// Thrown by a step whose loss or gradients are not finite; says where the first bad number came
/// from, and what to do.
struct Diverged {
    std::string text;
    char const* cure = "A smaller learning_rate, clipping, or standardized inputs may help.";
    char const* what() const { return text.c_str(); }
    std::string message(std::string const& where = {}) const {
        return text + where + ". The weights are those before this batch. " + cure;
    }
};

#ifdef LAMINA_SOURCE
template void raise(Diverged const&);
#elif !LAMINA_BODIES
extern template void raise(Diverged const&);
#endif

/// What a step went through, once the network's type is gone.
template <class T>
struct Steps {
    Row<T> const* rows;
    Place const* places;
    int size;
    std::size_t per_batch;
    void (*forward)(Work<T> const& w, int end); // of the rows before `end`
    Paths<T> (*paths)();
};

/// Runs the forward pass once more, row by row: what is wrong with the loss or a gradient, and
/// where that began.
template <class T>
Diverged find_divergence(Steps<T> const& steps, Work<T> const& w, T loss);

/// What an update made infinite, and in which layer first: a weight, or one of the numbers that the
/// optimizer keeps for it, `slots` blocks of them with `parameters` each. Empty: nothing.
template <class T>
std::string find_infinite(Steps<T> const& steps, T const* values, T const* kept, std::size_t slots,
                          std::size_t parameters, double rate);

#if LAMINA_BODIES

template <class T>
[[gnu::cold]] bool is_finite_row(Steps<T> const& steps, int i, T const* block) {
    return kernels::all_finite(steps.rows[i].op->parameters, block + steps.places[i].parameters,
                               nullptr);
}

/// What is wrong in front of row i or in what it gives; null: nothing.
template <class T>
[[gnu::cold]] char const* find_fault(Steps<T> const& steps, Work<T> const& w, int i) {
    auto const& op = *steps.rows[i].op;
    auto const& at = steps.places[i];
    std::size_t const n = op.output.size * w.batch;
    if (steps.rows[i].arity == 0) {
        bool const sound =
            op.integer || kernels::all_finite(n, static_cast<T const*>(w.inputs[i]), nullptr);
        return sound ? nullptr : "in the data: input ";
    }
    if (!is_finite_row(steps, i, w.values)) return "in the weights of ";
    steps.forward(w, i + 1);
    if (at.away || at.input >= 0) return nullptr;
    T const* const y = w.arena + steps.per_batch + at.y * w.batch;
    return kernels::all_finite(n, y, nullptr) ? nullptr : "in the output of ";
}

template <class T>
[[gnu::cold]] Diverged find_divergence(Steps<T> const& steps, Work<T> const& w, T loss) {
    bool const in_loss = !kernels::all_finite(1, &loss, nullptr);
    char const* where = nullptr;
    int row = 0;
    while (row < steps.size && !(where = find_fault(steps, w, row))) ++row;
    if (!where && !in_loss) {
        row = steps.size - 1;
        while (row >= 0 && is_finite_row(steps, row, static_cast<T const*>(w.gradients))) --row;
        where = row >= 0 ? "in the gradient of " : "in the backward pass";
    } else if (!where) {
        row = -1;
        where = "in the loss itself: an output is too large for it, or of the wrong sign";
    }
    bool const given = row >= 0 && steps.rows[row].arity == 0;
    std::string its;
    if (given) {
        std::size_t const size = steps.rows[row].op->output.size;
        auto const* const x = static_cast<T const*>(w.inputs[row]);
        std::size_t i = 0;
        while (is_finite(x[i])) ++i;
        its = message({row, ", sample ", i / size, " of the batch, holds ", double(x[i])});
    } else if (row >= 0) its = steps.paths()[row];
    Diverged found{
        message({in_loss ? "the loss" : "a gradient", " is NaN or infinite, first ", where, its})};
    if (given) found.cure = "Drop or fill the gaps in the data.";
    return found;
}

template <class T>
[[gnu::cold]] std::string find_infinite(Steps<T> const& steps, T const* values, T const* kept,
                                        std::size_t slots, std::size_t parameters, double rate) {
    for (int i = 0; i < steps.size; ++i) {
        if (steps.rows[i].frozen) continue;
        bool const weight = is_finite_row(steps, i, values);
        bool all = weight;
        for (std::size_t k = 0; k < slots; ++k)
            all = all && is_finite_row(steps, i, kept + k * parameters);
        if (all) continue;
        std::string const what =
            weight ? "a gradient is too large for what the optimizer keeps of it"
                   : message({"a learning rate of ", rate, " makes a weight infinite"});
        return message({what, ", first in ", steps.paths()[i]});
    }
    return {};
}

#endif

#ifdef LAMINA_SOURCE
template Diverged find_divergence(Steps<float> const&, Work<float> const&, float);
template Diverged find_divergence(Steps<double> const&, Work<double> const&, double);
template std::string find_infinite(Steps<float> const&, float const*, float const*, std::size_t,
                                   std::size_t, double);
template std::string find_infinite(Steps<double> const&, double const*, double const*, std::size_t,
                                   std::size_t, double);
#endif

} // namespace lamina::detail
