// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina::kernels {

/// Which numbers of a tensor make a vector: its axes by turns, those that tell vectors apart and
/// those along which one lies. Sizes, in the order of the memory; 1: there is no such axis.
struct VectorAxes {
    std::size_t apart0 = 1, along0 = 1, apart1 = 1, along1 = 1, apart2 = 1;
};

/// Bit i of `along` says that a vector lies along axis i. A tensor has four axes at most.
constexpr VectorAxes vector_axes(std::size_t const* dims, std::size_t rank, unsigned along) {
    std::size_t sizes[6]{1, 1, 1, 1, 1, 1}, turn = 0;
    for (std::size_t i = 0; i < rank; ++i) {
        turn += turn % 2 != (along >> i & 1);
        sizes[turn] *= dims[i];
    }
    return {sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]};
}

/// Multiplies each vector of w by factor(norm), a function of a batch of norms. A vector is one
/// thread's, so the bits do not depend on their number.
template <class Arch = xsimd::default_arch, class T, class Factor>
void scale_norms(VectorAxes const& a, T* w, Factor const& factor, Threads* threads) {
    using V = Batch<T, Arch>;
    // vectors whose numbers lie side by side are scaled a batch at a time
    bool const beside = a.apart2 > 1;
    std::size_t const blocks = beside ? (a.apart2 + V::size - 1) / V::size : 1,
                      tasks = a.apart0 * a.apart1 * blocks,
                      inner = a.along1 * a.apart2, // from one to the next of apart1
        outer = a.apart1 * inner,                  // ... of along0
        run = beside ? a.along1 : (a.along1 + V::size - 1) / V::size,
                      step = beside ? a.apart2 : V::size;
    constexpr std::size_t piece = 16384; // numbers, about
    std::size_t const grain = std::max<std::size_t>(1, piece / (a.along0 * run * V::size));
    parallel_for(threads, tasks, grain, [&](std::size_t task, std::size_t end, std::size_t) {
        for (; task < end; ++task) {
            std::size_t const block = task % blocks * V::size, vector = task / blocks;
            T* const at = w + vector / a.apart1 * (a.along0 * outer) + vector % a.apart1 * inner;
            auto const each = [&](auto const& f) {
                for (std::size_t i = 0; i < a.along0; ++i)
                    for (std::size_t k = 0; k < run; ++k)
                        f(at + i * outer + k * step + block,
                          beside ? std::min(V::size, a.apart2 - block)
                                 : std::min(V::size, a.along1 - k * step));
            };
            V sum(T{0});
            each([&](T const* x, std::size_t count) {
                V const v = load<V>(x, count);
                sum = kernels::fma(v, v, sum);
            });
            V const times = factor(kernels::sqrt(beside ? sum : V(reduce_add(sum))));
            each([&](T* x, std::size_t count) {
                kernels::store(x, V(load<V>(x, count) * times), count);
            });
        }
    });
}

} // namespace lamina::kernels
