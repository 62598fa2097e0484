// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/convolution.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// Conv2DTranspose<..., OutputPadding<1>>: so many rows and columns more at the end. PyTorch's
/// output_padding.
template <std::size_t Down, std::size_t Across = Down>
struct OutputPadding {};

namespace detail {

template <class O>
inline constexpr std::size_t output_padding_down = 0;
template <class O>
inline constexpr std::size_t output_padding_across = 0;
template <std::size_t Down, std::size_t Across>
inline constexpr std::size_t output_padding_down<OutputPadding<Down, Across>> = Down;
template <std::size_t Down, std::size_t Across>
inline constexpr std::size_t output_padding_across<OutputPadding<Down, Across>> = Across;
template <class O>
inline constexpr bool is_output_padding = output_padding_down<O> + output_padding_across<O> > 0;
template <class O>
inline constexpr bool is_transpose_option =
    (is_convolution_option<O> && !std::is_same_v<O, Causal>) || is_output_padding<O>;

/// Tells files the output padding, if there is any.
template <class... Options>
void tell_output_padding(Settings const& out) {
    if constexpr ((is_output_padding<Options> || ...))
        out("output_padding",
            std::array{std::max({std::size_t{0}, output_padding_down<Options>...}),
                       std::max({std::size_t{0}, output_padding_across<Options>...})});
}

/// What n numbers become where a convolution is run backwards; 0: nothing is left.
constexpr std::size_t transposed_size(AxisWindows const& a, std::size_t n, std::size_t more) {
    if (a.same) return n * a.stride;
    std::size_t const whole = (n - 1) * a.stride + a.reach(), zeros = a.before + a.behind;
    // Keras: what no window sees at the end belongs to the image
    std::size_t const rest = zeros == 0 && a.stride > a.reach() ? a.stride - a.reach() : 0;
    return whole + std::max(rest, more) > zeros ? whole + std::max(rest, more) - zeros : 0;
}

/// The convolution that Conv1DTranspose and Conv2DTranspose run backwards: from what comes out to
/// In.
template <class In, std::size_t Filters, PlaneWindows Where, class... Options>
struct ConvolutionTranspose {
    using Plane = PlaneOf<In>;
    static constexpr std::size_t
        more_down = std::max({std::size_t{0}, output_padding_down<Options>...}),
        more_across = std::max({std::size_t{0}, output_padding_across<Options>...}),
        height = Plane::sequence ? 1 : transposed_size(Where.y, Plane::height, more_down),
        width = transposed_size(Where.x, Plane::width,
                                Plane::sequence ? std::max(more_down, more_across) : more_across);
    static constexpr kernels::Convolution convolution{Where.on(height, width, Filters),
                                                      Plane::channels, Where.groups};
    static constexpr auto& windows = convolution.windows;
    static constexpr std::size_t group = Filters / Where.groups;
    using Output = PlaneShape<Plane::sequence, height, width, Filters>;

    using KernelShape = std::conditional_t<
        Plane::sequence, Shape<windows.kernel_width, group, Plane::channels>,
        Shape<windows.kernel_height, windows.kernel_width, group, Plane::channels>>;
    using KernelStart = typename Chosen<KernelInitializer, GlorotUniform, Options...>::type;
    using BiasStart = typename Chosen<BiasInitializer, Zeros, Options...>::type;
    using Tensors = KernelAndBias<Parameter<"kernel", KernelShape, KernelStart>,
                                  Parameter<"bias", Shape<Filters>, BiasStart>,
                                  !has_option<NoBias, Options...>>;
    using Parameters = typename Tensors::Parameters;

    static constexpr bool needs_y = false, takes_epilogue = true;
    static constexpr std::size_t flops =
        2 * windows.out_pixels() * windows.taps() * group * Plane::channels;
    template <class T>
    static constexpr std::size_t scratch = convolution.scratch<T>();

    static void forward(auto const& c) { // y = f(x put where the windows stand + bias)
        auto const [kernel, bias] = Tensors::split(c.parameters());
        kernels::convolve_dx(convolution, c.batch, c.x.data, kernel, c.y.data, c.x.data,
                             NoEpilogue{}, c.scratch, c.threads, bias, c.epilogue());
    }
    static void backward(auto const& c) {
        using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
        auto const [kernel, bias] = Tensors::split(c.parameters());
        auto const [dkernel, dbias] = Tensors::split(c.gradients());
        T const* const none = nullptr;
        if (c.trains) { // dkernel += dy * x, dbias += sum of dy
            if (dbias)
                kernels::detail::add_column_sums(c.batch * windows.pixels(), Filters, c.dy.data,
                                                 dbias, c.threads);
            kernels::convolve_gradients(convolution, c.batch, c.dy.data, c.x.data, dkernel,
                                        static_cast<T*>(nullptr), c.scratch, c.threads);
        }
        if (c.needs_dx) // dx = dy * kernel
            kernels::convolve(convolution, c.batch, c.dy.data, kernel, none, c.dx.data,
                              NoEpilogue{}, c.scratch, c.threads);
    }
};

/// The transpose on In, or NoConvolution where it does not fit.
template <class In, std::size_t Rank, std::size_t Filters, PlaneWindows Where, class... Options>
constexpr auto transpose_on() {
    if constexpr (In::rank != Rank || In::integer) return std::type_identity<NoConvolution>{};
    else if constexpr (!groups_divide<In, Filters, Where>())
        return std::type_identity<NoConvolution>{};
    else if constexpr (transposed_size(Where.y, PlaneOf<In>::height, 0) == 0 ||
                       transposed_size(Where.x, PlaneOf<In>::width, 0) == 0)
        return std::type_identity<NoConvolution>{};
    else return std::type_identity<ConvolutionTranspose<In, Filters, Where, Options...>>{};
}

} // namespace detail

} // namespace lamina
