// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina::kernels {

/// to[i] = f(from[i]...) for i < n, a batch at a time: f takes and returns Batch<T> and treats all
/// lanes alike. A number comes out with the same bits wherever it lies. What is left over at the
/// end goes through f with zeros behind; nothing beyond n numbers is read or written. `to` may be
/// one of `from`, but not overlap one otherwise.
template <class Arch = xsimd::default_arch, class T, class F, class... From>
LAMINA_ALWAYS_INLINE inline void map(std::size_t n, T* to, F const& f, From const*... from) {
    using V = Batch<T, Arch>;
    std::size_t i = 0;
    for (; i + V::size <= n; i += V::size) kernels::store(to + i, f(load<V>(from + i)...));
    if (std::size_t const rest = n - i; rest > 0)
        kernels::store(to + i, f(load<V>(from + i, rest)...), rest);
}

/// The same of a number of them that the compiler knows; see Few.
template <class Arch = xsimd::default_arch, std::size_t N, class T, class F, class... From>
LAMINA_ALWAYS_INLINE inline void map(std::integral_constant<std::size_t, N> n, T* to, F const& f,
                                     From const*... from) {
    each_column<T, Arch>(n, [&](auto at) LAMINA_ALWAYS_INLINE { at(to, f(at(from)...)); });
}

/// The same by several threads, in pieces that do not depend on them; small work stays on the
/// caller.
template <class Arch = xsimd::default_arch, PoolOrNone P, class T, class F, class... From>
void map(P threads, std::size_t n, T* to, F const& f, From const*... from) {
    parallel_for(threads, n, 16384, [&](std::size_t begin, std::size_t end, std::size_t) {
        map<Arch>(end - begin, to + begin, f, (from + begin)...);
    });
}

} // namespace lamina::kernels
