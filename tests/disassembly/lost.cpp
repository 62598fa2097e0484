// SPDX-License-Identifier: BSD-3-Clause
// A loop whose multiply-adds are lost when the compiler may not contract: the check must say so.
#include <cstddef>

void add_products(std::size_t n, float const* a, float const* b, float* sums) {
    for (std::size_t i = 0; i < n; ++i) sums[i % 64] += a[i] * b[i];
    for (std::size_t k = 0; k < n; ++k)
        for (std::size_t i = 0; i < 64; ++i) sums[i] += a[k] * b[k * 64 + i];
}
