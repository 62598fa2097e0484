// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/normalization.hpp>
#include <lamina/layers/normalization_options.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

template <class... Options>
struct LayerNormalization {
    float epsilon = 1e-3f;

    void check() const { Check{"LayerNormalization"}.not_negative("epsilon", epsilon); }

    void config(auto const& out) const {
        constexpr std::size_t axes = std::max({std::size_t{1}, axes_of<Options>...});
        if (axes == 1) out("axis", -1);
        else out("axes", axes);
        out("epsilon", epsilon);
        tell_center_and_scale<Options...>(out);
    }

    template <class In>
    struct On : NormalizationOver<In, true, Options...> {
        using Base = NormalizationOver<In, true, Options...>;
        static constexpr std::size_t f = Base::features, rows = In::size / f, moments = 2 * rows;
        static constexpr bool several = f > 1, fits = Base::fits && several;
        static void otherwise() {
            if constexpr (!Base::fits) Base::otherwise();
            else
                static_assert(several, "LayerNormalization over one number is always beta. Give it "
                                       "two or more, or use BatchNormalization.");
        }
        static constexpr std::size_t cache = moments; // mean and 1 / deviation of each row
        // two sums for each feature
        static constexpr std::size_t batch_cache = 2 * f + kernels::column_sums_room<2>(f);
        static constexpr std::size_t flops = 7 * In::size;

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = Base::split(c.parameters());
            kernels::normalize_rows(c.threads, c.batch * rows, kernels::few<f>, c.x.data, p.gamma,
                                    p.beta, T(c.layer.epsilon), c.y.data, c.cache);
        }
        static void backward(auto const& c) {
            auto const p = Base::split(c.parameters());
            if (c.trains && Base::Parameters::size > 0) {
                auto* const sums = c.batch_cache;
                kernels::row_gradients(c.threads, c.batch * rows, f, c.x.data, c.cache, c.dy.data,
                                       sums, sums + 2 * f);
                Base::add_sums(c.gradients(), sums);
            }
            if (c.needs_dx)
                kernels::normalize_rows_dx(c.threads, c.batch * rows, f, c.x.data, c.cache, p.gamma,
                                           c.dy.data, c.dx.data);
        }
    };
};

} // namespace detail

/// Normalises each vector (last axis) by its own mean and variance:
/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta. PyTorch's epsilon is 1e-5.
///
/// Input       any shape of numbers
/// Output      that shape
/// Parameters  gamma Shape<Features> Ones, beta Shape<Features> Zeros
/// Options     epsilon; of LayerNormalizationWith NoScale, NoCenter, Axes<N>: the last N axes
///             together, gamma and beta having their shape
/// Errors      (compile time) the input is tokens, or has fewer than N axes; one number only
/// Source      keras.layers.LayerNormalization; torch.nn.LayerNorm; Ba, Kiros and Hinton (2016),
///             "Layer normalization"
using LayerNormalization = detail::LayerNormalization<>;
/// LayerNormalizationWith<NoScale>: without gamma; <NoCenter>: without beta; <Axes<2>>: over the
/// last two axes; several may stand there.
template <class... Options>
using LayerNormalizationWith = detail::LayerNormalization<Options...>;

} // namespace lamina
