// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_tile_fma.hpp>
#include <lamina/kernels/gemm_traits.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>

/// Strips of columns: what their tiles have in common, and those in assembly.
namespace lamina::kernels::detail {

/// Where batch i of C begins, the last one of `last` lanes.
template <bool Whole, std::size_t C, std::size_t Lanes>
LAMINA_ALWAYS_INLINE inline std::size_t place(std::size_t i, std::size_t last) {
    return overlaps && !Whole && C > 1 && i + 1 == C ? i * Lanes - Lanes + last : i * Lanes;
}
/// Where the next tile is: below; below, while b is far away, so that it is fetched ahead and
/// copied for the tiles there; at the right; or below, and both operands are copies: of b in rows
/// as wide as the tile, of op(A) in slivers of its rows.
enum class TileOrder { down, copying, across, copied };

/// What the tiles of one strip of columns have in common.
template <class T>
struct Strip {
    std::size_t k;
    // From one row of op(A) to the next (if it is a copy: from one sliver to the next), and from
    // one k to the next.
    std::size_t a_row, a_step;
    T const* b;
    std::size_t ldb, ldc;
    bool zero;               // C starts from zero,
    T const* bias = nullptr; // else each of its rows from this; null: from what it is
    std::size_t last = 0;    // lanes of the last batch of columns
    T* copy = nullptr;       // takes b, in rows as wide as the tile
    std::size_t beside = 0;  // of a transposed A that is far away: how far ahead it is fetched
    bool far = false;        // C is large: each tile's is fetched shortly before its turn
};

/// What the tiles in assembly of a strip have in common. a_on is what a tile takes A along, to be
/// taken back.
template <class T>
LAMINA_ALWAYS_INLINE inline HandTiles tiles_of_strip(Strip<T> const& s, T const* a, T* c,
                                                     bool far) {
    alignas(64) static constexpr T zeros[4 * lanes<T>]{};
    constexpr std::size_t size = sizeof(T), ahead = 8;                  // turns of four terms
    std::size_t const turns = (s.k + 3) / 4, skipped = 4 * turns - s.k; // terms of the first one
    bool const adds = !s.zero && !s.bias, one = turns == 1 && skipped > 0;
    std::size_t const late = one ? only_turn : far && turns > ahead + 1 ? ahead : 0;
    std::size_t const full = one ? 1 : turns - 1 - late; // before C is fetched ahead
    auto const bytes = [](T const* p) { return reinterpret_cast<char const*>(p); };
    return {.count = 1,
            .a = bytes(a) - skipped * s.a_step * size,
            .a_on = std::size_t{0} - 4 * (one ? 1 : turns - 1) * s.a_step * size,
            .b = bytes(s.b) - skipped * s.ldb * size,
            .from = bytes(s.zero   ? zeros
                          : s.bias ? s.bias
                                   : c),
            .from_on = 0,
            .down = adds ? s.ldc * size : 0,
            .c = reinterpret_cast<char*>(c),
            .ldc = s.ldc * size,
            .rest = s.k % 4,
            .turns = full,
            .late = late,
            .entry = nullptr};
}

/// Tiles in assembly, as `tiles`.
template <std::size_t R, std::size_t C, bool Whole, bool Across, class T>
LAMINA_ALWAYS_INLINE inline void tiles_by_hand(std::size_t count, Strip<T> const& s, T const* a,
                                               T* c) {
    constexpr std::size_t size = sizeof(T);
    if (count == 0) return;
    HandTiles t = tiles_of_strip(s, a, c, !Across && s.far);
    std::size_t const row = s.a_row * size, step = s.a_step * size, ldb = s.ldb * size;
    std::size_t const last = place<Whole, C, lanes<T>>(C - 1, s.last) * size;
    t.count = count;
    if constexpr (!Across) t.a_on += R * row;
    else if (!s.zero) t.from_on = C * lanes<T> * size;
    if (s.a_step == 1) hand_tiles<R, C, true, Across, T>(t, row, step, ldb, last);
    else hand_tiles<R, C, false, Across, T>(t, row, step, ldb, last);
}

} // namespace lamina::kernels::detail
