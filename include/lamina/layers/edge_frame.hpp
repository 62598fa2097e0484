// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/edges.hpp>
#include <lamina/layers/frame.hpp>
#include <lamina/layers/plane.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina::detail {

/// In, an image or a sequence, with a frame around it in which its edges go on.
template <class In, Frame F, kernels::Edge Edge>
struct EdgeFramed {
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
/// Whether an image, Rank 3, or a sequence, Rank 2, goes on as far as that.
template <class In, std::size_t Rank, Frame F, kernels::Edge Edge>
constexpr bool edge_fits() {
    if constexpr (In::rank != Rank || In::integer) return false;
    else {
        constexpr bool alone = Edge == kernels::Edge::reflected; // what is on the edge stands once
        auto const reaches = [](std::size_t before, std::size_t behind, std::size_t size) {
            return Edge == kernels::Edge::repeated ||
                   (before + alone <= size && behind + alone <= size);
        };
        return reaches(F.top, F.bottom, PlaneOf<In>::height) &&
               reaches(F.left, F.right, PlaneOf<In>::width);
    }
}
template <class In, std::size_t Rank, Frame F, kernels::Edge Edge>
struct EdgeFrame
    : std::conditional_t<edge_fits<In, Rank, F, Edge>(), EdgeFramed<In, F, Edge>, Unfit> {
    static constexpr bool fits = edge_fits<In, Rank, F, Edge>();
};

} // namespace lamina::detail
