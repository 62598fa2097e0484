// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/layers/options.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <type_traits>

/// What is said of attention behind its numbers, and what its layers have in common.
namespace lamina {

/// The numbers of a head's values; without it as many as of its keys. Keras' value_dim.
template <std::size_t N>
struct ValueDim {
    static constexpr std::size_t number = N;
};
/// The features that come out; without it those of the query. Keras' output_shape.
template <std::size_t N>
struct OutputDim {
    static constexpr std::size_t number = N;
};
/// So many heads of keys and values, each for several of the queries' heads; 1 is multi-query
/// attention. Ainslie et al. (2023), "GQA". keras.layers.GroupedQueryAttention.
template <std::size_t N>
struct KeyValueHeads {
    static constexpr std::size_t number = N;
};
/// Queries and keys are turned by their positions, in pairs of neighbours, as in llama2.c.
/// Su et al. (2021), "RoFormer".
template <std::size_t Base = 10000>
struct Rotary {
    static constexpr std::size_t number = Base;
};
/// The same in pairs half a head apart, as in GPT-NeoX and Hugging Face's Llama.
template <std::size_t Base = 10000>
struct RotaryHalves {
    static constexpr std::size_t number = Base;
};
/// The last of the inputs joined is a mask, numbers of Shape<QueryTime, KeyTime> that are added to
/// the scores; -inf: not seen. A gradient flows to it.
struct AdditiveMask {};
/// The same of whole numbers, Tokens<QueryTime, KeyTime>: a query does not see the keys with 0.
struct BooleanMask {};
/// A mask that is known beforehand: Rule::sees(query, key) says whether that query sees that key.
template <class Rule>
struct MaskedBy {
    using type = Rule;
};

namespace detail {

/// 1 / sqrt(key_dim): the scores of queries and keys of variance 1 have variance 1 then.
template <class T>
T attention_scale(std::size_t key_dim) {
    return T(1 / std::sqrt(double(key_dim)));
}

template <template <std::size_t> class Kind, class O>
inline constexpr bool is_number_option = false;
template <template <std::size_t> class Kind, std::size_t N>
inline constexpr bool is_number_option<Kind, Kind<N>> = true;

/// The number of the option of the given kind, or what holds without one.
template <template <std::size_t> class Kind, std::size_t Otherwise, class... O>
constexpr std::size_t chosen_number() {
    std::size_t number = Otherwise;
    [[maybe_unused]] auto const look = [&]<class Option>(std::type_identity<Option>) {
        if constexpr (is_number_option<Kind, Option>) number = Option::number;
    };
    (look(std::type_identity<O>{}), ...);
    return number;
}

template <class O>
inline constexpr bool is_mask_option =
    has_option<O, Causal, AdditiveMask, BooleanMask> || is_kind<MaskedBy, O>;

/// An initializer that takes a kernel of several heads for the matrix that it is.
template <class Init, std::size_t Rows>
struct AsMatrix {
    using InFiles = Init;
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        std::array<std::size_t, 2> const dims{Rows, e.size / Rows};
        Init::template fill<T>(w, {dims.data(), 2, e.size}, random);
    }
};

/// The inputs of attention: a sequence over itself, join(query, value) or join(query, value, key),
/// and a mask behind them where an option says so.
template <class OptionList, class... In>
struct AttentionInputs;
template <template <class...> class List, class... Options, class... In>
struct AttentionInputs<List<Options...>, In...> {
    using Rule = typename Chosen<MaskedBy, void, Options...>::type;
    static constexpr bool adds = has_option<AdditiveMask, Options...>;
    static constexpr bool allows = has_option<BooleanMask, Options...>;
    static constexpr bool causal = has_option<Causal, Options...>;
    static_assert(int(adds) + int(allows) + int(!std::is_void_v<Rule>) <= 1,
                  "Attention takes one of AdditiveMask, BooleanMask and MaskedBy.");
    static constexpr int count = int(sizeof...(In)) - int(adds || allows);
    static constexpr bool counted = count >= 1 && count <= 3;
    static constexpr int value = counted && count > 1 ? 1 : 0;
    static constexpr int key = counted && count == 3 ? 2 : value;
    static constexpr int mask = counted ? count : 0; // if there is one

    using All = std::tuple<In..., Shape<1>>;
    using Query = std::tuple_element_t<0, All>;
    using Value = std::tuple_element_t<std::size_t(value), All>;
    using Key = std::tuple_element_t<std::size_t(key), All>;
    using Mask = std::tuple_element_t<std::size_t(mask), All>;
    static constexpr std::size_t tq = Query::rows, tk = Key::rows;

    template <class S>
    static constexpr bool sequence = S::rank == 2 && !S::integer;
    static constexpr bool sequences = sequence<Query> && sequence<Value> && sequence<Key>;
    static constexpr bool same_time = Value::rows == Key::rows;
    static constexpr bool mask_fits =
        !(adds || allows) ||
        (Mask::rank == 2 && Mask::rows == tq && Mask::last == tk && Mask::integer == allows);
    static constexpr bool fits = counted && sequences && same_time && mask_fits;
    static void otherwise() {
        if constexpr (!counted)
            static_assert(counted, "Attention takes x, join(query, value) or join(query, value, "
                                   "key), and behind them the mask of an option.");
        else if constexpr (!sequences)
            static_assert(sequences, "Attention takes sequences of vectors. Put Embedding or "
                                     "Reshape<Time, Features> before it.");
        else if constexpr (!same_time)
            static_assert(same_time, "Attention takes a value for each key: join(query, value, "
                                     "key) needs value and key of the same time.");
        else
            static_assert(mask_fits, "The mask of attention is Shape<QueryTime, KeyTime>, or with "
                                     "BooleanMask Tokens<QueryTime, KeyTime>.");
    }

    /// Tells the kernel who sees whom; rule: where the constant mask stands.
    template <class T, class A>
    static void masks(auto const& c, A& a, T const* rule) {
        a.causal = causal;
        a.keep[0] = c.mask_of(value);
        if (key != value) a.keep[1] = c.mask_of(key);
        if constexpr (adds || allows) a.mask_step = tq * tk;
        if constexpr (adds) a.add = static_cast<T const*>(c.call.x[mask]);
        if constexpr (allows) a.allow = static_cast<std::int32_t const*>(c.call.x[mask]);
        if constexpr (ruled) a.add = rule;
    }

    /// Numbers that the constant mask takes.
    static constexpr bool ruled = !std::is_void_v<Rule>;
    static constexpr std::size_t rule_size = ruled ? tq * tk : 0;
};

/// Whether the given input comes moment by moment.
template <bool... Stepped>
constexpr bool is_stepped(int input) {
    bool const all[]{Stepped...};
    return all[input];
}

/// 0 where the Rule lets a query see a key, else -inf; the queries from `first`.
template <class Rule, class T>
void write_rule(std::size_t first, std::size_t queries, std::size_t keys, T* table) {
    for (std::size_t i = 0; i < queries; ++i)
        for (std::size_t j = 0; j < keys; ++j)
            table[i * keys + j] =
                Rule::sees(first + i, j) ? T{0} : -std::numeric_limits<T>::infinity();
}

} // namespace detail
} // namespace lamina
