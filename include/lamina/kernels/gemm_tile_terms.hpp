// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// What tiles in assembly are made of (gemm_tile_fma.hpp): sums in the vector registers from 0 on,
/// row by row, factors from 12 on. S is "s" or "d", for float or double; p and q name a register.
/// A tile of R rows by C batches of columns is called RC.

// clang-format off
#define LAMINA_LOAD(at, x) "vmovups " at ", %%ymm" #x "\n\t"
#define LAMINA_STORE(at, x) "vmovups %%ymm" #x ", " at "\n\t"
#define LAMINA_CAST(S, at, x) "vbroadcasts" S " " at ", %%ymm" #x "\n\t"
#define LAMINA_FMA(S, x, y, sum) "vfmadd231p" S " %%ymm" #x ", %%ymm" #y ", %%ymm" #sum "\n\t"
#define LAMINA_FMA_AT(S, at, y, sum) "vfmadd231p" S " " at ", %%ymm" #y ", %%ymm" #sum "\n\t"
#if defined(__PRFCHW__)
#define LAMINA_FETCH(at, x) "prefetchw " at "\n\t"
#else
#define LAMINA_FETCH(at, x) "prefetcht0 " at "\n\t"
#endif
#define LAMINA_ADD(p, q) "add %[" p "], %[" q "]\n\t"

// Row r of op(A) at term i of four. ALONG: terms lie side by side, LOW: of up to three rows;
// BESIDE: rows lie side by side, SAME: both rows are one.
#define LAMINA_ROW_0 "(%[a])"
#define LAMINA_ROW_1 "(%[a],%[row])"
#define LAMINA_ROW_2 "(%[a],%[row],2)"
#define LAMINA_ROW_3 "(%[a3])"
#define LAMINA_ROW_4 "(%[a3],%[row])"
#define LAMINA_ROW_5 "(%[a3],%[row],2)"
#define LAMINA_STEP_0 "(%[a])"
#define LAMINA_STEP_1 "(%[a],%[row])"
#define LAMINA_STEP_2 "(%[a],%[row],2)"
#define LAMINA_STEP_3 "(%[a],%[a3])"
#define LAMINA_ALONG(r, i) "%c[size]*" #i LAMINA_ROW_##r
#define LAMINA_LOW(r, i) "%c[size]*" #i LAMINA_ROW_##r
#define LAMINA_BESIDE(r, i) "%c[size]*" #r LAMINA_STEP_##i
#define LAMINA_SAME(r, i) LAMINA_STEP_##i
// What a3 is: the fourth row; else three steps, as before.
#define LAMINA_BEGIN_LAMINA_ALONG "lea (%[a],%[row],2), %[a3]\n\t" LAMINA_ADD("row", "a3")
#define LAMINA_BEGIN_LAMINA_LOW
#define LAMINA_BEGIN_LAMINA_BESIDE
#define LAMINA_BEGIN_LAMINA_SAME
// What the pointers to A go on by, after four terms.
#define LAMINA_ON_4_LAMINA_ALONG "add $4*%c[size], %[a]\n\tadd $4*%c[size], %[a3]\n\t"
#define LAMINA_ON_4_LAMINA_LOW "add $4*%c[size], %[a]\n\t"
#define LAMINA_ON_4_LAMINA_BESIDE "lea (%[a],%[row],4), %[a]\n\t"
#define LAMINA_ON_4_LAMINA_SAME "lea (%[a],%[row],4), %[a]\n\t"

// Row i of four of B: from its first column, or from its last batch.
#define LAMINA_B_0(p) "(%[" p "])"
#define LAMINA_B_1(p) "(%[" p "],%[ldb])"
#define LAMINA_B_2(p) "(%[" p "],%[ldb],2)"
#define LAMINA_B_3(p) "(%[" p "],%[ldb3])"
#define LAMINA_FIRST(i) LAMINA_B_##i("b")
#define LAMINA_FINAL(i) LAMINA_B_##i("b2")

// One row of a term: its factor in register f; B in registers, or read for this row alone.
#define LAMINA_ROW2(S, at, f, s0, s1) \
    LAMINA_CAST(S, at, f) LAMINA_FMA(S, 12, f, s0) LAMINA_FMA(S, 13, f, s1)
#define LAMINA_ROW3(S, at, s0, s1, s2) LAMINA_CAST(S, at, 15) \
    LAMINA_FMA(S, 12, 15, s0) LAMINA_FMA(S, 13, 15, s1) LAMINA_FMA(S, 14, 15, s2)
#define LAMINA_ALONE2(S, at, i, f, s0, s1) LAMINA_CAST(S, at, f) \
    LAMINA_FMA_AT(S, LAMINA_FIRST(i), f, s0) LAMINA_FMA_AT(S, LAMINA_FINAL(i), f, s1)
#define LAMINA_ALONE3(S, at, i, s0, s1, s2) LAMINA_CAST(S, at, 15) \
    LAMINA_FMA_AT(S, LAMINA_FIRST(i), 15, s0) LAMINA_FMA_AT(S, "32" LAMINA_FIRST(i), 15, s1) \
    LAMINA_FMA_AT(S, LAMINA_FINAL(i), 15, s2)
#define LAMINA_ALONE4(S, at, i, s0, s1, s2, s3) LAMINA_CAST(S, at, 15) \
    LAMINA_FMA_AT(S, LAMINA_FIRST(i), 15, s0) LAMINA_FMA_AT(S, "32" LAMINA_FIRST(i), 15, s1) \
    LAMINA_FMA_AT(S, "64" LAMINA_FIRST(i), 15, s2) LAMINA_FMA_AT(S, LAMINA_FINAL(i), 15, s3)
// One batch of columns of a term, of two and of three rows, whose factors are in registers.
#define LAMINA_BATCH2(S, at, f, s0, s1) \
    LAMINA_LOAD(at, f) LAMINA_FMA(S, 12, f, s0) LAMINA_FMA(S, 13, f, s1)
#define LAMINA_BATCH3(S, at, s0, s1, s2) LAMINA_LOAD(at, 15) \
    LAMINA_FMA(S, 12, 15, s0) LAMINA_FMA(S, 13, 15, s1) LAMINA_FMA(S, 14, 15, s2)

// Term i of a tile.
#define LAMINA_TILE_22(S, A, i) \
    LAMINA_LOAD(LAMINA_FIRST(i), 12) LAMINA_LOAD(LAMINA_FINAL(i), 13) \
    LAMINA_ROW2(S, A(0, i), 14, 0, 1) LAMINA_ROW2(S, A(1, i), 15, 2, 3)
#define LAMINA_TILE_32(S, A, i) LAMINA_TILE_22(S, A, i) LAMINA_ROW2(S, A(2, i), 14, 4, 5)
#define LAMINA_TILE_42(S, A, i) LAMINA_TILE_32(S, A, i) LAMINA_ROW2(S, A(3, i), 15, 6, 7)
#define LAMINA_TILE_52(S, A, i) LAMINA_TILE_42(S, A, i) LAMINA_ROW2(S, A(4, i), 14, 8, 9)
#define LAMINA_TILE_62(S, A, i) LAMINA_TILE_52(S, A, i) LAMINA_ROW2(S, A(5, i), 15, 10, 11)
#define LAMINA_TILE_23(S, A, i) \
    LAMINA_LOAD(LAMINA_FIRST(i), 12) LAMINA_LOAD("32" LAMINA_FIRST(i), 13) \
    LAMINA_LOAD(LAMINA_FINAL(i), 14) \
    LAMINA_ROW3(S, A(0, i), 0, 1, 2) LAMINA_ROW3(S, A(1, i), 3, 4, 5)
#define LAMINA_TILE_33(S, A, i) LAMINA_TILE_23(S, A, i) LAMINA_ROW3(S, A(2, i), 6, 7, 8)
#define LAMINA_TILE_43(S, A, i) LAMINA_TILE_33(S, A, i) LAMINA_ROW3(S, A(3, i), 9, 10, 11)
#define LAMINA_TILE_24(S, A, i) LAMINA_CAST(S, A(0, i), 12) LAMINA_CAST(S, A(1, i), 13) \
    LAMINA_BATCH2(S, LAMINA_FIRST(i), 14, 0, 4) LAMINA_BATCH2(S, "32" LAMINA_FIRST(i), 15, 1, 5) \
    LAMINA_BATCH2(S, "64" LAMINA_FIRST(i), 14, 2, 6) LAMINA_BATCH2(S, LAMINA_FINAL(i), 15, 3, 7)
#define LAMINA_TILE_34(S, A, i) \
    LAMINA_CAST(S, A(0, i), 12) LAMINA_CAST(S, A(1, i), 13) LAMINA_CAST(S, A(2, i), 14) \
    LAMINA_BATCH3(S, LAMINA_FIRST(i), 0, 4, 8) LAMINA_BATCH3(S, "32" LAMINA_FIRST(i), 1, 5, 9) \
    LAMINA_BATCH3(S, "64" LAMINA_FIRST(i), 2, 6, 10) LAMINA_BATCH3(S, LAMINA_FINAL(i), 3, 7, 11)
#define LAMINA_FOUR(Term, S, A) Term(S, A, 0) Term(S, A, 1) Term(S, A, 2) Term(S, A, 3)

// All rows of C, or of what the sums start from, `down` apart: Move is LOAD, STORE or FETCH.
#define LAMINA_MOVE2(Move, p, x0, x1) Move("(%[" p "])", x0) Move("(%[" p "],%[last])", x1)
#define LAMINA_MOVE3(Move, p, x0, x1, x2) \
    Move("(%[" p "])", x0) Move("32(%[" p "])", x1) Move("(%[" p "],%[last])", x2)
#define LAMINA_MOVE4(Move, p, x0, x1, x2, x3) \
    Move("(%[" p "])", x0) Move("32(%[" p "])", x1) \
    Move("64(%[" p "])", x2) Move("(%[" p "],%[last])", x3)
#define LAMINA_DOWN2(Move, p, x0, x1) LAMINA_ADD("down", p) LAMINA_MOVE2(Move, p, x0, x1)
#define LAMINA_DOWN3(Move, p, x0, x1, x2) LAMINA_ADD("down", p) LAMINA_MOVE3(Move, p, x0, x1, x2)
#define LAMINA_DOWN4(Move, p, x0, x1, x2, x3) \
    LAMINA_ADD("down", p) LAMINA_MOVE4(Move, p, x0, x1, x2, x3)
#define LAMINA_MOVE_22(Move, p) LAMINA_MOVE2(Move, p, 0, 1) LAMINA_DOWN2(Move, p, 2, 3)
#define LAMINA_MOVE_32(Move, p) LAMINA_MOVE_22(Move, p) LAMINA_DOWN2(Move, p, 4, 5)
#define LAMINA_MOVE_42(Move, p) LAMINA_MOVE_32(Move, p) LAMINA_DOWN2(Move, p, 6, 7)
#define LAMINA_MOVE_52(Move, p) LAMINA_MOVE_42(Move, p) LAMINA_DOWN2(Move, p, 8, 9)
#define LAMINA_MOVE_62(Move, p) LAMINA_MOVE_52(Move, p) LAMINA_DOWN2(Move, p, 10, 11)
#define LAMINA_MOVE_23(Move, p) LAMINA_MOVE3(Move, p, 0, 1, 2) LAMINA_DOWN3(Move, p, 3, 4, 5)
#define LAMINA_MOVE_33(Move, p) LAMINA_MOVE_23(Move, p) LAMINA_DOWN3(Move, p, 6, 7, 8)
#define LAMINA_MOVE_43(Move, p) LAMINA_MOVE_33(Move, p) LAMINA_DOWN3(Move, p, 9, 10, 11)
#define LAMINA_MOVE_24(Move, p) LAMINA_MOVE4(Move, p, 0, 1, 2, 3) LAMINA_DOWN4(Move, p, 4, 5, 6, 7)
#define LAMINA_MOVE_34(Move, p) LAMINA_MOVE_24(Move, p) LAMINA_DOWN4(Move, p, 8, 9, 10, 11)

// The last four terms, and the stores. A Zen 3 takes some eight stores whose numbers are not ready
// and then waits, some twenty cycles: of more sums those of the first rows come first. Ahead:
// where the next tile begins.
#define LAMINA_LAST(RC, S, A, Ahead) \
    LAMINA_FOUR(LAMINA_TILE_##RC, S, A) Ahead LAMINA_MOVE_##RC(LAMINA_STORE, "c")
#define LAMINA_LAST_22(S, A, Ahead) LAMINA_LAST(22, S, A, Ahead)
#define LAMINA_LAST_32(S, A, Ahead) LAMINA_LAST(32, S, A, Ahead)
#define LAMINA_LAST_42(S, A, Ahead) LAMINA_LAST(42, S, A, Ahead)
#define LAMINA_LAST_23(S, A, Ahead) LAMINA_LAST(23, S, A, Ahead)
#define LAMINA_LAST_33(S, A, Ahead) LAMINA_LAST(33, S, A, Ahead)
#define LAMINA_LAST_24(S, A, Ahead) LAMINA_LAST(24, S, A, Ahead)
#define LAMINA_LOWER_52(S, A, i) LAMINA_ALONE2(S, A(4, i), i, 15, 8, 9)
#define LAMINA_LAST_52(S, A, Ahead) \
    LAMINA_LAST(42, S, A, ) LAMINA_FOUR(LAMINA_LOWER_52, S, A) Ahead \
    LAMINA_DOWN2(LAMINA_STORE, "c", 8, 9)
#define LAMINA_LOWER_62(S, A, i) LAMINA_LOWER_52(S, A, i) LAMINA_ALONE2(S, A(5, i), i, 14, 10, 11)
#define LAMINA_LAST_62(S, A, Ahead) \
    LAMINA_LAST(42, S, A, ) LAMINA_FOUR(LAMINA_LOWER_62, S, A) Ahead \
    LAMINA_DOWN2(LAMINA_STORE, "c", 8, 9) LAMINA_DOWN2(LAMINA_STORE, "c", 10, 11)
#define LAMINA_LOWER_43(S, A, i) LAMINA_ALONE3(S, A(3, i), i, 9, 10, 11)
#define LAMINA_LAST_43(S, A, Ahead) \
    LAMINA_LAST(33, S, A, ) LAMINA_FOUR(LAMINA_LOWER_43, S, A) Ahead \
    LAMINA_DOWN3(LAMINA_STORE, "c", 9, 10, 11)
#define LAMINA_LOWER_34(S, A, i) LAMINA_ALONE4(S, A(2, i), i, 8, 9, 10, 11)
#define LAMINA_LAST_34(S, A, Ahead) \
    LAMINA_LAST(24, S, A, ) LAMINA_FOUR(LAMINA_LOWER_34, S, A) Ahead \
    LAMINA_DOWN4(LAMINA_STORE, "c", 8, 9, 10, 11)
// clang-format on
