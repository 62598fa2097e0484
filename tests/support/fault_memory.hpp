// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Replaces operator new by one that counts and fails on demand: include it in one source file of an
// executable only. The others see the counts through support/counted_memory.hpp.

#include "support/counted_memory.hpp"

#include <cstddef>
#include <new>

void* operator new(std::size_t size) {
    return lamina::testing::counted_memory.take(size, 1);
}
void* operator new[](std::size_t size) {
    return lamina::testing::counted_memory.take(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return lamina::testing::counted_memory.take(size, std::size_t(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return lamina::testing::counted_memory.take(size, std::size_t(alignment));
}
void operator delete(void* p) noexcept { lamina::testing::counted_memory.give(p); }
void operator delete[](void* p) noexcept { lamina::testing::counted_memory.give(p); }
void operator delete(void* p, std::size_t) noexcept { lamina::testing::counted_memory.give(p); }
void operator delete[](void* p, std::size_t) noexcept { lamina::testing::counted_memory.give(p); }
void operator delete(void* p, std::align_val_t) noexcept {
    lamina::testing::counted_memory.give(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
    lamina::testing::counted_memory.give(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
    lamina::testing::counted_memory.give(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
    lamina::testing::counted_memory.give(p);
}
