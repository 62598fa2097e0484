// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/kernels/batch.hpp>
#include <lamina/kernels/loss.hpp>

#include <concepts>
#include <cstddef>

namespace lamina {

namespace detail {

/// As kernels::sum_losses: once for a loss, whatever the shapes.
template <class T, class L>
[[gnu::noinline]] double sum_elementwise(L const& loss, std::size_t rows, std::size_t width,
                                         T const* y, T const* target, T const* weight, T scale,
                                         T* dy) {
    return kernels::sum_losses(rows, width, y, target, weight, scale, dy, loss);
}
#ifdef LAMINA_SOURCE
#define LAMINA_LOSS_COMPILED_ONCE(Loss)                                                            \
    template double detail::sum_elementwise(Loss const&, std::size_t, std::size_t, float const*,   \
                                            float const*, float const*, float, float*)
#elif !LAMINA_BODIES
#define LAMINA_LOSS_COMPILED_ONCE(Loss)                                                            \
    extern template double detail::sum_elementwise(Loss const&, std::size_t, std::size_t,          \
                                                   float const*, float const*, float const*,       \
                                                   float, float*)
#else
#define LAMINA_LOSS_COMPILED_ONCE(Loss)
#endif

/// One over what a sum of losses is divided by; below 0 for a loss that is to grow. Nothing counts:
/// nothing is lost, and nothing learnt.
template <class T>
constexpr T share_of(T total) {
    return total != T(0) ? T(1) / total : T(0);
}

} // namespace detail

/// A loss that is the mean, over each vector, of f(y, target): L bound on outputs of shape Y. L has
///     template <class V> kernels::LossAndSlope<V> operator()(V y, V target) const
/// on batches of numbers; with `static constexpr bool sums = true` it is the sum over each vector.
template <class L, class Y>
struct ElementwiseLoss {
private:
    using Numbers = kernels::Batch<float>;

public:
    static constexpr bool fits = requires(L const& loss, Numbers y) {
        { loss(y, y) } -> std::same_as<kernels::LossAndSlope<Numbers>>;
    };
    static void otherwise() {
        static_assert(fits, "A loss of single numbers has template <class V> "
                            "kernels::LossAndSlope<V> operator()(V y, V target) const.");
    }
    using Target = Y;

    /// The sum over the vectors r of weight[r] * loss(r) / total, and its gradient to dy. weight
    /// null: all 1; dy null: not wanted. dy overlaps nothing.
    template <class T>
    static T value(L const& loss, View<T const, Y> y, T const* target, T const* weight, T* dy,
                   T total) {
        T scale = detail::share_of(total);
        if constexpr (!requires { requires L::sums; }) scale /= T(Y::last);
        return T(double(scale) * detail::sum_elementwise(loss, y.rows(), Y::last, y.data, target,
                                                         weight, scale, dy));
    }
};

} // namespace lamina
