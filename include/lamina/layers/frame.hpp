// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/images.hpp>
#include <lamina/layers/plane.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace lamina::detail {

/// Rows and columns on the four sides of an image: from one number, two (above and below, left and
/// right) or four. Along time from one or two (before, behind).
struct Frame {
    std::size_t top, bottom, left, right;
};
template <bool OneAxis, std::size_t... Numbers>
constexpr Frame frame_of() {
    constexpr std::size_t n = sizeof...(Numbers);
    constexpr std::array<std::size_t, 4> z{Numbers...};
    if (OneAxis) return {0, 0, z[0], z[n - 1]};
    if (n == 4) return {z[0], z[1], z[2], z[3]};
    return {z[0], z[0], z[n - 1], z[n - 1]};
}
template <bool OneAxis, std::size_t... Numbers>
inline constexpr bool frames = OneAxis ? sizeof...(Numbers) <= 2 && sizeof...(Numbers) > 0
                                       : sizeof...(Numbers) == 1 || sizeof...(Numbers) == 2 ||
                                             sizeof...(Numbers) == 4;

/// In with a frame of zeros around it, or without what the frame covers.
template <class In, Frame F, bool Cut>
struct Framed {
    using Plane = PlaneOf<In>;
    static constexpr std::size_t down = F.top + F.bottom, across = F.left + F.right;
    static constexpr kernels::ImageSize in{Plane::height, Plane::width, Plane::channels},
        out{Cut ? Plane::height - down : Plane::height + down,
            Cut ? Plane::width - across : Plane::width + across, Plane::channels};
    static constexpr std::ptrdiff_t top = std::ptrdiff_t(F.top) * (Cut ? -1 : 1),
                                    left = std::ptrdiff_t(F.left) * (Cut ? -1 : 1);
    using Output = PlaneShape<Plane::sequence, out.height, out.width, out.channels>;
    static constexpr bool needs_x = false, needs_y = false;

    static void forward(auto const& c) {
        kernels::place_images(c.threads, c.batch, in, out, top, left, c.x.data, c.y.data);
    }
    static void backward(auto const& c) {
        kernels::place_images(c.threads, c.batch, out, in, -top, -left, c.dy.data, c.dx.data);
    }
};
template <class In, std::size_t Rank, Frame F, bool Cut>
constexpr bool frame_fits() {
    if constexpr (In::rank != Rank || In::integer) return false;
    else
        return !Cut ||
               (F.top + F.bottom < PlaneOf<In>::height && F.left + F.right < PlaneOf<In>::width);
}
template <class In, std::size_t Rank, Frame F, bool Cut>
constexpr auto framed() {
    if constexpr (frame_fits<In, Rank, F, Cut>()) return std::type_identity<Framed<In, F, Cut>>{};
    else return std::type_identity<Unfit>{};
}

} // namespace lamina::detail
