# SPDX-License-Identifier: BSD-3-Clause
# lamina_warnings: how our own tests, examples and benchmarks are compiled. It is never installed
# and never reaches a program that uses the library.

add_library(lamina_warnings INTERFACE)
set(lamina_warning_flags -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
target_compile_options(lamina_warnings INTERFACE ${lamina_warning_flags})
