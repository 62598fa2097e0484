// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/convolution.hpp>
#include <lamina/layers/convolution.hpp>
#include <lamina/layers/kernel_and_bias.hpp>
#include <lamina/layers/past_moments.hpp>
#include <lamina/layers/plane.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// DepthwiseConv2D<3, DepthMultiplier<2>>: so many numbers come out of each channel.
template <std::size_t Count>
struct DepthMultiplier {};

namespace detail {

template <class O>
inline constexpr std::size_t depth_multiplier = 0;
template <std::size_t Count>
inline constexpr std::size_t depth_multiplier<DepthMultiplier<Count>> = Count;
template <class O>
inline constexpr bool is_depth_multiplier = false;
template <std::size_t Count>
inline constexpr bool is_depth_multiplier<DepthMultiplier<Count>> = true;
template <class O>
inline constexpr bool
    is_depthwise_option = (is_convolution_option<O> && !is_groups<O>) || is_depth_multiplier<O>;
/// Whether the options describe a convolution at all: none of their numbers is 0.
template <PlaneWindows Where, class... Options>
inline constexpr bool
    depthwise_stands = Where.stands() &&
                       ((!is_depth_multiplier<Options> || depth_multiplier<Options> > 0) && ...);

/// The axes of the kernel along which the window of a channel lies.
template <bool Sequence>
inline constexpr unsigned depthwise_axes = Sequence ? 0b001 : 0b0011;

/// What DepthwiseConv1D and DepthwiseConv2D are on In, whose rank fits.
template <class In, PlaneWindows Where, class... Options>
struct DepthwiseConvolution {
    using Plane = PlaneOf<In>;
    static constexpr std::size_t multiplier =
                                     std::max({std::size_t{1}, depth_multiplier<Options>...}),
                                 filters = Plane::channels * multiplier;
    static constexpr kernels::Convolution convolution{
        Where.on(Plane::height, Plane::width, Plane::channels), filters, Plane::channels};
    static constexpr auto& windows = convolution.windows;
    using Output = PlaneShape<Plane::sequence, windows.out_height, windows.out_width, filters>;

    using Tensors =
        KernelAndBias<TapsShape<Plane::sequence, Where, Plane::channels, multiplier>,
                      Shape<filters>, AlongAxes<depthwise_axes<Plane::sequence>>, Options...>;
    using Parameters = typename Tensors::Parameters;

    static constexpr bool needs_y = false, takes_epilogue = true, takes_slope = true;
    static constexpr std::size_t flops = 2 * windows.out_pixels() * windows.taps() * filters;
    template <class T>
    static constexpr std::size_t scratch = convolution.scratch<T>();

    static void forward(auto const& c) { // y = f(x * kernel + bias)
        auto const [kernel, bias] = Tensors::split(c.parameters());
        kernels::convolve<convolution.ways()>(convolution, c.batch, c.x.data, kernel, bias,
                                              c.y.data, c.epilogue(), c.scratch, c.threads);
    }
    static void backward(auto const& c) {
        auto const [kernel, bias] = Tensors::split(c.parameters());
        auto const [dkernel, dbias] = Tensors::split(c.gradients());
        if (c.trains)
            kernels::convolve_gradients<convolution.ways()>(
                convolution, c.batch, c.x.data, c.dy.data, dkernel, dbias, c.scratch, c.threads);
        if (c.needs_dx) // dx = (the transpose of the convolution of dy) f'(x)
            kernels::convolve_dx<convolution.ways_dx()>(convolution, c.batch, c.dy.data, kernel,
                                                        c.dx.data, c.x.data, c.epilogue(),
                                                        c.scratch, c.threads);
    }

    static void regularize(auto const& c) { Tensors::regularize(c); }

    static constexpr bool causal = Plane::sequence && Where.x.causal();

    /// Moment by moment.
    template <bool... Stepped>
    requires(causal) struct Step {
        using Output = Shape<1, filters>;
        using Parameters = typename DepthwiseConvolution::Parameters;
        using Past = PastMoments<Where.x.reach() - 1, Plane::channels>;
        static constexpr bool endless = true;
        static constexpr std::size_t memory = Past::size;

        static void forward(auto const& c) {
            auto const [kernel, bias] = Tensors::split(c.parameters());
            for (std::size_t n = 0; n < c.batch; ++n) {
                auto* const y = c.y.data + n * filters;
                if (bias) std::copy_n(bias, filters, y);
                else std::fill_n(y, filters, 0);
                for (std::size_t t = 0; t < windows.taps(); ++t) { // y += x kernel[t]
                    std::size_t const back = (windows.taps() - 1 - t) * Where.x.dilation;
                    auto const* const x = Past::moment(c, n, back);
                    if (!x) continue;
                    auto const* const w = kernel + t * filters;
                    for (std::size_t k = 0; k < filters; ++k) y[k] += x[k / multiplier] * w[k];
                }
                Past::keep(c, n);
            }
        }
    };
};

template <class In, PlaneWindows Where, class... Options>
using DepthwiseOn = WhereFits<WindowsFit<In, Where>, DepthwiseConvolution<In, Where, Options...>>;

} // namespace detail

} // namespace lamina
