// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the compiler is told about inlining, and only where it optimises: without, functions that
// stay apart are shared by those who call them, which it works through sooner, and a debugger finds
// them.

/// Before a function, or behind a lambda's parameters: its body stands wherever it is called.
#ifdef __OPTIMIZE__
#define LAMINA_ALWAYS_INLINE __attribute__((always_inline))
#else
#define LAMINA_ALWAYS_INLINE
#endif

/// Everything inlines into the one function that the caller calls. g++ forgets it where it inlines
/// or clones that function.
#ifdef __clang__
#define LAMINA_FLATTEN [[gnu::flatten, gnu::noinline]]
#else
#define LAMINA_FLATTEN [[gnu::flatten, gnu::noinline, gnu::noclone]]
#endif

/// The same for a layer's body in the unrolled walk: clang must be told at this call, g++ is told
/// once, by the walk.
#ifdef __clang__
#define LAMINA_FLATTEN_LAYER [[gnu::flatten]]
#else
#define LAMINA_FLATTEN_LAYER
#endif
