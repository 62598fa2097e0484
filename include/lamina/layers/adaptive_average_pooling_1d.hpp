// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/pooling.hpp>

#include <cstddef>

namespace lamina {

/// The means of Time parts of a sequence, which are as equal as can be.
///
/// Input       Shape<Time', Features>
/// Output      Shape<Time, Features>
/// Errors      (compile time) the input is not a sequence of vectors, or shorter
/// Source      torch.nn.AdaptiveAvgPool1d; keras.layers.AdaptiveAveragePooling1D
template <std::size_t Time>
struct AdaptiveAveragePooling1D {
    static constexpr bool fits = Time > 0;
    static void otherwise() {
        static_assert(fits, "AdaptiveAveragePooling1D<Time> takes a number above 0.");
    }

    void config(auto const& out) const {
        out("output_size", Time);
        out("data_format", "channels_last");
    }

    template <class In>
    struct On : detail::AveragePartsOn<In, 1, Time> {
        static constexpr bool fits = detail::is_sequence<In> && On::Plane::width >= Time;
        static void otherwise() {
            static_assert(fits,
                          "AdaptiveAveragePooling1D takes a sequence of vectors that is no smaller "
                          "than its output.");
        }
    };
};

} // namespace lamina
