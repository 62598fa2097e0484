# SPDX-License-Identifier: BSD-3-Clause
# No function or variable of namespace lamina is defined in both of two object files.
#   cmake -DNM=nm -DONE=a.o -DOTHER=b.o -P nothing_shared.cmake
cmake_minimum_required(VERSION 3.24)
foreach(file IN ITEMS ONE OTHER)
    execute_process(COMMAND ${NM} --defined-only ${${file}}
        OUTPUT_VARIABLE symbols RESULT_VARIABLE status)
    if(status)
        message(FATAL_ERROR "${NM} cannot read ${${file}}")
    endif()
    # Mangled, a part of a name has its length before it: 6lamina.
    string(REGEX MATCHALL " [WVuT] [^\n]*6lamina[^\n]*" ${file} "${symbols}")
endforeach()
set(shared)
foreach(symbol IN LISTS ONE)
    if(symbol IN_LIST OTHER)
        list(APPEND shared "${symbol}")
    endif()
endforeach()
list(LENGTH ONE count)
list(LENGTH shared bad)
if(count EQUAL 0 OR bad)
    list(JOIN shared "\n" text)
    message(FATAL_ERROR "of ${count} symbols of lamina ${bad} are in both files:\n${text}")
endif()
message(STATUS "of ${count} symbols of lamina none is in both files")
