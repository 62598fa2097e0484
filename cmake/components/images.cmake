# SPDX-License-Identifier: BSD-3-Clause
# lamina::images: lamina/data/image_folder.hpp, on stb_image, compiled as Debian's libstb has it.

set(lamina_images_headers data/image_file.hpp data/image_folder.hpp)

lamina_component_on(images STB TITLE stb PACKAGE libstb-dev HEADER stb_image.h
    SUFFIXES include/stb include stb NAMES stb)
