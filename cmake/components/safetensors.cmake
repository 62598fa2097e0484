# SPDX-License-Identifier: BSD-3-Clause
# lamina::safetensors: lamina/io/safetensors.hpp, whose header is read by nlohmann/json.

set(lamina_safetensors_headers io/safetensors.hpp io/safetensors_file.hpp io/safetensors_model.hpp)

if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json QUIET)
endif()

if(TARGET nlohmann_json::nlohmann_json)
    add_library(lamina::safetensors INTERFACE IMPORTED ${lamina_scope})
    target_compile_definitions(lamina::safetensors INTERFACE LAMINA_HAS_SAFETENSORS)
    target_link_libraries(lamina::safetensors
        INTERFACE lamina::lamina nlohmann_json::nlohmann_json)
else()
    set(lamina_safetensors_missing "nlohmann/json was not found \
(Debian, Ubuntu: apt install nlohmann-json3-dev; elsewhere set CMAKE_PREFIX_PATH)")
endif()
