// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// How alike two vectors are: join(a, b) | Dot{} is the sum of a_i b_i, and with normalize, Keras'
/// way, of a / |a| and b / |b|: the cosine of the angle between them. What two towers end in.
///
///     join(left | tower, right | tower) | Dot{.normalize = true}
///
/// For matrices see ScaledDotProductAttention.
///
/// Input       two nodes of one shape, Shape<Features>
/// Output      Shape<1>
/// Options     normalize: |a| of less than 1e-6 counts as 1e-6
/// Errors      (compile time) the inputs are not two vectors of one size
/// Source      keras.layers.Dot(axes=1); keras.utils.normalize
struct Dot {
    bool normalize = false;

    void config(auto const& out) const {
        out("axes", 1);
        out("normalize", normalize);
    }

    template <class A, class... In>
    struct On {
        static constexpr bool fits =
            sizeof...(In) == 1 && (std::is_same_v<A, In> && ...) && A::rank == 1 && !A::integer;
        static void otherwise() {
            static_assert(fits, "Dot takes two vectors of one size. Flatten them, or give them the "
                                "same with Dense.");
        }
        using Output = Shape<1>;
        static constexpr std::size_t n = A::size, flops = 6 * n;

        static void forward(auto const& c) {
            auto const [a, b] = c.inputs();
            for (std::size_t i = 0; i < c.batch; ++i) {
                auto const s = sums(c.layer.normalize, a.sample(i), b.sample(i));
                c.y[i] = s.ab * s.by_a * s.by_b;
            }
        }
        static void backward(auto const& c) {
            auto const [a, b] = c.inputs();
            for (std::size_t i = 0; i < c.batch; ++i) {
                auto const s = sums(c.layer.normalize, a.sample(i), b.sample(i));
                auto const y = c.y[i], dy = c.dy[i];
                // y = ab / (|a| |b|): da = dy (b / (|a| |b|) - y a / |a|^2)
                auto const to = [&](int input, auto const* x, auto const* other, auto by,
                                    bool pulls) {
                    if (!c.call.needs_dx[input]) return;
                    auto* const dx = c.call.dx[input] + i * n;
                    auto const pull = pulls ? y * by * by : y * 0;
                    for (std::size_t k = 0; k < n; ++k)
                        dx[k] = dy * (other[k] * s.by_a * s.by_b - pull * x[k]);
                };
                to(0, a.sample(i), b.sample(i), s.by_a, s.a_scales);
                to(1, b.sample(i), a.sample(i), s.by_b, s.b_scales);
            }
        }

    private:
        template <class T>
        struct Sums {
            T ab = 0, by_a = 1, by_b = 1;            // a b, 1 / |a|, 1 / |b|
            bool a_scales = false, b_scales = false; // whether they depend on a and b
        };
        template <class T>
        static Sums<T> sums(bool normalize, T const* a, T const* b) {
            Sums<T> s;
            T aa = 0, bb = 0;
            for (std::size_t k = 0; k < n; ++k) {
                s.ab += a[k] * b[k];
                aa += a[k] * a[k];
                bb += b[k] * b[k];
            }
            if (!normalize) return s;
            T const least = T(1e-12); // of a square
            s.a_scales = aa > least;
            s.b_scales = bb > least;
            s.by_a = T{1} / std::sqrt(s.a_scales ? aa : least);
            s.by_b = T{1} / std::sqrt(s.b_scales ? bb : least);
            return s;
        }
    };
};

} // namespace lamina
