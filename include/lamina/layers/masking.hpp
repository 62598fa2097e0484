// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>

#include <cstddef>

namespace lamina {

/// Moments whose features all equal mask_value are padding: what comes behind skips them, and their
/// features become 0.
///
/// Input       Shape<Time, Features>
/// Output      that shape
/// Mask        the moments that differ from mask_value in any feature. As any mask it travels as
///             long as the time axis does: through Conv1D<..., Same> too, where Keras drops it
/// Options     mask_value
/// Errors      (compile time) the input is not a sequence of vectors
/// Source      keras.layers.Masking
struct Masking {
    float mask_value = 0.0f;

    void check() const { detail::Check{"Masking"}.finite("mask_value", mask_value); }
    void config(auto const& out) const { out("mask_value", mask_value); }

    template <class In>
    struct On {
        static constexpr bool fits = detail::is_sequence<In>;
        static void otherwise() {
            static_assert(fits, "Masking takes a sequence of vectors. For tokens, give Embedding "
                                "the option MaskZero.");
        }
        using Output = In;
        static constexpr bool needs_x = false, needs_y = false, each_moment = true;
        static constexpr std::size_t makes_mask = In::rows, f = In::last;

        static void forward(auto const& c) { // y = x mask
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            T const padding = T(c.layer.mask_value);
            for (std::size_t r = 0; r < c.x.rows(); ++r) {
                T const* const x = c.x.data + r * f;
                bool counts = false;
                for (std::size_t j = 0; j < f; ++j) counts |= x[j] != padding;
                c.mask_out[r] = T(counts);
                for (std::size_t j = 0; j < f; ++j) c.y[r * f + j] = counts ? x[j] : T{0};
            }
        }
        static void backward(auto const& c) { // dx = dy mask
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            for (std::size_t r = 0; r < c.x.rows(); ++r)
                for (std::size_t j = 0; j < f; ++j)
                    c.dx[r * f + j] = c.mask_out[r] != T{0} ? c.dy[r * f + j] : T{0};
        }
    };
};

} // namespace lamina
