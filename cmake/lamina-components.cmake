# SPDX-License-Identifier: BSD-3-Clause
# The optional parts of lamina, each a header that needs one more library. A component is a file
# components/<name>.cmake that names its headers in lamina_<name>_headers and defines the target
# lamina::<name>, or says in lamina_<name>_missing what it did not find. The list of components is
# the list of those files.

set(lamina_components_dir ${CMAKE_CURRENT_LIST_DIR}/components)
file(GLOB lamina_known_components RELATIVE ${lamina_components_dir}
    ${lamina_components_dir}/*.cmake)
list(TRANSFORM lamina_known_components REPLACE "\\.cmake$" "")

# lamina_component(<name> <libraries>...): the target lamina::<name>, on these.
function(lamina_component name)
    string(TOUPPER ${name} upper)
    add_library(lamina::${name} INTERFACE IMPORTED ${lamina_scope})
    target_compile_definitions(lamina::${name} INTERFACE LAMINA_HAS_${upper})
    target_link_libraries(lamina::${name} INTERFACE lamina::lamina ${ARGN})
endfunction()

# lamina_component_on(<name> <LIBRARY> TITLE <what it is> PACKAGE <Debian's> HEADER <header>
#                     SUFFIXES <folders>... NAMES <library names>...)
#
# The target lamina::<name> on a library of one header and one file, searched for by hand, in
# <LIBRARY>_ROOT first; or lamina_<name>_missing.
function(lamina_component_on name library)
    cmake_parse_arguments(arg "" "TITLE;PACKAGE;HEADER" "SUFFIXES;NAMES" ${ARGN})
    set(roots ${${library}_ROOT} $ENV{${library}_ROOT})
    find_path(LAMINA_${library}_INCLUDE_DIR ${arg_HEADER}
        HINTS ${roots} PATH_SUFFIXES ${arg_SUFFIXES})
    find_library(LAMINA_${library}_LIBRARY NAMES ${arg_NAMES}
        HINTS ${roots} PATH_SUFFIXES lib ${arg_SUFFIXES})
    mark_as_advanced(LAMINA_${library}_INCLUDE_DIR LAMINA_${library}_LIBRARY)
    if(LAMINA_${library}_INCLUDE_DIR AND LAMINA_${library}_LIBRARY)
        lamina_component(${name} ${LAMINA_${library}_LIBRARY})
        target_include_directories(lamina::${name} INTERFACE ${LAMINA_${library}_INCLUDE_DIR})
    else()
        list(GET arg_NAMES 0 file)
        set(lamina_${name}_missing "${arg_TITLE} (${arg_HEADER}, lib${file}) was not found \
(Debian, Ubuntu: apt install ${arg_PACKAGE}; elsewhere set ${library}_ROOT)" PARENT_SCOPE)
    endif()
endfunction()

macro(lamina_find_component name)
    set(lamina_${name}_missing)
    if(NOT TARGET lamina::${name})
        include(${lamina_components_dir}/${name}.cmake)
    endif()
endmacro()
