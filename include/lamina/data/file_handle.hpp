// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>

#include <cstddef>
#include <string>
#include <utility>

#if LAMINA_BODIES
#include <system_error>
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif
#endif

// Open files, and what is said where they are in the way.

namespace lamina::detail {

[[noreturn]] void refuse_file(std::string const& path, std::string const& what);
/// What the system calls an error.
std::string errno_text(int code);
/// "what: No such file or directory."
[[noreturn]] void fail_errno(std::string const& path, char const* what, int code);
/// A path that the system would cut off at a NUL byte is refused.
void check_path(std::string const& path);

#if __has_include(<unistd.h>)

/// An open file that closes itself.
class FileHandle {
public:
    FileHandle() = default;
    explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
    FileHandle(FileHandle&& from) noexcept : descriptor_(std::exchange(from.descriptor_, -1)) {}
    FileHandle& operator=(FileHandle&& from) noexcept {
        std::swap(descriptor_, from.descriptor_);
        return *this;
    }
    ~FileHandle() { close(); }

    bool is_open() const { return descriptor_ >= 0; }
    int get() const { return descriptor_; }
    void close();

private:
    int descriptor_ = -1;
};

#endif

#if LAMINA_BODIES

[[noreturn, gnu::cold]] LAMINA_INLINE void refuse_file(std::string const& path,
                                                       std::string const& what) {
    fail(Error::Kind::file, {path}, {what});
}
[[gnu::cold]] LAMINA_INLINE std::string errno_text(int code) {
    return std::generic_category().message(code);
}
[[noreturn, gnu::cold]] LAMINA_INLINE void fail_errno(std::string const& path, char const* what,
                                                      int code) {
    fail(Error::Kind::file, {path}, {what, ": ", errno_text(code), "."});
}
[[gnu::cold]] LAMINA_INLINE void check_path(std::string const& path) {
    if (path.empty()) refuse_file("\"\"", "is no path: it is empty.");
    if (auto const at = path.find('\0'); at != std::string::npos)
        refuse_file(path.substr(0, at), "is followed by a NUL byte, which no path can hold.");
}

#if __has_include(<unistd.h>)
[[gnu::cold]] LAMINA_INLINE void FileHandle::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}
#endif

#endif

} // namespace lamina::detail
