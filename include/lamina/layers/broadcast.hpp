// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/reduce.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

/// Two inputs of different shapes in one place: NumPy's broadcasting within a sample. Axes are
/// compared from the last one backwards; where one of the two has length 1, or no axis, its numbers
/// count for all of the other's.
namespace lamina::detail {

/// Axis i of `rank`, counted from S's last one; 1 where S has none.
template <class S>
constexpr std::size_t axis_from_last(std::size_t i, std::size_t rank) {
    return i + S::rank < rank ? 1 : S::dims[i + S::rank - rank];
}
template <class A, class B>
constexpr auto broadcast_shape() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return Shape<std::max(axis_from_last<A>(I, sizeof...(I)),
                              axis_from_last<B>(I, sizeof...(I)))...>{};
    }
    (std::make_index_sequence<std::max(A::rank, B::rank)>{});
}

/// How two shapes lie on one another.
template <class A, class B>
struct Broadcasting {
    using Output = decltype(broadcast_shape<A, B>());
    static constexpr std::size_t rank = Output::rank;
    using Axes = std::array<std::size_t, rank>;
    template <class S>
    static constexpr Axes axes_of() {
        Axes axes{};
        for (std::size_t i = 0; i < rank; ++i) axes[i] = axis_from_last<S>(i, rank);
        return axes;
    }
    static constexpr Axes a = axes_of<A>(), b = axes_of<B>();
    static constexpr bool fits = [] {
        for (std::size_t i = 0; i < rank; ++i)
            if (a[i] != b[i] && a[i] != 1 && b[i] != 1) return false;
        return !A::integer && !B::integer;
    }();

    /// Along axis i numbers of S are new ones, not the same again.
    static constexpr bool runs(Axes const& s, std::size_t i) {
        return s[i] > 1 || Output::dims[i] == 1;
    }
    /// A row: as many of the last axes as are of one kind. `axes` are left.
    struct Rows {
        std::size_t axes = rank, length = 1;
        bool a = true, b = true; // whether they run along a row
    };
    static constexpr Rows rows = [] {
        Rows r;
        for (; r.axes > 0; --r.axes) {
            std::size_t const i = r.axes - 1;
            if (Output::dims[i] == 1) continue;
            if (r.length > 1 && (runs(a, i) != r.a || runs(b, i) != r.b)) break;
            r.a = runs(a, i);
            r.b = runs(b, i);
            r.length *= Output::dims[i];
        }
        return r;
    }();
    static constexpr std::size_t count = Output::size / rows.length;

    /// Where row r begins in a sample of S.
    static constexpr std::size_t begin(Axes const& s, bool along, std::size_t r) {
        std::size_t at = 0, stride = along ? rows.length : 1;
        for (std::size_t i = rows.axes; i-- > 0;) {
            if (s[i] > 1) at += r % Output::dims[i] * stride;
            r /= Output::dims[i];
            stride *= s[i];
        }
        return at;
    }
};

/// Merge of two inputs whose shapes differ but fit: M::value(a, b) and M::slope<K>(dy, a, b) as
/// there. The gradient of what counts for many numbers is the sum of theirs.
template <class M, bool Reads, class A, class B>
struct BroadcastMerge {
    using Places = Broadcasting<A, B>;
    static constexpr auto rows = Places::rows;
    static constexpr bool fits = Places::fits;
    using Output = typename Places::Output;
    static constexpr bool needs_x = Reads, needs_y = false, each_moment = true;
    static constexpr std::size_t flops = Output::size;
    static constexpr std::size_t grain = 1 + 16384 / Output::size; // samples

    static void forward(auto const& c) {
        spread(c.inputs(), [&](auto a, auto b) {
            each_row(c, [&](std::size_t n, std::size_t at, std::size_t in_a, std::size_t in_b) {
                auto const* const p = a.sample(n) + in_a;
                auto const* const q = b.sample(n) + in_b;
                auto* const y = c.y.sample(n) + at;
                if constexpr (rows.a && rows.b)
                    kernels::map(
                        rows.length, y, [](auto u, auto v) { return M::value(u, v); }, p, q);
                else if constexpr (rows.a)
                    kernels::map(
                        rows.length, y, [v = *q](auto u) { return M::value(u, decltype(u)(v)); },
                        p);
                else
                    kernels::map(
                        rows.length, y, [u = *p](auto v) { return M::value(decltype(v)(u), v); },
                        q);
            });
        });
    }
    static void backward(auto const& c) {
        spread(c.inputs(), [&](auto a, auto b) {
            if (c.call.needs_dx[0]) slopes<0>(c, a, b, c.call.dx[0]);
            if (c.call.needs_dx[1]) slopes<1>(c, a, b, c.call.dx[1]);
        });
    }

private:
    /// f(sample, place in y, place in a, place in b) for each row of each sample, by several
    /// threads.
    static void each_row(auto const& c, auto const& f) {
        parallel_for(c.threads, c.batch, grain,
                     [&](std::size_t first, std::size_t last, std::size_t) {
                         for (std::size_t n = first; n < last; ++n)
                             for (std::size_t r = 0; r < Places::count; ++r)
                                 f(n, r * rows.length, Places::begin(Places::a, rows.a, r),
                                   Places::begin(Places::b, rows.b, r));
                     });
    }
    template <std::size_t K, class T>
    static void slopes(auto const& c, auto a, auto b, T* dx) {
        using In = std::conditional_t<K == 0, A, B>;
        constexpr bool whole = In::size == Output::size, along = K == 0 ? rows.a : rows.b;
        if constexpr (!whole) std::fill_n(dx, c.batch * In::size, T{0});
        each_row(c, [&](std::size_t n, std::size_t at, std::size_t in_a, std::size_t in_b) {
            T const* const dy = c.dy.sample(n) + at;
            T* const to = dx + n * In::size + (K == 0 ? in_a : in_b);
            auto const add = [&](auto const& slope, auto const*... x) {
                if constexpr (whole) kernels::map(rows.length, to, slope, dy, x...);
                else if constexpr (along)
                    kernels::map(
                        rows.length, to, [&](auto sum, auto... of) { return sum + slope(of...); },
                        to, dy, x...);
                else *to += kernels::sum(nullptr, rows.length, slope, dy, x...);
            };
            if constexpr (!Reads) add([](auto g) { return M::template slope<K>(g, g, g); });
            else {
                T const *const p = a.sample(n) + in_a, *const q = b.sample(n) + in_b;
                if constexpr (rows.a && rows.b)
                    add([](auto g, auto u, auto v) { return M::template slope<K>(g, u, v); }, p, q);
                else if constexpr (rows.a)
                    add([v = *q](auto g,
                                 auto u) { return M::template slope<K>(g, u, decltype(u)(v)); },
                        p);
                else
                    add([u = *p](auto g,
                                 auto v) { return M::template slope<K>(g, decltype(v)(u), v); },
                        q);
            }
        });
    }
};

/// Whether shapes differ, and are two that lie on one another.
template <class... In>
inline constexpr bool broadcasts = false;
template <class A, class B>
requires(!std::is_same_v<A, B>) inline constexpr bool broadcasts<A, B> = Broadcasting<A, B>::fits;

} // namespace lamina::detail
