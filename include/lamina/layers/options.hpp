// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <type_traits>

/// What is said of a layer behind its numbers, as types: Dense<64, ReLU, NoBias>,
/// LSTM<128, ReturnSequences>, Conv1D<32, 3, Causal>.
namespace lamina {

/// Without a bias, Keras' use_bias=False.
struct NoBias {};
/// Looks at the past only.
struct Causal {};
/// Token 0 is padding: what comes behind skips it. Keras' mask_zero=True.
struct MaskZero {};
/// Gives what comes out of every moment, not of the last alone. Keras' return_sequences=True.
struct ReturnSequences {};

/// How parameters begin: KernelInitializer<HeNormal>, BiasInitializer<Ones>, and so on.
template <class Init>
struct KernelInitializer {
    using type = Init;
};
template <class Init>
struct BiasInitializer {
    using type = Init;
};
template <class Init>
struct RecurrentInitializer {
    using type = Init;
};
template <class Init>
struct EmbeddingsInitializer {
    using type = Init;
};

namespace detail {

/// Whether a tag stands among the options.
template <class Tag, class... Options>
inline constexpr bool has_option = (std::is_same_v<Tag, Options> || ...);

template <template <class> class Kind, class O>
inline constexpr bool is_kind = false;
template <template <class> class Kind, class Init>
inline constexpr bool is_kind<Kind, Kind<Init>> = true;

/// The option of the given kind, or what holds without one.
template <template <class> class Kind, class Otherwise, class... O>
struct Chosen {
    using type = Otherwise;
};
template <template <class> class Kind, class Otherwise, class First, class... O>
struct Chosen<Kind, Otherwise, First, O...> : Chosen<Kind, Otherwise, O...> {};
template <template <class> class Kind, class Otherwise, class Init, class... O>
struct Chosen<Kind, Otherwise, Kind<Init>, O...> {
    using type = Init;
};

/// Options as one type.
template <class... Options>
struct OptionList {
    /// Layer<Options...>
    template <template <class...> class Layer>
    using Of = Layer<Options...>;
};

template <template <class> class Takes, class Taken, class... Options>
struct FilteredOptions {
    using type = Taken;
};
template <template <class> class Takes, class... Taken, class First, class... Options>
struct FilteredOptions<Takes, OptionList<Taken...>, First, Options...>
    : FilteredOptions<Takes,
                      std::conditional_t<Takes<First>::value, OptionList<Taken..., First>,
                                         OptionList<Taken...>>,
                      Options...> {};
/// Layer with those of the options for which Takes<Option>::value holds: what a layer made of
/// layers hands on to each of them.
template <template <class...> class Layer, template <class> class Takes, class... Options>
using WithOptions =
    typename FilteredOptions<Takes, OptionList<>, Options...>::type::template Of<Layer>;

} // namespace detail

} // namespace lamina
