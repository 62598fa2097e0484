// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/random.hpp>

#include <cmath>
#include <cstddef>

namespace lamina {

/// The shape of a tensor once its type is gone.
struct Extents {
    std::size_t const* dims = nullptr;
    std::size_t rank = 0, size = 0;

    /// Fan in and fan out as Keras counts them: the last two axes, times the size of the window before them.
    constexpr std::size_t window() const {
        std::size_t n = 1;
        for (std::size_t i = 0; i + 2 < rank; ++i) n *= dims[i];
        return n;
    }
    constexpr std::size_t fan_in() const { return rank < 2 ? size : window() * dims[rank - 2]; }
    constexpr std::size_t fan_out() const { return rank < 2 ? size : window() * dims[rank - 1]; }
};

// An initializer fills a tensor; it is a type, named where a parameter is declared.

struct Zeros {
    template <class T>
    static void fill(T* w, Extents e, Random) {
        for (std::size_t i = 0; i < e.size; ++i) w[i] = T{0};
    }
};
struct Ones {
    template <class T>
    static void fill(T* w, Extents e, Random) {
        for (std::size_t i = 0; i < e.size; ++i) w[i] = T{1};
    }
};

/// Uniform on [-limit, limit], limit = sqrt(6 / (fan_in + fan_out)). Glorot and Bengio (2010).
struct GlorotUniform {
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        double const limit = std::sqrt(6.0 / double(e.fan_in() + e.fan_out()));
        for (std::size_t i = 0; i < e.size; ++i)
            w[i] = T((2.0 * double(random.uniform(i)) - 1.0) * limit);
    }
};

} // namespace lamina
