// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/golden.hpp"

#include <cstddef>
#include <vector>

// PyTorch's images have their channels first, lamina's last.
namespace lamina::testing {

/// [n, channels, ...] as [n, ..., channels].
inline std::vector<double> channels_last(golden::Array const& a) {
    std::size_t const n = a.shape[0], channels = a.shape[1], pixels = a.size() / n / channels;
    std::vector<double> to(a.size());
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t p = 0; p < pixels; ++p)
                to[(i * pixels + p) * channels + c] = a[(i * channels + c) * pixels + p];
    return to;
}

/// A convolution's weight [a, b, window...] as a kernel [window..., b, a].
inline std::vector<double> kernel_of(golden::Array const& weight) {
    std::size_t const a = weight.shape[0], b = weight.shape[1], taps = weight.size() / a / b;
    std::vector<double> to(weight.size());
    for (std::size_t i = 0; i < a; ++i)
        for (std::size_t j = 0; j < b; ++j)
            for (std::size_t t = 0; t < taps; ++t)
                to[(t * b + j) * a + i] = weight[(i * b + j) * taps + t];
    return to;
}

} // namespace lamina::testing
