# SPDX-License-Identifier: BSD-3-Clause
# lamina::images: lamina/data/image_folder.hpp, on stb_image, compiled as Debian's libstb has it.

set(lamina_images_headers data/image_file.hpp data/image_folder.hpp)

find_path(LAMINA_STB_INCLUDE_DIR stb_image.h
    HINTS ${STB_ROOT} $ENV{STB_ROOT} PATH_SUFFIXES include/stb include stb)
find_library(LAMINA_STB_LIBRARY NAMES stb
    HINTS ${STB_ROOT} $ENV{STB_ROOT} PATH_SUFFIXES lib)
mark_as_advanced(LAMINA_STB_INCLUDE_DIR LAMINA_STB_LIBRARY)

if(LAMINA_STB_INCLUDE_DIR AND LAMINA_STB_LIBRARY)
    add_library(lamina::images INTERFACE IMPORTED ${lamina_scope})
    target_include_directories(lamina::images INTERFACE ${LAMINA_STB_INCLUDE_DIR})
    target_compile_definitions(lamina::images INTERFACE LAMINA_HAS_IMAGES)
    target_link_libraries(lamina::images INTERFACE lamina::lamina ${LAMINA_STB_LIBRARY})
else()
    set(lamina_images_missing "stb (stb_image.h, libstb) was not found \
(Debian, Ubuntu: apt install libstb-dev; elsewhere set STB_ROOT)")
endif()
