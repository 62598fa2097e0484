// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/images.hpp>

#include <algorithm>
#include <cstddef>

/// Images that go on beyond their edges.
namespace lamina::kernels {

/// How they go on: 3 2 | 1 2 3 | 2 1, 1 1 | 1 2 3 | 3 3, or 2 3 | 1 2 3 | 1 2.
enum class Edge { reflected, repeated, circular };

/// The index below `size` of what is at i - before; no further beyond an edge than the image goes
/// on once.
constexpr std::size_t behind_edge(Edge edge, std::size_t i, std::size_t before, std::size_t size) {
    if (i >= before && i - before < size) return i - before;
    bool const low = i < before;
    std::size_t const beyond = low ? before - i : i - before - size + 1; // 1 is the first
    switch (edge) {
    case Edge::reflected:
        return low ? beyond : size - 1 - beyond;
    case Edge::repeated:
        return low ? 0 : size - 1;
    default:
        return low ? size - beyond : beyond - 1;
    }
}

namespace detail {

/// f(from, to, count) for the pieces of one image's rows: `count` pixels of x and y that lie side
/// by side in both, from the `from`-th of x and the `to`-th of y.
template <class F>
void each_edge_piece(Edge edge, ImageSize in, ImageSize out, std::size_t top, std::size_t left,
                     F const& f) {
    for (std::size_t i = 0; i < out.height; ++i) {
        std::size_t const row = behind_edge(edge, i, top, in.height) * in.width, to = i * out.width;
        for (std::size_t j = 0; j < left; ++j)
            f(row + behind_edge(edge, j, left, in.width), to + j, std::size_t{1});
        f(row, to + left, in.width);
        for (std::size_t j = left + in.width; j < out.width; ++j)
            f(row + behind_edge(edge, j, left, in.width), to + j, std::size_t{1});
    }
}

} // namespace detail

/// y = x with `top` rows above, `left` columns on its left, and what out has more below and on its
/// right, as the edges go on.
template <class T>
void pad_edges(Threads* threads, std::size_t batch, Edge edge, ImageSize in, ImageSize out,
               std::size_t top, std::size_t left, T const* x, T* y) {
    std::size_t const grain = 32768 / (out.size() + 1) + 1;
    parallel_for(threads, batch, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t n = begin; n < end; ++n)
            detail::each_edge_piece(
                edge, in, out, top, left, [=](std::size_t from, std::size_t to, std::size_t count) {
                    std::copy_n(x + n * in.size() + from * in.channels, count * in.channels,
                                y + n * out.size() + to * in.channels);
                });
    });
}
/// dx = for each pixel the sum over all places where it stands in y.
template <class T>
void pad_edges_dx(Threads* threads, std::size_t batch, Edge edge, ImageSize in, ImageSize out,
                  std::size_t top, std::size_t left, T const* dy, T* dx) {
    std::size_t const grain = 32768 / (out.size() + 1) + 1;
    parallel_for(threads, batch, grain, [=](std::size_t begin, std::size_t end, std::size_t) {
        std::fill(dx + begin * in.size(), dx + end * in.size(), T(0));
        for (std::size_t n = begin; n < end; ++n)
            detail::each_edge_piece(
                edge, in, out, top, left, [=](std::size_t from, std::size_t to, std::size_t count) {
                    T* const sum = dx + n * in.size() + from * in.channels;
                    T const* const more = dy + n * out.size() + to * in.channels;
                    each_column<T, xsimd::default_arch>(
                        count * in.channels, [&](auto at) { at(sum, at(sum) + at(more)); });
                });
    });
}

} // namespace lamina::kernels
