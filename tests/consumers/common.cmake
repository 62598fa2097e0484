# SPDX-License-Identifier: BSD-3-Clause
# What holds for a program however it came by the library.

# lamina::native and the components that this machine has are there.
add_executable(native ../native.cpp)
target_link_libraries(native PRIVATE lamina::lamina lamina::native)
if(NOT CMAKE_CROSSCOMPILING AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_definitions(native PRIVATE EXPECT_NATIVE)
endif()
foreach(component IN LISTS LAMINA_EXPECTED)
    if(NOT TARGET ${component})
        message(FATAL_ERROR "the target ${component} is missing")
    endif()
    target_link_libraries(native PRIVATE ${component})
endforeach()

# So is lamina::compiled, with what those components add to it where they come from an installed
# package. (FetchContent ends in add_subdirectory: once is enough for both.)
if(NOT TARGET lamina::compiled)
    message(FATAL_ERROR "the target lamina::compiled is missing")
endif()
if(NOT FETCHCONTENT_SOURCE_DIR_LAMINA OR NOT COMMAND FetchContent_MakeAvailable)
    add_executable(compiled ../main.cpp)
    target_link_libraries(compiled PRIVATE lamina::compiled)
    if(lamina_FOUND)
        target_link_libraries(compiled PRIVATE ${LAMINA_EXPECTED})
    endif()
    add_custom_command(TARGET compiled POST_BUILD COMMAND compiled)
endif()

# No flag, warning or option of ours reaches the program.
get_target_property(options lamina::lamina INTERFACE_COMPILE_OPTIONS)
get_target_property(definitions lamina::lamina INTERFACE_COMPILE_DEFINITIONS)
get_directory_property(directory_options COMPILE_OPTIONS)
foreach(leak IN ITEMS options definitions directory_options CMAKE_CXX_FLAGS CMAKE_BUILD_TYPE)
    if(${leak})
        message(FATAL_ERROR "${leak} of the program became ${${leak}}")
    endif()
endforeach()
foreach(part IN ITEMS lamina_warnings lamina_test_main lamina_checks)
    if(TARGET ${part})
        message(FATAL_ERROR "${part} is built as part of the program")
    endif()
endforeach()
