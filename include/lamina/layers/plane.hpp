// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/shape.hpp>

#include <cstddef>
#include <type_traits>

/// Sequences as images of height 1: layers that see either work on planes.
namespace lamina::detail {

/// Shape<Time, Channels> as an image of height 1.
template <class In>
struct PlaneOf {
    static constexpr bool sequence = In::rank == 2;
    static constexpr std::size_t height = sequence ? 1 : In::dims[0];
    static constexpr std::size_t width = In::dims[sequence ? 0 : In::rank > 1 ? 1 : 0];
    static constexpr std::size_t channels = In::last;
};
/// Whether In is what a layer works on that runs along time, or over images.
template <class In, bool AlongTime>
inline constexpr bool is_plane = AlongTime ? is_sequence<In> : is_image<In>;
/// The shape of a plane that comes out.
template <bool Sequence, std::size_t Height, std::size_t Width, std::size_t Channels>
using PlaneShape =
    std::conditional_t<Sequence, Shape<Width, Channels>, Shape<Height, Width, Channels>>;

/// What a layer is on an input that it does not fit on: only what must be named is there.
struct Unfit {
    using Output = Shape<1>;
    static void forward(auto const&) {}
    static void backward(auto const&) {}
};
/// A layer's On: Bound where Fit::fits, of which nothing is looked at elsewhere, and the conditions
/// of Fit by their names, of which `otherwise` makes errors.
template <class Fit, class Bound>
struct WhereFits : Fit, std::conditional_t<Fit::fits, Bound, Unfit> {};
/// The Fit of a single condition.
template <bool Fits>
struct FitsIf {
    static constexpr bool fits = Fits;
};

} // namespace lamina::detail
