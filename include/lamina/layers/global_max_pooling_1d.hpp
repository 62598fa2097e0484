// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/global_pooling.hpp>

namespace lamina {

/// The largest number of each feature over time. Masked moments do not count (in Keras they do); if
/// none counts, it is 0.
///
/// Input       Shape<Time, Features>
/// Output      Shape<Features>
/// Errors      (compile time) the input is not a sequence of vectors
/// Source      keras.layers.GlobalMaxPooling1D
struct GlobalMaxPooling1D {
    void config(auto const& out) const { out("data_format", "channels_last"); }

    template <class In>
    struct On : detail::GlobalMax<In> {
        static constexpr bool fits = detail::is_sequence<In>;
        static void otherwise() {
            static_assert(fits, "GlobalMaxPooling1D takes a sequence of vectors. "
                                "Put Embedding before it.");
        }
    };
};

} // namespace lamina
