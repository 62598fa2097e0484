# SPDX-License-Identifier: BSD-3-Clause
# lamina::unicode: lamina/data/unicode.hpp and the tokenizers that stand on it, on utf8proc.

set(lamina_unicode_headers data/unicode.hpp data/word_piece.hpp data/byte_pair.hpp)

find_path(LAMINA_UTF8PROC_INCLUDE_DIR utf8proc.h
    HINTS ${UTF8PROC_ROOT} $ENV{UTF8PROC_ROOT} PATH_SUFFIXES include)
find_library(LAMINA_UTF8PROC_LIBRARY NAMES utf8proc
    HINTS ${UTF8PROC_ROOT} $ENV{UTF8PROC_ROOT} PATH_SUFFIXES lib)
mark_as_advanced(LAMINA_UTF8PROC_INCLUDE_DIR LAMINA_UTF8PROC_LIBRARY)

if(LAMINA_UTF8PROC_INCLUDE_DIR AND LAMINA_UTF8PROC_LIBRARY)
    add_library(lamina::unicode INTERFACE IMPORTED ${lamina_scope})
    target_include_directories(lamina::unicode INTERFACE ${LAMINA_UTF8PROC_INCLUDE_DIR})
    target_compile_definitions(lamina::unicode INTERFACE LAMINA_HAS_UNICODE)
    target_link_libraries(lamina::unicode INTERFACE lamina::lamina ${LAMINA_UTF8PROC_LIBRARY})
else()
    set(lamina_unicode_missing "utf8proc (utf8proc.h, libutf8proc) was not found \
(Debian, Ubuntu: apt install libutf8proc-dev; elsewhere set UTF8PROC_ROOT)")
endif()
