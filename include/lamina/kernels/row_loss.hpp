// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// Losses of whole vectors: cross-entropy over classes, cosine. Such a loss is written once, as
/// sums over the numbers of a vector, and runs in two forms. Short vectors are laid side by side,
/// one in each lane: no lane idles, and a maximum, a sum, a logarithm serve as many vectors as
/// there are lanes. Long vectors are walked along.
///
/// A loss f is called with a row and returns the loss of its vectors:
///     row.largest(g)    the largest g(y, t) of each vector
///     row.sums<N>(g)    the sums of the N numbers, an array, that g(y, t) gives
///     row.keep<N>(g)    the same; the first of the N is kept for slope()
///     row.at_class(g)   g(y) at the vector's class, for classes
///     row.slope(g)      the derivative: g(y, t, kept); only if row.wants_slope
/// y and t are batches, and so is all that is returned: of short vectors lane i speaks of vector i.
namespace lamina::kernels {

namespace detail {

/// As many vectors of C numbers as there are lanes, lane by lane; zeros where there are fewer.
template <class V, std::size_t C, class E>
class Aside {
    using T = typename V::value_type;
    static constexpr bool sparse = !std::is_same_v<E, T>;
    static constexpr std::size_t n = V::size;

public:
    using Batch = V;
    static constexpr bool one_hot = sparse;
    static constexpr std::size_t classes = C;
    bool const wants_slope;

    /// The slope of `count` vectors goes to dy, times `factor`.
    Aside(std::size_t count, T const* y, E const* target, T* dy, V factor)
        : wants_slope(dy != nullptr), count_(count), target_(target), dy_(dy), factor_(factor) {
        transpose<true>(count, C, y, C, y_, n);
        if constexpr (!sparse) transpose<true>(count, C, target, C, t_, n);
        else
            for (std::size_t i = 0; i < n; ++i) t_[i] = i < count ? T(target[i]) : T(0);
    }

    template <class G>
    V largest(G const& g) const {
        V top = g(y(0), t(0));
        for (std::size_t j = 1; j < C; ++j) top = kernels::max(top, g(y(j), t(j)));
        return top;
    }
    template <std::size_t N, class G>
    std::array<V, N> sums(G const& g) const {
        std::array<V, N> s = g(y(0), t(0));
        for (std::size_t j = 1; j < C; ++j) add(s, g(y(j), t(j)));
        return s;
    }
    template <std::size_t N, class G>
    std::array<V, N> keep(G const& g) {
        std::array<V, N> s = g(y(0), t(0));
        s[0].store_aligned(kept_);
        for (std::size_t j = 1; j < C; ++j) {
            std::array<V, N> const each = g(y(j), t(j));
            each[0].store_aligned(kept_ + j * n);
            add(s, each);
        }
        return s;
    }
    template <class G>
    V at_class(G const& g) const {
        alignas(64) T its[n];
        for (std::size_t i = 0; i < n; ++i) {
            auto const j = i < count_ ? std::size_t(target_[i]) : 0;
            its[i] = y_[(j < C ? j : 0) * n + i]; // a class that there is not has no weight
        }
        return g(V::load_aligned(its));
    }
    template <class G>
    void slope(G const& g) {
        V const zero(T(0));
        for (std::size_t j = 0; j < C; ++j) {
            V const slope = factor_ * g(y(j), t(j), V::load_aligned(kept_ + j * n));
            select(factor_ == zero, zero, slope).store_aligned(kept_ + j * n);
        }
        transpose(C, count_, kept_, n, dy_, C);
    }

private:
    template <std::size_t N>
    static void add(std::array<V, N>& s, std::array<V, N> const& each) {
        for (std::size_t k = 0; k < N; ++k) s[k] += each[k];
    }
    V y(std::size_t j) const { return V::load_aligned(y_ + j * n); }
    V t(std::size_t j) const {
        if constexpr (sparse) return select(V::load_aligned(t_) == V(T(j)), V(T(1)), V(T(0)));
        else return V::load_aligned(t_ + j * n);
    }

    std::size_t count_;
    E const* target_;
    T* dy_;
    V factor_;
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
    static constexpr std::size_t classes = C;
    bool const wants_slope;

    Along(T const* y, E const* target, T* dy, V factor)
        : wants_slope(dy != nullptr), y_(y), t_(target), dy_(dy), factor_(factor) {}

    template <class G>
    V largest(G const& g) const {
        V top = g(load<V>(y_), t(0)); // C > n
        for (std::size_t j = n; j < whole; j += n)
            top = kernels::max(top, g(load<V>(y_ + j), t(j)));
        if constexpr (rest > 0)
            top = kernels::max(top, select(first_lanes<V>(rest), g(y_rest(), t_rest()), top));
        return V(reduce_max(top));
    }
    template <std::size_t N, class G>
    std::array<V, N> sums(G const& g) const {
        return walk<N>(
            g, [](std::size_t, V) {}, [](V) {});
    }
    template <std::size_t N, class G>
    std::array<V, N> keep(G const& g) {
        if (!dy_) return sums<N>(g);
        return walk<N>(
            g, [this](std::size_t j, V v) { kernels::store(dy_ + j, v); },
            [this](V v) { kernels::store(dy_ + whole, v, rest); });
    }
    template <class G>
    V at_class(G const& g) const {
        auto const j = std::size_t(*t_);
        return g(V(y_[j < C ? j : 0])); // a class that there is not has no weight
    }
    template <class G>
    void slope(G const& g) {
        for (std::size_t j = 0; j < whole; j += n)
            kernels::store(dy_ + j, factor_ * g(load<V>(y_ + j), t(j), load<V>(dy_ + j)));
        if constexpr (rest > 0)
            kernels::store(dy_ + whole, factor_ * g(y_rest(), t_rest(), load<V>(dy_ + whole, rest)),
                           rest);
    }

private:
    template <std::size_t N, class G, class Keep, class KeepRest>
    std::array<V, N> walk(G const& g, Keep const& keep_at, KeepRest const& keep_rest) const {
        std::array<V, N> s = g(load<V>(y_), t(0));
        keep_at(0, s[0]);
        for (std::size_t j = n; j < whole; j += n) {
            std::array<V, N> const each = g(load<V>(y_ + j), t(j));
            keep_at(j, each[0]);
            for (std::size_t k = 0; k < N; ++k) s[k] += each[k];
        }
        if constexpr (rest > 0) {
            std::array<V, N> const each = g(y_rest(), t_rest());
            keep_rest(each[0]);
            for (std::size_t k = 0; k < N; ++k)
                s[k] += select(first_lanes<V>(rest), each[k], V(T(0)));
        }
        for (V& v : s) v = V(reduce_add(v));
        return s;
    }
    V y_rest() const { return load<V>(y_ + whole, rest); }
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
            std::array<T, n> a{};
            for (std::size_t i = 0; i < n; ++i) a[i] = T(i);
            return a;
        }();
        V const here = V(T(j)) + V::load_aligned(upwards.data());
        return select(here == V(T(*t_)), V(T(1)), V(T(0)));
    }

    T const* y_;
    E const* t_;
    T* dy_;
    V factor_;
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
            V const w =
                weight ? load<V>(weight + r, count) : select(first_lanes<V>(count), V(T(1)), zero);
            detail::Aside<V, C, E> row(count, y + r * C, target + r * width,
                                       dy ? dy + r * C : nullptr, w * V(scale));
            total += double(reduce_add(select(w == zero, zero, w * f(row))));
        }
    } else {
        for (std::size_t r = 0; r < rows; ++r) {
            T* const to = dy ? dy + r * C : nullptr;
            T const w = weight ? weight[r] : T(1);
            if (w == T(0)) {
                if (to) std::fill_n(to, C, T(0));
                continue;
            }
            detail::Along<V, C, E> row(y + r * C, target + r * width, to, V(w * scale));
            total += double(w) * double(first(f(row)));
        }
    }
    return total;
}

} // namespace lamina::kernels
