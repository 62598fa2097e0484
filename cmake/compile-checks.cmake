# SPDX-License-Identifier: BSD-3-Clause
# Checks that only compile (-fsyntax-only): they are run by the build, so that nothing is compiled
# again unless it changed, and judged by ctest, so that one that fails does not stop the others.

# The compilers that the checks run with: the one that builds, and the other one where it is there.
set(lamina_check_compilers ${CMAKE_CXX_COMPILER_ID})
set(lamina_compiler_${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER})
find_program(LAMINA_GNU NAMES g++-12 g++ DOC "g++ for the checks that only compile")
find_program(LAMINA_CLANG NAMES clang++-14 clang++ DOC "clang for the checks that only compile")
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND LAMINA_CLANG)
    list(APPEND lamina_check_compilers Clang)
    set(lamina_compiler_Clang ${LAMINA_CLANG})
elseif(CMAKE_CXX_COMPILER_ID STREQUAL Clang AND LAMINA_GNU)
    list(APPEND lamina_check_compilers GNU)
    set(lamina_compiler_GNU ${LAMINA_GNU})
endif()

add_custom_target(lamina_checks ALL)
set(lamina_check_script ${CMAKE_CURRENT_LIST_DIR}/compile-check.cmake)

# lamina_compile_check(<name> <source> <compiler id> [ERROR] [REFUSE] [UMBRELLA] [AFTER <check>]
#                      [FLAGS <flag>...])
#
# Compiles <source> with the library's headers. With ERROR it is compiled twice: as it is it must
# compile, with -DSHOULD_FAIL it must give the one error that its first line announces. With REFUSE
# the check must find something wrong (it is the check that is tested). With UMBRELLA the source
# begins with the umbrella, which is then precompiled. With AFTER only the error is asked for: the
# other check has seen the source compile as it is, and this one is repeated whenever that one is.
function(lamina_compile_check name source compiler)
    cmake_parse_arguments(arg "ERROR;REFUSE;UMBRELLA" "AFTER" "FLAGS" ${ARGN})
    set(result ${CMAKE_CURRENT_BINARY_DIR}/checks/${name}.txt)
    set(own_dirs ${PROJECT_SOURCE_DIR}/include)
    set(umbrella)
    if(arg_UMBRELLA)
        set(umbrella ${lamina_umbrella_${compiler}})
        list(APPEND arg_FLAGS ${lamina_umbrella_flags_${compiler}})
    endif()
    # The third libraries' folders; /usr/include must not become a -isystem of its own.
    set(other_dirs)
    foreach(target IN ITEMS lamina::dependencies ${lamina_components})
        list(APPEND other_dirs $<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>)
    endforeach()
    set(other_dirs $<FILTER:${other_dirs},EXCLUDE,^/usr/include$>)
    set(when DEPFILE ${result}.d)
    if(arg_AFTER)
        set(when DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/checks/${arg_AFTER}.txt)
    endif()
    add_custom_command(
        OUTPUT ${result}
        COMMAND ${CMAKE_COMMAND}
            -DCOMPILER=${lamina_compiler_${compiler}}
            -DSOURCE=${source}
            -DRESULT=${result}
            -DEXPECT_ERROR=${arg_ERROR}
            "-DAFTER=${arg_AFTER}"
            -P ${lamina_check_script} --
            -std=c++20 ${arg_FLAGS} -I${own_dirs}
            "$<$<BOOL:${other_dirs}>:-isystem;$<JOIN:${other_dirs},;-isystem;>>"
        DEPENDS ${source} ${umbrella} ${lamina_check_script}
        ${when}
        COMMENT "Checking ${name}"
        COMMAND_EXPAND_LISTS VERBATIM)
    add_custom_target(${name} DEPENDS ${result})
    add_dependencies(lamina_checks ${name})
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND}
        -DRESULT=${result} -DREFUSE=${arg_REFUSE} -P ${lamina_check_script})
endfunction()
