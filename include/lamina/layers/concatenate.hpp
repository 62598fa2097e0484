// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/graph/node.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace lamina {

namespace detail {

/// S with another axis of that number.
template <class S, std::size_t Axis, std::size_t Length>
constexpr auto with_axis() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return Shape<(I == Axis ? Length : S::dims[I])...>{};
    }
    (std::make_index_sequence<S::rank>{});
}

template <class S, std::size_t Length>
constexpr auto with_last() {
    return with_axis<S, S::rank - 1, Length>();
}

/// What joins inputs along an axis does, bound to their shapes.
template <int Axis, class First, class... In>
struct ConcatenateOn {
    static constexpr std::size_t axis = Axis < 0 ? First::rank - 1 : std::size_t(Axis) - 1;
    static constexpr bool there = axis < First::rank;
    template <class S>
    static constexpr bool like_first = !S::integer && [] {
        if (S::rank != First::rank) return false;
        for (std::size_t i = 0; i < S::rank; ++i)
            if (i != axis && S::dims[i] != First::dims[i]) return false;
        return true;
    }();
    static constexpr bool fits =
        there && sizeof...(In) > 0 && !First::integer && (like_first<In> && ...);
    static void otherwise() {
        if constexpr (Axis < 0)
            static_assert(fits, "Concatenate takes inputs that differ in the last axis only. "
                                "Reshape or Flatten them first.");
        else
            static_assert(fits, "ConcatenateAlong<Axis> takes inputs that have that axis and "
                                "differ in it only. Reshape them first.");
    }
    /// What S has of a row: its numbers from the axis on.
    template <class S>
    static constexpr std::size_t part_of = [] {
        std::size_t n = 1;
        for (std::size_t i = axis; i < S::rank; ++i) n *= S::dims[i];
        return n;
    }();
    static constexpr std::size_t row = (part_of<First> + ... + part_of<In>);
    static constexpr auto output() {
        if constexpr (fits)
            return with_axis<First, axis, (First::dims[axis] + ... + In::dims[axis])>();
        else return First{};
    }
    using Output = decltype(output());
    static constexpr bool needs_x = false, needs_y = false;
    static constexpr bool each_moment = axis + 1 == First::rank;
    static constexpr bool joins_time = axis == 0 && First::rank > 1;

    static void forward(auto const& c) { // y = [x0 x1 ...], row by row
        spread(c.inputs(), [&](auto... x) {
            std::size_t at = 0;
            auto const put = [&]<class T, class S>(View<T, S> from) {
                constexpr std::size_t part = part_of<S>;
                for (std::size_t r = 0; r < from.size() / part; ++r)
                    std::copy_n(from.data + r * part, part, c.y.data + r * row + at);
                at += part;
            };
            (put(x), ...);
        });
    }
    static void backward(auto const& c) { // [dx0 dx1 ...] = dy
        spread(c.dinputs(), [&](auto... dx) {
            std::size_t at = 0;
            auto const take = [&]<class T, class S>(View<T, S> to) {
                constexpr std::size_t part = part_of<S>;
                for (std::size_t r = 0; r < to.size() / part; ++r)
                    std::copy_n(c.dy.data + r * row + at, part, to.data + r * part);
                at += part;
            };
            (take(dx), ...);
        });
    }
};

} // namespace detail

/// Its inputs side by side along the last axis: join(a, b) | Concatenate{}.
///
/// Input       two or more nodes that differ in the last axis only
/// Output      the same with the last axes added
/// Mask        as of Add
/// Errors      (compile time) the other axes differ; there is one input only; tokens
/// Source      keras.layers.Concatenate
struct Concatenate {
    void config(auto const& out) const { out("axis", -1); }

    template <class... In>
    using On = detail::ConcatenateOn<-1, In...>;
};

/// Concatenate of another axis, called like that of the last in files. (What stands in detail would
/// bring the names in there to the calls of every program with a network that has it.)
namespace along {

template <int Axis>
struct Concatenate {
    static constexpr bool fits = Axis == -1 || Axis > 0;
    static void otherwise() {
        static_assert(fits,
                      "ConcatenateAlong<Axis>: axis 0 is the batch. Count from 1; -1 is the last.");
    }
    void config(auto const& out) const { out("axis", Axis); }

    template <class... In>
    using On = detail::ConcatenateOn<Axis, In...>;
};

} // namespace along

/// ... along another one, counted as Keras counts them, the batch being 0: ConcatenateAlong<1> puts
/// a sequence behind another, and their masks; all moments of one without a mask count.
template <int Axis>
using ConcatenateAlong = along::Concatenate<Axis>;

} // namespace lamina
