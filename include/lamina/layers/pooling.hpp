// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/pooling.hpp>
#include <lamina/layers/plane.hpp>
#include <lamina/layers/window_options.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// AveragePooling2D<3, Padding<1>, CountZeros>: zeros around the image count in the mean. PyTorch's
/// count_include_pad=True.
struct CountZeros {};

namespace detail {

template <class O>
inline constexpr bool is_pooling_option =
    (places_windows<O> && !std::is_same_v<O, Causal>) || std::is_same_v<O, CeilMode>;
template <class O>
inline constexpr bool is_mean_option = is_pooling_option<O> || std::is_same_v<O, CountZeros>;

/// Windows that stand side by side unless Strides says otherwise.
template <bool AlongTime, auto Kernel, class... Options>
constexpr PlaneWindows pooling_windows() {
    PlaneWindows w = windows_from<AlongTime, Kernel, Options...>();
    if (!(is_strides<Options> || ...)) {
        w.y.stride = w.y.kernel;
        w.x.stride = w.x.kernel;
    }
    return w;
}
/// Whether every window sees something of In, not only the zeros around it.
template <class In, PlaneWindows Where>
struct PoolingFit : WindowsFit<In, Where> {
    using Windows = WindowsFit<In, Where>;
    static constexpr bool inside =
        !Windows::fits || (Where.y.sees(PlaneOf<In>::height) && Where.x.sees(PlaneOf<In>::width));
    static constexpr bool fits = Windows::fits && inside;
};
/// What a pooling tells files; dilation and CeilMode in PyTorch's words, for Keras has none.
[[gnu::cold]] inline void tell_pooling(PlaneWindows const& w, bool count_zeros,
                                       Settings const& out) {
    tell_windows(w, "pool_size", out);
    if (w.y.dilation * w.x.dilation > 1) {
        if (w.along_time) out("dilation", std::array{w.x.dilation});
        else out("dilation", std::array{w.y.dilation, w.x.dilation});
    }
    if (w.x.ceil) out("ceil_mode", true);
    if (count_zeros) out("count_zeros", true);
}

template <class In, PlaneWindows Where>
struct PoolingOn {
    using Plane = PlaneOf<In>;
    static constexpr kernels::Windows windows =
        Where.on(Plane::height, Plane::width, Plane::channels);
    using Output =
        PlaneShape<Plane::sequence, windows.out_height, windows.out_width, Plane::channels>;
    static constexpr std::size_t flops = windows.out_pixels() * windows.taps() * Plane::channels;
};

template <class In, PlaneWindows Where>
struct MaxPoolingOn : PoolingOn<In, Where> {
    static void forward(auto const& c) {
        kernels::max_pool(c.threads, MaxPoolingOn::windows, c.batch, c.x.data, c.y.data);
    }
    static void backward(auto const& c) {
        kernels::max_pool_dx(c.threads, MaxPoolingOn::windows, c.batch, c.x.data,
                             static_cast<decltype(c.x.data)>(c.y.data), c.dy.data, c.dx.data);
    }
};

template <class In, PlaneWindows Where, bool Zeros>
struct AveragePoolingOn : PoolingOn<In, Where> {
    static constexpr bool needs_x = false, needs_y = false;
    static constexpr kernels::CountedZeros zeros{
        Zeros, Where.y.zeros(PlaneOf<In>::height) - Where.y.first_zeros(PlaneOf<In>::height),
        Where.x.zeros(PlaneOf<In>::width) - Where.x.first_zeros(PlaneOf<In>::width)};

    static void forward(auto const& c) {
        kernels::average_pool(c.threads, AveragePoolingOn::windows, zeros, c.batch, c.x.data,
                              c.y.data);
    }
    static void backward(auto const& c) {
        kernels::average_pool_dx(c.threads, AveragePoolingOn::windows, zeros, c.batch, c.dy.data,
                                 c.dx.data);
    }
};

template <class In, PlaneWindows Where>
using MaxPooling = WhereFits<PoolingFit<In, Where>, MaxPoolingOn<In, Where>>;
template <class In, PlaneWindows Where, bool CountsZeros>
using AveragePooling = WhereFits<PoolingFit<In, Where>, AveragePoolingOn<In, Where, CountsZeros>>;

/// The means of Height x Width parts of In that are as equal as can be.
template <class In, std::size_t Height, std::size_t Width>
struct AveragePartsOn {
    using Plane = PlaneOf<In>;
    static constexpr kernels::Windows windows{
        Plane::height, Plane::width, Plane::channels, Height, Width, 1, 1};
    using Output = PlaneShape<Plane::sequence, Height, Width, Plane::channels>;
    static constexpr std::size_t flops = In::size;
    static constexpr bool needs_x = false, needs_y = false;

    static void forward(auto const& c) {
        kernels::average_parts(c.threads, windows, c.batch, c.x.data, c.y.data);
    }
    static void backward(auto const& c) {
        kernels::average_parts_dx(c.threads, windows, c.batch, c.dy.data, c.dx.data);
    }
};

} // namespace detail

} // namespace lamina
