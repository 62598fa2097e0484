// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/simd.hpp>

#include <cstddef>

/// The mean and the largest number of each feature over all the vectors of a sample. `mask`: one
/// number for each vector, 1 counts, 0 does not; null: all count. A sample of which nothing counts
/// gives zeros.
namespace lamina::kernels {

namespace detail {

/// 1 / how many of the vectors count; 0 if none does.
template <class T>
T share_of(std::size_t time, T const* mask) {
    T count(0);
    for (std::size_t t = 0; t < time; ++t) count += mask ? mask[t] : T(1);
    return count > T(0) ? T(1) / count : T(0);
}

template <class Work>
void each_sample(Threads* threads, std::size_t n, std::size_t size, Work const& work) {
    std::size_t const grain = 32768 / (size + 1) + 1;
    parallel_for(threads, n, grain, [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) work(i);
    });
}

} // namespace detail

/// y[n, f] = mean over t of x[n, t, f].
template <class T>
[[gnu::noinline]] void average_over_time(Threads* threads, std::size_t n, std::size_t time,
                                         std::size_t f, T const* x, T const* mask, T* y) {
    using V = Batch<T>;
    detail::each_sample(threads, n, time * f, [=](std::size_t i) {
        T const *const from = x + i * time * f, *const keep = mask ? mask + i * time : nullptr;
        V const share(detail::share_of(time, keep));
        each_column<T, xsimd::default_arch>(f, [&](auto at) {
            V sum[4]{V(T(0)), V(T(0)), V(T(0)), V(T(0))}; // chains hide the addition's latency
            std::size_t t = 0;
            if (keep) {
                for (; t < time; ++t)
                    if (keep[t] != T(0)) sum[t % 4] += at(from + t * f);
            } else {
                for (; t + 4 <= time; t += 4)
                    for (std::size_t k = 0; k < 4; ++k) sum[k] += at(from + (t + k) * f);
                for (; t < time; ++t) sum[0] += at(from + t * f);
            }
            at(y + i * f, ((sum[0] + sum[1]) + (sum[2] + sum[3])) * share);
        });
    });
}
/// dx[n, t, f] = dy[n, f] / how many count, where t does.
template <class T>
[[gnu::noinline]] void average_over_time_dx(Threads* threads, std::size_t n, std::size_t time,
                                            std::size_t f, T const* dy, T const* mask, T* dx) {
    using V = Batch<T>;
    detail::each_sample(threads, n, time * f, [=](std::size_t i) {
        T const* const keep = mask ? mask + i * time : nullptr;
        T* const to = dx + i * time * f;
        V const share(detail::share_of(time, keep)), none(T(0));
        each_column<T, xsimd::default_arch>(f, [&](auto at) {
            V const d = at(dy + i * f) * share;
            for (std::size_t t = 0; t < time; ++t)
                at(to + t * f, keep && keep[t] == T(0) ? none : d);
        });
    });
}

/// y[n, f] = the largest of x[n, t, f] over t; where[n, f] = its t (the first of several).
template <class T>
[[gnu::noinline]] void max_over_time(Threads* threads, std::size_t n, std::size_t time,
                                     std::size_t f, T const* x, T const* mask, T* y, T* where) {
    using V = Batch<T>;
    detail::each_sample(threads, n, time * f, [=](std::size_t i) {
        T const *const from = x + i * time * f, *const keep = mask ? mask + i * time : nullptr;
        std::size_t begin = 0;
        while (keep && begin < time && keep[begin] == T(0)) ++begin;
        each_column<T, xsimd::default_arch>(f, [&](auto at) {
            if (begin == time) {
                at(y + i * f, V(T(0)));
                at(where + i * f, V(T(-1)));
                return;
            }
            V top = at(from + begin * f), place(static_cast<T>(begin));
            for (std::size_t t = begin + 1; t < time; ++t) {
                if (keep && keep[t] == T(0)) continue;
                V const v = at(from + t * f);
                auto const larger = !(v <= top); // a NaN is taken, and stays
                auto const whole = top == top;
                place = select(larger && whole, V(static_cast<T>(t)), place);
                top = select(larger && whole, v, top);
            }
            at(y + i * f, top);
            at(where + i * f, place);
        });
    });
}
/// dx = dy at the places, 0 elsewhere.
template <class T>
[[gnu::noinline]] void max_over_time_dx(Threads* threads, std::size_t n, std::size_t time,
                                        std::size_t f, T const* dy, T const* where, T* dx) {
    using V = Batch<T>;
    detail::each_sample(threads, n, time * f, [=](std::size_t i) {
        each_column<T, xsimd::default_arch>(f, [&](auto at) {
            V const d = at(dy + i * f), place = at(where + i * f), none(T(0));
            for (std::size_t t = 0; t < time; ++t)
                at(dx + (i * time + t) * f, select(place == V(static_cast<T>(t)), d, none));
        });
    });
}

} // namespace lamina::kernels
