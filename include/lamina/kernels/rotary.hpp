// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

/// Positions as waves, added to vectors (Vaswani et al., 2017, section 3.5) or as rotations of
/// their pairs of numbers (Su et al., 2021, "RoFormer").
namespace lamina::kernels {

namespace detail {

/// wave(t, i, sin, cos) of the angle t base^(-2 i / dim), for the moments [first, first + time) and
/// 2 i < dim. From one moment to the next by the rule for sums of angles, in double: a rounding for
/// each moment, and no sine. Several angles at once, since each waits for the one before it.
template <class Wave>
void each_wave(std::size_t first, std::size_t time, std::size_t dim, double base,
               Wave const& wave) {
    constexpr std::size_t several = 8;
    std::size_t const count = (dim + 1) / 2;
    for (std::size_t i = 0; i < count; i += several) {
        std::size_t const some = std::min(several, count - i);
        double s[several]{}, c[several]{}, s1[several]{}, c1[several]{};
        for (std::size_t k = 0; k < some; ++k) {
            double const step = std::pow(base, -2.0 * double(i + k) / double(dim));
            s1[k] = time > 1 ? std::sin(step) : 0, c1[k] = time > 1 ? std::cos(step) : 1;
            s[k] = std::sin(double(first) * step), c[k] = std::cos(double(first) * step);
        }
        for (std::size_t t = 0; t < time; ++t) {
            for (std::size_t k = 0; k < some; ++k) wave(t, i + k, s[k], c[k]);
            for (std::size_t k = 0; k < several; ++k) {
                double const next = s[k] * c1[k] + c[k] * s1[k];
                c[k] = c[k] * c1[k] - s[k] * s1[k];
                s[k] = next;
            }
        }
    }
}

/// Neighbours exchanged: 1 0 3 2 ...
template <class V, std::size_t... I>
LAMINA_ALWAYS_INLINE inline V swap_pairs(V const& v, std::index_sequence<I...>) {
    return shuffle<int(I ^ 1)...>(v, v);
}

} // namespace detail

/// table[t] = sin(angle 0), cos(angle 0), sin(angle 1), ... of the moment first + t; dim numbers.
template <class T>
void sinusoidal_table(std::size_t first, std::size_t time, std::size_t dim, double base, T* table) {
    auto const wave = [&](std::size_t t, std::size_t i, double s, double c) {
        table[t * dim + 2 * i] = T(s);
        if (2 * i + 1 < dim) table[t * dim + 2 * i + 1] = T(c);
    };
    detail::each_wave(first, time, dim, base, wave);
}

/// What rotate needs for the moments [first, first + time): 2 dim numbers for each, the cosines and
/// the signed sines of its numbers. Pairs are (2 i, 2 i + 1), or with halves (i, i + dim / 2).
template <class T>
void rotary_table(std::size_t first, std::size_t time, std::size_t dim, double base, bool halves,
                  T* table) {
    auto const wave = [&](std::size_t t, std::size_t i, double s, double c) {
        T *const cosine = table + 2 * t * dim, *const sine = cosine + dim;
        std::size_t const one = halves ? i : 2 * i, other = halves ? i + dim / 2 : 2 * i + 1;
        cosine[one] = cosine[other] = T(c);
        sine[one] = T(-s);
        sine[other] = T(s);
    };
    detail::each_wave(first, time, dim, base, wave);
}

/// Turns the pairs of each head in each of the rows; row r stands at the moment r % time. back:
/// by the opposite angle, which is the gradient.
template <class T>
[[gnu::noinline]] void rotate(Threads* threads, std::size_t rows, std::size_t time,
                              std::size_t heads, std::size_t dim, T const* table, bool halves,
                              bool back, T* x) {
    using V = Batch<T>;
    constexpr std::make_index_sequence<V::size> all{};
    V const sign(back ? T{-1} : T{1});
    each_row(threads, rows, heads * dim, [=](std::size_t r) {
        T const *const cosine = table + 2 * (r % time) * dim, *const sine = cosine + dim;
        for (T* at = x + r * heads * dim; at < x + (r + 1) * heads * dim; at += dim) {
            if (halves) {
                T const* const rise = sine + dim / 2;
                each_column<T, xsimd::default_arch>(dim / 2, [&](auto of) {
                    V const a = of(at), b = of(at + dim / 2), c = of(cosine), s = sign * of(rise);
                    of(at, kernels::fnma(b, s, a * c));
                    of(at + dim / 2, kernels::fma(a, s, b * c));
                });
            } else {
                each_column<T, xsimd::default_arch>(dim, [&](auto of) {
                    V const a = of(at);
                    of(at,
                       kernels::fma(detail::swap_pairs(a, all), sign * of(sine), a * of(cosine)));
                });
            }
        }
    });
}

} // namespace lamina::kernels
