// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/gate_sums.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/simd.hpp>

#include <array>
#include <cstddef>

/// The cells of recurrent layers: one moment of some samples, forward and backward. A cell says
///
///     gates     the blocks of `units` columns that its kernels have
///     parts     the numbers for each unit that backward wants of each moment; it puts the slopes
///               of the sums in their place, in blocks of `units`
///     has_cell  whether there is a second state beside h
///     x_blocks, h_blocks   which slopes belong to which gates of the kernel, the recurrent kernel
///     h_sums    the gates whose factor is not h but what stands in part h_factor
namespace lamina::kernels {

/// Null: zeros, or not wanted.
template <class T>
struct RecurrentStep {
    std::size_t rows, features, units;
    T const* packed;     // what the cell packed
    Rows<T const> x, zx; // one of both, see for_gates
    Rows<T const> h_in;  // what the recurrent kernel sees of h_before
    Rows<T const> h_before, c_before;
    Rows<T> h, c, parts;
    Rows<T const> mask; // 0: the state stays as it is
    T* room;            // rows x units
    bool turned;        // see for_gates
};

/// Backward: dh and dc hold the gradient of this moment's state, and then that of the state before,
/// as far as it does not come through the recurrent kernel.
template <class T>
struct RecurrentSlopes {
    std::size_t rows, units;
    Rows<T const> h_before, c_before, c;
    Rows<T> parts, dh, dc;
    Rows<T const> mask;
    T* room;
};

namespace detail {

/// The numbers of some units in row r, or zeros.
template <class At, class T>
[[gnu::always_inline]] inline auto units_of(At const& at, Rows<T> const& rows, std::size_t r) {
    using V = Batch<std::remove_const_t<T>>;
    return rows.data ? at(rows[r]) : V(std::remove_const_t<T>{0});
}
template <class T>
[[gnu::always_inline]] inline bool skips(Rows<T const> const& mask, std::size_t r) {
    return mask.data && mask[r][0] == T{0};
}
/// work(at, r) for each row and each batch of units.
template <class T, class Work>
void each_unit(std::size_t rows, std::size_t units, Work const& work) {
    for (std::size_t r = 0; r < rows; ++r)
        each_column<T, xsimd::default_arch>(units, [&](auto at) { work(at, r); });
}

} // namespace detail

/// Some slopes in the parts, one beside the other, and the gates they belong to.
struct GateBlock {
    std::size_t part, gate, count;
};

/// i, f, o = sigmoid, g = tanh of their sums; c = f c + i g; h = o tanh(c). Gates i f g o.
struct LSTMCell {
    static constexpr std::size_t gates = 4, parts = 4;
    static constexpr bool has_cell = true;
    static constexpr std::array<GateBlock, 1> x_blocks{{{0, 0, 4}}}, h_blocks{{{0, 0, 4}}};

    struct Sums {
        static constexpr std::size_t sums = 4, x_from = 0, h_from = 0;
        static constexpr std::array<std::size_t, 4> x_gate{0, 1, 2, 3}, h_gate{0, 1, 2, 3};
    };
    template <class T>
    static constexpr std::size_t packed(std::size_t features, std::size_t units) {
        return packed_sums<Sums, T>(features, units);
    }
    template <class T>
    static void pack(std::size_t features, std::size_t units, T const* kernel, T const* recurrent,
                     T const* bias, T* to, Threads* threads = nullptr) {
        pack_sums<Sums, T>(features, units, gates, kernel, recurrent, bias, nullptr, to, threads);
    }

    template <class T>
    void forward(RecurrentStep<T> const& s) const {
        using V = Batch<T>;
        std::size_t const u = s.units;
        auto const cell = [&](auto at, std::size_t r, T* z) __attribute__((always_inline)) {
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
        auto const put = [&](auto at, std::size_t r, T const* z) __attribute__((always_inline)) {
            V const h = load<V>(z + V::size) * tanh(load<V>(z));
            at(s.h[r], detail::skips(s.mask, r) ? detail::units_of(at, s.h_before, r) : h);
        };
        for_gates<Sums>(s.rows, s.features, u, s.packed, s.x, s.zx, s.h_in, s.turned, cell, put);
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

/// z, r = sigmoid of their sums; n = tanh(x kernel + r (h recurrent)); h = z h + (1 - z) n. Gates
/// z r n; there are two biases. Parts n z r and h recurrent, so that what belongs to the recurrent
/// kernel lies side by side.
struct GRUCell {
    static constexpr std::size_t gates = 3, parts = 4;
    static constexpr bool has_cell = false;
    static constexpr std::array<GateBlock, 2> x_blocks{{{1, 0, 2}, {0, 2, 1}}};
    static constexpr std::array<GateBlock, 1> h_blocks{{{1, 0, 3}}};

    struct Sums {
        static constexpr std::size_t sums = 4, x_from = 0, h_from = 1;
        static constexpr std::array<std::size_t, 3> x_gate{2, 0, 1}, h_gate{0, 1, 2};
    };
    template <class T>
    static constexpr std::size_t packed(std::size_t features, std::size_t units) {
        return packed_sums<Sums, T>(features, units);
    }
    template <class T>
    static void pack(std::size_t features, std::size_t units, T const* kernel, T const* recurrent,
                     T const* bias, T* to, Threads* threads = nullptr) {
        pack_sums<Sums, T>(features, units, gates, kernel, recurrent, bias,
                           bias ? bias + 3 * units : nullptr, to, threads);
    }

    template <class T>
    void forward(RecurrentStep<T> const& s) const {
        using V = Batch<T>;
        std::size_t const u = s.units;
        auto const reset = [&](auto at, std::size_t k, T* sum) __attribute__((always_inline)) {
            V const z = sigmoid(load<V>(sum + V::size)), r = sigmoid(load<V>(sum + 2 * V::size));
            V const of_h = load<V>(sum + 3 * V::size);
            kernels::store(sum, fma(r, of_h, load<V>(sum)));
            kernels::store(sum + V::size, z);
            if (!s.parts.data) return;
            T* const p = s.parts[k];
            at(p + u, z), at(p + 2 * u, r), at(p + 3 * u, of_h);
        };
        auto const put = [&](auto at, std::size_t k, T const* sum) __attribute__((always_inline)) {
            V const n = tanh(load<V>(sum)), before = detail::units_of(at, s.h_before, k);
            V const h = fma(load<V>(sum + V::size), before - n, n);
            at(s.h[k], detail::skips(s.mask, k) ? before : h);
            if (s.parts.data) at(s.parts[k], n);
        };
        for_gates<Sums>(s.rows, s.features, u, s.packed, s.x, s.zx, s.h_in, s.turned, reset, put);
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
struct GRUResetBeforeCell {
    static constexpr std::size_t gates = 3, parts = 4;
    static constexpr bool has_cell = false;
    static constexpr std::size_t h_factor = 3; // the factor of gate 2
    static constexpr std::array<GateBlock, 1> x_blocks{{{0, 0, 3}}}, h_blocks{{{0, 0, 2}}};
    static constexpr GateBlock factor_block{2, 2, 1};

    struct ZR {
        static constexpr std::size_t sums = 2, x_from = 0, h_from = 0;
        static constexpr std::array<std::size_t, 2> x_gate{0, 1}, h_gate{0, 1};
    };
    struct N {
        static constexpr std::size_t sums = 1, x_from = 0, h_from = 0;
        static constexpr std::array<std::size_t, 1> x_gate{2}, h_gate{2};
    };
    template <class T>
    static constexpr std::size_t packed(std::size_t features, std::size_t units) {
        return packed_sums<ZR, T>(features, units) + packed_sums<N, T>(features, units);
    }
    template <class T>
    static void pack(std::size_t features, std::size_t units, T const* kernel, T const* recurrent,
                     T const* bias, T* to, Threads* threads = nullptr) {
        pack_sums<ZR, T>(features, units, gates, kernel, recurrent, bias, nullptr, to, threads);
        pack_sums<N, T>(features, units, gates, kernel, recurrent, bias, nullptr,
                        to + packed_sums<ZR, T>(features, units), threads);
    }

    template <class T>
    void forward(RecurrentStep<T> const& s) const {
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
        for_gates<ZR>(s.rows, s.features, u, s.packed, s.x, s.zx, s.h_in, s.turned, first);
        auto const second = [&](auto at, std::size_t k, T const* sum) {
            V const n = tanh(load<V>(sum)), z = at(s.h[k]);
            V const before = detail::units_of(at, s.h_before, k);
            at(s.h[k], detail::skips(s.mask, k) ? before : fma(z, before - n, n));
            if (s.parts.data) at(s.parts[k] + 2 * u, n);
        };
        Rows<T const> const factor{s.h_in.data ? rh.data : nullptr, u};
        for_gates<N>(s.rows, s.features, u, s.packed + packed_sums<ZR, T>(s.features, u), s.x, s.zx,
                     factor, s.turned, second);
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
        Rows<T> const drh{s.room, u};
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

/// h = f(x kernel + h recurrent + bias); f and its slope are those of an activation. The part is h,
/// or the sum where the slope is a function of that.
template <class F>
struct SimpleCell {
    F f;
    static constexpr std::size_t gates = 1, parts = 1;
    static constexpr bool has_cell = false;
    static constexpr std::array<GateBlock, 1> x_blocks{{{0, 0, 1}}}, h_blocks{{{0, 0, 1}}};

    struct Sums {
        static constexpr std::size_t sums = 1, x_from = 0, h_from = 0;
        static constexpr std::array<std::size_t, 1> x_gate{0}, h_gate{0};
    };
    template <class T>
    static constexpr std::size_t packed(std::size_t features, std::size_t units) {
        return packed_sums<Sums, T>(features, units);
    }
    template <class T>
    static void pack(std::size_t features, std::size_t units, T const* kernel, T const* recurrent,
                     T const* bias, T* to, Threads* threads = nullptr) {
        pack_sums<Sums, T>(features, units, gates, kernel, recurrent, bias, nullptr, to, threads);
    }

    template <class T>
    void forward(RecurrentStep<T> const& s) const {
        using V = Batch<T>;
        auto const put = [&](auto at, std::size_t r, T const* z) __attribute__((always_inline)) {
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
