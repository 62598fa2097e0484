// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/gemm_tile_terms.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>

/// Tiles of sixteen registers in assembly: a processor whose core is shared begins three
/// instructions in a cycle, so each that is no multiply-add counts. g++ 12 moves sums about and
/// keeps a pointer for each row, and needs a tenth more.
namespace lamina::kernels::detail {

/// Tiles of C for the assembly, one below or beside the other; distances in bytes.
struct HandTiles {
    std::size_t count;
    char const* a;
    std::size_t a_on; // from the last four terms of a tile to the next tile
    char const* b;
    char const* from;    // what the sums start from,
    std::size_t from_on; // from one tile to the next beside it,
    std::size_t down;    // and from one row to the next, in the tile and below
    char* c;
    std::size_t ldc;
    std::size_t rest;  // terms of the first turn, if it has not all four; the pointers begin as if
    std::size_t turns; // it had them. Turns of four terms, but for the last one,
    std::size_t late;  // and more of them after the next tile of C was fetched ahead
    void const* entry; // where a tile's first turn begins
};
/// Instead of `late`: the only turn has fewer than four terms.
inline constexpr std::size_t only_turn = std::size_t(-1);

#if XSIMD_WITH_FMA3_AVX2 && !XSIMD_WITH_AVX512F && defined(__GNUC__) && defined(__x86_64__) &&     \
    !LAMINA_SANITIZED

/// Whether there is such a tile.
template <std::size_t R, std::size_t C, class T>
inline constexpr bool by_hand = (C == 2 && R >= 2 && R <= 6) || (C == 3 && R >= 2 && R <= 4) ||
                                (C == 4 && R >= 2 && R <= 3);

// clang-format off
// Where the next tile begins; C, once this one is stored. ACROSS: beside it.
#define LAMINA_AHEAD "add %c[a_on](%[t]), %[a]\n\t" "mov %c[at_b](%[t]), %[b]\n\t"
#define LAMINA_NEXT_DOWN LAMINA_ADD("down", "c")
#define LAMINA_NEXT_ACROSS \
    "mov %c[from_at](%[t]), %[from]\n\t" "add %c[from_on](%[t]), %[from]\n\t" \
    "mov %[from], %c[from_at](%[t])\n\t" \
    "add $%c[width], %[b]\n\t" "mov %[b], %c[at_b](%[t])\n\t" \
    "mov %c[at_c](%[t]), %[c]\n\t" "add $%c[width], %[c]\n\t" "mov %[c], %c[at_c](%[t])\n\t"

#define LAMINA_HAND_TILES(S, RC, A, Next) \
    asm volatile( \
        "lea 4f(%%rip), %[from]\n\t" \
        "mov %c[rest](%[t]), %[turns]\n\t" \
        "test %[turns], %[turns]\n\t" \
        "jz 2f\n\t" \
        "lea 13f(%%rip), %[from]\n\t" \
        "cmp $2, %[turns]\n\t" \
        "jb 3f\n\t" \
        "lea 12f(%%rip), %[from]\n\t" \
        "je 3f\n\t" \
        "lea 11f(%%rip), %[from]\n\t" \
        "jmp 3f\n" \
        "2:\n\t" \
        "cmpq $0, %c[turns_at](%[t])\n\t" \
        "jne 3f\n\t" \
        "lea 5f(%%rip), %[from]\n" \
        "3:\n\t" \
        "mov %[from], %c[entry](%[t])\n\t" \
        "mov %c[at_a](%[t]), %[a]\n\t" \
        "mov %c[at_b](%[t]), %[b]\n\t" \
        "mov %c[at_c](%[t]), %[c]\n\t" \
        "mov %c[from_at](%[t]), %[from]\n" \
        "1:\n\t" /* a tile */ \
        "mov %c[down_at](%[t]), %[down]\n\t" \
        LAMINA_MOVE_##RC(LAMINA_LOAD, "from") \
        LAMINA_ADD("down", "from") \
        LAMINA_BEGIN_##A \
        "lea (%[b],%[last]), %[b2]\n\t" \
        "mov %c[turns_at](%[t]), %[turns]\n\t" \
        "mov %c[late](%[t]), %[down]\n\t" \
        "notrack jmp *%c[entry](%[t])\n\t" /* no function begins there */ \
        ".p2align 4\n" \
        "4:\n\t" LAMINA_TILE_##RC(S, A, 0) \
        "11:\n\t" LAMINA_TILE_##RC(S, A, 1) \
        "12:\n\t" LAMINA_TILE_##RC(S, A, 2) \
        "13:\n\t" LAMINA_TILE_##RC(S, A, 3) \
        LAMINA_ON_4_##A \
        "lea (%[b],%[ldb],4), %[b]\n\t" \
        "lea (%[b2],%[ldb],4), %[b2]\n\t" \
        "dec %[turns]\n\t" \
        "jnz 4b\n\t" \
        "test %[down], %[down]\n\t" \
        "jnz 7f\n" \
        "5:\n\t" \
        "mov %c[ldc](%[t]), %[down]\n\t" \
        LAMINA_LAST_##RC(S, A, LAMINA_AHEAD) \
        "6:\n\t" \
        Next \
        "decq %c[count](%[t])\n\t" \
        "jnz 1b\n\t" \
        "jmp 9f\n" \
        "7:\n\t" /* the next tile of C is fetched ahead */ \
        "mov %[down], %[turns]\n\t" \
        "test %[down], %[down]\n\t" \
        "js 8f\n\t" \
        "mov %c[ldc](%[t]), %[down]\n\t" \
        "mov %[from], %c[from_at](%[t])\n\t" \
        "imul $%c[rows], %[down], %[from]\n\t" \
        LAMINA_ADD("c", "from") \
        LAMINA_MOVE_##RC(LAMINA_FETCH, "from") \
        "mov %c[from_at](%[t]), %[from]\n\t" \
        "xor %[down], %[down]\n\t" \
        "jmp 4b\n" \
        "8:\n\t" /* fewer than four terms */ \
        "mov %c[ldc](%[t]), %[down]\n\t" \
        LAMINA_AHEAD \
        LAMINA_MOVE_##RC(LAMINA_STORE, "c") \
        "jmp 6b\n" \
        "9:\n\t" \
        "vzeroupper" \
        : [a] "=&r"(a), [a3] "+r"(a3), [b] "=&r"(b), [b2] "=&r"(b2), [c] "=&r"(c), \
          [turns] "=&r"(turns), [from] "=&r"(from), [down] "=&r"(down) \
        : [t] "r"(&t), [row] "r"(Along ? row : step), [ldb] "r"(ldb), [ldb3] "r"(3 * ldb), \
          [last] "r"(last), [size] "i"(sizeof(T)), [rows] "i"(R), [width] "i"(C * 32), \
          [count] "i"(offsetof(HandTiles, count)), [at_a] "i"(offsetof(HandTiles, a)), \
          [a_on] "i"(offsetof(HandTiles, a_on)), [at_b] "i"(offsetof(HandTiles, b)), \
          [from_at] "i"(offsetof(HandTiles, from)), [from_on] "i"(offsetof(HandTiles, from_on)), \
          [down_at] "i"(offsetof(HandTiles, down)), [at_c] "i"(offsetof(HandTiles, c)), \
          [ldc] "i"(offsetof(HandTiles, ldc)), [turns_at] "i"(offsetof(HandTiles, turns)), \
          [late] "i"(offsetof(HandTiles, late)), [rest] "i"(offsetof(HandTiles, rest)), \
          [entry] "i"(offsetof(HandTiles, entry)) \
        : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
          "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")
#define LAMINA_HAND_TILES_OF(RC, A, Next) \
    do { \
        if constexpr (sizeof(T) == 4) LAMINA_HAND_TILES("s", RC, A, Next); \
        else LAMINA_HAND_TILES("d", RC, A, Next); \
    } while (false)
// clang-format on

/// All of them. Along: the terms of a row of op(A) lie side by side, else its rows do, or both are
/// one (row 0); from one to the next they are `row` and `step` apart. last: from the first column
/// to the last batch.
template <std::size_t R, std::size_t C, bool Along, bool Across, class T>
[[gnu::noinline]] void hand_tiles(HandTiles& t, std::size_t row, std::size_t step, std::size_t ldb,
                                  std::size_t last) {
    void *a, *b, *b2, *c, *from;
    std::size_t a3 = 3 * step, turns, down;
#define LAMINA_FORMS(Rows, Columns, Near)                                                          \
    if constexpr (R == Rows && C == Columns) {                                                     \
        if constexpr (Along) LAMINA_HAND_TILES_OF(Rows##Columns, Near, LAMINA_NEXT_DOWN);          \
        else LAMINA_HAND_TILES_OF(Rows##Columns, LAMINA_BESIDE, LAMINA_NEXT_DOWN);                 \
    }
#define LAMINA_PAIR(Columns)                                                                       \
    if constexpr (R == 2 && C == Columns && !Along)                                                \
        if (row == 0) {                                                                            \
            LAMINA_HAND_TILES_OF(2##Columns, LAMINA_SAME, LAMINA_NEXT_DOWN);                       \
            return;                                                                                \
        }
    if constexpr (Across) {
        static_assert(R == 4 && C == 2);
        if constexpr (Along) LAMINA_HAND_TILES_OF(42, LAMINA_ALONG, LAMINA_NEXT_ACROSS);
        else LAMINA_HAND_TILES_OF(42, LAMINA_BESIDE, LAMINA_NEXT_ACROSS);
    } else {
        LAMINA_PAIR(2)
        LAMINA_PAIR(3)
        LAMINA_PAIR(4)
        LAMINA_FORMS(2, 2, LAMINA_LOW)
        LAMINA_FORMS(3, 2, LAMINA_LOW)
        LAMINA_FORMS(4, 2, LAMINA_ALONG)
        LAMINA_FORMS(5, 2, LAMINA_ALONG)
        LAMINA_FORMS(6, 2, LAMINA_ALONG)
        LAMINA_FORMS(2, 3, LAMINA_LOW)
        LAMINA_FORMS(3, 3, LAMINA_LOW)
        LAMINA_FORMS(4, 3, LAMINA_ALONG)
        LAMINA_FORMS(2, 4, LAMINA_LOW)
        LAMINA_FORMS(3, 4, LAMINA_LOW)
    }
#undef LAMINA_FORMS
#undef LAMINA_PAIR
}

#else

template <std::size_t, std::size_t, class>
inline constexpr bool by_hand = false;
template <std::size_t R, std::size_t C, bool Along, bool Across, class T>
void hand_tiles(HandTiles& t, std::size_t row, std::size_t step, std::size_t ldb, std::size_t last);

#endif

} // namespace lamina::kernels::detail
