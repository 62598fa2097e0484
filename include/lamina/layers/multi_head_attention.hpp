// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/attention.hpp>
#include <lamina/kernels/rotary.hpp>
#include <lamina/layers/attention_maps.hpp>
#include <lamina/layers/attention_memory.hpp>
#include <lamina/layers/attention_options.hpp>
#include <lamina/layers/kernel_and_bias.hpp>
#include <lamina/layers/multi_head_attention_step.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lamina {

namespace detail {

template <class O>
inline constexpr bool is_attention_option =
    is_mask_option<O> || is_initial_option<O> || is_number_option<ValueDim, O> ||
    is_number_option<OutputDim, O> || is_number_option<KeyValueHeads, O> ||
    is_number_option<Rotary, O> || is_number_option<RotaryHalves, O>;

} // namespace detail

/// Attention with several heads: queries, keys and values are affine maps of the inputs, cut into
/// heads; each head gives softmax(q k' / sqrt(KeyDim)) v, and an affine map of all of them is y.
///
///     x | MultiHeadAttention<8, 64>{}                          over itself
///     join(x, memory) | MultiHeadAttention<8, 64>{}            over a memory
///     join(query, value, key) | MultiHeadAttention<8, 64>{}    Keras' order
///     join(x, mask) | MultiHeadAttention<8, 64, AdditiveMask>{}
///
/// Keys that the masks of value and key leave out are not seen; a query that sees no key gives the
/// output's bias alone. The query's mask travels on.
///
/// Input       Shape<QueryTime, Features>, Shape<KeyTime, Features...>
/// Output      Shape<QueryTime, OutputDim>
/// Parameters  query_kernel, key_kernel, value_kernel  Shape<Features, Heads, KeyDim or ValueDim>
///             query_bias, key_bias, value_bias        Shape<Heads, KeyDim or ValueDim>
///             output_kernel                           Shape<Heads, ValueDim, OutputDim>
///             output_bias                             Shape<OutputDim>
///             GlorotUniform of each kernel as a matrix, and Zeros
/// Options     Causal, NoBias, ValueDim<N>, OutputDim<N>, KeyValueHeads<N>, Rotary<Base>,
///             RotaryHalves<Base>, AdditiveMask, BooleanMask, MaskedBy<Rule>,
///             KernelInitializer<...>, BiasInitializer<...>
///             dropout: share of the attention weights that are 0 while training
/// Steps       over itself if Causal, with the keys and values of the past in memory; over a memory
///             that is there at once, whose keys and values are made in the first moment
/// Errors      (compile time) the inputs are no sequences, or more than three; value and key
///             differ in time; the mask is of other times; more than one kind of mask; Heads is no
///             multiple of KeyValueHeads; rotary positions with an odd KeyDim
/// Source      keras.layers.MultiHeadAttention, keras.layers.GroupedQueryAttention; Vaswani et al.
///             (2017), "Attention is all you need"
template <std::size_t Heads, std::size_t KeyDim, class... Options>
struct MultiHeadAttention {
    static_assert(
        (detail::is_attention_option<Options> && ...),
        "MultiHeadAttention: what stands behind Heads and KeyDim is none of its options.");
    static constexpr std::size_t heads = Heads, key_dim = KeyDim;
    static constexpr std::size_t key_heads =
        detail::chosen_number<KeyValueHeads, Heads, Options...>();
    static constexpr std::size_t value_dim = detail::chosen_number<ValueDim, KeyDim, Options...>();
    static constexpr std::size_t rotary_base = detail::chosen_number<Rotary, 0, Options...>() +
                                               detail::chosen_number<RotaryHalves, 0, Options...>();
    static constexpr bool halves = detail::chosen_number<RotaryHalves, 0, Options...>() > 0;
    static constexpr bool rotary = rotary_base > 0;

    static constexpr bool some = Heads > 0 && KeyDim > 0 && value_dim > 0;
    static constexpr bool divides = key_heads > 0 && Heads % (key_heads + !key_heads) == 0;
    static constexpr bool turns = !rotary || KeyDim % 2 == 0, fits = some && divides && turns;
    static void otherwise() {
        static_assert(some,
                      "MultiHeadAttention<Heads, KeyDim> needs at least one head of one number.");
        static_assert(!some || divides,
                      "MultiHeadAttention: Heads must be a multiple of KeyValueHeads.");
        static_assert(!some || !divides || turns,
                      "MultiHeadAttention: rotary positions turn pairs of numbers, so KeyDim is "
                      "even.");
    }

    float dropout = 0.0f;

    void check() const { detail::Check{"MultiHeadAttention"}.share("dropout", dropout); }

    /// In Keras' words; where it has none, in words that it refuses.
    void config(auto const& out) const {
        constexpr bool grouped = key_heads != Heads;
        out(grouped ? "num_query_heads" : "num_heads", Heads);
        if (grouped) out("num_key_value_heads", key_heads);
        out(grouped ? "head_dim" : "key_dim", KeyDim);
        if (!grouped || value_dim != KeyDim) out("value_dim", value_dim);
        out("dropout", dropout);
        out("use_bias", !detail::has_option<NoBias, Options...>);
        constexpr std::size_t dim = detail::chosen_number<OutputDim, 0, Options...>();
        if (dim > 0) out("output_shape", std::array{dim});
        if (rotary) out("rotary", rotary_base);
        if (halves) out("rotary_halves", true);
        if (detail::has_option<Causal, Options...>) out("call.use_causal_mask", true);
        if (detail::has_option<BooleanMask, Options...>) out("call.attention_mask", true);
        if (detail::has_option<AdditiveMask, Options...>) out("additive_mask", true);
        if ((detail::is_kind<MaskedBy, Options> || ...)) out("masked_by", "a rule");
    }

    template <class... In>
    struct On : private detail::AttentionInputs<detail::OptionList<Options...>, In...> {
        using From = detail::AttentionInputs<detail::OptionList<Options...>, In...>;
        using From::fits, From::otherwise, From::tq, From::tk;
        using Query = typename From::Query;
        using Key = typename From::Key;
        using Value = typename From::Value;

        static constexpr std::size_t dim =
            detail::chosen_number<OutputDim, Query::last, Options...>();
        using Maps = detail::AttentionMaps<Query, Key, Value, Heads, key_heads, KeyDim, value_dim,
                                           dim, Options...>;
        using QueryMap = typename Maps::QueryMap;
        using KeyMap = typename Maps::KeyMap;
        using ValueMap = typename Maps::ValueMap;
        using OutputMap = typename Maps::OutputMap;
        static constexpr std::size_t nq = Maps::nq, nk = Maps::nk, nv = Maps::nv, no = Maps::no;
        static constexpr bool itself = From::count == 1, one_memory = From::key == From::value;

        using Output = Shape<tq, dim>;
        using Parameters = typename Maps::Parameters;
        static constexpr bool needs_y = false;
        static constexpr std::size_t sums = kernels::attention_sums(Heads, tq);
        // q, k, v, o, their gradients, and the kernel's own
        static constexpr std::size_t cache = 2 * (tq * (nq + no) + tk * (nk + nv)) + sums;
        // the waves of all moments, the constant mask
        static constexpr std::size_t waves = rotary ? 2 * std::max(tq, tk) * KeyDim : 0;
        static constexpr std::size_t batch_cache = waves + From::rule_size;
        static constexpr std::size_t flops =
            2 * (tq * (Query::last * nq + no * dim) + tk * (Key::last * nk + Value::last * nv)) +
            2 * tq * tk * (nq + no);
        template <class T>
        static constexpr std::size_t scratch = std::max<std::size_t>(
            {Maps::template scratch<T>, kernels::attention_scratch<T>(tk, KeyDim, value_dim)});

        template <class T>
        static constexpr std::size_t prepared = Maps::template panels<T>;
        static void prepare(auto const& parameters, auto* to) { Maps::prepare(parameters, to); }

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = Maps::with_panels(c.parameters(), c.prepared);
            auto const at = parts(c.cache, c.batch);
            QueryMap::forward(c, c.batch * tq, input<0>(c), p.query, at.q);
            KeyMap::forward(c, c.batch * tk, input<From::key>(c), p.key, at.k);
            ValueMap::forward(c, c.batch * tk, input<From::value>(c), p.value, at.v);
            if constexpr (rotary) {
                kernels::rotary_table(0, std::max(tq, tk), KeyDim, double(rotary_base), halves,
                                      c.batch_cache);
                turn(c, at.q, at.k, false);
            }
            if constexpr (From::ruled)
                detail::write_rule<typename From::Rule>(0, tq, tk, c.batch_cache + waves);
            kernels::attention(work<T>(c, at), c.scratch, c.threads);
            OutputMap::forward(c, c.batch * tq, at.o, p.output, c.y.data);
        }

        static void backward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = Maps::split(c.parameters());
            auto const d = Maps::split(c.gradients());
            auto const at = parts(c.cache, c.batch);
            std::size_t const rows = c.batch * tq, memory = c.batch * tk;
            T* const dx = c.call.dx[0];
            // y = o output + bias
            if (c.trains) OutputMap::gradients(c, rows, at.o, c.dy.data, d.output);
            OutputMap::dx(c, rows, c.dy.data, p.output, at.slopes.o);
            kernels::AttentionGradients<T> g{
                .dy = at.slopes.o, .dq = at.slopes.q, .dk = at.slopes.k, .dv = at.slopes.v};
            if constexpr (From::adds)
                if (c.call.needs_dx[From::mask]) g.dadd = c.call.dx[From::mask];
            kernels::attention_gradients(work<T>(c, at), g, c.scratch, c.threads);
            if constexpr (rotary) turn(c, at.slopes.q, at.slopes.k, true);
            if (c.trains) {
                QueryMap::gradients(c, rows, input<0>(c), at.slopes.q, d.query);
                KeyMap::gradients(c, memory, input<From::key>(c), at.slopes.k, d.key);
                ValueMap::gradients(c, memory, input<From::value>(c), at.slopes.v, d.value);
            }
            if (c.needs_dx) QueryMap::dx(c, rows, at.slopes.q, p.query, dx);
            if (c.call.needs_dx[From::key])
                KeyMap::template dx<itself>(c, memory, at.slopes.k, p.key, c.call.dx[From::key]);
            if (c.call.needs_dx[From::value])
                ValueMap::template dx<one_memory>(c, memory, at.slopes.v, p.value,
                                                  c.call.dx[From::value]);
        }

    private:
        template <class T>
        struct Four {
            T *q, *k, *v, *o;
        };
        template <class T>
        struct Parts : Four<T> {
            T* sums;
            Four<T> slopes;
        };
        template <class T>
        static Four<T> four(T* at, std::size_t batch) {
            T *const k = at + batch * tq * nq, *const v = k + batch * tk * nk;
            return {at, k, v, v + batch * tk * nv};
        }
        /// The cache: each part holds the whole batch.
        template <class T>
        static Parts<T> parts(T* at, std::size_t batch) {
            auto const values = four(at, batch);
            T* const behind = values.o + batch * tq * no;
            return {values, behind, four(behind + batch * sums, batch)};
        }

        template <int I>
        static auto const* input(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            return static_cast<T const*>(c.call.x[I]);
        }
        template <class T>
        static void turn(auto const& c, T* q, T* k, bool back) {
            kernels::rotate(c.threads, c.batch * tq, tq, Heads, KeyDim, c.batch_cache, halves, back,
                            q);
            kernels::rotate(c.threads, c.batch * tk, tk, key_heads, KeyDim, c.batch_cache, halves,
                            back, k);
        }

        template <class T>
        static kernels::Attention<T> work(auto const& c, Parts<T> const& at) {
            kernels::Attention<T> a{.samples = c.batch,
                                    .queries = tq,
                                    .keys = tk,
                                    .heads = Heads,
                                    .key_heads = key_heads,
                                    .key_dim = KeyDim,
                                    .value_dim = value_dim,
                                    .scale = detail::attention_scale<T>(KeyDim),
                                    .q = at.q,
                                    .k = at.k,
                                    .v = at.v,
                                    .o = at.o,
                                    .sums = at.sums};
            From::masks(c, a, c.batch_cache + waves);
            if (c.training) a.dropout = double(c.layer.dropout);
            a.random = c.random();
            return a;
        }

    public:
        template <bool... Stepped>
        requires(detail::AttentionSteps<From, Stepped...>::can) struct Step
            : detail::MultiHeadAttentionStep<MultiHeadAttention, On, Stepped...> {
        };
    };
};

} // namespace lamina
