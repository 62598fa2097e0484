// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>

#if LAMINA_BODIES
#include <lamina/data/bounded_file.hpp>

#include <memory>
#endif

#include <cstddef>
#include <functional>
#include <string>

namespace lamina {

/// Bytes that come one after another: those of a file, or those that are packed in it.
struct ByteSource {
    /// Fills `to` with the next n bytes, fewer only at the end. Returns how many. Throws Error
    /// (file, data) if they cannot be had.
    std::function<std::size_t(char* to, std::size_t n)> read;
    /// More than this cannot come, so whoever is promised more need not make room for it.
    std::size_t most = 0;
};

/// Opens a file as bytes: open_bytes as it is, gunzip (lamina/data/gzip.hpp) packed with gzip.
using OpenBytes = ByteSource (*)(std::string const& path);

/// The bytes of a file as they are.
ByteSource open_bytes(std::string const& path);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE ByteSource open_bytes(std::string const& path) {
    auto const file = std::make_shared<BoundedFile>(path);
    return {[file](char* to, std::size_t n) { return file->read_up_to(to, n); },
            static_cast<std::size_t>(file->size())};
}

#endif

} // namespace lamina
