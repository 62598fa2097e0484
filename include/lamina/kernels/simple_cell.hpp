// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gate_sums.hpp>
#include <lamina/kernels/gate_weights.hpp>
#include <lamina/kernels/recurrent_step.hpp>
#include <lamina/kernels/simd.hpp>

#include <array>
#include <cstddef>

namespace lamina::kernels {

/// h = f(x kernel + h recurrent + bias); f and its slope are those of an activation. The part is h,
/// or the sum where the slope is a function of that.
template <class F>
struct SimpleCell : PackedGates<1, false, SumsOf<0>> {
    F f;
    using Sums = SumsOf<0>;
    static constexpr std::size_t parts = 1;
    static constexpr bool has_cell = false;
    static constexpr std::array<GateBlock, 1> x_blocks{{{0, 0, 1}}}, h_blocks{{{0, 0, 1}}};

    template <class T, class Units>
    LAMINA_ALWAYS_INLINE void forward(RecurrentStep<T, Units> const& s) const {
        using V = Batch<T>;
        auto const put = [&](auto at, std::size_t r, T const* z) LAMINA_ALWAYS_INLINE {
            V const sum = load<V>(z), y = f.value(sum);
            at(s.h[r], detail::skips(s.mask, r) ? detail::units_of(at, s.h_before, r) : y);
            if (s.parts.data) at(s.parts[r], F::from_output ? y : sum);
        };
        for_gates<Sums>(s.rows, s.features, s.units, s.packed, s.x, s.zx, s.h_in, s.turned, put);
    }

    template <class T, class Multiply>
    void backward(RecurrentSlopes<T> const& s, Multiply const& multiply) const {
        using V = Batch<T>;
        detail::each_unit<T>(s.rows, s.units, [&](auto at, std::size_t r) {
            if (detail::skips(s.mask, r)) return at(s.parts[r], V(T{0}));
            at(s.parts[r], at(s.dh[r]) * f.slope(at(s.parts[r])));
            at(s.dh[r], V(T{0}));
        });
        multiply(GateBlock{0, 0, 1}, s.dh, true);
    }
};

} // namespace lamina::kernels
