# SPDX-License-Identifier: BSD-3-Clause
# lamina::native: the instruction set of the processor that compiles. For programs that run where
# they are built: target_link_libraries(program PRIVATE lamina::lamina lamina::native).

if(NOT TARGET lamina::native)
    include(CheckCXXCompilerFlag)
    add_library(lamina::native INTERFACE IMPORTED ${lamina_scope})
    foreach(lamina_flag IN ITEMS -march=native -mcpu=native)
        string(MAKE_C_IDENTIFIER "LAMINA_HAS${lamina_flag}" lamina_has_flag)
        check_cxx_compiler_flag(${lamina_flag} ${lamina_has_flag})
        if(${lamina_has_flag})
            target_compile_options(lamina::native
                INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${lamina_flag}>)
            break()
        endif()
    endforeach()
    unset(lamina_flag)
    unset(lamina_has_flag)
endif()
