// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

/// The weights of a recurrent step, packed so that the gates of one batch of units lie side by side
/// and a matrix larger than the nearest cache streams in, in the order in which it is read.
///
/// A tag says which sums there are for each unit:
///
///     struct Sums {
///         static constexpr std::size_t sums = 4;            // of each unit
///         static constexpr std::size_t x_from = 0, h_from = 0;
///         static constexpr std::array<std::size_t, 4> x_gate{0, 1, 2, 3}, h_gate{0, 1, 2, 3};
///     };
///
/// Sum x_from + i takes x times the columns of gate x_gate[i]; sum h_from + i likewise. In most
/// cells a sum is that of one gate: SumsOf<0, 1, 2, 3> is the above.
namespace lamina::kernels {

template <std::size_t... Gate>
struct SumsOf {
    static constexpr std::size_t sums = sizeof...(Gate), x_from = 0, h_from = 0;
    static constexpr std::array<std::size_t, sums> x_gate{Gate...}, h_gate = x_gate;
};

/// Numbers that the packed weights of a product take.
template <class Sums, class T>
constexpr std::size_t packed_sums(std::size_t features, std::size_t units) {
    std::size_t const padded = (units + lanes<T> - 1) / lanes<T> * lanes<T>;
    return (features * Sums::x_gate.size() + units * Sums::h_gate.size() + Sums::sums) * padded;
}

namespace detail {

/// Where a product finds its weights: for each batch of units, what the sums begin with, the rows
/// of the kernel and those of the recurrent kernel.
template <class Sums, class T>
struct Panel {
    T *start, *x, *h;
    Panel(T* packed, std::size_t features, std::size_t units, std::size_t j) {
        constexpr std::size_t v = lanes<std::remove_const_t<T>>, nx = Sums::x_gate.size(),
                              nh = Sums::h_gate.size();
        std::size_t const padded = (units + v - 1) / v * v;
        start = packed + j * Sums::sums;
        x = packed + padded * Sums::sums + j * features * nx;
        h = packed + padded * (Sums::sums + features * nx) + j * units * nh;
    }
};

/// k rows of w into the panels that begin at `to`, `panel` numbers apart: the gates' columns of a
/// batch of units each, the last filled up with zeros. Of the units, those of [begin, end_unit).
template <class T, class Gates>
void pack_rows(std::size_t begin, std::size_t end_unit, std::size_t k, std::size_t units,
               std::size_t ld, T const* w, Gates const& gates, T* to, std::size_t panel) {
    using V = Batch<T>;
    constexpr std::size_t some = 16; // rows at a time: panels may lie so that few of them are near
    for (std::size_t first = 0; first < k; first += some) {
        std::size_t const end = std::min(k, first + some);
        for (std::size_t j = begin; j < end_unit; j += V::size) {
            T* at = to + j / V::size * panel + first * gates.size() * V::size;
            for (std::size_t i = first; i < end; ++i)
                for (std::size_t g = 0; g < gates.size(); ++g, at += V::size) {
                    T const* const from = w + i * ld + gates[g] * units + j;
                    if (units - j >= V::size) kernels::store(at, load<V>(from));
                    else kernels::store(at, load<V>(from, units - j));
                }
        }
    }
}

} // namespace detail

/// Packs features x (gates units) of kernel, units x (gates units) of recurrent and the biases of
/// both, either of which may be null. A kernel that is null is left out.
template <class Sums, class T>
void pack_sums(std::size_t features, std::size_t units, std::size_t gates, T const* kernel,
               T const* recurrent, T const* bias, T const* recurrent_bias, T* packed,
               Threads* threads = nullptr) {
    using V = Batch<T>;
    std::size_t const ld = gates * units;
    for (std::size_t j = 0; j < units; j += V::size) {
        std::size_t const count = std::min(units - j, V::size);
        detail::Panel<Sums, T> const to(packed, features, units, j);
        V start[Sums::sums];
        for (V& v : start) v = V(T{0});
        for (std::size_t i = 0; bias && i < Sums::x_gate.size(); ++i)
            start[Sums::x_from + i] += load<V>(bias + Sums::x_gate[i] * units + j, count);
        for (std::size_t i = 0; recurrent_bias && i < Sums::h_gate.size(); ++i)
            start[Sums::h_from + i] += load<V>(recurrent_bias + Sums::h_gate[i] * units + j, count);
        for (std::size_t i = 0; i < Sums::sums; ++i)
            kernels::store(to.start + i * V::size, start[i]);
    }
    constexpr std::size_t nx = Sums::x_gate.size(), nh = Sums::h_gate.size();
    detail::Panel<Sums, T> const to(packed, features, units, 0);
    // few weights: all by the caller
    std::size_t const grain = ld * (features + units) < 65536 ? units : 2 * V::size;
    parallel_for(threads, units, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        if (kernel)
            detail::pack_rows(begin, end, features, units, ld, kernel, Sums::x_gate, to.x,
                              features * nx * V::size);
        detail::pack_rows(begin, end, units, units, ld, recurrent, Sums::h_gate, to.h,
                          units * nh * V::size);
    });
}

/// A cell's weights, for one product after the other. RecurrentBias: the recurrent kernel's sums
/// have biases of their own, behind the others.
template <std::size_t Gates, bool RecurrentBias, class... Sums>
struct PackedGates {
    static constexpr std::size_t gates = Gates;
    static constexpr bool recurrent_bias = RecurrentBias;

    template <class T>
    static constexpr std::size_t packed(std::size_t features, std::size_t units) {
        return (packed_sums<Sums, T>(features, units) + ...);
    }
    template <class T>
    static void pack(std::size_t features, std::size_t units, T const* kernel, T const* recurrent,
                     T const* bias, T* to, Threads* threads = nullptr) {
        T const* const second = RecurrentBias && bias ? bias + gates * units : nullptr;
        (...,
         (pack_sums<Sums>(features, units, gates, kernel, recurrent, bias, second, to, threads),
          to += packed_sums<Sums, T>(features, units)));
    }
};

} // namespace lamina::kernels
