// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/data/file_handle.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#if __has_include(<unistd.h>)
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>
#else
#include <cstdio>
#endif

namespace lamina {

/// A regular file, read from front to back, that knows its size before anything is read: what a
/// reader may allocate is compared with it. Folders, pipes and devices are refused, and a pipe
/// without a writer does not block. It is read, not mapped: a file that another program cuts off
/// meanwhile is an error, not a signal.
class BoundedFile {
public:
    [[gnu::cold]] explicit BoundedFile(std::string path) : path_(std::move(path)) {
        detail::check_path(path_);
        open();
    }

    std::string const& path() const { return path_; }
    /// Bytes, when it was opened.
    std::uint64_t size() const { return size_; }

    /// The next byte to read is the one at `offset`.
    [[gnu::cold]] void seek(std::uint64_t offset) {
        if (!seek_to(offset)) fail("cannot be read: ");
    }

    /// The next n bytes, fewer only at the end of the file. Returns how many.
    [[gnu::cold]] std::size_t read_up_to(void* to, std::size_t n) {
        auto* at = static_cast<std::byte*>(to);
        std::size_t left = n;
        while (left > 0) {
            std::size_t const got = read_some(at, left);
            if (got == 0) break;
            at += got;
            left -= got;
        }
        return n - left;
    }
    /// The next n bytes. An error if the file has become shorter than it was.
    [[gnu::cold]] void read(void* to, std::size_t n) {
        if (read_up_to(to, n) != n)
            detail::refuse_file(path_, "became shorter while it was read. Load it again.");
    }

private:
    [[noreturn, gnu::cold]] void fail(char const* what) const {
        detail::refuse_file(path_, detail::message({what, detail::errno_text(errno), "."}));
    }

#if __has_include(<unistd.h>)
    [[gnu::cold]] void open() {
        int const flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
        file_ = detail::FileHandle(::open(path_.c_str(), flags));
        if (!file_.is_open()) fail("cannot be opened: ");
        struct stat status;
        if (::fstat(file_.get(), &status) != 0) fail("cannot be read: ");
        if (S_ISDIR(status.st_mode)) detail::refuse_file(path_, "is a folder, not a file.");
        if (!S_ISREG(status.st_mode))
            detail::refuse_file(path_, "is a pipe or a device, not a file. Write what comes out of "
                                       "it into one.");
        size_ = std::uint64_t(status.st_size);
    }
    [[gnu::cold]] std::size_t read_some(std::byte* to, std::size_t n) {
        while (true) {
            ssize_t const got = ::read(file_.get(), to, n < most ? n : most);
            if (got >= 0) return std::size_t(got);
            if (errno != EINTR) fail("cannot be read: ");
        }
    }
    [[gnu::cold]] bool seek_to(std::uint64_t offset) {
        return ::lseek(file_.get(), off_t(offset), SEEK_SET) >= 0;
    }

    // what every system reads in one call
    static constexpr std::size_t most = std::size_t{1} << 30;
    detail::FileHandle file_;
#else
    [[gnu::cold]] void open() {
        file_.reset(std::fopen(path_.c_str(), "rb"));
        if (!file_ || std::fseek(file_.get(), 0, SEEK_END) != 0) fail("cannot be opened: ");
        long const end = std::ftell(file_.get());
        if (end < 0 || !seek_to(0)) fail("cannot be read: ");
        size_ = std::uint64_t(end);
    }
    [[gnu::cold]] std::size_t read_some(std::byte* to, std::size_t n) {
        std::size_t const got = std::fread(to, 1, n, file_.get());
        if (got == 0 && std::ferror(file_.get())) fail("cannot be read: ");
        return got;
    }
    [[gnu::cold]] bool seek_to(std::uint64_t offset) {
        return std::fseek(file_.get(), long(offset), SEEK_SET) == 0;
    }

    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_;
#endif
    std::string path_;
    std::uint64_t size_ = 0;
};

} // namespace lamina
