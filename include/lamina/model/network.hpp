// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/refused.hpp>
#include <lamina/graph/engine.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace lamina {

namespace detail {

template <class D, class T>
inline constexpr Extent network_extent = extent<T, 0, D>();
/// One table for each definition and scalar, whatever is trained on it.
template <class D, class T>
inline constexpr auto network_table = table<network_extent<D, T>, T, 0>(D{});

} // namespace detail

/// Stands for a network that was refused at compile time, so that one mistake is one error.
struct RefusedNetwork {
    using Scalar = float;
    static constexpr int size = 0, inputs = 1, output_count = 1;
    static constexpr RefusedNumber parameters{};

    static constexpr RefusedNumber flops(std::size_t) { return {}; }
    static constexpr RefusedNumber arena(std::size_t, bool) { return {}; }
};
template <class N>
concept IsRefused = std::is_base_of_v<RefusedNetwork, N>;

/// What a network is before any number is in it: its table and its plans, constants all. D is the
/// definition (a Sequential that begins with its input, or what graph() gives), T the scalar,
/// Logits... says for each output whether the loss is computed from the row before it.
template <class D, class T = float, bool InputGradients = false, bool... Logits>
struct Network {
    using Definition = D;
    using Scalar = T;
    using Outputs = detail::OutputsOf<D, T>;
    static constexpr detail::Extent extent = detail::network_extent<D, T>;
    /// What running the definition wrote: the compiler reads it.
    static constexpr auto& written = detail::network_table<D, T>;
    static constexpr int size = written.size, inputs = D::Inputs::count,
                         output_count = detail::outputs_of<D, T>;

private:
    static constexpr auto make_plan(bool trains) {
        bool const logits[std::size_t(output_count) + 1]{Logits...};
        return detail::plan<size, output_count>(written.rows.data(), written.outputs.data(), logits,
                                                {trains, InputGradients});
    }

public:
    static constexpr auto training = make_plan(true);
    static constexpr auto inference = make_plan(false);
    template <bool Training>
    static constexpr auto& plan_for() {
        if constexpr (Training) return training;
        else return inference;
    }

    /// Trained numbers, each counted once however often it is used.
    static constexpr std::size_t parameters = training.parameters;
    /// Floating-point operations of a forward pass.
    static constexpr std::size_t flops(std::size_t batch) { return training.flops * batch; }
    /// Numbers of arena that a pass over a batch needs.
    static constexpr std::size_t arena(std::size_t batch, bool with_gradients) {
        auto const& p = with_gradients ? training : inference;
        return whole_lines(p.per_batch + (p.per_sample + p.spare) * batch + 1);
    }

    /// The tokens of an input lie below this, the smallest vocabulary of what reads it; 0: they are
    /// not tokens, or nobody says.
    static constexpr std::size_t vocabulary(int input) {
        std::size_t least = 0;
        for (int i = 0; i < size; ++i) {
            auto const& row = table[std::size_t(i)];
            for (int k = 0; k < row.arity; ++k)
                if (std::size_t const v = row.op->vocabulary;
                    row.inputs[k] == input && v > 0 && (least == 0 || v < least))
                    least = v;
        }
        return least;
    }

    /// Small: the walk is unrolled and its calls inline. Large: a loop over the table.
    static constexpr bool small = size <= 12 && parameters <= 8192;

    /// The threads that a step may use: none where the walk is unrolled, and the compiler sees it.
    static auto threads([[maybe_unused]] Threads* given) {
        if constexpr (small) return nullptr;
        else return given;
    }

    /// What the program reads at run time: without the layers' functions where the walk is unrolled
    /// and knows them.
    static constexpr auto graph = [] {
        auto g = written;
        for (auto& row : g.rows)
            if (small) row.runs = nullptr;
        return g;
    }();
    static constexpr auto& table = graph.rows;

    /// The forward pass; of its rows, those before `end`.
    template <bool Training>
    static void forward(Work<T> const& w, int end = size) {
        if constexpr (small)
            detail::forward_unrolled<Network, Training>(w, end,
                                                        std::make_integer_sequence<int, size>{});
        else
            detail::forward_loop(table.data(), plan_for<Training>().rows, end,
                                 plan_for<Training>().per_batch, w);
    }
    static void backward(Work<T> const& w) {
        if constexpr (small)
            detail::backward_unrolled<Network>(w, std::make_integer_sequence<int, size>{});
        else
            detail::backward_loop(table.data(), training.rows, size, training.per_batch,
                                  training.per_sample, w);
    }
    /// Numbers that the layers prepare for passes without gradients. Where the walk is unrolled
    /// there are none: so few parameters are read as they are.
    static constexpr std::size_t prepared = small ? 0 : inference.prepared;
    static void prepare([[maybe_unused]] T const* values, [[maybe_unused]] T* to) {
        if constexpr (prepared > 0)
            detail::prepare_loop(table.data(), inference.rows, size, values, to);
    }
    static constexpr bool regularized = [] {
        for (int i = 0; i < size; ++i)
            if (written.rows[std::size_t(i)].op->regularizes) return true;
        return false;
    }();
    static void regularize(Work<T> const& w) {
        if constexpr (regularized && small)
            detail::regularize_unrolled<Network>(w, std::make_integer_sequence<int, size>{});
        else if constexpr (regularized)
            detail::regularize_loop(table.data(), training.rows, size, training.per_batch, w);
    }

    /// Where a row's numbers lie in an arena.
    static T* y_of(int row, T* arena, std::size_t batch, bool with_gradients) {
        auto const& p = with_gradients ? training : inference;
        return arena + p.per_batch + p.rows[row].y * batch;
    }
    static T* dy_of(int row, T* arena, std::size_t batch) {
        return arena + training.per_batch + training.rows[row].dy * batch;
    }
    /// The mask of a row's time axis; null: it has none.
    static T const* mask_of(int row, T* arena, std::size_t batch, bool with_gradients) {
        int const m = table[std::size_t(row)].mask;
        auto const& p = with_gradients ? training : inference;
        return m < 0 ? nullptr : arena + p.per_batch + p.rows[m].mask * batch;
    }
};

/// Where a layer does not fit.
template <class D, class T, bool InputGradients, bool... Logits>
requires std::is_same_v<detail::OutputsOf<D, T>, Refused>
struct Network<D, T, InputGradients, Logits...> : RefusedNetwork {
    using Definition = D;
    using Scalar = T;
};

} // namespace lamina
