// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/gru_cells.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/recurrent.hpp>
#include <lamina/layers/returned_states.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// For GRU: resets the state before it is multiplied by the recurrent kernel, not after. Keras'
/// reset_after=False.
struct ResetBefore {};

/// Gated recurrent unit: a state that is partly kept and partly renewed.
///
///     z, r = sigmoid of x kernel + h recurrent_kernel + bias, moment by moment
///     n = tanh(x kernel + bias + r (h recurrent_kernel + bias)),   h = z h + (1 - z) n
///
/// ResetBefore: n = tanh(x kernel + (r h) recurrent_kernel + bias), the paper's first form. A
/// masked moment leaves the state as it is, so its output is the one before (of the first ones the
/// state that it begins with, where Keras gives zeros). Token by token (see
/// Stepper) the state survives from call to call.
///
///     join(x, h) | GRU<64>{}                        // begins with this state, not with zeros
///     auto [y, h] = x | GRU<64, ReturnState>{};     // gives its last state too
///
/// Input       Shape<Time, Features>, and if there is any the state h, Shape<Units>
/// Output      Shape<Units>, the last h; with ReturnSequences Shape<Time, Units>
/// Parameters  kernel           Shape<Features, 3 Units>  GlorotUniform, for z r n in this order
///             recurrent_kernel Shape<Units, 3 Units>     Orthogonal
///             bias             Shape<2, 3 Units>         Zeros, that of x and that of h
///                              Shape<3 Units>            with ResetBefore
/// Options     ResetBefore, ReturnSequences, ReturnState, GoBackwards, NoBias,
///             KernelInitializer<...>, RecurrentInitializer<...>, BiasInitializer<...>,
///             KernelConstraint<...>, RecurrentConstraint<...>, BiasConstraint<...>;
///             dropout, recurrent_dropout: the share of x and of h that the gates do not see while
///             training. What is dropped is drawn for each sample once, for all moments and gates:
///             Gal and Ghahramani's tied form. So does Keras for dropout alone; where there is
///             recurrent_dropout it draws for each gate (its implementation 1)
///             kernel_l1, kernel_l2, recurrent_l1, recurrent_l2: adds l1 |w| + l2 w^2 for each
///             weight of the kernel, or of the recurrent kernel, to the loss
/// Errors      (compile time) the input is no sequence of vectors; the state has another size
/// Source      keras.layers.GRU; Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and
///             Bengio (2014), "Learning phrase representations using RNN encoder-decoder"
template <std::size_t Units, class... Options>
struct GRU {
    static constexpr bool fits = Units > 0;
    static void otherwise() { static_assert(fits, "GRU<Units> needs at least one unit."); }
    static_assert(((detail::is_recurrent_option<Options> ||
                    std::is_same_v<Options, ResetBefore>)&&...),
                  "GRU<Units, ...> takes ResetBefore, ReturnSequences, ReturnState, GoBackwards, "
                  "NoBias, initializers and constraints.");
    float dropout = 0.0f, recurrent_dropout = 0.0f;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f, recurrent_l1 = 0.0f, recurrent_l2 = 0.0f;

    static constexpr bool before = detail::has_option<ResetBefore, Options...>;
    using Cell = std::conditional_t<before, kernels::GRUResetBeforeCell, kernels::GRUCell>;
    using BiasShape = std::conditional_t<before, Shape<3 * Units>, Shape<2, 3 * Units>>;

    void check() const { detail::check_recurrent("GRU", *this); }
    void config(auto const& out) const {
        detail::tell_recurrent<Options...>(*this, Units, out);
        out("reset_after", !before);
    }
    /// The same layer with more options.
    template <class... More>
    constexpr GRU<Units, Options..., More...> with() const {
        return {dropout, recurrent_dropout, kernel_l1, kernel_l2, recurrent_l1, recurrent_l2};
    }

    template <class In, class... States>
    struct On : detail::Recurrent<Cell, Units, BiasShape, Zeros,
                                  Options...>::template Bound<In, States...> {
        static void otherwise() {
            static_assert(On::sequence, "GRU takes a sequence of vectors per sample, Shape<Time, "
                                        "Features>. Put Embedding before it for tokens.");
            static_assert(!On::sequence || On::same_states,
                          "GRU takes its state as join(x, h), h being Shape<Units>.");
        }
    };
};

/// GRU with ReturnState: a block that gives two nodes.
template <std::size_t Units, class... Options>
requires(detail::has_option<ReturnState, Options...>) struct GRU<Units, Options...> {
    static constexpr bool nameless = true;
    template <class... O>
    using With = GRU<Units, O...>;
    using Layer = detail::WithOptions<With, detail::IsNotReturnState, Options...>;
    float dropout = 0.0f, recurrent_dropout = 0.0f;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f, recurrent_l1 = 0.0f, recurrent_l2 = 0.0f;

    constexpr auto operator()(AnyNode auto x, AnyNode auto... state) const {
        auto const y = detail::call_layer(
            Layer{dropout, recurrent_dropout, kernel_l1, kernel_l2, recurrent_l1, recurrent_l2}, x,
            state...);
        return detail::Returned{y, y | detail::Slice<0, Units, true>{}};
    }
};

} // namespace lamina
