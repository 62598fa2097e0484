# SPDX-License-Identifier: BSD-3-Clause
# Compiles JOINED, which includes the files that SOURCES (a text file) lists, and writes an empty
# RESULTS/<prefix><stem>.<compiler>.txt for each that this proves right. The others are checked
# alone, as compile-check.cmake does it, which also says what is wrong.
cmake_minimum_required(VERSION 3.24)

# The compiler's flags stand after "--".
include(${CMAKE_CURRENT_LIST_DIR}/compile-flags.cmake)

set(ENV{LC_ALL} C)
file(STRINGS ${SOURCES} files)
file(MAKE_DIRECTORY ${RESULTS})
set(right)
# In a namespace main is a function like others, which must return something.
set(all -Wno-return-type)
if(MISTAKE)
    if(COMPILER_ID MATCHES Clang)
        list(APPEND all -ferror-limit=0)
    endif()
    execute_process(COMMAND ${COMPILER} ${flags} ${all} -fsyntax-only -DSHOULD_FAIL ${JOINED}
        OUTPUT_FILE ${SOURCES}.said ERROR_FILE ${SOURCES}.said)
    if(AWK)
        execute_process(
            COMMAND ${AWK} -f ${CMAKE_CURRENT_LIST_DIR}/compile-mistakes.awk
                ${files} ${SOURCES}.said
            OUTPUT_VARIABLE right OUTPUT_STRIP_TRAILING_WHITESPACE)
        string(REPLACE "\n" ";" right "${right}")
    endif()
else()
    execute_process(
        COMMAND ${COMPILER} ${flags} ${all} -fsyntax-only
            -MD -MF ${SOURCES}.d -MT ${SOURCES}.done ${JOINED}
        RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    if(status EQUAL 0)
        set(right ${files})
    endif()
endif()

foreach(file IN LISTS files)
    cmake_path(GET file STEM stem)
    set(result ${RESULTS}/${PREFIX}${stem}.${COMPILER_ID}.txt)
    if(file IN_LIST right)
        file(WRITE ${result} "")
    else()
        execute_process(
            COMMAND ${CMAKE_COMMAND} -DCOMPILER=${COMPILER} -DSOURCE=${file} -DRESULT=${result}
                -DMISTAKE=${MISTAKE} -P ${CMAKE_CURRENT_LIST_DIR}/compile-check.cmake -- ${flags})
    endif()
endforeach()
file(TOUCH ${SOURCES}.done)
