// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Exceptions, and what takes their place in a program that is compiled without them
// (-fno-exceptions): the text of the error on stderr, and std::abort().

#if defined(__cpp_exceptions)
#define LAMINA_TRY try
/// LAMINA_CATCH(declaration, statements) behind LAMINA_TRY { ... }
#define LAMINA_CATCH(declaration, ...)                                                             \
    catch (declaration) {                                                                          \
        __VA_ARGS__                                                                                \
    }
#else
#include <cstdio>
#include <cstdlib>
#define LAMINA_TRY
#define LAMINA_CATCH(declaration, ...)
#endif

namespace lamina::detail {

template <class E>
[[noreturn, gnu::cold, gnu::noinline]] void raise(E const& error) {
#if defined(__cpp_exceptions)
    throw error;
#else
    std::fprintf(stderr, "%s\n", error.what());
    std::abort();
#endif
}

} // namespace lamina::detail
