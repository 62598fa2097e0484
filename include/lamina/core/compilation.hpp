// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Where what is no template is compiled: reading tables, files, logs, messages.
//
// As a rule in every source file that uses it, inline: including the headers is all there is to do.
// A program may have it compiled once instead, and so wait a second or more less for each of its
// source files: define LAMINA_SEPARATE_COMPILATION for all of them and add the source file
// lamina/source.cpp. The CMake target lamina::compiled does both.
//
// LAMINA_BODIES says whether a function's body is to be seen, LAMINA_INLINE stands before it.

// Other headers' macros that would change what stands here: better one plain line than hundreds.
#if defined(min) || defined(max)
#error "min or max is a macro here: define NOMINMAX before windows.h, or include lamina before it."
#endif
#if defined(I) || defined(N) || defined(T) || defined(V) || defined(small) || defined(check)
#error "I, N, T, V, small or check is a macro here: #undef it, or include lamina before its header."
#endif

static_assert(sizeof(0.1) == sizeof(double),
              "0.1 is no double: compile lamina without -fsingle-precision-constant.");

#if defined(LAMINA_SOURCE)
#define LAMINA_BODIES 1
#define LAMINA_INLINE
#elif defined(LAMINA_SEPARATE_COMPILATION)
#define LAMINA_BODIES 0
#define LAMINA_INLINE
#else
#define LAMINA_BODIES 1
#define LAMINA_INLINE inline
#endif
