// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>

#if LAMINA_BODIES
#include <lamina/data/atomic_file.hpp>
#include <lamina/data/bounded_file.hpp>
#endif

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lamina::detail {

/// The bytes of a file: see BoundedFile.
struct FileText {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;

    explicit FileText(std::string const& path);
    std::string_view view() const { return {bytes.get(), size}; }
};

/// Writes the whole file or nothing: see AtomicFile.
void write_file(std::string const& path, std::string_view text);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE FileText::FileText(std::string const& path) {
    BoundedFile file(path);
    size = static_cast<std::size_t>(file.size());
    bytes.reset(new char[size + 1]); // not std::vector: the bytes need not be zero first
    file.read(bytes.get(), size);
}

[[gnu::cold]] LAMINA_INLINE void write_file(std::string const& path, std::string_view text) {
    AtomicFile file(path);
    file.write(text.data(), text.size());
    file.commit();
}

#endif

} // namespace lamina::detail
