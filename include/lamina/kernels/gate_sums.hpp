// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/gate_weights.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

/// The products of a recurrent step: x kernel + h recurrent + bias for the gates of some units,
/// which are then put together while they are near. The weights are packed, and a tag says which
/// sums there are (gate_weights.hpp).
namespace lamina::kernels {

/// Rows of a matrix, ld numbers apart. Null: there are none.
template <class T>
struct Rows {
    T* data = nullptr;
    std::size_t ld = 0;
    LAMINA_ALWAYS_INLINE T* operator[](std::size_t r) const { return data + r * ld; }
};

namespace detail {

/// `k` columns of some rows, and the panel they are multiplied by.
template <class T>
struct Factor {
    T const* rows;
    std::size_t ld, k;
    T const* panel;
};

inline constexpr bool tall_gate_tiles = GemmTraits<xsimd::default_arch>::many;

/// Rows of the tallest tile: its sums leave registers for factors. More than eight would not be
/// faster.
template <class Sums>
inline constexpr std::size_t tallest_gate_tile =
    tall_gate_tiles ? 6
                    : std::min<std::size_t>(8, GemmTraits<xsimd::default_arch>::sums / Sums::sums);

/// sum[r][From + i] += a[r, k] . panel[k, i], i < Count.
template <std::size_t From, std::size_t Count, std::size_t R, std::size_t S, class V, class T>
LAMINA_ALWAYS_INLINE inline void add_products(V (&sum)[R][S], Factor<T> const& f) {
    T const *a = f.rows, *w = f.panel;
    if constexpr (R == 1) { // several chains, so that one need not wait for itself
        constexpr std::size_t chains = Count > 2 ? 2 : 4;
        V part[chains][Count];
        LAMINA_UNROLL
        for (std::size_t c = 0; c < chains; ++c) {
            LAMINA_UNROLL
            for (std::size_t i = 0; i < Count; ++i) part[c][i] = V(T{0});
        }
        std::size_t k = f.k;
        for (; k >= chains; k -= chains, a += chains, w += chains * Count * V::size) {
            LAMINA_UNROLL
            for (std::size_t c = 0; c < chains; ++c) {
                V const v(a[c]);
                LAMINA_UNROLL
                for (std::size_t i = 0; i < Count; ++i)
                    part[c][i] = fma(v, load<V>(w + (c * Count + i) * V::size), part[c][i]);
            }
        }
        for (; k > 0; --k, ++a, w += Count * V::size) {
            V const v(*a);
            LAMINA_UNROLL
            for (std::size_t i = 0; i < Count; ++i)
                part[0][i] = fma(v, load<V>(w + i * V::size), part[0][i]);
        }
        LAMINA_UNROLL
        for (std::size_t i = 0; i < Count; ++i) {
            V all = part[0][i] + part[1][i];
            if constexpr (chains == 4) all += part[2][i] + part[3][i];
            sum[0][From + i] += all;
        }
    } else {
        std::size_t const ld = f.ld;
        for (std::size_t k = f.k; k > 0; --k, ++a, w += Count * V::size) {
            if constexpr (R < Count && !tall_gate_tiles) { // the fewer factors wait in registers
                V x[R];
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r) x[r] = V(a[r * ld]);
                LAMINA_UNROLL
                for (std::size_t i = 0; i < Count; ++i) {
                    V const v = in_register(load<V>(w + i * V::size));
                    LAMINA_UNROLL
                    for (std::size_t r = 0; r < R; ++r)
                        sum[r][From + i] = fma(x[r], v, sum[r][From + i]);
                }
            } else {
                V x[Count];
                LAMINA_UNROLL
                for (std::size_t i = 0; i < Count; ++i)
                    x[i] = in_register(load<V>(w + i * V::size));
                LAMINA_UNROLL
                for (std::size_t r = 0; r < R; ++r) {
                    V const v(a[r * ld]);
                    LAMINA_UNROLL
                    for (std::size_t i = 0; i < Count; ++i)
                        sum[r][From + i] = fma(v, x[i], sum[r][From + i]);
                }
            }
        }
    }
}

/// R rows of sums, in z, with both products added.
template <std::size_t R, class Sums, class T>
[[gnu::noinline]] void gate_tile(Factor<T> const& x, Factor<T> const& h, T* z) {
    using V = Batch<T>;
    constexpr std::size_t S = Sums::sums;
    V sum[R][S];
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < S; ++i) sum[r][i] = load<V>(z + (r * S + i) * V::size);
    }
    add_products<Sums::x_from, Sums::x_gate.size()>(sum, x);
    add_products<Sums::h_from, Sums::h_gate.size()>(sum, h);
    LAMINA_UNROLL
    for (std::size_t r = 0; r < R; ++r) {
        LAMINA_UNROLL
        for (std::size_t i = 0; i < S; ++i) kernels::store(z + (r * S + i) * V::size, sum[r][i]);
    }
}

/// Rows of the next tile, of so many that are left: tiles of about the same height, so that none
/// waits for the weights more than others. One only where there is only one, since its sums are
/// added up in another order.
constexpr std::size_t rows_of_gate_tile(std::size_t left, std::size_t tallest) {
    std::size_t const tiles = (left + tallest - 1) / tallest;
    return (left + tiles - 1) / tiles;
}
template <class Sums, std::size_t R = tallest_gate_tile<Sums>, class T>
void run_gate_tile(std::size_t rows, Factor<T> const& x, Factor<T> const& h, T* z) {
    if constexpr (R > 1)
        if (rows < R) return run_gate_tile<Sums, R - 1>(rows, x, h, z);
    gate_tile<R, Sums>(x, h, z);
}

/// What the sums of some rows begin with.
template <class Sums, class T>
void begin_sums(std::size_t rows, T const* start, Rows<T const> zx, std::size_t units,
                std::size_t j, T* z) {
    using V = Batch<T>;
    std::size_t const count = std::min(units - j, V::size);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t i = 0; i < Sums::sums; ++i, z += V::size) {
            V v = load<V>(start + i * V::size);
            if (zx.data && i - Sums::x_from < Sums::x_gate.size())
                v += load<V>(zx[r] + Sums::x_gate[i - Sums::x_from] * units + j, count);
            kernels::store(z, v);
        }
}

template <class T, class Gates>
LAMINA_ALWAYS_INLINE inline void call_gates(std::size_t units, std::size_t j, std::size_t r, T* z,
                                            Gates const& gates) {
    if (units - j >= lanes<T>) gates(Columns<T, xsimd::default_arch>{j}, r, z);
    else gates(LastColumns<T, xsimd::default_arch>{j, units - j}, r, z);
}

} // namespace detail

/// What for_gates has as its last, where nothing is left to do.
struct NoMore {
    template <class At, class T>
    void operator()(At const&, std::size_t, T*) const {}
};

/// gates(at, r, z) for each row r and each batch of units: at loads and stores numbers of these
/// units, z are their sums: bias + x kernel + h recurrent. Then, for some of them at a time,
/// more(at, r, z) with what gates left in z: so that what waits for the end of a long chain does
/// not keep the chains of others waiting. Without x, zx holds x kernel of all the gates. Without h
/// it counts as zeros. With `turned` the last units come first: weights larger than the nearest
/// cache are then read from where they were read last.
template <class Sums, class T, class Gates, class More = NoMore>
void for_gates(std::size_t rows, std::size_t features, std::size_t units, T const* packed,
               Rows<T const> x, Rows<T const> zx, Rows<T const> h, bool turned, Gates const& gates,
               More const& more = {}) {
    using V = Batch<T>;
    constexpr std::size_t together = 16, size = Sums::sums * V::size;
    static_assert(together >= detail::tallest_gate_tile<Sums>);
    alignas(64) T z[together * size];
    std::size_t const last = (units - 1) / V::size * V::size;
    auto const column = [&](std::size_t i) { return turned ? last - i : i; };
    auto const sum = [&](std::size_t j, std::size_t r, std::size_t count, T* to) {
        detail::Panel<Sums, T const> const panel(packed, features, units, j);
        detail::begin_sums<Sums, T>(count, panel.start, {zx.data ? zx[r] : nullptr, zx.ld}, units,
                                    j, to);
        detail::Factor<T> const from_x{x.data ? x[r] : nullptr, x.ld, x.data ? features : 0,
                                       panel.x};
        detail::Factor<T> const from_h{h.data ? h[r] : nullptr, h.ld, h.data ? units : 0, panel.h};
        detail::run_gate_tile<Sums>(count, from_x, from_h, to);
    };
    if (rows == 1) { // the weights of some units stream in while those before come to their gates
        auto const at = [&](std::size_t i) { return z + i / V::size % together * size; };
        constexpr std::size_t one = V::size, two = 2 * one;
        for (std::size_t i = 0; i <= last + two; i += one) {
            if (i <= last) sum(column(i), 0, 1, at(i));
            if (i >= one && i - one <= last)
                detail::call_gates(units, column(i - one), 0, at(i - one), gates);
            if (i >= two) detail::call_gates(units, column(i - two), 0, at(i - two), more);
        }
        return;
    }
    for (std::size_t i = 0; i <= last; i += V::size) {
        std::size_t const j = column(i);
        for (std::size_t r = 0; r < rows;) {
            std::size_t const first = r;
            T* to = z;
            while (r < rows) {
                std::size_t const count =
                    detail::rows_of_gate_tile(rows - r, detail::tallest_gate_tile<Sums>);
                if (r - first + count > together) break;
                sum(j, r, count, to);
                r += count;
                to += count * size;
            }
            to = z;
            for (std::size_t k = first; k < r; ++k, to += size)
                detail::call_gates(units, j, k, to, gates);
            to = z;
            for (std::size_t k = first; k < r; ++k, to += size)
                detail::call_gates(units, j, k, to, more);
        }
    }
}

/// The same for a number of units that the compiler knows. One row's gates come behind all sums:
/// nothing is decided on the way, and what is stored is loaded at once.
template <class Sums, class T, std::size_t U, class Gates, class More = NoMore>
LAMINA_ALWAYS_INLINE inline void for_gates(std::size_t rows, std::size_t features,
                                           std::integral_constant<std::size_t, U>, T const* packed,
                                           Rows<T const> x, Rows<T const> zx, Rows<T const> h,
                                           bool turned, Gates const& gates, More const& more = {}) {
    using V = Batch<T>;
    if (rows > 1 || zx.data || !x.data || !h.data)
        return for_gates<Sums>(rows, features, U, packed, x, zx, h, turned, gates, more);
    constexpr std::size_t S = Sums::sums;
    alignas(64) T z[(U + V::size - 1) / V::size * S * V::size];
    auto const at_unit = [&](std::size_t j) { return z + j * S; };
    for (std::size_t j = 0; j < U; j += V::size) {
        detail::Panel<Sums, T const> const panel(packed, features, U, j);
        V sum[1][S];
        LAMINA_UNROLL
        for (std::size_t i = 0; i < S; ++i) sum[0][i] = load<V>(panel.start + i * V::size);
        detail::add_products<Sums::x_from, Sums::x_gate.size()>(
            sum, detail::Factor<T>{x[0], x.ld, features, panel.x});
        detail::add_products<Sums::h_from, Sums::h_gate.size()>(
            sum, detail::Factor<T>{h[0], h.ld, U, panel.h});
        LAMINA_UNROLL
        for (std::size_t i = 0; i < S; ++i) kernels::store(at_unit(j) + i * V::size, sum[0][i]);
    }
    auto const each = [&](auto const& work) LAMINA_ALWAYS_INLINE {
        using Arch = xsimd::default_arch;
        constexpr std::size_t rest = U % V::size;
        for (std::size_t j = 0; j < U - rest; j += V::size)
            work(Columns<T, Arch>{j}, 0, at_unit(j));
        if constexpr (rest > 0) work(KnownColumns<T, Arch, rest>{U - rest}, 0, at_unit(U - rest));
    };
    each(gates);
    each(more);
}

} // namespace lamina::kernels
