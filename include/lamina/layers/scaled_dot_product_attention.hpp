// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/attention.hpp>
#include <lamina/kernels/attention_step.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/layers/attention_memory.hpp>
#include <lamina/layers/attention_options.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

template <class... Options>
struct ScaledDotProductAttention {
    static_assert((is_mask_option<Options> && ...),
                  "ScaledDotProductAttention takes Causal, AdditiveMask, BooleanMask, MaskedBy.");
    float scale = 0.0f, dropout = 0.0f;

    void check() const {
        Check{"ScaledDotProductAttention"}.finite("scale", scale).share("dropout", dropout);
    }

    template <class... In>
    struct On : private AttentionInputs<OptionList<Options...>, In...> {
        using From = AttentionInputs<OptionList<Options...>, In...>;
        using Query = typename From::Query;
        using Key = typename From::Key;
        using Value = typename From::Value;
        using From::tq, From::tk;

        static constexpr bool same = Query::last == Key::last, fits = From::fits && same;
        static void otherwise() {
            if constexpr (!From::fits) From::otherwise();
            else
                static_assert(same, "ScaledDotProductAttention: query and key differ in their "
                                    "features. Put Dense before one of them.");
        }
        static constexpr std::size_t dim = Key::last, n = Value::last;
        using Output = Shape<tq, n>;
        static constexpr std::size_t sums = kernels::attention_sums(1, tq);
        static constexpr std::size_t cache = sums + Query::size + Key::size + Value::size;
        static constexpr std::size_t batch_cache = From::rule_size;
        static constexpr std::size_t flops = 2 * tq * tk * (dim + n);
        template <class T>
        static constexpr std::size_t scratch = kernels::attention_scratch<T>(tk, dim, n);

        static void forward(auto const& c) {
            if constexpr (From::ruled) write_rule<typename From::Rule>(0, tq, tk, c.batch_cache);
            kernels::attention(work(c, c.y.data), c.scratch, c.threads);
        }
        static void backward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            constexpr int key = From::key, value = From::value;
            T *const q = c.cache + c.batch * sums, *const k = q + c.batch * Query::size;
            T* const v = k + c.batch * Key::size;
            // an input's first gradient lies in its place, others are added to it
            auto const place = [&](int input, bool first, T* otherwise) {
                return first && c.call.needs_dx[input] ? c.call.dx[input] : otherwise;
            };
            kernels::AttentionGradients<T> g{.dy = c.dy.data,
                                             .dq = place(0, true, q),
                                             .dk = place(key, key != 0 && key != value, k),
                                             .dv = place(value, value != 0, v)};
            if constexpr (From::adds)
                if (c.call.needs_dx[From::mask]) g.dadd = c.call.dx[From::mask];
            kernels::attention_gradients(work(c, c.y.data), g, c.scratch, c.threads);
            auto const add = [&](int input, std::size_t count, T const* more) {
                auto const sum = [](auto a, auto b) { return a + b; };
                T* const to = c.call.dx[input];
                if (c.call.needs_dx[input]) kernels::map(c.threads, count, to, sum, to, more);
            };
            if (key == 0 || key == value) add(key, c.batch * Key::size, k);
            if (value == 0) add(value, c.batch * Value::size, v);
        }

        template <bool... Stepped>
        using Steps = AttentionSteps<From, Stepped...>;
        /// One moment. Past: its key and value join those before it. Else: over a memory that is
        /// there at once.
        template <bool... Stepped>
        requires(Steps<Stepped...>::can) struct Step {
            using Output = Shape<1, n>;
            using Memory = AttentionMemory<From, dim, n, Stepped...>;
            static constexpr std::size_t memory = Memory::size;
            template <class T>
            static constexpr std::size_t scores = kernels::attention_step_scratch<T>(1, tk, n);
            template <class T>
            static constexpr std::size_t scratch = scores<T> + (From::ruled ? tk : 0);

            static void forward(auto const& c) {
                using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
                constexpr bool past = Steps<Stepped...>::past;
                constexpr std::size_t count = past ? 1 : tk;
                auto const input = [&](int i) { return static_cast<T const*>(c.call.x[i]); };
                T* const rule = c.scratch + scores<T>;
                if constexpr (From::ruled) write_rule<typename From::Rule>(c.position, 1, tk, rule);
                for (std::size_t s = 0; s < c.batch; ++s) {
                    if (past || c.position == 0)
                        Memory::remember(c, s, past ? c.position : 0, count,
                                         input(From::key) + s * count * dim,
                                         input(From::value) + s * count * n);
                    auto const kept = Memory::of(c, s);
                    kernels::AttentionStep<T> a{.heads = 1,
                                                .keys = 0,
                                                .key_dim = dim,
                                                .value_dim = n,
                                                .scale = scale_of<T>(c.layer),
                                                .q = input(0) + s * dim,
                                                .k = kept.keys,
                                                .ldk = tk,
                                                .v = kept.values,
                                                .ldv = n,
                                                .o = c.y.data + s * n};
                    Memory::masks(c, s, a, rule);
                    kernels::attention_step(a, c.scratch);
                }
            }
        };

    private:
        template <class T>
        static T scale_of(ScaledDotProductAttention const& layer) {
            return layer.scale != 0 ? T(layer.scale) : attention_scale<T>(dim);
        }
        template <class T>
        static kernels::Attention<T> work(auto const& c, T* o) {
            auto const input = [&](int i) { return static_cast<T const*>(c.call.x[i]); };
            kernels::Attention<T> a{.samples = c.batch,
                                    .queries = tq,
                                    .keys = tk,
                                    .heads = 1,
                                    .key_heads = 1,
                                    .key_dim = dim,
                                    .value_dim = n,
                                    .scale = scale_of<T>(c.layer),
                                    .q = input(0),
                                    .k = input(From::key),
                                    .v = input(From::value),
                                    .o = o,
                                    .sums = c.cache};
            From::masks(c, a, static_cast<T const*>(c.batch_cache));
            if (c.training) a.dropout = double(c.layer.dropout);
            a.random = c.random();
            return a;
        }
    };
};

} // namespace detail

/// Attention without parameters: softmax(scale query key') value, with one head.
///
///     join(query, value, key) | ScaledDotProductAttention{}       Keras' order; PyTorch's: q, k, v
///     join(query, value) | ScaledDotProductAttention{}            the value is the key too
///     x | ScaledDotProductAttentionWith<Causal>{}                 over itself
///
/// Keys that the masks of value and key leave out are not seen; a query that sees no key gives
/// zeros. The query's mask travels on. In a Stepper with Causal, or over a value that is there at
/// once, it goes moment by moment, with a memory of keys and values.
///
/// Input       Shape<QueryTime, KeyDim>, Shape<KeyTime, ValueDim>, Shape<KeyTime, KeyDim>
/// Output      Shape<QueryTime, ValueDim>
/// Options     scale: 0 stands for 1 / sqrt(KeyDim); Keras' Attention has 1
///             dropout: share of the attention weights that are 0 while training
///             Causal, AdditiveMask, BooleanMask, MaskedBy<Rule>
/// Errors      (compile time) the inputs are no sequences, or more than three; value and key differ
///             in time, query and key in features; the mask is of other times; more than one kind
///             of mask
/// Source      keras.layers.Attention; torch.nn.functional.scaled_dot_product_attention; Vaswani et
///             al. (2017), section 3.2.1
using ScaledDotProductAttention = detail::ScaledDotProductAttention<>;
/// ScaledDotProductAttentionWith<Causal, AdditiveMask>: with options.
template <class... Options>
using ScaledDotProductAttentionWith = detail::ScaledDotProductAttention<Options...>;

} // namespace lamina
