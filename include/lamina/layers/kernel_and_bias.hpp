// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/option.hpp>
#include <lamina/core/parameters.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/layers/constraints.hpp>
#include <lamina/layers/options.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

namespace lamina::detail {

/// Says something of a kernel and a bias.
template <class O>
inline constexpr bool is_initial_option =
    has_option<O, NoBias> || is_kind<KernelInitializer, O> || is_kind<BiasInitializer, O>;
template <class O>
inline constexpr bool is_affine_option =
    is_initial_option<O> || is_kind<KernelConstraint, O> || is_kind<BiasConstraint, O>;

/// Bit by bit, the axes of a kernel along which the weights behind one output lie, where that is
/// not said by an option: AlongAxes<0b0011>.
template <unsigned Axes>
struct AlongAxes {};
template <unsigned Otherwise, class... Options>
struct KernelAxes {
    static constexpr unsigned axes = Otherwise;
};
template <unsigned Otherwise, unsigned Axes, class... Options>
struct KernelAxes<Otherwise, AlongAxes<Axes>, Options...> {
    static constexpr unsigned axes = Axes;
};

/// The sum of l1 |w| + l2 w^2 of n weights; adds its gradient to dw, if that is not null.
template <class Arch = xsimd::default_arch, class T>
[[gnu::noinline]] T add_penalty(std::size_t n, T const* w, T* dw, T l1, T l2) {
    using V = kernels::Batch<T, Arch>;
    V const zero(T{0});
    V sum = zero;
    for (std::size_t i = 0; i < n; i += V::size) {
        std::size_t const count = std::min(n - i, V::size);
        V const v = kernels::load<V>(w + i, count);
        V const sign = kernels::select(v == zero, zero, kernels::copysign(V(l1), v));
        sum = kernels::fma(kernels::fma(V(l2), v, sign), v, sum);
        if (!dw) continue;
        V const slope = kernels::load<V>(dw + i, count) + kernels::fma(V(T{2} * l2), v, sign);
        kernels::store(dw + i, slope, count);
    }
    return kernels::reduce_add(sum);
}

/// Adds the penalty of Size weights to the loss, its gradient to dw: to regularize a layer.
template <std::size_t Size, class T>
void penalize(auto const& c, T const* w, T* dw, float l1, float l2) {
    if (l1 != 0.0f || l2 != 0.0f) c.add_loss(add_penalty(Size, w, dw, T(l1), T(l2)));
}
/// What the options kernel_l1 and kernel_l2 of a layer ask for, whose first parameters are the
/// kernel's.
template <std::size_t Size>
void penalize_kernel(auto const& c) {
    penalize<Size>(c, c.call.parameters, c.call.gradients, c.layer.kernel_l1, c.layer.kernel_l2);
}

/// Refuses values of these options that make no sense, and tells files what they are.
[[gnu::cold]] inline void check_penalty(char const* where, float kernel_l1, float kernel_l2) {
    Check{where}.not_negative("kernel_l1", kernel_l1).not_negative("kernel_l2", kernel_l2);
}
void tell_penalty(auto const& layer, auto const& out) {
    out("kernel_l1", layer.kernel_l1);
    out("kernel_l2", layer.kernel_l2);
}

/// The parameters of a layer that multiplies by a kernel and adds a bias: GlorotUniform and Zeros
/// unless the options say otherwise, and no bias with NoBias. AlongAxes<...> may come first.
template <class KernelShape, class BiasShape, class... Options>
struct KernelAndBias {
    static constexpr bool has_bias = !has_option<NoBias, Options...>;
    using KernelStart = typename Chosen<KernelInitializer, GlorotUniform, Options...>::type;
    using BiasStart = typename Chosen<BiasInitializer, Zeros, Options...>::type;
    static constexpr unsigned axes = KernelAxes<usual_axes(KernelShape::rank), Options...>::axes;
    using Kernel = ConstrainedBy<KernelConstraint, Parameter<"kernel", KernelShape, KernelStart>,
                                 axes, Options...>;
    using Bias =
        ConstrainedBy<BiasConstraint, Parameter<"bias", BiasShape, BiasStart>, 1, Options...>;
    using Parameters =
        std::conditional_t<has_bias, lamina::Parameters<Kernel, Bias>, lamina::Parameters<Kernel>>;

    static void regularize(auto const& c) { penalize_kernel<KernelShape::size>(c); }

    template <class T>
    struct Tensors {
        T *kernel, *bias; // no bias: null
    };
    template <class T, std::size_t N>
    static Tensors<T> split(std::array<T*, N> const& p) {
        if constexpr (has_bias) return {p[0], p[1]};
        else return {p[0], nullptr};
    }
};

} // namespace lamina::detail
