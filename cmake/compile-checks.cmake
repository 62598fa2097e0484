# SPDX-License-Identifier: BSD-3-Clause
# Checks that only compile (-fsyntax-only): they are run by the build, so that nothing is compiled
# again unless it changed, and judged by ctest, so that one that fails does not stop the others.

# The compilers that the checks run with: the one that builds, and the other one where it is there.
set(lamina_check_compilers ${CMAKE_CXX_COMPILER_ID})
set(lamina_compiler_${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER})
# (The system's own first: an older one may not understand its standard library.)
find_program(LAMINA_GNU NAMES g++ g++-12 DOC "g++ for the checks that only compile")
find_program(LAMINA_CLANG NAMES clang++ clang++-14 DOC "clang for the checks that only compile")
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND LAMINA_CLANG)
    list(APPEND lamina_check_compilers Clang)
    set(lamina_compiler_Clang ${LAMINA_CLANG})
elseif(CMAKE_CXX_COMPILER_ID STREQUAL Clang AND LAMINA_GNU)
    list(APPEND lamina_check_compilers GNU)
    set(lamina_compiler_GNU ${LAMINA_GNU})
endif()

# Where the headers are, the third libraries' too; /usr/include must not become a -isystem of its
# own.
set(dirs)
foreach(target IN ITEMS lamina::dependencies ${lamina_components})
    list(APPEND dirs $<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>)
endforeach()
set(dirs $<FILTER:${dirs},EXCLUDE,^/usr/include$>)
set(lamina_check_dirs
    "-I${PROJECT_SOURCE_DIR}/include;$<$<BOOL:${dirs}>:-isystem;$<JOIN:${dirs},;-isystem;>>")

include(${CMAKE_CURRENT_LIST_DIR}/write-together.cmake)

add_custom_target(lamina_checks ALL)
set(lamina_check_script ${CMAKE_CURRENT_LIST_DIR}/compile-check.cmake)
set(lamina_together_script ${CMAKE_CURRENT_LIST_DIR}/compile-checks-together.cmake)
set(lamina_mistakes_script ${CMAKE_CURRENT_LIST_DIR}/compile-mistakes.awk)
find_program(LAMINA_AWK NAMES awk)

# lamina_precompile(<name> <compiler id> <headers> [<flag>...])
#
# These headers, one #include in all, for checks with PRECOMPILED <name>.
function(lamina_precompile name compiler headers)
    set(header ${CMAKE_CURRENT_BINARY_DIR}/precompiled/${name}.hpp)
    list(TRANSFORM headers REPLACE "(.+)" "#include <\\1>")
    list(JOIN headers "\n" text)
    file(CONFIGURE OUTPUT ${header} CONTENT "@text@\n" @ONLY)
    if(compiler STREQUAL GNU)
        set(result ${header}.gch)
        set(flags -include ${header})
    else()
        set(result ${header}.${compiler})
        set(flags -include-pch ${result})
    endif()
    add_custom_command(OUTPUT ${result}
        COMMAND ${lamina_compiler_${compiler}} -std=c++20 ${ARGN} "${lamina_check_dirs}"
            -x c++-header ${header} -o ${result} -MD -MF ${result}.d -MT ${result}
        DEPFILE ${result}.d
        COMMENT "Precompiling ${name} (${compiler})"
        COMMAND_EXPAND_LISTS VERBATIM)
    set(lamina_precompiled_${name}_${compiler} ${result} PARENT_SCOPE)
    set(lamina_precompiled_${name}_${compiler}_flags ${flags} PARENT_SCOPE)
endfunction()

# lamina_compile_check(<name> <source> <compiler id> [ERROR | MISTAKE] [REFUSE]
#                      [PRECOMPILED <name>] [FLAGS <flag>...])
#
# Compiles <source> with the library's headers. With ERROR it is compiled twice: as it is it must
# compile, with -DSHOULD_FAIL it must give the one error that its first line announces. With MISTAKE
# it is the latter alone (another check sees it compile as it is; all its headers must be among the
# precompiled ones). With REFUSE the check must find something wrong (it is the check that is
# tested). With PRECOMPILED these headers stand before the source.
function(lamina_compile_check name source compiler)
    cmake_parse_arguments(arg "ERROR;MISTAKE;REFUSE" "PRECOMPILED" "FLAGS" ${ARGN})
    set(result ${CMAKE_CURRENT_BINARY_DIR}/checks/${name}.txt)
    set(precompiled)
    if(arg_PRECOMPILED)
        set(precompiled ${lamina_precompiled_${arg_PRECOMPILED}_${compiler}})
        list(APPEND arg_FLAGS ${lamina_precompiled_${arg_PRECOMPILED}_${compiler}_flags})
    endif()
    set(when DEPFILE ${result}.d)
    if(arg_MISTAKE)
        set(when)
    endif()
    add_custom_command(
        OUTPUT ${result}
        COMMAND ${CMAKE_COMMAND}
            -DCOMPILER=${lamina_compiler_${compiler}}
            -DSOURCE=${source}
            -DRESULT=${result}
            -DEXPECT_ERROR=${arg_ERROR}
            -DMISTAKE=${arg_MISTAKE}
            -P ${lamina_check_script} --
            -std=c++20 ${arg_FLAGS} "${lamina_check_dirs}"
        DEPENDS ${source} ${precompiled} ${lamina_check_script}
        ${when}
        COMMENT "Checking ${name}"
        COMMAND_EXPAND_LISTS VERBATIM)
    add_custom_target(${name} DEPENDS ${result})
    add_dependencies(lamina_checks ${name})
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND}
        -DRESULT=${result} -DREFUSE=${arg_REFUSE} -P ${lamina_check_script})
endfunction()

# lamina_compile_checks(<prefix> <compiler id> <sources> [MISTAKE] [REFUSE] [PRECOMPILED <name>]
#                       [FLAGS <flag>...])
#
# The same for several sources, as tests <prefix><stem>.<compiler id>. Where LAMINA_JOINED_TESTS
# allows it up to 30 are compiled as one, each in a namespace of its own, so that what they have in
# common is read once; those that fail so, or give other errors than they announce, alone again.
function(lamina_compile_checks prefix compiler sources)
    if(LAMINA_JOINED_TESTS LESS 2)
        foreach(source IN LISTS sources)
            cmake_path(GET source STEM stem)
            lamina_compile_check(${prefix}${stem}.${compiler} ${source} ${compiler} ${ARGN})
        endforeach()
        return()
    endif()
    cmake_parse_arguments(arg "MISTAKE;REFUSE" "PRECOMPILED" "FLAGS" ${ARGN})
    set(results ${CMAKE_CURRENT_BINARY_DIR}/checks)
    set(precompiled)
    if(arg_PRECOMPILED)
        set(precompiled ${lamina_precompiled_${arg_PRECOMPILED}_${compiler}})
        list(APPEND arg_FLAGS ${lamina_precompiled_${arg_PRECOMPILED}_${compiler}_flags})
    endif()
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM stem)
        add_test(NAME ${prefix}${stem}.${compiler} COMMAND ${CMAKE_COMMAND}
            -DRESULT=${results}/${prefix}${stem}.${compiler}.txt -DREFUSE=${arg_REFUSE}
            -P ${lamina_check_script})
    endforeach()

    while(sources)
        list(SUBLIST sources 0 30 these)
        list(REMOVE_ITEM sources ${these})
        list(GET these 0 first)
        cmake_path(GET first STEM stem)
        set(name ${prefix}${stem}_and_others.${compiler})
        set(joined ${CMAKE_CURRENT_BINARY_DIR}/together/${name}.cpp)
        set(listed ${CMAKE_CURRENT_BINARY_DIR}/together/${name}.txt)
        lamina_write_together(${joined} "${these}")
        list(JOIN these "\n" text)
        file(CONFIGURE OUTPUT ${listed} CONTENT "@text@\n" @ONLY)
        set(when)
        if(NOT arg_MISTAKE)
            set(when DEPFILE ${listed}.d)
        endif()
        add_custom_command(
            OUTPUT ${listed}.done
            COMMAND ${CMAKE_COMMAND}
                -DCOMPILER=${lamina_compiler_${compiler}}
                -DCOMPILER_ID=${compiler}
                -DJOINED=${joined}
                -DSOURCES=${listed}
                -DRESULTS=${results}
                -DPREFIX=${prefix}
                -DMISTAKE=${arg_MISTAKE}
                -DAWK=${LAMINA_AWK}
                -P ${lamina_together_script} --
                -std=c++20 ${arg_FLAGS} "${lamina_check_dirs}"
            DEPENDS ${these} ${joined} ${listed} ${precompiled}
                ${lamina_together_script} ${lamina_check_script} ${lamina_mistakes_script}
            ${when}
            COMMENT "Checking ${name}"
            COMMAND_EXPAND_LISTS VERBATIM)
        add_custom_target(${name} DEPENDS ${listed}.done)
        add_dependencies(lamina_checks ${name})
    endwhile()
endfunction()
