// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/columns.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

/// Normalisation of the columns of a matrix over its rows, and of each row by itself. gamma and
/// beta may be null: 1 and 0. u stands for (x - mean) / deviation.
namespace lamina::kernels {

// ---- Over the rows: Ioffe and Szegedy (2015), a weight for each row -----------------------------

/// mean[j] and variance[j] of the column j over the rows, each counted weight[r] times (null: 1);
/// total is the sum of the weights. In two passes, so that a large mean costs no digits.
template <class Arch = xsimd::default_arch, class T>
void column_moments(Threads* threads, std::size_t rows, std::size_t f, T const* x, T const* weight,
                    T total, T* mean, T* variance, T* room) {
    using V = Batch<T, Arch>;
    auto const divide = [&](T* sums) {
        each_column<T, Arch>(f, [&](auto at) { at(sums, at(sums) / V(total)); });
    };
    column_sums<1, Arch>(threads, rows, f, mean, room, [&](auto at, std::size_t r) {
        V const v = at(x + r * f);
        return std::array{weight ? v * V(weight[r]) : v};
    });
    divide(mean);
    column_sums<1, Arch>(threads, rows, f, variance, room, [&](auto at, std::size_t r) {
        V const d = at(x + r * f) - at(mean), dd = d * d;
        return std::array{weight ? dd * V(weight[r]) : dd};
    });
    divide(variance);
}

/// inverse = 1 / deviation, scale = gamma / deviation.
template <class Arch = xsimd::default_arch, class Size, class T>
LAMINA_ALWAYS_INLINE inline void column_scales(Size f, T const* variance, T const* gamma, T epsilon,
                                               T* inverse, T* scale) {
    using V = Batch<T, Arch>;
    each_column<T, Arch>(f, [&](auto at) {
        V const share = V(T{1}) / kernels::sqrt(V(at(variance) + V(epsilon)));
        at(inverse, share);
        at(scale, gamma ? at(gamma) * share : share);
    });
}
/// One row's (x - mean) gamma / deviation + beta.
template <class Arch = xsimd::default_arch, class Size, class T>
LAMINA_ALWAYS_INLINE inline void normalize_one(Size f, T const* x, T const* mean, T const* variance,
                                               T const* gamma, T const* beta, T epsilon, T* y) {
    using V = Batch<T, Arch>;
    each_column<T, Arch>(f, [&](auto at) {
        V const share = V(T{1}) / kernels::sqrt(V(at(variance) + V(epsilon)));
        V const scale = gamma ? at(gamma) * share : share, shift = beta ? at(beta) : V(T{0});
        at(y, kernels::fma(at(x) - at(mean), scale, shift));
    });
}

/// y = (x - mean) scale + beta, column by column.
template <class Arch = xsimd::default_arch, class Size, class T>
void normalize_columns(Threads* threads, std::size_t rows, Size f, T const* x, T const* mean,
                       T const* scale, T const* beta, T* y) {
    using V = Batch<T, Arch>;
    each_row(threads, rows, f, [&](std::size_t r) {
        each_column<T, Arch>(f, [&](auto at) {
            V const shift = beta ? at(beta) : V(T{0});
            at(y + r * f, kernels::fma(at(x + r * f) - at(mean), at(scale), shift));
        });
    });
}

/// sums[0] = the sum of dy, sums[1] = the sum of dy u, over the rows.
template <class Arch = xsimd::default_arch, class T>
void column_gradients(Threads* threads, std::size_t rows, std::size_t f, T const* x, T const* mean,
                      T const* inverse, T const* dy, T* sums, T* room) {
    using V = Batch<T, Arch>;
    column_sums<2, Arch>(threads, rows, f, sums, room, [&](auto at, std::size_t r) {
        V const d = at(dy + r * f);
        return std::array{d, d * ((at(x + r * f) - at(mean)) * at(inverse))};
    });
}

/// dx = scale (dy - weight / total (sum of dy + u sum of dy u)), the sums as above.
template <class Arch = xsimd::default_arch, class T>
void normalize_columns_dx(Threads* threads, std::size_t rows, std::size_t f, T const* x,
                          T const* weight, T total, T const* mean, T const* inverse, T const* scale,
                          T const* sums, T const* dy, T* dx) {
    using V = Batch<T, Arch>;
    each_row(threads, rows, f, [&](std::size_t r) {
        V const share((weight ? weight[r] : T{1}) / total);
        each_column<T, Arch>(f, [&](auto at) {
            V const u = (at(x + r * f) - at(mean)) * at(inverse);
            V const common = kernels::fma(u, at(sums + f), at(sums));
            at(dx + r * f, at(scale) * kernels::fnma(common, share, at(dy + r * f)));
        });
    });
}

// ---- Each row by itself: Ba, Kiros and Hinton (2016) --------------------------------------------

/// y = u gamma + beta; moments keeps the mean and 1 / deviation of each row.
template <class Arch = xsimd::default_arch, class Size, class T>
void normalize_rows(Threads* threads, std::size_t rows, Size f, T const* x, T const* gamma,
                    T const* beta, T epsilon, T* y, T* moments) {
    using V = Batch<T, Arch>;
    each_row(threads, rows, f, [&](std::size_t r) {
        T const* const from = x + r * f;
        // numbers of the row, in every lane the same: none waits for another's way to all of them
        V const count(static_cast<T>(std::size_t{f}));
        V const mean = sum_columns<T, Arch>(f, [&](V& to, auto at) { to += at(from); }) / count;
        V const squares = sum_columns<T, Arch>(f, [&](V& to, auto at) {
            V const d = at.inside(at(from) - mean);
            to = kernels::fma(d, d, to);
        });
        V const inverse = V(T{1}) / kernels::sqrt(V(squares / count + V(epsilon)));
        moments[2 * r] = first(mean);
        moments[2 * r + 1] = first(inverse);
        each_column<T, Arch>(f, [&](auto at) {
            V const u = (at(from) - mean) * inverse;
            V const scaled = gamma ? u * at(gamma) : u;
            at(y + r * f, beta ? scaled + at(beta) : scaled);
        });
    });
}

/// dx = (g - (sum of g + u sum of g u) / f) / deviation, g = dy gamma, the sums over the row.
template <class Arch = xsimd::default_arch, class T>
void normalize_rows_dx(Threads* threads, std::size_t rows, std::size_t f, T const* x,
                       T const* moments, T const* gamma, T const* dy, T* dx) {
    using V = Batch<T, Arch>;
    each_row(threads, rows, f, [&](std::size_t r) {
        T const *const from = x + r * f, *const up = dy + r * f;
        V const mean(moments[2 * r]), inverse(moments[2 * r + 1]);
        V sum(T{0}), dot(T{0});
        each_column<T, Arch>(f, [&](auto at) {
            V const g = gamma ? at(up) * at(gamma) : at(up);
            sum += g;
            dot = kernels::fma(g, (at(from) - mean) * inverse, dot);
        });
        V const shift(reduce_add(sum) / T(f)), tilt(reduce_add(dot) / T(f));
        each_column<T, Arch>(f, [&](auto at) {
            V const g = gamma ? at(up) * at(gamma) : at(up);
            V const u = (at(from) - mean) * inverse;
            at(dx + r * f, (g - kernels::fma(u, tilt, shift)) * inverse);
        });
    });
}

/// sums[0] = the sum of dy, sums[1] = the sum of dy u, over the rows.
template <class Arch = xsimd::default_arch, class T>
void row_gradients(Threads* threads, std::size_t rows, std::size_t f, T const* x, T const* moments,
                   T const* dy, T* sums, T* room) {
    using V = Batch<T, Arch>;
    column_sums<2, Arch>(threads, rows, f, sums, room, [&](auto at, std::size_t r) {
        V const d = at(dy + r * f);
        return std::array{d, d * ((at(x + r * f) - V(moments[2 * r])) * V(moments[2 * r + 1]))};
    });
}

// ---- Each row by its size alone: Zhang and Sennrich (2019) --------------------------------------

/// y = u gamma, u = x / root of the mean of x^2; inverse keeps 1 / root of each row.
template <class Arch = xsimd::default_arch, class Size, class T>
void scale_rows(Threads* threads, std::size_t rows, Size f, T const* x, T const* gamma, T epsilon,
                T* y, T* inverse) {
    using V = Batch<T, Arch>;
    each_row(threads, rows, f, [&](std::size_t r) {
        T const* const from = x + r * f;
        V const squares = sum_columns<T, Arch>(
            f, [&](V& to, auto at) { to = kernels::fma(at(from), at(from), to); });
        V const mean = squares / V(static_cast<T>(std::size_t{f}));
        V const share = V(T{1}) / kernels::sqrt(V(mean + V(epsilon)));
        inverse[r] = first(share);
        each_column<T, Arch>(f, [&](auto at) {
            V const u = at(from) * share;
            at(y + r * f, gamma ? u * at(gamma) : u);
        });
    });
}

/// dx = (g - u mean of g u) / root, g = dy gamma.
template <class Arch = xsimd::default_arch, class T>
void scale_rows_dx(Threads* threads, std::size_t rows, std::size_t f, T const* x, T const* inverse,
                   T const* gamma, T const* dy, T* dx) {
    using V = Batch<T, Arch>;
    each_row(threads, rows, f, [&](std::size_t r) {
        T const *const from = x + r * f, *const up = dy + r * f;
        V const share(inverse[r]);
        V const dot = sum_columns<T, Arch>(f, [&](V& to, auto at) {
            V const g = gamma ? at(up) * at(gamma) : at(up);
            to = kernels::fma(g, at(from) * share, to);
        });
        V const tilt = dot / V(T(f));
        each_column<T, Arch>(f, [&](auto at) {
            V const g = gamma ? at(up) * at(gamma) : at(up);
            at(dx + r * f, kernels::fnma(at(from) * share, tilt, g) * share);
        });
    });
}

/// sums = the sum of dy u over the rows.
template <class Arch = xsimd::default_arch, class T>
void scale_rows_gradients(Threads* threads, std::size_t rows, std::size_t f, T const* x,
                          T const* inverse, T const* dy, T* sums, T* room) {
    using V = Batch<T, Arch>;
    column_sums<1, Arch>(threads, rows, f, sums, room, [&](auto at, std::size_t r) {
        return std::array{at(dy + r * f) * (at(x + r * f) * V(inverse[r]))};
    });
}

// ---- Groups of columns of one sample: Wu and He (2018), "Group normalization" -------------------

/// y = u gamma + beta for one sample of rows x f numbers, whose columns are normalised in groups of
/// f / groups neighbours over all the rows. mean and inverse keep f numbers each, 1 / deviation
/// being the same in all columns of a group. `room` has 2 f + column_sums_room<1>(f) numbers.
template <class T, class Arch = xsimd::default_arch>
void normalize_groups(std::size_t rows, std::size_t f, std::size_t groups, T const* x,
                      T const* gamma, T const* beta, T epsilon, T* y, T* mean, T* inverse,
                      T* room) {
    using V = Batch<T, Arch>;
    std::size_t const each = f / groups;
    T *const variance = room, *const scale = room + f;
    column_moments<Arch, T>(nullptr, rows, f, x, nullptr, T(rows), mean, variance, room + 2 * f);
    for (std::size_t j = 0; j < f; j += each) {
        T middle{0}, spread{0};
        for (std::size_t i = j; i < j + each; ++i) middle += mean[i];
        middle /= T(each);
        for (std::size_t i = j; i < j + each; ++i) {
            T const d = mean[i] - middle;
            spread += variance[i] + d * d;
        }
        T const share = T{1} / first(kernels::sqrt(V(spread / T(each) + epsilon)));
        for (std::size_t i = j; i < j + each; ++i) {
            mean[i] = middle;
            inverse[i] = share;
            scale[i] = gamma ? share * gamma[i] : share;
        }
    }
    normalize_columns<Arch>(nullptr, rows, f, x, mean, scale, beta, y);
}

/// The gradient of one sample: dx = (g - (sum of g + u sum of g u) / count) / deviation,
/// g = dy gamma, the sums and the count over a group; null: not wanted. sums[0] = the sum of dy,
/// sums[1] = the sum of dy u of each column. `room` has 2 f + column_sums_room<2>(f) numbers.
template <class T, class Arch = xsimd::default_arch>
void normalize_groups_dx(std::size_t rows, std::size_t f, std::size_t groups, T const* x,
                         T const* mean, T const* inverse, T const* gamma, T const* dy, T* sums,
                         T* dx, T* room) {
    using V = Batch<T, Arch>;
    std::size_t const each = f / groups;
    T *const shift = room, *const tilt = room + f;
    column_gradients<Arch, T>(nullptr, rows, f, x, mean, inverse, dy, sums, room + 2 * f);
    if (!dx) return;
    for (std::size_t j = 0; j < f; j += each) {
        T all{0}, dot{0};
        for (std::size_t i = j; i < j + each; ++i) {
            T const g = gamma ? gamma[i] : T{1};
            all += g * sums[i];
            dot += g * sums[f + i];
        }
        std::fill_n(shift + j, each, all / T(each * rows));
        std::fill_n(tilt + j, each, dot / T(each * rows));
    }
    for (std::size_t r = 0; r < rows; ++r)
        each_column<T, Arch>(f, [&](auto at) {
            V const g = gamma ? at(dy + r * f) * at(gamma) : at(dy + r * f);
            V const u = (at(x + r * f) - at(mean)) * at(inverse);
            at(dx + r * f, (g - kernels::fma(u, at(tilt), at(shift))) * at(inverse));
        });
}

} // namespace lamina::kernels
