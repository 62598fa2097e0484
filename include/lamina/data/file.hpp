// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

namespace lamina::detail {

[[noreturn, gnu::cold]] inline void fail_errno(std::string const& path, char const* what,
                                               int code) {
    fail(Error::Kind::file, {path}, {what, ": ", std::generic_category().message(code), "."});
}

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
    ~FileHandle() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    int get() const { return descriptor_; }
    /// Closes now; returns what close() returns.
    int close() { return ::close(std::exchange(descriptor_, -1)); }

private:
    int descriptor_ = -1;
};

/// A regular file to read from front to back. Pipes, devices and folders are refused, and a pipe
/// without a writer does not block.
class InputFile {
public:
    [[gnu::cold]] explicit InputFile(std::string path) : path_(std::move(path)) {
        if (path_.find('\0') != std::string::npos) {
            fail(Error::Kind::file, {Quoted{path_}}, {"cannot open: the path holds a NUL byte."});
        }
        file_ = FileHandle(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
        if (file_.get() < 0) fail_errno(path_, "cannot open", errno);
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

    std::string const& path() const { return path_; }
    /// Bytes, when it was opened.
    std::size_t size() const { return size_; }

    /// Fills `to` with the next n bytes, fewer only at the end of the file. Returns how many.
    [[gnu::cold]] std::size_t read(char* to, std::size_t n) {
        std::size_t done = 0;
        while (done < n) {
            ssize_t const got = ::read(file_.get(), to + done, n - done);
            if (got == 0) break;
            if (got > 0) done += static_cast<std::size_t>(got);
            else if (errno != EINTR) fail_errno(path_, "cannot read", errno);
        }
        return done;
    }

    void rewind() {
        if (::lseek(file_.get(), 0, SEEK_SET) < 0) fail_errno(path_, "cannot read", errno);
    }

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

    [[gnu::cold]] explicit FileText(std::string const& path) {
        InputFile file(path);
        bytes.reset(new char[file.size() + 1]); // not std::vector: the bytes need not be zero first
        size = file.read(bytes.get(), file.size());
    }
    std::string_view view() const { return {bytes.get(), size}; }
};

/// Writes the whole file or nothing: into a file beside it that then takes its name.
[[gnu::cold]] inline void write_file(std::string const& path, std::string_view text) {
    // mkostemp makes a file that only its owner may read; give it the rights of the one it
    // replaces, or the usual ones.
    struct stat status;
    mode_t mode = 0644;
    if (::stat(path.c_str(), &status) == 0) {
        if (!S_ISREG(status.st_mode))
            fail(Error::Kind::file, {path}, {"cannot write: it is there, but no regular file."});
        mode = status.st_mode & 07777;
    }
    std::string temporary = path + ".XXXXXX";
    FileHandle file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) fail_errno(path, "cannot write", errno);
    auto const give_up = [&](int code) {
        ::unlink(temporary.c_str());
        fail_errno(path, "cannot write, and nothing was changed", code);
    };
    for (std::string_view rest = text; !rest.empty();) {
        ssize_t const put = ::write(file.get(), rest.data(), rest.size());
        if (put >= 0) rest.remove_prefix(static_cast<std::size_t>(put));
        else if (errno != EINTR) give_up(errno);
    }
    if (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0) give_up(errno);
    if (file.close() != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) give_up(errno);
    // The new name is safe from a power cut only once the folder is written too.
    std::size_t const slash = path.rfind('/');
    std::string const folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    FileHandle const directory(::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
    if (directory.get() >= 0) ::fsync(directory.get());
}

} // namespace lamina::detail
