// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstddef>

namespace lamina::testing {

/// How often memory was taken in this program: augment_test.cpp has its operator new.
extern std::atomic<std::size_t> allocations;

} // namespace lamina::testing
