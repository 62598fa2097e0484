// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/convolution.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/taps.hpp>
#include <lamina/layers/kernel_and_bias.hpp>
#include <lamina/layers/past_moments.hpp>
#include <lamina/layers/plane.hpp>
#include <lamina/layers/window_options.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina::detail {

template <class O>
inline constexpr bool is_convolution_option =
    places_windows<O> || is_groups<O> || is_affine_option<O>;

/// A matrix for each tap of a window.
template <bool Sequence, PlaneWindows Where, std::size_t Rows, std::size_t Columns>
using TapsShape = std::conditional_t<Sequence, Shape<Where.x.kernel, Rows, Columns>,
                                     Shape<Where.y.kernel, Where.x.kernel, Rows, Columns>>;

/// What Conv1D and Conv2D are on In, whose rank fits.
template <class In, std::size_t Filters, PlaneWindows Where, class... Options>
struct Convolution {
    using Plane = PlaneOf<In>;
    static constexpr kernels::Convolution convolution{
        Where.on(Plane::height, Plane::width, Plane::channels), Filters, Where.groups};
    static constexpr auto ways = convolution.ways();
    static constexpr auto& windows = convolution.windows;
    static constexpr std::size_t group = Plane::channels / Where.groups;
    using Output = PlaneShape<Plane::sequence, windows.out_height, windows.out_width, Filters>;

    using Tensors = KernelAndBias<TapsShape<Plane::sequence, Where, group, Filters>, Shape<Filters>,
                                  Options...>;
    using Parameters = typename Tensors::Parameters;

    static constexpr bool needs_y = false, takes_epilogue = true, takes_slope = true;
    static constexpr std::size_t flops =
        2 * windows.out_pixels() * windows.taps() * group * Filters;
    template <class T>
    static constexpr std::size_t scratch = convolution.scratch<T>();

    template <class T>
    static constexpr std::size_t prepared = kernels::prepared_kernel<T>(convolution);
    static void prepare(auto const& p, auto* to) {
        kernels::prepare_kernel(convolution, Tensors::split(p).kernel, to);
    }

    static void forward(auto const& c) { // y = f(x * kernel + bias)
        auto const [kernel, bias] = Tensors::split(c.parameters());
        kernels::convolve<ways>(convolution, c.batch, c.x.data, kernel, bias, c.y.data,
                                c.epilogue(), c.scratch, c.threads, c.prepared);
    }
    static void backward(auto const& c) {
        auto const [kernel, bias] = Tensors::split(c.parameters());
        auto const [dkernel, dbias] = Tensors::split(c.gradients());
        if (c.trains) // dkernel += x * dy, dbias += sum of dy
            kernels::convolve_gradients<ways>(convolution, c.batch, c.x.data, c.dy.data, dkernel,
                                              dbias, c.scratch, c.threads);
        if (c.needs_dx) // dx = (dy * kernel, turned round) f'(x), f the activation that made x
            kernels::convolve_dx<convolution.ways_dx()>(convolution, c.batch, c.dy.data, kernel,
                                                        c.dx.data, c.x.data, c.epilogue(),
                                                        c.scratch, c.threads);
    }

    static void regularize(auto const& c) { Tensors::regularize(c); }

    static constexpr bool causal = Plane::sequence && Where.x.causal();

    /// Moment by moment.
    template <bool... Stepped>
    requires(causal) struct Step {
        using Output = Shape<1, Filters>;
        using Parameters = typename Convolution::Parameters;
        using Past = PastMoments<Where.x.reach() - 1, Plane::channels>;
        static constexpr bool endless = true;
        static constexpr std::size_t memory = Past::size, seen = windows.taps() * group;
        // few weights: taps are read where they lie, by code of their own
        static constexpr bool small = Where.groups == 1 && kernels::is_small<seen, Filters>;
        static constexpr bool takes_epilogue = small;
        template <class T>
        static constexpr std::size_t scratch = kernels::gemm_scratch<T>(Filters) + seen;

        static void forward(auto const& c) {
            if constexpr (small) return see(c);
            else gather(c);
        }

    private:
        static constexpr std::size_t back(std::size_t tap) {
            return (windows.taps() - 1 - tap) * Where.x.dilation;
        }
        static void see(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const [kernel, bias] = Tensors::split(c.parameters());
            for (std::size_t n = 0; n < c.batch; ++n) {
                T const* x[windows.taps()];
                for (std::size_t t = 0; t < windows.taps(); ++t) x[t] = Past::moment(c, n, back(t));
                kernels::sum_taps<windows.taps(), group, Filters>(
                    x, kernel, bias, c.y.data + n * Filters, c.epilogue());
                Past::keep(c, n);
            }
        }
        static void gather(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const [kernel, bias] = Tensors::split(c.parameters());
            constexpr std::size_t of_group = Filters / Where.groups;
            T* const window = c.scratch + kernels::gemm_scratch<T>(Filters);
            for (std::size_t n = 0; n < c.batch; ++n) {
                for (std::size_t g = 0; g < Where.groups; ++g) {
                    for (std::size_t t = 0; t < windows.taps(); ++t) {
                        T const* const x = Past::moment(c, n, back(t));
                        T* const to = window + t * group;
                        if (x) std::copy_n(x + g * group, group, to);
                        else std::fill_n(to, group, T{0});
                    }
                    kernels::gemm<T>({.m = 1,
                                      .n = of_group,
                                      .k = seen,
                                      .a = window,
                                      .lda = seen,
                                      .b = kernel + g * of_group,
                                      .ldb = Filters,
                                      .c = c.y.data + n * Filters + g * of_group,
                                      .ldc = Filters,
                                      .bias = bias ? bias + g * of_group : nullptr},
                                     c.scratch, nullptr);
                }
                Past::keep(c, n);
            }
        }
    };
};

/// Whether the groups divide what comes in and what goes out.
template <class In, std::size_t Filters, PlaneWindows Where>
inline constexpr bool groups_divide =
    PlaneOf<In>::channels % Where.groups == 0 && Filters % Where.groups == 0;

template <class In, std::size_t Filters, PlaneWindows Where>
struct ConvolutionFit : WindowsFit<In, Where> {
    using Windows = WindowsFit<In, Where>;
    static constexpr bool divided = !Windows::shaped || groups_divide<In, Filters, Where>;
    static constexpr bool fits = Windows::fits && divided;
};
template <class In, std::size_t Filters, PlaneWindows Where, class... Options>
using ConvolutionOn =
    WhereFits<ConvolutionFit<In, Filters, Where>, Convolution<In, Filters, Where, Options...>>;

} // namespace lamina::detail
