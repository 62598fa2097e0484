// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/file_handle.hpp>

#if LAMINA_BODIES
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/atomic_file.hpp>

#include <cerrno>
#include <utility>

#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>
#endif

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lamina::detail {

/// A regular file to read from front to back. Pipes, devices and folders are refused, and a pipe
/// without a writer does not block.
class InputFile {
public:
    explicit InputFile(std::string path);

    std::string const& path() const { return path_; }
    /// Bytes, when it was opened.
    std::size_t size() const { return size_; }

    /// Fills `to` with the next n bytes, fewer only at the end of the file. Returns how many.
    std::size_t read(char* to, std::size_t n);
    void rewind();

private:
    std::string path_;
    FileHandle file_;
    std::size_t size_ = 0;
};

/// The bytes of a file. Read, not mapped: a file that another program cuts off meanwhile must not
/// end this one with SIGBUS.
struct FileText {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;

    explicit FileText(std::string const& path);
    std::string_view view() const { return {bytes.get(), size}; }
};

/// Writes the whole file or nothing: see AtomicFile.
void write_file(std::string const& path, std::string_view text);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE InputFile::InputFile(std::string path) : path_(std::move(path)) {
    if (path_.find('\0') != std::string::npos) {
        fail(Error::Kind::file, {Quoted{path_}}, {"cannot open: the path holds a NUL byte."});
    }
    file_ = FileHandle(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file_.is_open()) fail_errno(path_, "cannot open", errno);
    struct stat status;
    if (::fstat(file_.get(), &status) != 0) fail_errno(path_, "cannot read", errno);
    if (!S_ISREG(status.st_mode)) {
        fail(Error::Kind::file, {path_},
             {S_ISDIR(status.st_mode) ? "a folder, not a file."
                                      : "not a regular file but a pipe or a device. Read it "
                                        "into a string and use read_csv_text."});
    }
    size_ = static_cast<std::size_t>(status.st_size);
}

[[gnu::cold]] LAMINA_INLINE std::size_t InputFile::read(char* to, std::size_t n) {
    std::size_t done = 0;
    while (done < n) {
        ssize_t const got = ::read(file_.get(), to + done, n - done);
        if (got == 0) break;
        if (got > 0) done += static_cast<std::size_t>(got);
        else if (errno != EINTR) fail_errno(path_, "cannot read", errno);
    }
    return done;
}

[[gnu::cold]] LAMINA_INLINE void InputFile::rewind() {
    if (::lseek(file_.get(), 0, SEEK_SET) < 0) fail_errno(path_, "cannot read", errno);
}

[[gnu::cold]] LAMINA_INLINE FileText::FileText(std::string const& path) {
    InputFile file(path);
    bytes.reset(new char[file.size() + 1]); // not std::vector: the bytes need not be zero first
    size = file.read(bytes.get(), file.size());
}

[[gnu::cold]] LAMINA_INLINE void write_file(std::string const& path, std::string_view text) {
    AtomicFile file(path);
    file.write(text.data(), text.size());
    file.commit();
}

#endif

} // namespace lamina::detail
