// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/layers/kernel_and_bias.hpp>
#include <lamina/layers/options.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// Fully connected layer: y = x kernel + bias, for one vector or each vector of a sequence.
///
/// Input       Shape<Features> or Shape<Time, Features>
/// Output      Shape<Units>    or Shape<Time, Units>
/// Parameters  kernel Shape<Features, Units>  GlorotUniform
///             bias   Shape<Units>            Zeros
/// Options     NoBias, KernelInitializer<...>, BiasInitializer<...>, KernelConstraint<...>,
///             BiasConstraint<...>; an activation before them: Dense<64, ReLU> is Dense<64> and
///             then ReLU.
///             kernel_l1, kernel_l2: adds l1 |w| + l2 w^2 for each weight of the kernel to the loss
/// Errors      (compile time) the input is an image or tokens
/// Source      keras.layers.Dense; Goodfellow, Bengio and Courville (2016), section 6.1
template <std::size_t Units, class... Options>
struct Dense {
    static constexpr bool fits = Units > 0;
    static void otherwise() { static_assert(fits, "Dense<Units> needs at least one unit."); }
    static_assert(
        (detail::is_affine_option<Options> && ...),
        "Dense<Units, ...>: write the activation first, then NoBias, initializers, constraints.");
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;

    void check() const { detail::check_penalty("Dense", kernel_l1, kernel_l2); }

    void config(auto const& out) const {
        out("units", Units);
        out("activation", "linear");
        out("use_bias", !detail::has_option<NoBias, Options...>);
        detail::tell_penalty(*this, out);
    }

    template <class In>
    struct On {
        static constexpr std::size_t features = In::last;
        static constexpr bool fits = In::rank <= 2 && !In::integer;
        static void otherwise() {
            static_assert(fits, "Dense takes a vector or a sequence of vectors per sample. Put "
                                "Flatten or Embedding before it.");
        }

        using Output = std::conditional_t<In::rank == 2, Shape<In::rows, Units>, Shape<Units>>;
        using Tensors = detail::KernelAndBias<Shape<features, Units>, Shape<Units>, Options...>;
        using Parameters = typename Tensors::Parameters;

        static constexpr bool needs_y = false, each_moment = true;
        static constexpr bool takes_epilogue = true, takes_slope = true, spares_dx = true;
        static constexpr std::size_t flops = 2 * In::rows * features * Units;
        template <class T>
        static constexpr std::size_t scratch = kernels::linear_scratch<T, features, Units>;

        template <class T>
        static constexpr std::size_t prepared = kernels::linear_panels<T, features, Units>;
        static void prepare(auto const& p, auto* to) {
            kernels::pack_panels(features, Units, Tensors::split(p).kernel, Units, to);
        }

        static void forward(auto const& c) { // y = f(x kernel + bias)
            auto const [kernel, bias] = Tensors::split(c.parameters());
            kernels::linear<features, Units>(c.x.rows(), c.x.data, kernel, bias, c.y.data,
                                             c.epilogue(), c.scratch, c.threads,
                                             c.one && In::rows == 1, c.prepared);
        }
        static void backward(auto const& c) {
            auto const [kernel, bias] = Tensors::split(c.parameters());
            auto const [dkernel, dbias] = Tensors::split(c.gradients());
            if (c.trains) // dkernel += x' dy, dbias += sum of dy
                kernels::linear_gradients<features, Units>(c.x.rows(), c.x.data, c.dy.data, dkernel,
                                                           dbias, c.scratch, c.threads);
            if constexpr (std::remove_cvref_t<decltype(c)>::may_need_dx)
                if (c.needs_dx) // dx = (dy kernel') f'(x), f the activation that made x
                    kernels::linear_dx<features, Units>(c.x.rows(), c.dy.data, kernel, c.dx.data,
                                                        c.x.data, c.epilogue(), c.scratch,
                                                        c.threads);
        }
        static void regularize(auto const& c) { Tensors::regularize(c); }
    };
};

/// Dense with an activation: the pair.
template <std::size_t Units, class Activation, class... Options>
requires(!detail::is_affine_option<Activation>) struct Dense<Units, Activation, Options...> {
    static_assert((detail::is_affine_option<Options> && ...),
                  "Dense<Units, ReLU, ...> takes one activation; behind it stand NoBias, "
                  "initializers, constraints.");
    static constexpr bool nameless = true;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f;
    [[no_unique_address]] Activation activation{};
    constexpr auto operator()(AnyNode auto x) const {
        return x | Dense<Units, Options...>{kernel_l1, kernel_l2} | activation;
    }
    void write_layers(std::byte*& at) const {
        detail::write(Dense<Units, Options...>{kernel_l1, kernel_l2}, at);
        detail::write(activation, at);
    }
};

} // namespace lamina
