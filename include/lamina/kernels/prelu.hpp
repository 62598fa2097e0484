// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/simd.hpp>

#include <array>
#include <cstddef>

/// x for x > 0 and alpha x otherwise, over rows of f numbers with an alpha for each column.
namespace lamina::kernels {

/// y may be x.
template <class Arch = xsimd::default_arch, class Size, class T>
void prelu(std::size_t rows, Size f, T const* x, T const* alpha, T* y, Threads* threads) {
    Batch<T, Arch> const zero(T(0));
    each_row(threads, rows, f, [=](std::size_t r) {
        each_column<T, Arch>(f, [=](auto at) {
            auto const v = at(x + r * f);
            at(y + r * f, kernels::select(v > zero, v, v * at(alpha)));
        });
    });
}

/// dx = dy times 1 or alpha; dx may be dy.
template <class Arch = xsimd::default_arch, class T>
void prelu_dx(std::size_t rows, std::size_t f, T const* x, T const* alpha, T const* dy, T* dx,
              Threads* threads) {
    Batch<T, Arch> const zero(T(0));
    each_row(threads, rows, f, [=](std::size_t r) {
        each_column<T, Arch>(f, [=](auto at) {
            auto const d = at(dy + r * f);
            at(dx + r * f, kernels::select(at(x + r * f) > zero, d, d * at(alpha)));
        });
    });
}

/// Numbers that prelu_dalpha wants as room.
constexpr std::size_t prelu_room(std::size_t f) { return f + column_sums_room<1>(f); }

/// dalpha += the sum over the rows of dy x where x <= 0.
template <class Arch = xsimd::default_arch, class T>
void prelu_dalpha(std::size_t rows, std::size_t f, T const* x, T const* dy, T* dalpha, T* room,
                  Threads* threads) {
    using V = Batch<T, Arch>;
    V const zero(T(0));
    column_sums<1, Arch>(threads, rows, f, room, room + f, [=](auto at, std::size_t r) {
        V const v = at(x + r * f);
        return std::array<V, 1>{kernels::select(v > zero, zero, v * at(dy + r * f))};
    });
    each_column<T, Arch>(f, [=](auto at) { at(dalpha, at(dalpha) + at(room)); });
}

} // namespace lamina::kernels
