# SPDX-License-Identifier: BSD-3-Clause
# With SOURCE, as part of the build: compiles it and writes into RESULT what was wrong (nothing, if
# nothing was). Without, as a test: fails if RESULT holds anything (with REFUSE, if it does not).
cmake_minimum_required(VERSION 3.24)

if(NOT SOURCE)
    if(NOT EXISTS ${RESULT})
        message(FATAL_ERROR "This check was not built: build the target lamina_checks.")
    endif()
    file(READ ${RESULT} result)
    message("${result}")
    if(REFUSE AND result STREQUAL "")
        message(FATAL_ERROR "The check accepted what it must refuse.")
    elseif(NOT REFUSE AND NOT result STREQUAL "")
        message(FATAL_ERROR "The check failed.")
    endif()
    return()
endif()

# The compiler's flags stand after "--".
include(${CMAKE_CURRENT_LIST_DIR}/compile-flags.cmake)

set(ENV{LC_ALL} C)
set(wrong "")

# As it stands the file compiles. This run also says which headers it depends on.
set(status 0)
if(NOT MISTAKE)
    execute_process(
        COMMAND ${COMPILER} ${flags} -fsyntax-only -MD -MF ${RESULT}.d -MT ${RESULT} ${SOURCE}
        RESULT_VARIABLE status ERROR_VARIABLE output OUTPUT_VARIABLE output)
endif()
if(NOT status EQUAL 0)
    string(APPEND wrong "${SOURCE} does not compile:\n${output}\n")
    execute_process(COMMAND ${COMPILER} ${flags} -M -MF ${RESULT}.d -MT ${RESULT} ${SOURCE}
        OUTPUT_QUIET ERROR_QUIET)
endif()

# With its mistake it gives one error, the announced one, soon.
if(EXPECT_ERROR OR MISTAKE)
    file(READ ${SOURCE} text)
    string(REGEX REPLACE "\n.*" "" expect "${text}")
    if(NOT expect MATCHES "^// expect: .")
        string(APPEND wrong "${SOURCE}: the first line is not '// expect: <text>'.\n")
    endif()
    string(REPLACE "// expect: " "" expect "${expect}")
    execute_process(COMMAND ${COMPILER} ${flags} -fsyntax-only -DSHOULD_FAIL ${SOURCE}
        RESULT_VARIABLE status ERROR_VARIABLE output OUTPUT_VARIABLE output)

    string(REGEX MATCHALL "error: " errors "${output}")
    list(LENGTH errors errors)
    set(before 0)
    set(said FALSE)
    if(errors)
        string(FIND "${output}" "error: " at)
        string(SUBSTRING "${output}" 0 ${at} head)
        string(REGEX MATCHALL "\n" before "${head}")
        list(LENGTH before before)
        string(SUBSTRING "${output}" ${at} -1 line)
        string(REGEX REPLACE "\n.*" "" line "${line}")
        string(FIND "${line}" "${expect}" at)
        if(NOT at EQUAL -1)
            set(said TRUE)
        endif()
    endif()
    if(status EQUAL 0)
        string(APPEND wrong "${SOURCE}: with its mistake it compiles.\n")
    elseif(NOT errors EQUAL 1 OR NOT said OR before GREATER 20)
        string(APPEND wrong "${SOURCE}: expected one error with the text\n    ${expect}\n"
            "after at most 20 lines; got ${errors} after ${before} lines:\n${output}\n")
    endif()
endif()

file(WRITE ${RESULT} "${wrong}")
