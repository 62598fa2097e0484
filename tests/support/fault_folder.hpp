// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::testing {

/// An empty folder that is gone with everything in it when the test is over.
class Folder {
public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "lamina-test-XXXXXX";
        if (!::mkdtemp(name.data())) throw std::filesystem::filesystem_error("mkdtemp", {});
        path_ = name;
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::string path(std::string_view name = {}) const { return path_ + "/" + std::string(name); }
    /// How many entries it has, hidden ones included.
    std::size_t entries() const {
        auto const all = std::filesystem::directory_iterator(path_);
        return std::size_t(std::distance(begin(all), end(all)));
    }

private:
    std::string path_;
};

inline std::string read_all(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
inline void write_all(std::string const& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
}

/// The text of the lamina::Error that f throws; "" where it throws none.
template <class E, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (E const& e) {
        return e.what();
    }
    return {};
}

} // namespace lamina::testing
