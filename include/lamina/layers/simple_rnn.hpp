// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/activations/tanh.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/simple_cell.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/recurrent.hpp>
#include <lamina/layers/returned_states.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

/// The activation among SimpleRNN's options: its first, if that is no other option.
template <class... Options>
struct StateActivation {
    using type = Tanh;
};
template <class First, class... Options>
requires(!is_recurrent_option<First>) struct StateActivation<First, Options...> {
    using type = First;
};
template <class F>
inline constexpr bool is_elementwise = requires {
    requires F::template On<Shape<1>>::elementwise;
};

} // namespace detail

/// Fully connected recurrent layer: h = f(x kernel + h recurrent_kernel + bias), moment by moment;
/// f is tanh or the activation that is given first: SimpleRNN<32, ReLU>.
///
/// A masked moment leaves the state as it is, so its output is the one before (of the first ones
/// the state that it begins with, where Keras gives zeros). In a Stepper the state survives from
/// call to call; see LSTM. join(x, h) | SimpleRNN<32>{} begins with h; auto [y, h] = x |
/// SimpleRNN<32, ReturnState>{} gives the last.
///
/// Input       Shape<Time, Features>, and if there is any the state h, Shape<Units>
/// Output      Shape<Units>, the last h; with ReturnSequences Shape<Time, Units>
/// Parameters  kernel           Shape<Features, Units>  GlorotUniform
///             recurrent_kernel Shape<Units, Units>     Orthogonal
///             bias             Shape<Units>            Zeros
/// Options     an elementwise activation, then ReturnSequences, ReturnState, GoBackwards, NoBias,
///             KernelInitializer<...>, RecurrentInitializer<...>, BiasInitializer<...>,
///             KernelConstraint<...>, RecurrentConstraint<...>, BiasConstraint<...>;
///             dropout, recurrent_dropout: the share of x and of h that is dropped while training,
///             drawn for each sample once, for all moments
///             kernel_l1, kernel_l2, recurrent_l1, recurrent_l2: adds l1 |w| + l2 w^2 for each
///             weight of the kernel, or of the recurrent kernel, to the loss
/// Errors      (compile time) the input is no sequence of vectors; the state has another size
/// Source      keras.layers.SimpleRNN; Elman (1990), "Finding structure in time"
template <std::size_t Units, class... Options>
struct SimpleRNN {
    using Activation = typename detail::StateActivation<Options...>::type;
    static constexpr bool fits = Units > 0;
    static void otherwise() { static_assert(fits, "SimpleRNN<Units> needs at least one unit."); }
    static_assert((0 + ... + !detail::is_recurrent_option<Options>) ==
                          !std::is_same_v<Activation, Tanh> ||
                      detail::has_option<Tanh, Options...>,
                  "SimpleRNN<Units, ...>: write the activation first, then ReturnSequences, "
                  "ReturnState, GoBackwards, NoBias, initializers and constraints.");
    static_assert(detail::is_elementwise<Activation>,
                  "SimpleRNN<Units, ...> takes an elementwise activation, such as ReLU.");
    float dropout = 0.0f, recurrent_dropout = 0.0f;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f, recurrent_l1 = 0.0f, recurrent_l2 = 0.0f;
    [[no_unique_address]] Activation activation{};

    void check() const { detail::check_recurrent("SimpleRNN", *this); }
    void config(auto const& out) const {
        detail::tell_recurrent<Options...>(*this, Units, out);
        out.object("activation", detail::type_name<Activation>, activation);
    }
    /// The same layer with more options.
    template <class... More>
    constexpr SimpleRNN<Units, Options..., More...> with() const {
        return {dropout,      recurrent_dropout, kernel_l1, kernel_l2,
                recurrent_l1, recurrent_l2,      activation};
    }

    template <class In, class... States>
    struct On : detail::Recurrent<kernels::SimpleCell<Activation>, Units, Shape<Units>, Zeros,
                                  Options...>::template Bound<In, States...> {
        static void otherwise() {
            static_assert(On::sequence,
                          "SimpleRNN takes a sequence of vectors per sample, Shape<Time, "
                          "Features>. Put Embedding before it for tokens.");
            static_assert(!On::sequence || On::same_states,
                          "SimpleRNN takes its state as join(x, h), h being Shape<Units>.");
        }
    };
};

/// SimpleRNN with ReturnState: a block that gives two nodes.
template <std::size_t Units, class... Options>
requires(detail::has_option<ReturnState, Options...>) struct SimpleRNN<Units, Options...> {
    static constexpr bool nameless = true;
    template <class... O>
    using With = SimpleRNN<Units, O...>;
    using Layer = detail::WithOptions<With, detail::IsNotReturnState, Options...>;
    float dropout = 0.0f, recurrent_dropout = 0.0f;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f, recurrent_l1 = 0.0f, recurrent_l2 = 0.0f;
    [[no_unique_address]] typename detail::StateActivation<Options...>::type activation{};

    constexpr auto operator()(AnyNode auto x, AnyNode auto... state) const {
        auto const y = detail::call_layer(Layer{dropout, recurrent_dropout, kernel_l1, kernel_l2,
                                                recurrent_l1, recurrent_l2, activation},
                                          x, state...);
        return detail::Returned{y, y | detail::Slice<0, Units, true>{}};
    }
};

} // namespace lamina
