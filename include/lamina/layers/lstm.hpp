// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/lstm_cell.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/recurrent.hpp>
#include <lamina/layers/returned_states.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// Zeros, but ones for the gate that forgets, so that a new LSTM remembers (Jozefowicz, Zaremba and
/// Sutskever, 2015). Keras' unit_forget_bias=True.
struct UnitForgetBias {
    using InFiles = Zeros; // and unit_forget_bias
    template <class T>
    static void fill(T* w, Extents e, Random) {
        std::fill_n(w, e.size, T{0});
        std::fill_n(w + e.size / 4, e.size / 4, T{1});
    }
};

/// Long short-term memory: a state c that gates write, keep and read.
///
///     i, f, o = sigmoid, g = tanh of x kernel + h recurrent_kernel + bias, moment by moment
///     c = f c + i g,   h = o tanh(c)
///
/// A masked moment leaves the state as it is, so its output is the one before (of the first ones
/// the state that it begins with, where Keras gives zeros). In a Stepper the state survives from
/// call to call, what Keras calls stateful: sound, sample by sample, or a text, token by token;
/// nothing is allocated. It packs the weights at the first moment, so weights that were trained on
/// are seen after start().
///
///     Stepper step{model.weights};                     // of Input<Time, 1>, LSTM<32>, Dense<1>
///     for (float& sample : sound) sample = *step(&sample);
///
///     join(x, h, c) | LSTM<64>{}                       // begins with these states, not with zeros
///     auto [y, h, c] = x | LSTM<64, ReturnState>{};    // gives its last state too
///
/// Input       Shape<Time, Features>, and if there are any the states h and c, Shape<Units> each
/// Output      Shape<Units>, the last h; with ReturnSequences Shape<Time, Units>
/// Parameters  kernel           Shape<Features, 4 Units>  GlorotUniform, for i f g o in this order
///             recurrent_kernel Shape<Units, 4 Units>     Orthogonal
///             bias             Shape<4 Units>            UnitForgetBias
/// Options     ReturnSequences, ReturnState, GoBackwards, NoBias, KernelInitializer<...>,
///             RecurrentInitializer<...>, BiasInitializer<...> (of the whole bias),
///             KernelConstraint<...>, RecurrentConstraint<...>, BiasConstraint<...>;
///             dropout, recurrent_dropout: the share of x and of h that the gates do not see while
///             training. What is dropped is drawn for each sample once, for all moments and gates:
///             Gal and Ghahramani's tied form. So does Keras for dropout alone; where there is
///             recurrent_dropout it draws for each gate (its implementation 1)
///             kernel_l1, kernel_l2, recurrent_l1, recurrent_l2: adds l1 |w| + l2 w^2 for each
///             weight of the kernel, or of the recurrent kernel, to the loss
/// Errors      (compile time) the input is no sequence of vectors; the states have another size
/// Source      keras.layers.LSTM; Hochreiter and Schmidhuber (1997), "Long short-term memory";
///             Gers, Schmidhuber and Cummins (2000); Gal and Ghahramani (2016) for the dropout
template <std::size_t Units, class... Options>
struct LSTM {
    static constexpr bool fits = Units > 0;
    static void otherwise() { static_assert(fits, "LSTM<Units> needs at least one unit."); }
    static_assert((detail::is_recurrent_option<Options> && ...),
                  "LSTM<Units, ...> takes ReturnSequences, ReturnState, GoBackwards, NoBias, "
                  "initializers and constraints.");
    float dropout = 0.0f, recurrent_dropout = 0.0f;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f, recurrent_l1 = 0.0f, recurrent_l2 = 0.0f;

    void check() const { detail::check_recurrent("LSTM", *this); }
    void config(auto const& out) const {
        detail::tell_recurrent<Options...>(*this, Units, out);
        using Bias = typename detail::Chosen<BiasInitializer, UnitForgetBias, Options...>::type;
        out("unit_forget_bias", std::is_same_v<Bias, UnitForgetBias>);
    }
    /// The same layer with more options.
    template <class... More>
    constexpr LSTM<Units, Options..., More...> with() const {
        return {dropout, recurrent_dropout, kernel_l1, kernel_l2, recurrent_l1, recurrent_l2};
    }

    template <class In, class... States>
    struct On : detail::Recurrent<kernels::LSTMCell, Units, Shape<4 * Units>, UnitForgetBias,
                                  Options...>::template Bound<In, States...> {
        static void otherwise() {
            static_assert(On::sequence, "LSTM takes a sequence of vectors per sample, Shape<Time, "
                                        "Features>. Put Embedding before it for tokens.");
            static_assert(!On::sequence || On::same_states,
                          "LSTM takes its states as join(x, h, c), each Shape<Units>. Give both, "
                          "or neither.");
        }
    };
};

/// LSTM with ReturnState: a block that gives three nodes.
template <std::size_t Units, class... Options>
requires(detail::has_option<ReturnState, Options...>) struct LSTM<Units, Options...> {
    static constexpr bool nameless = true;
    template <class... O>
    using With = LSTM<Units, O..., detail::WithCell>;
    using Layer = detail::WithOptions<With, detail::IsNotReturnState, Options...>;
    float dropout = 0.0f, recurrent_dropout = 0.0f;
    float kernel_l1 = 0.0f, kernel_l2 = 0.0f, recurrent_l1 = 0.0f, recurrent_l2 = 0.0f;

    constexpr auto operator()(AnyNode auto x, AnyNode auto... states) const {
        auto const both = detail::call_layer(
            Layer{dropout, recurrent_dropout, kernel_l1, kernel_l2, recurrent_l1, recurrent_l2}, x,
            states...);
        auto const y = both | detail::Slice<0, Units, false>{};
        auto const h = both | detail::Slice<0, Units, true>{};
        auto const c = both | detail::Slice<Units, Units, true>{};
        return detail::ReturnedWithCell{y, h, c};
    }
};

} // namespace lamina
