// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace lamina::testing {

/// What the heap has been asked for, by operator new, since reset().
struct CountedMemory {
    std::atomic<std::size_t> live{0}, peak{0}, calls{0};
    std::atomic<long> fail_at{-1};   // the allocation that throws, counted from 0; -1: none
    std::atomic<bool> keep_failing{false};

    void reset() {
        peak = live.load();
        calls = 0;
    }
    void* take(std::size_t size, std::size_t alignment) {
        auto const number = long(calls.fetch_add(1));
        long const at = fail_at;
        if (at >= 0 && (number == at || (keep_failing && number > at))) throw std::bad_alloc();
        std::size_t const rounded = (size + alignment - 1) / alignment * alignment;
        bool const aligned = alignment > alignof(std::max_align_t);
        void* const p = aligned ? std::aligned_alloc(alignment, rounded) : std::malloc(rounded + 1);
        if (!p) throw std::bad_alloc();
        std::size_t const now = live += ::malloc_usable_size(p);
        for (std::size_t most = peak; now > most && !peak.compare_exchange_weak(most, now);) {}
        return p;
    }
    void give(void* p) noexcept {
        if (!p) return;
        live -= ::malloc_usable_size(p);
        std::free(p);
    }
};
inline CountedMemory counted_memory;

} // namespace lamina::testing
