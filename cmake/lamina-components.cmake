# SPDX-License-Identifier: BSD-3-Clause
# The optional parts of lamina, each a header that needs one more library. A component is a file
# components/<name>.cmake that names its headers in lamina_<name>_headers and defines the target
# lamina::<name>, or says in lamina_<name>_missing what it did not find. The list of components is
# the list of those files.

set(lamina_components_dir ${CMAKE_CURRENT_LIST_DIR}/components)
file(GLOB lamina_known_components RELATIVE ${lamina_components_dir}
    ${lamina_components_dir}/*.cmake)
list(TRANSFORM lamina_known_components REPLACE "\\.cmake$" "")

macro(lamina_find_component name)
    set(lamina_${name}_missing)
    if(NOT TARGET lamina::${name})
        include(${lamina_components_dir}/${name}.cmake)
    endif()
endmacro()
