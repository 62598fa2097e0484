# SPDX-License-Identifier: BSD-3-Clause
# lamina::gzip: lamina/data/gzip.hpp, on zlib.

set(lamina_gzip_headers data/gzip.hpp)

if(NOT TARGET ZLIB::ZLIB)
    find_package(ZLIB QUIET)
endif()

if(TARGET ZLIB::ZLIB)
    lamina_component(gzip ZLIB::ZLIB)
else()
    set(lamina_gzip_missing "zlib (zlib.h, libz) was not found \
(Debian, Ubuntu: apt install zlib1g-dev; elsewhere set ZLIB_ROOT)")
endif()
