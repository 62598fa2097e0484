// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/convolution.hpp>
#include <lamina/layers/kernel_and_bias.hpp>
#include <lamina/layers/plane.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// Conv2DTranspose<..., OutputPadding<1>>: so many rows and columns more at the end. PyTorch's and
/// Keras' output_padding.
template <std::size_t Down, std::size_t Across = Down>
struct OutputPadding {};

namespace detail {

template <class O>
inline constexpr bool is_output_padding = false;
template <std::size_t Down, std::size_t Across>
inline constexpr bool is_output_padding<OutputPadding<Down, Across>> = true;
template <class O>
inline constexpr bool is_transpose_option =
    (is_convolution_option<O> && !std::is_same_v<O, Causal>) || is_output_padding<O>;

/// The numbers of OutputPadding among the options.
template <class... Options>
struct OutputPaddingOf {
    static constexpr std::size_t down = 0, across = 0;
};
template <class First, class... Options>
struct OutputPaddingOf<First, Options...> : OutputPaddingOf<Options...> {};
template <std::size_t Down, std::size_t Across, class... Options>
struct OutputPaddingOf<OutputPadding<Down, Across>, Options...> {
    static constexpr std::size_t down = Down, across = Across;
};

/// Whether the options say what is cut off or added at the edges.
template <class... Options>
inline constexpr bool edges_are_said = ((is_padding<Options> || is_output_padding<Options>) || ...);

/// Tells files the output padding, if there is any; Padding<0> is what Keras calls one of 0.
template <class... Options>
void tell_output_padding(PlaneWindows const& w, Settings const& out) {
    using More = OutputPaddingOf<Options...>;
    bool const zero = edges_are_said<Options...> && !w.y.same &&
                      w.y.before + w.y.behind + w.x.before + w.x.behind == 0;
    if (!(is_output_padding<Options> || ...) && !zero) return;
    if (w.along_time) out("output_padding", std::array{std::max(More::down, More::across)});
    else out("output_padding", std::array{More::down, More::across});
}

/// What n numbers become along one axis where a convolution is run backwards, and how many of the
/// zeros around it are before it. size 0: nothing is left.
struct TransposedAxis {
    std::size_t size, before;
};
constexpr TransposedAxis transposed_axis(AxisWindows const& a, std::size_t n, bool said,
                                         std::size_t more) {
    std::size_t const reach = a.reach(), whole = (n - 1) * a.stride + reach;
    if (a.same) { // with an output padding said, Keras takes reach / 2 off both ends first
        std::size_t const size = said ? whole - reach / 2 * 2 + more : n * a.stride;
        return {size, whole > size ? (whole - size) / 2 : 0};
    }
    // Keras: what no window sees at the end belongs to the image, unless the edges are said
    std::size_t const rest = a.stride > reach ? a.stride - reach : 0;
    std::size_t const all = whole + (said ? more : rest), zeros = a.before + a.behind;
    return {all > zeros ? all - zeros : 0, a.before};
}

/// Both axes of the image that In becomes.
template <class In, PlaneWindows Where, class... Options>
struct TransposedPlane {
    using Plane = PlaneOf<In>;
    static constexpr bool said =
        Where.x.same ? (is_output_padding<Options> || ...) : edges_are_said<Options...>;
    using More = OutputPaddingOf<Options...>;
    static constexpr std::size_t across =
        Plane::sequence ? std::max(More::down, More::across) : More::across;
    static constexpr TransposedAxis y =
        Plane::sequence ? TransposedAxis{1, 0}
                        : transposed_axis(Where.y, Plane::height, said, More::down);
    static constexpr TransposedAxis x = transposed_axis(Where.x, Plane::width, said, across);
    static constexpr bool left = y.size > 0 && x.size > 0;

    /// The windows of the convolution that is run backwards: one for each pixel of In.
    static constexpr kernels::Windows windows(std::size_t filters) {
        kernels::Windows w = Where.on(y.size, x.size, filters);
        w.out_height = Plane::height;
        w.out_width = Plane::width;
        w.top = static_cast<std::ptrdiff_t>(y.before);
        w.left = static_cast<std::ptrdiff_t>(x.before);
        return w;
    }
};

/// The axes of the kernel along which a filter lies.
template <bool Sequence>
inline constexpr unsigned transpose_axes = Sequence ? 0b101 : 0b1011;

/// The convolution that Conv1DTranspose and Conv2DTranspose run backwards: from what comes out to
/// In.
template <class In, std::size_t Filters, PlaneWindows Where, class... Options>
struct ConvolutionTranspose {
    using Plane = PlaneOf<In>;
    using Large = TransposedPlane<In, Where, Options...>;
    static constexpr kernels::Convolution convolution{Large::windows(Filters), Plane::channels,
                                                      Where.groups};
    static constexpr auto& windows = convolution.windows;
    static constexpr std::size_t group = Filters / Where.groups;
    using Output = PlaneShape<Plane::sequence, Large::y.size, Large::x.size, Filters>;

    using Tensors =
        KernelAndBias<TapsShape<Plane::sequence, Where, group, Plane::channels>, Shape<Filters>,
                      AlongAxes<transpose_axes<Plane::sequence>>, Options...>;
    using Parameters = typename Tensors::Parameters;

    static constexpr bool needs_y = false, takes_epilogue = true;
    static constexpr std::size_t flops =
        2 * windows.out_pixels() * windows.taps() * group * Plane::channels;
    template <class T>
    static constexpr std::size_t scratch = convolution.scratch<T>();

    static void forward(auto const& c) { // y = f(x put where the windows stand + bias)
        auto const [kernel, bias] = Tensors::split(c.parameters());
        kernels::convolve_dx<convolution.ways_dx()>(convolution, c.batch, c.x.data, kernel,
                                                    c.y.data, c.x.data, NoEpilogue{}, c.scratch,
                                                    c.threads, bias, c.epilogue());
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
            kernels::convolve_gradients<convolution.ways()>(
                convolution, c.batch, c.dy.data, c.x.data, dkernel, static_cast<T*>(nullptr),
                c.scratch, c.threads);
        }
        if (c.needs_dx) // dx = dy * kernel
            kernels::convolve<convolution.ways()>(convolution, c.batch, c.dy.data, kernel, none,
                                                  c.dx.data, NoEpilogue{}, c.scratch, c.threads);
    }
    static void regularize(auto const& c) { Tensors::regularize(c); }
};

/// Whether the groups divide the channels and the filters, and something is left by the padding.
template <class In, PlaneWindows Where, std::size_t Filters, class... Options>
struct TransposeFit {
    static constexpr bool shaped = is_plane<In, Where.along_time>;
    static constexpr bool made = !shaped || (groups_divide<In, Filters, Where> &&
                                             TransposedPlane<In, Where, Options...>::left);
    static constexpr bool fits = shaped && made;
};
template <class In, std::size_t Filters, PlaneWindows Where, class... Options>
using TransposeOn = WhereFits<TransposeFit<In, Where, Filters, Options...>,
                              ConvolutionTranspose<In, Filters, Where, Options...>>;

} // namespace detail

} // namespace lamina
