// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Replaces the system calls that saving makes by ones that fail on demand. It defines functions of
// the C library: include it in one source file of an executable only.

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lamina::testing {

/// Which call fails, and how. Off by default.
struct FaultyIo {
    bool on = false;
    int fail_at = -1;            // the number of the call that fails, counted from 0; -1: none
    int error = 0;               // errno of the call that fails
    bool short_writes = false;   // every write writes one byte, or half
    std::vector<std::string> calls;   // "open", "write", ... since it was switched on

    /// Does this call fail?
    bool fails(char const* call) {
        if (!on) return false;
        int const number = int(calls.size());
        calls.emplace_back(call);
        if (number != fail_at) return false;
        errno = error;
        return true;
    }
};
inline FaultyIo faulty_io;

} // namespace lamina::testing

extern "C" {

int open(char const* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int const mode = (flags & O_CREAT) != 0 ? va_arg(rest, int) : 0;
    va_end(rest);
    if (lamina::testing::faulty_io.fails("open")) return -1;
    return int(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

ssize_t write(int descriptor, void const* data, size_t size) {
    auto& faults = lamina::testing::faulty_io;
    if (descriptor > 2) {   // not what doctest prints
        if (faults.fails("write")) return -1;
        if (faults.on && faults.short_writes) size = (size + 1) / 2;
    }
    return ::syscall(SYS_write, descriptor, data, size);
}

int fsync(int descriptor) {
    if (lamina::testing::faulty_io.fails("fsync")) return -1;
    return int(::syscall(SYS_fsync, descriptor));
}

int fchmod(int descriptor, mode_t mode) noexcept {
    if (lamina::testing::faulty_io.fails("fchmod")) return -1;
    return int(::syscall(SYS_fchmod, descriptor, mode));
}

int rename(char const* from, char const* to) noexcept {
    if (lamina::testing::faulty_io.fails("rename")) return -1;
    return int(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

} // extern "C"
