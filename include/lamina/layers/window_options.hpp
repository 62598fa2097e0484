// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/settings.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/kernels/windows.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/plane.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// A window that is not square: Conv2D<32, Size{3, 5}>.
struct Size {
    std::size_t height, width;
};

/// Padding: as many zeros as it takes for the output to be as large as the input (divided by the
/// strides, rounded up). Keras' padding="same".
struct Same {};
/// No zeros: windows stand where they see the input alone. The default; Keras' padding="valid".
struct Valid {};
/// So many zeros: Padding<1> on every side, Padding<2, 1> above and below, left and right;
/// Padding<top, bottom, left, right>. In one dimension Padding<1> and Padding<before, behind>.
template <std::size_t... Zeros>
struct Padding {
    static_assert(sizeof...(Zeros) == 1 || sizeof...(Zeros) == 2 || sizeof...(Zeros) == 4,
                  "Padding takes one, two or four numbers.");
};
/// How far apart windows stand: Strides<2>, Strides<2, 1> (down, across).
template <std::size_t Down, std::size_t Across = Down>
struct Strides {};
/// How far apart the pixels lie that a window sees: Dilation<2>. Chen et al. (2015).
template <std::size_t Down, std::size_t Across = Down>
struct Dilation {};
/// Poolings: what no whole window covers at the end is seen by one more, that stands out behind the
/// zeros; none begins there. PyTorch's ceil_mode=True.
struct CeilMode {};
/// Channels and filters fall into so many groups that see nothing of one another.
template <std::size_t Count>
struct Groups {};

namespace detail {

/// Along one axis.
struct AxisWindows {
    std::size_t kernel = 1, stride = 1, dilation = 1;
    std::size_t before = 0, behind = 0; // zeros
    bool same = false;
    bool ceil = false; // a window may stand out at the end

    constexpr std::size_t reach() const { return (kernel - 1) * dilation + 1; }
    constexpr std::size_t zeros(std::size_t in) const {
        if (!same) return before + behind;
        std::size_t const wanted = ((in + stride - 1) / stride - 1) * stride + reach();
        return wanted > in ? wanted - in : 0;
    }
    /// Of the zeros, those before the first number; an odd one stands behind the last.
    constexpr std::size_t first_zeros(std::size_t in) const {
        return same ? zeros(in) / 2 : before;
    }
    /// How many windows fit; 0: none.
    constexpr std::size_t count(std::size_t in) const {
        std::size_t const room = in + zeros(in);
        if (room < reach()) return 0;
        if (!ceil || same) return (room - reach()) / stride + 1;
        std::size_t const whole = (room - reach() + stride - 1) / stride; // and one more
        return whole * stride < in + before ? whole + 1 : whole;
    }
    /// Whether every window sees one of the numbers.
    constexpr bool sees(std::size_t in) const {
        for (std::size_t i = 0; i < count(in); ++i) {
            std::size_t const begin = i * stride, zeros_end = first_zeros(in);
            std::size_t tap = 0; // the first behind the zeros
            if (begin < zeros_end) tap = (zeros_end - begin + dilation - 1) / dilation;
            if (tap >= kernel || begin + tap * dilation >= zeros_end + in) return false;
        }
        return true;
    }
    /// Whether every number has a window that ends with it and looks back alone.
    constexpr bool causal() const {
        return !same && stride == 1 && before == reach() - 1 && behind == 0;
    }
};

/// The windows that a list of options describes: over images, or along time (x alone).
struct PlaneWindows {
    AxisWindows y, x;
    std::size_t groups = 1;
    bool along_time = false, causal = false;

    /// Whether these are windows at all: none of their numbers is 0.
    constexpr bool stands() const {
        return y.kernel * y.stride * y.dilation * x.kernel * x.stride * x.dilation * groups > 0;
    }
    constexpr kernels::Windows on(std::size_t height, std::size_t width,
                                  std::size_t channels) const {
        return {height,
                width,
                channels,
                y.count(height),
                x.count(width),
                y.kernel,
                x.kernel,
                y.stride,
                x.stride,
                y.dilation,
                x.dilation,
                static_cast<std::ptrdiff_t>(y.first_zeros(height)),
                static_cast<std::ptrdiff_t>(x.first_zeros(width))};
    }
};

constexpr void apply(PlaneWindows& w, Same) { w.y.same = w.x.same = true; }
constexpr void apply(PlaneWindows&, Valid) {}
constexpr void apply(PlaneWindows& w, CeilMode) { w.y.ceil = w.x.ceil = true; }
constexpr void apply(PlaneWindows& w, Causal) { // behind Dilation, which decides the reach
    w.x.before = w.x.reach() - 1;
    w.causal = true;
}
template <std::size_t Down, std::size_t Across>
constexpr void apply(PlaneWindows& w, Strides<Down, Across>) {
    w.y.stride = Down;
    w.x.stride = Across;
}
template <std::size_t Down, std::size_t Across>
constexpr void apply(PlaneWindows& w, Dilation<Down, Across>) {
    w.y.dilation = Down;
    w.x.dilation = Across;
}
template <std::size_t Count>
constexpr void apply(PlaneWindows& w, Groups<Count>) {
    w.groups = Count;
}
template <bool AlongTime, std::size_t... Zeros>
constexpr void apply_padding(PlaneWindows& w, Padding<Zeros...>) {
    constexpr std::array<std::size_t, 4> z{Zeros...};
    constexpr std::size_t n = sizeof...(Zeros);
    if constexpr (AlongTime) {
        w.x.before = z[0];
        w.x.behind = z[n - 1];
    } else {
        w.y.before = z[0];
        w.y.behind = n == 4 ? z[1] : z[0];
        w.x.before = n == 1 ? z[0] : n == 2 ? z[1] : z[2];
        w.x.behind = n == 1 ? z[0] : n == 2 ? z[1] : z[3];
    }
}

template <class O>
inline constexpr bool is_padding = false;
template <std::size_t... Zeros>
inline constexpr bool is_padding<Padding<Zeros...>> = true;
template <class O>
inline constexpr bool is_groups = false;
template <std::size_t Count>
inline constexpr bool is_groups<Groups<Count>> = true;
template <class O>
inline constexpr bool is_strides = false;
template <std::size_t Down, std::size_t Across>
inline constexpr bool is_strides<Strides<Down, Across>> = true;
template <class O>
inline constexpr bool is_dilation = false;
template <std::size_t Down, std::size_t Across>
inline constexpr bool is_dilation<Dilation<Down, Across>> = true;
/// Says what lies around the input.
template <class O>
inline constexpr bool pads_windows = has_option<O, Same, Valid, Causal> || is_padding<O>;
/// Says where windows stand.
template <class O>
inline constexpr bool places_windows = pads_windows<O> || is_strides<O> || is_dilation<O>;

template <std::integral K>
constexpr Size size_of(K k) {
    return {static_cast<std::size_t>(k), static_cast<std::size_t>(k)};
}
constexpr Size size_of(Size s) { return s; }

/// Whether an option says one thing of one axis: of strides and dilations one number, of zeros
/// those before and behind.
template <class O>
inline constexpr bool is_of_one_axis = true;
template <std::size_t Down, std::size_t Across>
inline constexpr bool is_of_one_axis<Strides<Down, Across>> = Down == Across;
template <std::size_t Down, std::size_t Across>
inline constexpr bool is_of_one_axis<Dilation<Down, Across>> = Down == Across;
template <std::size_t... Zeros>
inline constexpr bool is_of_one_axis<Padding<Zeros...>> = sizeof...(Zeros) <= 2;

template <bool AlongTime, auto Kernel, class... Options>
constexpr PlaneWindows windows_from() {
    static_assert(!AlongTime || (is_of_one_axis<Options> && ...),
                  "Along time Strides and Dilation take one number, Padding one or two.");
    static_assert(
        (0 + ... + int(pads_windows<Options>)) <= 1,
        "A window takes one of Same, Valid, Causal and Padding<...>. Leave the others out.");
    static_assert(AlongTime || !has_option<Causal, Options...>,
                  "Causal is for windows along time. Give Conv2D and its like Padding<...>.");
    PlaneWindows w;
    w.y.kernel = AlongTime ? 1 : size_of(Kernel).height;
    w.x.kernel = size_of(Kernel).width;
    [[maybe_unused]] auto const take = [&]<class O>(O option) {
        if constexpr (is_padding<O>) apply_padding<AlongTime>(w, option);
        else if constexpr (places_windows<O> || is_groups<O> || std::is_same_v<O, CeilMode>) {
            if constexpr (!std::is_same_v<O, Causal>) apply(w, option);
        }
    };
    (take(Options{}), ...);
    if constexpr (has_option<Causal, Options...>) apply(w, Causal{});
    if (AlongTime) w.y = AxisWindows{};
    w.along_time = AlongTime;
    return w;
}
/// What the options of a layer along time say, and those of one over images.
template <auto Kernel, class... Options>
constexpr PlaneWindows time_windows() {
    return windows_from<true, Kernel, Options...>();
}
template <auto Kernel, class... Options>
constexpr PlaneWindows image_windows() {
    return windows_from<false, Kernel, Options...>();
}

/// Whether windows may stand on In: it is a sequence, or an image, and there is room for one.
template <class In, PlaneWindows Where>
struct WindowsFit {
    static constexpr bool shaped = is_plane<In, Where.along_time>;
    static constexpr bool seen = !shaped || (Where.y.count(PlaneOf<In>::height) > 0 &&
                                             Where.x.count(PlaneOf<In>::width) > 0);
    static constexpr bool fits = shaped && seen;
};

/// Tells files where windows stand, in Keras' words: kernel_size (or pool_size), strides, padding.
/// Zeros that Keras has no word for are told as they are.
[[gnu::cold]] inline void tell_windows(PlaneWindows const& w, char const* size,
                                       Settings const& out) {
    auto const axes = [&](char const* name, std::size_t down, std::size_t across) {
        if (w.along_time) out(name, std::array{across});
        else out(name, std::array{down, across});
    };
    axes(size, w.y.kernel, w.x.kernel);
    axes("strides", w.y.stride, w.x.stride);
    if (w.x.same) out("padding", "same");
    else if (w.causal) out("padding", "causal");
    else if (w.y.before + w.y.behind + w.x.before + w.x.behind == 0) out("padding", "valid");
    else if (w.along_time) out("padding", std::array{w.x.before, w.x.behind});
    else out.lists("padding", 2, std::array{w.y.before, w.y.behind, w.x.before, w.x.behind});
    out("data_format", "channels_last");
}
/// What a convolution tells beside them; files put the activation behind it in place of "linear".
[[gnu::cold]] inline void tell_convolution(PlaneWindows const& w, bool bias, Settings const& out) {
    tell_windows(w, "kernel_size", out);
    if (w.along_time) out("dilation_rate", std::array{w.x.dilation});
    else out("dilation_rate", std::array{w.y.dilation, w.x.dilation});
    if (w.groups > 1) out("groups", w.groups);
    out("activation", "linear");
    out("use_bias", bias);
}

} // namespace detail

} // namespace lamina
