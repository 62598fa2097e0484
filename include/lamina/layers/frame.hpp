// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/settings.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/edges.hpp>
#include <lamina/kernels/images.hpp>
#include <lamina/layers/plane.hpp>

#include <array>
#include <cstddef>

/// What paddings and croppings have in common: a frame around an image, or the ends of a sequence.
namespace lamina::detail {

/// So many rows and columns on the sides of an image; of a sequence, so many moments before its
/// first one (left) and behind its last one (right).
struct Frame {
    std::size_t top = 0, bottom = 0, left = 0, right = 0;
    bool along_time = false;
    bool stands = true; // there were as many numbers as it takes
};
/// Of one number, or two: before, behind.
template <std::size_t... Numbers>
constexpr Frame time_frame() {
    constexpr std::size_t n = sizeof...(Numbers);
    if constexpr (n == 1 || n == 2) {
        constexpr std::array<std::size_t, n> z{Numbers...};
        return {.left = z[0], .right = z[n - 1], .along_time = true};
    } else return {.along_time = true, .stands = false};
}
/// Of one number, two (above and below, left and right), or four (top, bottom, left, right).
template <std::size_t... Numbers>
constexpr Frame image_frame() {
    constexpr std::size_t n = sizeof...(Numbers);
    if constexpr (n == 4) return {Numbers...};
    else if constexpr (n == 1 || n == 2) {
        constexpr std::array<std::size_t, n> z{Numbers...};
        return {z[0], z[0], z[n - 1], z[n - 1]};
    } else return {.stands = false};
}

/// Tells files the frame, in Keras' form: name is "padding" or "cropping".
[[gnu::cold]] inline void tell_frame(char const* name, Frame const& f, Settings const& out) {
    if (f.along_time) return out(name, std::array{f.left, f.right});
    out.lists(name, 2, std::array{f.top, f.bottom, f.left, f.right});
}

/// In with a frame of zeros around it, or if Cut without what the frame covers.
template <class In, Frame F, bool Cut>
struct PlacedOn {
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
/// In with a frame around it in which its edges go on.
template <class In, Frame F, kernels::Edge Edge>
struct EdgesOn {
    using Plane = PlaneOf<In>;
    static constexpr kernels::ImageSize in{Plane::height, Plane::width, Plane::channels},
        out{Plane::height + F.top + F.bottom, Plane::width + F.left + F.right, Plane::channels};
    using Output = PlaneShape<Plane::sequence, out.height, out.width, out.channels>;
    static constexpr bool needs_x = false, needs_y = false;

    static void forward(auto const& c) {
        kernels::pad_edges(c.threads, c.batch, Edge, in, out, F.top, F.left, c.x.data, c.y.data);
    }
    static void backward(auto const& c) {
        kernels::pad_edges_dx(c.threads, c.batch, Edge, in, out, F.top, F.left, c.dy.data,
                              c.dx.data);
    }
};

/// Whether something is left of In without what the frame covers.
template <class In, Frame F>
constexpr bool leaves_some() {
    if constexpr (!is_plane<In, F.along_time>) return false;
    else return F.top + F.bottom < PlaneOf<In>::height && F.left + F.right < PlaneOf<In>::width;
}
/// Whether In, once over, reaches as far beyond its edges as the frame does.
template <class In, Frame F, kernels::Edge Edge>
constexpr bool edges_reach() {
    if constexpr (!is_plane<In, F.along_time>) return false;
    else {
        constexpr bool alone = Edge == kernels::Edge::reflected; // what is on the edge stands once
        auto const reach = [](std::size_t before, std::size_t behind, std::size_t size) {
            return Edge == kernels::Edge::repeated ||
                   (before + alone <= size && behind + alone <= size);
        };
        return reach(F.top, F.bottom, PlaneOf<In>::height) &&
               reach(F.left, F.right, PlaneOf<In>::width);
    }
}

template <class In, Frame F>
using ZeroPadded = WhereFits<FitsIf<is_plane<In, F.along_time>>, PlacedOn<In, F, false>>;
template <class In, Frame F>
using Cropped = WhereFits<FitsIf<leaves_some<In, F>()>, PlacedOn<In, F, true>>;
template <class In, Frame F, kernels::Edge Edge>
using EdgePadded = WhereFits<FitsIf<edges_reach<In, F, Edge>()>, EdgesOn<In, F, Edge>>;

} // namespace lamina::detail
