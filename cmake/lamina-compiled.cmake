# SPDX-License-Identifier: BSD-3-Clause
# lamina::compiled: lamina::lamina for a program that has what is no template compiled once, in a
# source file of its own, and not in each that includes it. Link it in place of lamina::lamina,
# PRIVATE, to each program or shared library. Set lamina_source to that file before.

if(NOT TARGET lamina::compiled)
    add_library(lamina::compiled INTERFACE IMPORTED ${lamina_scope})
    target_link_libraries(lamina::compiled INTERFACE lamina::lamina)
    target_compile_definitions(lamina::compiled INTERFACE LAMINA_SEPARATE_COMPILATION)
    set_property(TARGET lamina::compiled PROPERTY INTERFACE_SOURCES ${lamina_source})
    # What a program does not use of it goes: functions, and by the second option their texts.
    if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND NOT APPLE AND NOT WIN32)
        target_compile_options(lamina::compiled
            INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-ffunction-sections;-fdata-sections>")
        target_link_options(lamina::compiled INTERFACE LINKER:--gc-sections)
    endif()
endif()

# A program may precompile the headers besides; the file itself must not see them before. (CMake
# keeps a file's properties by folder: elsewhere than here the program has to say it.)
set_source_files_properties(${lamina_source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
