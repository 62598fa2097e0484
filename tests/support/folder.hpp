// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/data/file.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace lamina::testing {

/// A folder for a test's files, gone with the test.
struct Folder {
    std::string path;
    explicit Folder(std::string const& name)
        : path((std::filesystem::temp_directory_path() / ("lamina_" + name)).string()) {
        std::filesystem::remove_all(path);
        std::filesystem::create_directory(path);
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }

    /// Writes a file, and the folders that it is in. Its path.
    std::string put(std::string const& name, std::string_view bytes) const {
        std::string const file = path + "/" + name;
        std::filesystem::create_directories(std::filesystem::path(file).parent_path());
        detail::write_file(file, bytes);
        return file;
    }
};

} // namespace lamina::testing
