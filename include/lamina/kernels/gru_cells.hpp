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

/// n has two sums, which r stands between.
struct GRUSums {
    static constexpr std::size_t sums = 4, x_from = 0, h_from = 1;
    static constexpr std::array<std::size_t, 3> x_gate{2, 0, 1}, h_gate{0, 1, 2};
};

/// z, r = sigmoid of their sums; n = tanh(x kernel + r (h recurrent)); h = z h + (1 - z) n. Gates
/// z r n; there are two biases. Parts n z r and h recurrent, so that what belongs to the recurrent
/// kernel lies side by side.
struct GRUCell : PackedGates<3, true, GRUSums> {
    using Sums = GRUSums;
    static constexpr std::size_t parts = 4;
    static constexpr bool has_cell = false;
    static constexpr std::array<GateBlock, 2> x_blocks{{{1, 0, 2}, {0, 2, 1}}};
    static constexpr std::array<GateBlock, 1> h_blocks{{{1, 0, 3}}};

    template <class T, class Units>
    LAMINA_ALWAYS_INLINE void forward(RecurrentStep<T, Units> const& s) const {
        using V = Batch<T>;
        std::size_t const u = s.units;
        auto const reset = [&](auto at, std::size_t k, T* sum) LAMINA_ALWAYS_INLINE {
            V const z = sigmoid(load<V>(sum + V::size)), r = sigmoid(load<V>(sum + 2 * V::size));
            V const of_h = load<V>(sum + 3 * V::size);
            kernels::store(sum, fma(r, of_h, load<V>(sum)));
            kernels::store(sum + V::size, z);
            if (!s.parts.data) return;
            T* const p = s.parts[k];
            at(p + u, z), at(p + 2 * u, r), at(p + 3 * u, of_h);
        };
        auto const put = [&](auto at, std::size_t k, T const* sum) LAMINA_ALWAYS_INLINE {
            V const n = tanh(load<V>(sum)), before = detail::units_of(at, s.h_before, k);
            V const h = fma(load<V>(sum + V::size), before - n, n);
            at(s.h[k], detail::skips(s.mask, k) ? before : h);
            if (s.parts.data) at(s.parts[k], n);
        };
        for_gates<Sums>(s.rows, s.features, s.units, s.packed, s.x, s.zx, s.h_in, s.turned, reset,
                        put);
    }

    template <class T, class Multiply>
    void backward(RecurrentSlopes<T> const& s, Multiply const& multiply) const {
        using V = Batch<T>;
        std::size_t const u = s.units;
        detail::each_unit<T>(s.rows, u, [&](auto at, std::size_t k) {
            T* const p = s.parts[k];
            if (detail::skips(s.mask, k)) {
                for (std::size_t i = 0; i < 4; ++i) at(p + i * u, V(T{0}));
                return;
            }
            V const one(T{1}), n = at(p), z = at(p + u), r = at(p + 2 * u), of_h = at(p + 3 * u);
            V const dh = at(s.dh[k]), before = detail::units_of(at, s.h_before, k);
            V const dn = dh * (one - z) * fnma(n, n, one);
            at(p, dn);
            at(p + u, dh * (before - n) * z * (one - z));
            at(p + 2 * u, dn * of_h * r * (one - r));
            at(p + 3 * u, dn * r);
            at(s.dh[k], dh * z);
        });
        multiply(GateBlock{1, 0, 3}, s.dh, true);
    }
};

/// The same with n = tanh(x kernel + (r h) recurrent). Parts z r n and r h.
struct GRUResetBeforeCell : PackedGates<3, false, SumsOf<0, 1>, SumsOf<2>> {
    using ZR = SumsOf<0, 1>;
    using N = SumsOf<2>;
    static constexpr std::size_t parts = 4;
    static constexpr bool has_cell = false;
    static constexpr std::size_t h_factor = 3; // the factor of gate 2
    static constexpr std::array<GateBlock, 1> x_blocks{{{0, 0, 3}}}, h_blocks{{{0, 0, 2}}};
    static constexpr GateBlock factor_block{2, 2, 1};

    template <class T, class Units>
    LAMINA_ALWAYS_INLINE void forward(RecurrentStep<T, Units> const& s) const {
        using V = Batch<T>;
        std::size_t const u = s.units;
        // z waits in h until n is there; r h in the room
        Rows<T> const rh{s.room, u};
        auto const first = [&](auto at, std::size_t k, T const* sum) {
            V const z = sigmoid(load<V>(sum)), r = sigmoid(load<V>(sum + V::size));
            V const product = r * detail::units_of(at, s.h_in, k);
            at(s.h[k], z);
            at(rh[k], product);
            if (!s.parts.data) return;
            T* const p = s.parts[k];
            at(p, z), at(p + u, r), at(p + 3 * u, product);
        };
        for_gates<ZR>(s.rows, s.features, s.units, s.packed, s.x, s.zx, s.h_in, s.turned, first);
        auto const second = [&](auto at, std::size_t k, T const* sum) {
            V const n = tanh(load<V>(sum)), z = at(s.h[k]);
            V const before = detail::units_of(at, s.h_before, k);
            at(s.h[k], detail::skips(s.mask, k) ? before : fma(z, before - n, n));
            if (s.parts.data) at(s.parts[k] + 2 * u, n);
        };
        Rows<T const> const factor{s.h_in.data ? rh.data : nullptr, u};
        for_gates<N>(s.rows, s.features, s.units, s.packed + packed_sums<ZR, T>(s.features, u), s.x,
                     s.zx, factor, s.turned, second);
    }

    template <class T, class Multiply>
    void backward(RecurrentSlopes<T> const& s, Multiply const& multiply) const {
        using V = Batch<T>;
        std::size_t const u = s.units;
        detail::each_unit<T>(s.rows, u, [&](auto at, std::size_t k) {
            T* const p = s.parts[k];
            V const one(T{1}), z = at(p), n = at(p + 2 * u), dh = at(s.dh[k]);
            bool const skip = detail::skips(s.mask, k);
            V const before = detail::units_of(at, s.h_before, k);
            at(p, skip ? V(T{0}) : dh * (before - n) * z * (one - z));
            at(p + 2 * u, skip ? V(T{0}) : dh * (one - z) * fnma(n, n, one));
            if (!skip) at(s.dh[k], dh * z);
        });
        Rows<T> const drh = s.room;
        multiply(factor_block, drh, false);
        detail::each_unit<T>(s.rows, u, [&](auto at, std::size_t k) {
            T* const p = s.parts[k] + u;
            V const r = at(p), d = at(drh[k]);
            at(s.dh[k], fma(d, r, at(s.dh[k]))); // d is 0 where the moment is skipped
            at(p, d * detail::units_of(at, s.h_before, k) * r * (V(T{1}) - r));
        });
        multiply(GateBlock{0, 0, 2}, s.dh, true);
    }
};

} // namespace lamina::kernels
