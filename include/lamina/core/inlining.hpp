// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What the compiler is told about inlining and loops. About inlining only where it optimises:
// without, functions that stay apart are shared by those who call them, which it works through
// sooner, and a debugger finds them.

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

/// Before a loop over sums that are to stay in registers: it is unrolled, or g++ 12 leaves the
/// array of them in memory. Not for AddressSanitizer: with its checks that would take g++ minutes.
#if defined(__SANITIZE_ADDRESS__)
#define LAMINA_UNROLL
#elif defined(__clang__)
#define LAMINA_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define LAMINA_UNROLL _Pragma("GCC unroll 32")
#else
#define LAMINA_UNROLL
#endif

/// Whether a sanitizer watches what is read and written. In assembly it would see nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAMINA_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define LAMINA_SANITIZED 1
#endif
#endif
#ifndef LAMINA_SANITIZED
#define LAMINA_SANITIZED 0
#endif
