// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/data/file_handle.hpp>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#if __has_include(<unistd.h>)
#include <sys/file.h>
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#endif

namespace lamina {

/// A file that is written whole or not at all, and that a power loss cannot undo: the bytes go to a
/// temporary file in the same folder, commit() brings them to the disk, gives them their name and
/// brings the folder to the disk. Until then, and after any error, the previous file is as it was,
/// and the temporary file is removed. What a process left behind when it was killed is removed by
/// the next save to the same path.
///
/// A symbolic link is followed and stays one; another hard link keeps the previous content. The new
/// file takes the rights of the previous one. Folders, pipes and devices are refused.
/// Source: the order write, fsync, rename, fsync of the folder: rename(2), fsync(2); Pillai et al.
/// (2014), "All file systems are not created equal".
class AtomicFile {
public:
    /// `needed`: how many bytes are to come, for the message when there is no room for them; 0: not
    /// known.
    [[gnu::cold]] explicit AtomicFile(std::string path, std::uint64_t needed = 0)
        : path_(std::move(path)), needed_(needed) {
        detail::check_path(path_);
        open();
    }
    AtomicFile(AtomicFile const&) = delete;
    AtomicFile& operator=(AtomicFile const&) = delete;
    [[gnu::cold]] ~AtomicFile() { discard(); }

    std::string const& path() const { return path_; }

    [[gnu::cold]] void write(void const* data, std::size_t size) {
        auto const* at = static_cast<std::byte const*>(data);
        while (size > 0) {
            std::size_t const put = write_some(at, size);
            at += put;
            size -= put;
            written_ += put;
        }
    }

    /// The file is now what was written, on the disk.
    void commit();

private:
    [[noreturn, gnu::cold]] void fail(int code) {
        discard();
        std::string what = detail::message({"cannot be saved: ", detail::errno_text(code)});
        if (needed_ != 0)
            detail::append(what, {" (needed ", needed_, " bytes, wrote ", written_, ")"});
        what += replaces_ ? ". The previous file is untouched." : ". No file was left.";
        detail::refuse_file(path_, what);
    }

    std::string path_, target_, temporary_; // temporary_ is empty when there is none
    std::uint64_t needed_ = 0, written_ = 0;
    bool replaces_ = false;

#if __has_include(<unistd.h>)

    [[gnu::cold]] static std::string folder_of(std::string const& path) {
        auto const slash = path.rfind('/');
        return slash == std::string::npos ? std::string("./") : path.substr(0, slash + 1);
    }

    /// What the path means once links at its end are followed; it need not exist.
    [[gnu::cold]] void find_target() {
        target_ = path_;
        struct stat status;
        for (int links = 0; ::lstat(target_.c_str(), &status) == 0; ++links) {
            if (!S_ISLNK(status.st_mode)) return;
            if (links == 40) fail(ELOOP);
            std::string to(4096, '\0');
            ssize_t const n = ::readlink(target_.c_str(), to.data(), to.size());
            if (n < 0) fail(errno);
            to.resize(std::size_t(n));
            target_ = to.starts_with('/') ? to : folder_of(target_) + to;
        }
    }

    [[gnu::cold]] void open() {
        find_target();
        folder_ = folder_of(target_);
        std::string const name = target_.substr(target_.rfind('/') + 1); // npos + 1 is 0
        if (name.empty()) detail::refuse_file(path_, "names a folder, not a file.");

        struct stat previous;
        replaces_ = ::stat(target_.c_str(), &previous) == 0;
        if (!replaces_ && errno != ENOENT) fail(errno);
        if (replaces_ && S_ISDIR(previous.st_mode))
            detail::refuse_file(path_, "is a folder. Name a file in it.");
        if (replaces_ && !S_ISREG(previous.st_mode))
            detail::refuse_file(path_, "is a pipe or a device, which cannot be saved to whole.");

        // a name has at most 255 bytes
        std::string const prefix = detail::message({".", name.substr(0, 200), ".lamina-"});
        remove_stale(prefix);
        create(prefix);
        if (replaces_) {
            // as it was before; the owner only where that is allowed. A file system without rights
            // of its own (FAT, a share) refuses to change them even to what they are.
            if (::fchown(file_.get(), previous.st_uid, previous.st_gid) != 0) errno = 0;
            struct stat fresh;
            bool const same = ::fstat(file_.get(), &fresh) == 0 &&
                              ((fresh.st_mode ^ previous.st_mode) & 07777) == 0;
            if (!same && ::fchmod(file_.get(), previous.st_mode & 07777) != 0) fail(errno);
        }
    }

    static constexpr int digits = 16;

    /// A new file that holds a lock as long as its writer lives.
    [[gnu::cold]] void create(std::string const& prefix) {
        auto const now = std::uint64_t(std::chrono::system_clock::now().time_since_epoch().count());
        auto const process = std::uint64_t(::getpid());
        auto const self = reinterpret_cast<std::uintptr_t>(this); // another thread's is another
        Random const random = Random{now}.child(process).child(self);
        for (std::uint64_t i = 0; i < 100; ++i) {
            constexpr char hex[] = "0123456789abcdef";
            std::string name = folder_ + prefix;
            std::uint64_t bits = random.bits(i);
            for (int k = 0; k < digits; ++k, bits >>= 4) name += hex[bits & 15];
            int const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
            file_ = detail::FileHandle(::open(name.c_str(), flags, 0666));
            if (!file_.is_open()) {
                if (errno == EEXIST || errno == EINTR) continue;
                fail(errno);
            }
            temporary_ = std::move(name);
            // Another save that cleans up may have been quicker: then its lock is on the file, or
            // the file is gone. A file system without locks says so with another error; there
            // nobody cleans up either.
            struct stat status;
            bool const taken = ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
            if (!taken && ::fstat(file_.get(), &status) == 0 && status.st_nlink > 0) return;
            discard();
        }
        fail(EEXIST);
    }

    /// Temporary files of this path that nobody holds.
    [[gnu::cold]] void remove_stale(std::string const& prefix) const {
        struct Close {
            void operator()(DIR* folder) const { ::closedir(folder); }
        };
        std::unique_ptr<DIR, Close> const folder(::opendir(folder_.c_str()));
        if (!folder) return; // no right to list it; saving may still work
        while (dirent const* const entry = ::readdir(folder.get())) {
            std::string_view const name = entry->d_name;
            if (!name.starts_with(prefix) || name.size() != prefix.size() + digits) continue;
            if (name.find_first_not_of("0123456789abcdef", prefix.size()) != name.npos) continue;
            std::string const stale = detail::message({folder_, name});
            detail::FileHandle const file(
                ::open(stale.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
            bool const left = file.is_open() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
            if (left) ::unlink(stale.c_str());
        }
    }

    [[gnu::cold]] std::size_t write_some(std::byte const* data, std::size_t size) {
        constexpr std::size_t most = std::size_t{1} << 30; // what every system writes in one call
        while (true) {
            ssize_t const put = ::write(file_.get(), data, size < most ? size : most);
            if (put > 0) return std::size_t(put);
            if (put == 0) fail(ENOSPC);
            if (errno != EINTR) fail(errno);
        }
    }

    [[gnu::cold]] static int sync(int descriptor) {
        while (true) {
#ifdef F_FULLFSYNC
            // where this exists, fsync stops at the drive's own memory
            if (::fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
#endif
            if (::fsync(descriptor) == 0) return 0;
            if (errno != EINTR) return errno;
        }
    }

    [[gnu::cold]] void discard() noexcept {
        if (!temporary_.empty()) ::unlink(temporary_.c_str());
        temporary_.clear();
        file_.close();
    }

    std::string folder_;
    detail::FileHandle file_;

#else // without POSIX: whole or not at all, but not proof against a power loss

    [[gnu::cold]] void open() {
        temporary_ = path_ + ".lamina-new";
        if (std::FILE* const previous = std::fopen(path_.c_str(), "rb")) {
            replaces_ = true;
            std::fclose(previous);
        }
        file_ = std::fopen(temporary_.c_str(), "wb");
        if (!file_) {
            temporary_.clear();
            fail(errno);
        }
    }
    [[gnu::cold]] std::size_t write_some(std::byte const* data, std::size_t size) {
        std::size_t const put = std::fwrite(data, 1, size, file_);
        if (put == 0) fail(errno);
        return put;
    }
    [[gnu::cold]] void discard() noexcept {
        if (file_) std::fclose(std::exchange(file_, nullptr));
        if (!temporary_.empty()) std::remove(temporary_.c_str());
        temporary_.clear();
    }

    std::FILE* file_ = nullptr;

#endif
};

[[gnu::cold]] inline void AtomicFile::commit() {
#if __has_include(<unistd.h>)
    if (int const code = sync(file_.get())) fail(code);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
    temporary_.clear(); // it has its name; the lock goes with the descriptor
    int opened = -1;
    do opened = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (opened < 0 && errno == EINTR);
    detail::FileHandle const folder(opened);
    int const code = folder.is_open() ? sync(folder.get()) : errno;
    file_.close();
    // A folder that may not be read, or whose file system cannot sync folders, cannot be brought to
    // the disk by us.
    if (code != 0 && code != EACCES && code != EINVAL)
        detail::refuse_file(
            path_, detail::message({"was saved, but its folder could not be brought to the disk: ",
                                    detail::errno_text(code),
                                    ". A power loss may bring the previous file back."}));
#else
    bool const flushed = std::fflush(file_) == 0;
    bool const closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (!flushed || !closed) fail(errno);
    std::remove(path_.c_str()); // rename does not replace a file everywhere
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
    temporary_.clear();
#endif
}

} // namespace lamina
