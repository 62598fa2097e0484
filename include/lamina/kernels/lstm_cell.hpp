// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gate_sums.hpp>
#include <lamina/kernels/gate_weights.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/recurrent_step.hpp>
#include <lamina/kernels/simd.hpp>

#include <array>
#include <cstddef>

namespace lamina::kernels {

/// i, f, o = sigmoid, g = tanh of their sums; c = f c + i g; h = o tanh(c). Gates i f g o.
struct LSTMCell : PackedGates<4, false, SumsOf<0, 1, 2, 3>> {
    using Sums = SumsOf<0, 1, 2, 3>;
    static constexpr std::size_t parts = 4;
    static constexpr bool has_cell = true;
    static constexpr std::array<GateBlock, 1> x_blocks{{{0, 0, 4}}}, h_blocks{{{0, 0, 4}}};

    template <class T, class Units>
    LAMINA_ALWAYS_INLINE void forward(RecurrentStep<T, Units> const& s) const {
        using V = Batch<T>;
        std::size_t const u = s.units;
        auto const cell = [&](auto at, std::size_t r, T* z) LAMINA_ALWAYS_INLINE {
            V const i = sigmoid(load<V>(z)), f = sigmoid(load<V>(z + V::size));
            V const g = tanh(load<V>(z + 2 * V::size)), o = sigmoid(load<V>(z + 3 * V::size));
            V const before = detail::units_of(at, s.c_before, r), c = fma(f, before, i * g);
            kernels::store(z, c);
            kernels::store(z + V::size, o);
            at(s.c[r], detail::skips(s.mask, r) ? before : c);
            if (!s.parts.data) return;
            T* const p = s.parts[r];
            at(p, i), at(p + u, f), at(p + 2 * u, g), at(p + 3 * u, o);
        };
        auto const put = [&](auto at, std::size_t r, T const* z) LAMINA_ALWAYS_INLINE {
            V const h = load<V>(z + V::size) * tanh(load<V>(z));
            at(s.h[r], detail::skips(s.mask, r) ? detail::units_of(at, s.h_before, r) : h);
        };
        for_gates<Sums>(s.rows, s.features, s.units, s.packed, s.x, s.zx, s.h_in, s.turned, cell,
                        put);
    }

    template <class T, class Multiply>
    void backward(RecurrentSlopes<T> const& s, Multiply const& multiply) const {
        using V = Batch<T>;
        std::size_t const u = s.units;
        detail::each_unit<T>(s.rows, u, [&](auto at, std::size_t r) {
            T* const p = s.parts[r];
            if (detail::skips(s.mask, r)) {
                for (std::size_t k = 0; k < 4; ++k) at(p + k * u, V(T{0}));
                return;
            }
            V const one(T{1}), i = at(p), f = at(p + u), g = at(p + 2 * u), o = at(p + 3 * u);
            V const dh = at(s.dh[r]), t = tanh(at(s.c[r]));
            V const dc = fma(dh * o, fnma(t, t, one), at(s.dc[r]));
            at(p, dc * g * i * (one - i));
            at(p + u, dc * detail::units_of(at, s.c_before, r) * f * (one - f));
            at(p + 2 * u, dc * i * fnma(g, g, one));
            at(p + 3 * u, dh * t * o * (one - o));
            at(s.dc[r], dc * f);
            at(s.dh[r], V(T{0}));
        });
        multiply(GateBlock{0, 0, 4}, s.dh, true);
    }
};

} // namespace lamina::kernels
