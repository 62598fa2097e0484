// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/images.hpp>

#include <array>
#include <cstddef>

namespace lamina {

/// The axes in another order, counted from 1 as in Keras: Permute<2, 1> exchanges time and
/// features; Permute<2, 3, 1> turns images with their channels first into such with channels last.
///
/// Input       a shape of as many axes
/// Output      axis k is axis Axes[k] of the input
/// Mask        ends where time is no longer the first axis
/// Errors      (compile time) Axes are not 1 ... rank, each once
/// Source      keras.layers.Permute
template <std::size_t... Axes>
struct Permute {
    static constexpr std::array<std::size_t, sizeof...(Axes)> order{(Axes - 1)...};

    void config(auto const& out) const { out("dims", std::array{Axes...}); }

    template <class In>
    struct On {
        static constexpr std::size_t rank = sizeof...(Axes);
        static constexpr bool fits = !In::integer && In::rank == rank && [] {
            for (std::size_t k = 0; k < rank; ++k) {
                std::size_t found = 0;
                for (std::size_t const axis : order) found += axis == k;
                if (found != 1) return false;
            }
            return true;
        }();
        static void otherwise() {
            static_assert(fits, "Permute takes the input's axes, counted from 1, each once.");
        }
        template <bool Fits>
        static constexpr auto output() {
            if constexpr (Fits) return Shape<In::dims[Axes - 1]...>{};
            else return Shape<1>{};
        }
        using Output = decltype(output<fits>());
        static constexpr bool needs_x = false, needs_y = false;
        static constexpr bool moves_time = rank > 0 && order[0] != 0;
        static constexpr auto back = [] {
            std::array<std::size_t, rank> from{};
            for (std::size_t k = 0; fits && k < rank; ++k) from[order[k]] = k;
            return from;
        }();

        static void forward(auto const& c) {
            kernels::permute<rank>(c.threads, c.batch, In::dims, order, c.x.data, c.y.data);
        }
        static void backward(auto const& c) {
            kernels::permute<rank>(c.threads, c.batch, Output::dims, back, c.dy.data, c.dx.data);
        }
    };
};

} // namespace lamina
