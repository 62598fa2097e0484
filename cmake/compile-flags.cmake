# SPDX-License-Identifier: BSD-3-Clause
# For scripts: what stands behind "--" in their call, as ${flags}.
set(flags)
set(seen FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
    if(seen)
        list(APPEND flags ${CMAKE_ARGV${i}})
    elseif(CMAKE_ARGV${i} STREQUAL "--")
        set(seen TRUE)
    endif()
endforeach()
