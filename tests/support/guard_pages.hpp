// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace lamina::testing {

/// Memory between two pages that nobody may touch: whoever reads or writes beyond an operand that
/// lies at either end is stopped by the processor. Where there is no mmap it is plain memory.
class GuardPages {
public:
    explicit GuardPages(std::size_t bytes) {
#if __has_include(<sys/mman.h>)
        page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        size_ = (bytes + page_ - 1) / page_ * page_;
        void* const all = ::mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                                 -1, 0);
        if (all == MAP_FAILED) std::abort();
        begin_ = static_cast<char*>(all) + page_;
        if (::mprotect(begin_, size_, PROT_READ | PROT_WRITE) != 0) std::abort();
#else
        size_ = bytes;
        begin_ = static_cast<char*>(std::malloc(bytes));
#endif
    }
    GuardPages(GuardPages const&) = delete;
    GuardPages& operator=(GuardPages const&) = delete;
    ~GuardPages() {
#if __has_include(<sys/mman.h>)
        ::munmap(begin_ - page_, size_ + 2 * page_);
#else
        std::free(begin_);
#endif
    }

    /// n numbers of which the first lies right behind the lower guard, or the last right before the
    /// upper one.
    template <class T>
    T* array(std::size_t n, bool at_end) {
        if (n * sizeof(T) > size_) std::abort();
        return reinterpret_cast<T*>(at_end ? begin_ + size_ - n * sizeof(T) : begin_);
    }

private:
    std::size_t page_ = 0, size_ = 0;
    char* begin_ = nullptr;
};

} // namespace lamina::testing
