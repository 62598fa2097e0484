// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/batch.hpp>
#include <lamina/kernels/elementwise.hpp>

#include <concepts>
#include <cstddef>

namespace lamina {

/// An activation F bound on its input's shape: y = F.value(x) for each number, dx = dy F.slope(y)
/// or, where F::from_output is false, dx = dy F.slope(x). F says both for a batch of numbers:
///
///     struct Cube {
///         static constexpr bool from_output = false;
///         template <class In> using On = Elementwise<Cube, In>;
///         template <class V> V value(V x) const { return x * x * x; }
///         template <class V> V slope(V x) const { return V(3) * x * x; }
///     };
///
/// Input    any shape of numbers
/// Output   the same
/// Errors   (compile time) the input is tokens; F has no value or slope of a batch
template <class F, class In>
struct Elementwise {
private:
    using Numbers = kernels::Batch<float>;
    static constexpr bool complete = requires(F const& f, Numbers x) {
        { f.value(x) } -> std::same_as<Numbers>;
        { f.slope(x) } -> std::same_as<Numbers>;
    };

public:
    static constexpr bool fits = complete && !In::integer;
    static void otherwise() {
        static_assert(complete, "An activation has template <class V> V value(V x) const, and "
                                "slope likewise: V is a batch of numbers.");
        static_assert(!complete || fits,
                      "An activation takes numbers, not indices. Put Embedding before it.");
    }
    using Output = In;
    static constexpr bool needs_x = !F::from_output, needs_y = F::from_output;
    static constexpr bool elementwise = true, in_place = true, each_moment = true;
    static constexpr std::size_t flops = In::size;

    static void forward(auto const& c) {
        auto const f = [layer = c.layer](auto x) LAMINA_ALWAYS_INLINE { return layer.value(x); };
        if (c.one && kernels::is_few<In::size>)
            kernels::map(kernels::few<In::size>, c.y.data, f, c.x.data);
        else kernels::map(c.threads, c.x.size(), c.y.data, f, c.x.data);
    }
    static void backward(auto const& c) {
        auto const f = [layer = c.layer](auto of, auto dy)
                           LAMINA_ALWAYS_INLINE { return dy * layer.slope(of); };
        decltype(c.dy.data) of = c.x.data;
        if constexpr (F::from_output) of = c.y.data;
        kernels::map(c.threads, c.x.size(), c.dx.data, f, of, c.dy.data);
    }
};

} // namespace lamina
