# SPDX-License-Identifier: BSD-3-Clause
# lamina_warnings: how our own tests, examples and benchmarks are compiled. It is never installed
# and never reaches a program that uses the library.

add_library(lamina_warnings INTERFACE)
set(lamina_warning_flags -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
target_compile_options(lamina_warnings INTERFACE ${lamina_warning_flags})
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 sees an overlap in `"text" + std::string` at -O3 that is not there (GCC bug 105651).
    target_compile_options(lamina_warnings INTERFACE -Wno-restrict)
endif()

# g++ looks for garbage again and again from some 100 MB on, which our files all need: up to 1 GB it
# does not, which is a seventh of its time.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(lamina_warnings INTERFACE --param=ggc-min-heapsize=1000000)
endif()
