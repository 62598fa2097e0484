// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/gate_sums.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>
#include <type_traits>

/// The cells of recurrent layers: one moment of some samples, forward and backward. A cell says
///
///     gates     the blocks of `units` columns that its kernels have; see PackedGates
///     parts     the numbers for each unit that backward wants of each moment; it puts the slopes
///               of the sums in their place, in blocks of `units`
///     has_cell  whether there is a second state beside h
///     x_blocks, h_blocks   which slopes belong to which gates of the kernel, the recurrent kernel
///
/// and where it has them
///
///     factor_block, h_factor   the slopes of a gate whose factor is not h, and the part that is
namespace lamina::kernels {

/// Null: zeros, or not wanted. Units: a constant where the compiler knows them; see Few.
template <class T, class Units = std::size_t>
struct RecurrentStep {
    std::size_t rows, features;
    [[no_unique_address]] Units units;
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
    Rows<T> room; // dh, dc and this are whole panels of the turned kernel: see multiply
};

namespace detail {

/// The numbers of some units in row r, or zeros.
template <class At, class T>
LAMINA_ALWAYS_INLINE inline auto units_of(At const& at, Rows<T> const& rows, std::size_t r) {
    using V = Batch<std::remove_const_t<T>>;
    return rows.data ? at(rows[r]) : V(std::remove_const_t<T>{0});
}
template <class T>
LAMINA_ALWAYS_INLINE inline bool skips(Rows<T const> const& mask, std::size_t r) {
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

} // namespace lamina::kernels
