# SPDX-License-Identifier: BSD-3-Clause
# lamina::safetensors: lamina/io/safetensors.hpp, whose header is read by nlohmann/json.

set(lamina_safetensors_headers io/safetensors.hpp io/safetensors_characters.hpp
    io/safetensors_file.hpp io/safetensors_header.hpp io/safetensors_loader.hpp
    io/safetensors_model.hpp io/save_safetensors.hpp)

if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json QUIET)
endif()

if(TARGET nlohmann_json::nlohmann_json)
    lamina_component(safetensors nlohmann_json::nlohmann_json)
else()
    set(lamina_safetensors_missing "nlohmann/json was not found \
(Debian, Ubuntu: apt install nlohmann-json3-dev; elsewhere set CMAKE_PREFIX_PATH)")
endif()
