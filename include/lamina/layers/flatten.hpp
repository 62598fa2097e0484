// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/reshape.hpp>

namespace lamina {

/// Each sample as one vector: Shape<28, 28> becomes Shape<784>. Costs nothing.
///
/// Input       any shape of numbers
/// Output      Shape<the product of its axes>
/// Errors      (compile time) the input is tokens
/// Source      keras.layers.Flatten
struct Flatten {
    void config(auto const& out) const { out("data_format", "channels_last"); }

    template <class In>
    struct On : detail::Relabel<In, Shape<In::size>> {
        static constexpr bool fits = !In::integer;
        static void otherwise() {
            static_assert(fits, "Flatten takes numbers, not tokens. Put Embedding before it.");
        }
    };
};

} // namespace lamina
