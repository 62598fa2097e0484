# SPDX-License-Identifier: BSD-3-Clause
# What lamina stands on: xtensor, xsimd and threads, as one target lamina::dependencies. Used by
# lamina's own build and by find_package(lamina). Sets lamina_missing where one cannot be found.
#
# A project that brings xtensor or xsimd itself (FetchContent, add_subdirectory) does so before
# lamina; its targets are taken then.

set(lamina_missing)
if(NOT TARGET lamina::dependencies)
    foreach(lamina_library IN ITEMS xsimd xtensor)
        if(NOT TARGET ${lamina_library} AND NOT TARGET ${lamina_library}::${lamina_library})
            find_package(${lamina_library} QUIET)
        endif()
    endforeach()
    find_package(Threads QUIET)

    set(lamina_found)
    foreach(lamina_library IN ITEMS xsimd xtensor)
        if(TARGET ${lamina_library}::${lamina_library})
            list(APPEND lamina_found ${lamina_library}::${lamina_library})
        elseif(TARGET ${lamina_library})
            list(APPEND lamina_found ${lamina_library})
        else()
            string(APPEND lamina_missing "${lamina_library} was not found (Debian, Ubuntu: "
                "apt install lib${lamina_library}-dev; elsewhere set CMAKE_PREFIX_PATH). ")
        endif()
    endforeach()
    if(NOT TARGET Threads::Threads)
        string(APPEND lamina_missing "No thread library was found. ")
    endif()
    if(NOT lamina_missing)
        add_library(lamina::dependencies INTERFACE IMPORTED ${lamina_scope})
        target_link_libraries(lamina::dependencies INTERFACE ${lamina_found} Threads::Threads)
    endif()
    unset(lamina_found)
    unset(lamina_library)
endif()
