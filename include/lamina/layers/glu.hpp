// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/sigmoid.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/layers/concatenate.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// Gated linear unit: y = value activation(gate), number by number. The value is the first half of
/// the last axis and the gate the second, or they are two inputs: join(value, gate) | GLU<SiLU>{}.
///
/// Input       any shape with an even last axis, or two inputs of one shape
/// Output      the shape with half the last axis, or that shape
/// Options     an elementwise activation for the gate: Sigmoid; GLU<SiLU> is SwiGLU
/// Errors      (compile time) the last axis is odd; the shapes differ; more than two inputs; tokens
/// Source      torch.nn.GLU; Dauphin, Fan, Auli and Grangier (2017), "Language modeling with gated
///             convolutional networks"; Shazeer (2020), "GLU variants improve Transformer"
template <class Activation = Sigmoid>
struct GLU {
    [[no_unique_address]] Activation activation{};

    template <class First, class... More>
    struct On {
        static constexpr bool halves = sizeof...(More) == 0;
        static constexpr bool fits =
            !First::integer && sizeof...(More) < 2 &&
            (halves ? First::last % 2 == 0 : (std::is_same_v<First, More> && ...));
        static void otherwise() {
            static_assert(fits, "GLU takes an even last axis, value and gate side by side, or two "
                                "inputs of one shape.");
        }
        static constexpr std::size_t n = halves ? First::last / 2 : First::last;
        using Output = std::conditional_t<halves, decltype(detail::with_last<First, n>()), First>;
        static constexpr bool needs_y = false, each_moment = true;
        static constexpr std::size_t flops = 4 * Output::size;

        static void forward(auto const& c) {
            auto const f = [a = c.layer.activation](auto v, auto g)
                               LAMINA_ALWAYS_INLINE { return v * a.value(g); };
            each(c, [&](std::size_t count, std::size_t at, auto const* v, auto const* g, auto*,
                        auto*) { kernels::map(count, c.y.data + at, f, v, g); });
        }
        static void backward(auto const& c) { // dvalue = dy a(gate), dgate = dy value a'(gate)
            auto const f = [a = c.layer.activation](auto dy, auto g)
                               LAMINA_ALWAYS_INLINE { return dy * a.value(g); };
            auto const df = [a = c.layer.activation](auto dy, auto v, auto g) LAMINA_ALWAYS_INLINE {
                if constexpr (Activation::from_output) return dy * v * a.slope(a.value(g));
                else return dy * v * a.slope(g);
            };
            each(c, [&](std::size_t count, std::size_t at, auto const* v, auto const* g, auto* dv,
                        auto* dg) {
                if (dv) kernels::map(count, dv, f, c.dy.data + at, g);
                if (dg) kernels::map(count, dg, df, c.dy.data + at, v, g);
            });
        }

    private:
        /// work(count, at, value, gate, dvalue, dgate) for stretches of the output from `at`; null:
        /// that gradient is not wanted.
        static void each(auto const& c, auto const& work) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const* const x = static_cast<T const*>(c.call.x[0]);
            T* const dx = c.call.needs_dx[0] ? c.call.dx[0] : nullptr;
            if constexpr (halves) {
                std::size_t const grain = 16384 / (n + 1) + 1;
                parallel_for(c.threads, c.y.rows(), grain,
                             [&](std::size_t begin, std::size_t end, std::size_t) {
                                 for (std::size_t r = begin; r < end; ++r)
                                     work(n, r * n, x + 2 * r * n, x + (2 * r + 1) * n,
                                          dx ? dx + 2 * r * n : nullptr,
                                          dx ? dx + (2 * r + 1) * n : nullptr);
                             });
            } else {
                auto const* const gate = static_cast<T const*>(c.call.x[1]);
                T* const dgate = c.call.needs_dx[1] ? c.call.dx[1] : nullptr;
                parallel_for(c.threads, c.y.size(), 16384,
                             [&](std::size_t begin, std::size_t end, std::size_t) {
                                 work(end - begin, begin, x + begin, gate + begin,
                                      dx ? dx + begin : nullptr, dgate ? dgate + begin : nullptr);
                             });
            }
        }
    };
};

} // namespace lamina
