// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/some_lanes.hpp>

#include <cstddef>
#include <limits>

/// Softmax and its logarithm over rows of n numbers. The largest of a row is taken off before the
/// exponential, so that rows of finite numbers give finite numbers. A NaN, a +inf or nothing but
/// -inf makes its whole row NaN. y may be x and dx may be dy. A row comes out with the same bits
/// whatever its neighbours and the threads.
namespace lamina::kernels {

namespace detail {

/// A row's last numbers, fewer than a batch: they stay in a register.
template <class V>
struct RowEnd {
    using T = typename V::value_type;
    std::size_t whole, rest;

    explicit RowEnd(std::size_t n) : whole(n / V::size * V::size), rest(n - whole) {}
    /// Behind them -inf: it adds nothing to a largest.
    LAMINA_ALWAYS_INLINE V load(T const* row) const {
        V const none(-std::numeric_limits<T>::infinity());
        if (rest == 0) return none;
        return kernels::select(first_lanes<V>(rest), kernels::load<V>(row + whole, rest), none);
    }
    /// exp(x); behind them 0, but not as exp(-inf): to underflow takes processors long.
    LAMINA_ALWAYS_INLINE V exp(V const& x) const {
        V const zero(T(0));
        if (rest == 0) return zero;
        auto const inside = first_lanes<V>(rest);
        return kernels::select(inside, kernels::exp(kernels::select(inside, x, zero)), zero);
    }
    LAMINA_ALWAYS_INLINE void store(T* row, V const& v) const {
        if (rest > 0) kernels::store(row + whole, v, rest);
    }
};

template <class V>
LAMINA_ALWAYS_INLINE inline V largest(typename V::value_type const* x, std::size_t whole,
                                      V const& end) {
    V top = end;
    std::size_t i = 0;
    if (whole >= 8 * V::size) { // four chains hide the latency of the maximum
        V b = end, c = end, d = end;
        for (; i + 4 * V::size <= whole; i += 4 * V::size) {
            top = kernels::max(top, load<V>(x + i));
            b = kernels::max(b, load<V>(x + i + V::size));
            c = kernels::max(c, load<V>(x + i + 2 * V::size));
            d = kernels::max(d, load<V>(x + i + 3 * V::size));
        }
        top = kernels::max(kernels::max(top, b), kernels::max(c, d));
    }
    for (; i < whole; i += V::size) top = kernels::max(top, load<V>(x + i));
    return V(reduce_max(top));
}

} // namespace detail

/// y = exp(x) / sum of exp(x) in each row.
template <class Arch = xsimd::default_arch, class T>
void softmax(std::size_t rows, std::size_t n, T const* x, T* y, Threads* threads) {
    using V = Batch<T, Arch>;
    detail::RowEnd<V> const tail(n);
    each_row(threads, rows, n, [=](std::size_t r) {
        std::size_t const at = r * n;
        T const* const from = x + at;
        T* const to = y + at;
        V end = tail.load(from);
        V const top = detail::largest(from, tail.whole, end);
        end = tail.exp(end - top);
        V sum = end;
        for (std::size_t i = 0; i < tail.whole; i += V::size) {
            V const e = kernels::exp(load<V>(from + i) - top);
            kernels::store(to + i, e);
            sum += e;
        }
        V const share(T(1) / reduce_add(sum));
        for (std::size_t i = 0; i < tail.whole; i += V::size)
            kernels::store(to + i, load<V>(to + i) * share);
        tail.store(to, end * share);
    });
}

/// The same for rows of N numbers that fit a register: nothing is left to be decided at run time.
template <std::size_t N, class T>
void softmax(std::size_t rows, T const* x, T* y, Threads* threads) {
    using V = Batch<T>;
    constexpr std::size_t before = (N - 1) / V::size, last = N - before * V::size,
                          wide = before > 0 ? V::size : N;
    each_row(threads, rows, N, [=](std::size_t r) {
        V const zero(T(0)), none(-std::numeric_limits<T>::infinity());
        auto const inside = first_lanes<V>(last);
        T const* const from = x + r * N;
        T* const to = y + r * N;
        V v[before + 1];
        v[before] = detail::load_parts<last, V>(from + before * V::size);
        V top = kernels::select(inside, v[before], none);
        LAMINA_UNROLL
        for (std::size_t i = 0; i < before; ++i) {
            v[i] = load<V>(from + i * V::size);
            top = kernels::max(top, v[i]);
        }
        top = max_in_lanes<wide>(top);
        v[before] = kernels::select(inside, V(v[before] - top), zero);
        V sum = v[before] = kernels::select(inside, kernels::exp(v[before]), zero);
        LAMINA_UNROLL
        for (std::size_t i = 0; i < before; ++i) sum += v[i] = kernels::exp(v[i] - top);
        V const share(T(1) / first(sum_in_lanes<wide>(sum)));
        LAMINA_UNROLL
        for (std::size_t i = 0; i < before; ++i) kernels::store(to + i * V::size, v[i] * share);
        detail::store_parts<last>(to + before * V::size, v[before] * share);
    });
}

/// dx = y (dy - sum of y dy) in each row.
template <class Arch = xsimd::default_arch, class T>
void softmax_gradient(std::size_t rows, std::size_t n, T const* y, T const* dy, T* dx,
                      Threads* threads) {
    using V = Batch<T, Arch>;
    std::size_t const whole = n / V::size * V::size, rest = n - whole;
    each_row(threads, rows, n, [=](std::size_t r) {
        std::size_t const at = r * n;
        T const *const of = y + at, *const from = dy + at;
        T* const to = dx + at;
        V sum(T(0));
        for (std::size_t i = 0; i < whole; i += V::size)
            sum = kernels::fma(load<V>(of + i), load<V>(from + i), sum);
        if (rest > 0) {
            V const end = load<V>(of + whole, rest), dend = load<V>(from + whole, rest);
            sum = V(reduce_add(kernels::fma(end, dend, sum)));
            kernels::store(to + whole, end * (dend - sum), rest);
        } else {
            sum = V(reduce_add(sum));
        }
        for (std::size_t i = 0; i < whole; i += V::size)
            kernels::store(to + i, load<V>(of + i) * (load<V>(from + i) - sum));
    });
}

/// y = x - log(sum of exp(x)) in each row. The largest is taken off first, under -ffast-math too.
template <class Arch = xsimd::default_arch, class T>
void log_softmax(std::size_t rows, std::size_t n, T const* x, T* y, Threads* threads) {
    using V = Batch<T, Arch>;
    detail::RowEnd<V> const tail(n);
    each_row(threads, rows, n, [=](std::size_t r) {
        std::size_t const at = r * n;
        T const* const from = x + at;
        T* const to = y + at;
        V end = tail.load(from);
        V const top = detail::largest(from, tail.whole, end);
        end = opaque(end - top);
        V sum = tail.exp(end);
        for (std::size_t i = 0; i < tail.whole; i += V::size)
            sum += kernels::exp(load<V>(from + i) - top);
        V const less = kernels::log(V(reduce_add(sum)));
        for (std::size_t i = 0; i < tail.whole; i += V::size)
            kernels::store(to + i, opaque(load<V>(from + i) - top) - less);
        tail.store(to, end - less);
    });
}

/// dx = dy - exp(y) sum of dy in each row.
template <class Arch = xsimd::default_arch, class T>
void log_softmax_gradient(std::size_t rows, std::size_t n, T const* y, T const* dy, T* dx,
                          Threads* threads) {
    using V = Batch<T, Arch>;
    std::size_t const whole = n / V::size * V::size, rest = n - whole;
    each_row(threads, rows, n, [=](std::size_t r) {
        std::size_t const at = r * n;
        T const *const of = y + at, *const from = dy + at;
        T* const to = dx + at;
        V sum(T(0));
        for (std::size_t i = 0; i < whole; i += V::size) sum += load<V>(from + i);
        V const dend = rest > 0 ? load<V>(from + whole, rest) : V(T(0));
        sum = V(reduce_add(sum + dend));
        for (std::size_t i = 0; i < whole; i += V::size) {
            V const p = kernels::exp(load<V>(of + i));
            kernels::store(to + i, kernels::fnma(p, sum, load<V>(from + i)));
        }
        if (rest > 0) {
            V const p = kernels::exp(load<V>(of + whole, rest));
            kernels::store(to + whole, kernels::fnma(p, sum, dend), rest);
        }
    });
}

} // namespace lamina::kernels
