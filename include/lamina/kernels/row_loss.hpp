// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/loss.hpp>
#include <lamina/kernels/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

/// Losses of whole vectors: cross-entropy over classes, cosine. Such a loss is written once, as
/// sums over the numbers of a vector, and runs in two forms. Short vectors are laid side by side,
/// one in each lane: no lane idles, and a maximum, a sum, a logarithm serve as many vectors as
/// there are lanes. Long vectors are walked along.
///
/// A loss f is called with a row and returns the loss of its vectors:
///     row.largest(g)   the largest g(y, t) of each vector
///     row.sum(g)       the sum of g(y, t)
///     row.keep(g)      the same; keeps each g(y, t) for slope()
///     row.slope(g)     the derivative: g(y, t, kept); only if row.wants_slope
/// y and t are batches, and so is all that is returned: for short vectors lane i speaks of vector
/// i.
namespace lamina::kernels {

namespace detail {

/// As many vectors of C numbers as there are lanes, lane by lane.
template <class V, std::size_t C, class E>
class Aside {
    using T = typename V::value_type;
    static constexpr bool sparse = !std::is_same_v<E, T>;
    static constexpr std::size_t n = V::size;

public:
    using Batch = V;
    static constexpr bool one_hot = sparse;
    bool const wants_slope;
    static constexpr std::size_t classes = C;

    /// Where there are fewer vectors, the last stands in for those that are missing.
    Aside(std::size_t count, T const* y, E const* target, bool slope) : wants_slope(slope) {
        for (std::size_t i = 0; i < n; ++i) {
            std::size_t const r = std::min(i, count - 1);
            for (std::size_t j = 0; j < C; ++j) y_[j * n + i] = y[r * C + j];
            if constexpr (sparse) t_[i] = T(target[r]);
            else for (std::size_t j = 0; j < C; ++j) t_[j * n + i] = target[r * C + j];
        }
    }

    template <class G>
    V largest(G const& g) const {
        V top = g(y(0), t(0));
        for (std::size_t j = 1; j < C; ++j) top = kernels::max(top, g(y(j), t(j)));
        return top;
    }
    template <class G>
    V sum(G const& g) const {
        V s(T(0));
        for (std::size_t j = 0; j < C; ++j) s += g(y(j), t(j));
        return s;
    }
    template <class G>
    V keep(G const& g) {
        V s(T(0));
        for (std::size_t j = 0; j < C; ++j) {
            V const v = g(y(j), t(j));
            v.store_aligned(kept_ + j * n);
            s += v;
        }
        return s;
    }
    template <class G>
    void slope(G const& g) {
        for (std::size_t j = 0; j < C; ++j)
            g(y(j), t(j), V::load_aligned(kept_ + j * n)).store_aligned(kept_ + j * n);
    }
    /// dy = factor * slope for the first `count` vectors.
    void store(T* dy, std::size_t count, V factor) {
        V const zero(T(0));
        for (std::size_t j = 0; j < C; ++j)
            select(factor == zero, zero, factor * V::load_aligned(kept_ + j * n))
                .store_aligned(kept_ + j * n);
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = 0; j < C; ++j) dy[i * C + j] = kept_[j * n + i];
    }

private:
    V y(std::size_t j) const { return V::load_aligned(y_ + j * n); }
    V t(std::size_t j) const {
        if constexpr (sparse) return select(V::load_aligned(t_) == V(T(j)), V(T(1)), V(T(0)));
        else return V::load_aligned(t_ + j * n);
    }

    alignas(64) T y_[C * n];
    alignas(64) T t_[sparse ? n : C * n];
    alignas(64) T kept_[C * n];
};

/// One vector of C numbers, a batch of them at a time; what is kept is kept in dy.
template <class V, std::size_t C, class E>
class Along {
    using T = typename V::value_type;
    static constexpr bool sparse = !std::is_same_v<E, T>;
    static constexpr std::size_t n = V::size, whole = C / n * n, rest = C % n;

public:
    using Batch = V;
    static constexpr bool one_hot = sparse;
    bool const wants_slope;
    static constexpr std::size_t classes = C;

    Along(T const* y, E const* target, T* dy)
        : wants_slope(dy != nullptr), y_(y), t_(target), dy_(dy) {}

    template <class G>
    V largest(G const& g) const {
        V top(std::numeric_limits<T>::lowest());
        for (std::size_t j = 0; j < whole; j += n)
            top = kernels::max(top, g(load<V>(y_ + j), t(j)));
        if constexpr (rest > 0)
            top = kernels::max(top, select(tail(), g(load<V>(y_ + whole, rest), t_rest()), top));
        return V(reduce_max(top));
    }
    template <class G>
    V sum(G const& g) const {
        V s(T(0));
        for (std::size_t j = 0; j < whole; j += n) s += g(load<V>(y_ + j), t(j));
        if constexpr (rest > 0)
            s += select(tail(), g(load<V>(y_ + whole, rest), t_rest()), V(T(0)));
        return V(reduce_add(s));
    }
    template <class G>
    V keep(G const& g) {
        V s(T(0));
        for (std::size_t j = 0; j < whole; j += n) {
            V const v = g(load<V>(y_ + j), t(j));
            if (dy_) kernels::store(dy_ + j, v);
            s += v;
        }
        if constexpr (rest > 0) {
            V const v = select(tail(), g(load<V>(y_ + whole, rest), t_rest()), V(T(0)));
            if (dy_) kernels::store(dy_ + whole, v, rest);
            s += v;
        }
        return V(reduce_add(s));
    }
    template <class G>
    void slope(G const& g) {
        for (std::size_t j = 0; j < whole; j += n)
            kernels::store(dy_ + j, g(load<V>(y_ + j), t(j), load<V>(dy_ + j)));
        if constexpr (rest > 0)
            kernels::store(
                dy_ + whole, g(load<V>(y_ + whole, rest), t_rest(), load<V>(dy_ + whole, rest)),
                rest);
    }
    void store(V factor) {
        for (std::size_t j = 0; j < whole; j += n)
            kernels::store(dy_ + j, factor * load<V>(dy_ + j));
        if constexpr (rest > 0)
            kernels::store(dy_ + whole, factor * load<V>(dy_ + whole, rest), rest);
    }

private:
    static auto tail() { return ones<V>(rest) != V(T(0)); }
    V t(std::size_t j) const {
        if constexpr (sparse) return is_class(j);
        else return load<V>(t_ + j);
    }
    V t_rest() const {
        if constexpr (sparse) return is_class(whole);
        else return load<V>(t_ + whole, rest);
    }
    V is_class(std::size_t j) const {
        alignas(64) static constexpr auto upwards = [] {
            struct { T values[n]; } a{};
            for (std::size_t i = 0; i < n; ++i) a.values[i] = T(i);
            return a;
        }();
        V const here = V(T(j)) + V::load_aligned(upwards.values);
        return select(here == V(T(*t_)), V(T(1)), V(T(0)));
    }

    T const* y_;
    E const* t_;
    T* dy_;
};

} // namespace detail

/// The sum of weight[r] * f(vector r) over `rows` vectors of C numbers; dy = scale * weight[r] *
/// its derivative. target: as many numbers as y, or one class (std::int32_t) for each vector; a
/// class that does not exist is none of them. weight null: all 1; dy null: not wanted; the weight 0
/// means that a vector counts for nothing, whatever stands in it. Every vector gets the same bits
/// wherever it lies.
template <std::size_t C, class Arch = xsimd::default_arch, class T, class E, class F>
double sum_row_losses(std::size_t rows, T const* y, E const* target, T const* weight, T scale,
                      T* dy, F const& f) {
    using V = Batch<T, Arch>;
    constexpr std::size_t width = std::is_same_v<E, T> ? C : 1;
    double total = 0;
    if constexpr (C <= 4 * V::size) {
        V const zero(T(0));
        for (std::size_t r = 0; r < rows; r += V::size) {
            std::size_t const count = std::min(V::size, rows - r);
            V const w = weight ? load<V>(weight + r, count) : detail::ones<V>(count);
            detail::Aside<V, C, E> row(count, y + r * C, target + r * width, dy != nullptr);
            V const loss = f(row);
            total += double(reduce_add(select(w == zero, zero, w * loss)));
            if (dy) row.store(dy + r * C, count, w * V(scale));
        }
    } else {
        for (std::size_t r = 0; r < rows; ++r) {
            T* const to = dy ? dy + r * C : nullptr;
            T const w = weight ? weight[r] : T(1);
            if (w == T(0)) {
                if (to) std::fill_n(to, C, T(0));
                continue;
            }
            detail::Along<V, C, E> row(y + r * C, target + r * width, to);
            total += double(w) * double(first(f(row)));
            if (to) row.store(V(w * scale));
        }
    }
    return total;
}

} // namespace lamina::kernels
