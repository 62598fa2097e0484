# SPDX-License-Identifier: BSD-3-Clause
# Compiles SOURCE and fails if a multiply-add of its loops was lost, or if there are hardly any;
# with ABSENT, if a function whose name matches that expression is in the object file.
set(includes)
foreach(dir IN LISTS DIRS)
    if(NOT dir STREQUAL "/usr/include")
        list(APPEND includes -I${dir})
    endif()
endforeach()
execute_process(COMMAND ${COMPILER} -std=c++20 ${FLAGS} ${includes} -c ${SOURCE} -o ${OBJECT}
    COMMAND_ERROR_IS_FATAL ANY)
if(ABSENT)
    execute_process(COMMAND ${OBJDUMP} -tC ${OBJECT} OUTPUT_VARIABLE symbols
        COMMAND_ERROR_IS_FATAL ANY)
    if(NOT symbols MATCHES "lamina::Model<")
        message(FATAL_ERROR "${COMPILER} ${FLAGS}: ${OBJECT} has no model in it.")
    elseif(symbols MATCHES "[^\n]*${ABSENT}[^\n]*")
        message(FATAL_ERROR "${COMPILER} ${FLAGS}: this function should not be there:\n"
            "${CMAKE_MATCH_0}")
    endif()
    return()
endif()
execute_process(COMMAND ${OBJDUMP} -d --no-show-raw-insn ${OBJECT}
    COMMAND ${AWK} -v least=60 -f ${CMAKE_CURRENT_LIST_DIR}/lost_fma.awk
    RESULTS_VARIABLE results)
foreach(result IN LISTS results)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${COMPILER} ${FLAGS}: see above")
    endif()
endforeach()
