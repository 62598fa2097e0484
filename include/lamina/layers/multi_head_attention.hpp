// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/attention.hpp>
#include <lamina/kernels/attention_step.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/kernels/rotary.hpp>
#include <lamina/layers/attention_memory.hpp>
#include <lamina/layers/attention_options.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lamina {

namespace detail {

template <class O>
inline constexpr bool is_attention_option =
    is_mask_option<O> || has_option<O, NoBias> || is_kind<KernelInitializer, O> ||
    is_kind<BiasInitializer, O> || is_number_option<ValueDim, O> ||
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
/// Errors      (compile time) the inputs are no sequences; value and key differ in time; the heads
///             of queries are no multiple of those of keys; rotary positions with an odd KeyDim
/// Source      keras.layers.MultiHeadAttention, keras.layers.GroupedQueryAttention; Vaswani et al.
///             (2017), "Attention is all you need"
template <std::size_t Heads, std::size_t KeyDim, class... Options>
struct MultiHeadAttention {
    static_assert(Heads > 0 && KeyDim > 0,
                  "MultiHeadAttention<Heads, KeyDim> needs at least one head of one number.");
    static_assert(
        (detail::is_attention_option<Options> && ...),
        "MultiHeadAttention: what stands behind Heads and KeyDim is none of its options.");
    static constexpr std::size_t key_heads =
        detail::chosen_number<KeyValueHeads, Heads, Options...>();
    static_assert(key_heads > 0 && Heads % key_heads == 0,
                  "MultiHeadAttention: Heads must be a multiple of KeyValueHeads.");
    static constexpr std::size_t value_dim = detail::chosen_number<ValueDim, KeyDim, Options...>();
    static constexpr std::size_t rotary_base = detail::chosen_number<Rotary, 0, Options...>() +
                                               detail::chosen_number<RotaryHalves, 0, Options...>();
    static constexpr bool halves = detail::chosen_number<RotaryHalves, 0, Options...>() > 0;
    static constexpr bool rotary = rotary_base > 0;
    static_assert(!rotary || KeyDim % 2 == 0,
                  "MultiHeadAttention: rotary positions turn pairs of numbers, so KeyDim is even.");

    float dropout = 0.0f;

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
        // numbers of one moment
        static constexpr std::size_t nq = Heads * KeyDim, nk = key_heads * KeyDim,
                                     nv = key_heads * value_dim, no = Heads * value_dim;
        static constexpr bool has_bias = !detail::has_option<NoBias, Options...>;
        static constexpr bool itself = From::count == 1, one_memory = From::key == From::value;

        using Output = Shape<tq, dim>;
        using KernelStart =
            typename detail::Chosen<KernelInitializer, GlorotUniform, Options...>::type;
        using BiasStart = typename detail::Chosen<BiasInitializer, Zeros, Options...>::type;
        template <Name N, std::size_t Rows, class S>
        using Kernel = Parameter<N, S, detail::AsMatrix<KernelStart, Rows>>;
        using QueryKernel = Kernel<"query_kernel", Query::last, Shape<Query::last, Heads, KeyDim>>;
        using KeyKernel = Kernel<"key_kernel", Key::last, Shape<Key::last, key_heads, KeyDim>>;
        using ValueKernel =
            Kernel<"value_kernel", Value::last, Shape<Value::last, key_heads, value_dim>>;
        using OutputKernel = Kernel<"output_kernel", no, Shape<Heads, value_dim, dim>>;
        using Parameters = std::conditional_t<
            has_bias,
            lamina::Parameters<
                QueryKernel, Parameter<"query_bias", Shape<Heads, KeyDim>, BiasStart>, KeyKernel,
                Parameter<"key_bias", Shape<key_heads, KeyDim>, BiasStart>, ValueKernel,
                Parameter<"value_bias", Shape<key_heads, value_dim>, BiasStart>, OutputKernel,
                Parameter<"output_bias", Shape<dim>, BiasStart>>,
            lamina::Parameters<QueryKernel, KeyKernel, ValueKernel, OutputKernel>>;

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
        static constexpr std::size_t linear_scratch = std::max(
            {kernels::linear_scratch<T, Query::last, nq>, kernels::linear_scratch<T, Key::last, nk>,
             kernels::linear_scratch<T, Value::last, nv>, kernels::linear_scratch<T, no, dim>});
        template <class T>
        static constexpr std::size_t scratch =
            std::max(linear_scratch<T>, kernels::attention_scratch<T>(tk, KeyDim, value_dim));

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = split(c.parameters());
            auto const at = parts(c.cache, c.batch);
            project<Query::last, nq>(c, c.batch * tq, input<0>(c), p.query, at.q);
            project<Key::last, nk>(c, c.batch * tk, input<From::key>(c), p.key, at.k);
            project<Value::last, nv>(c, c.batch * tk, input<From::value>(c), p.value, at.v);
            if constexpr (rotary) {
                kernels::rotary_table(0, std::max(tq, tk), KeyDim, double(rotary_base), halves,
                                      c.batch_cache);
                turn(c, at.q, at.k, false);
            }
            if constexpr (From::ruled)
                detail::write_rule<typename From::Rule>(0, tq, tk, c.batch_cache + waves);
            kernels::attention(work<T>(c, at), c.scratch, c.threads);
            project<no, dim>(c, c.batch * tq, at.o, p.output, c.y.data);
        }

        static void backward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = split(c.parameters());
            auto const d = split(c.gradients());
            auto const at = parts(c.cache, c.batch);
            std::size_t const rows = c.batch * tq, memory = c.batch * tk;
            T* const dx = c.call.dx[0];
            // y = o output + bias
            if (c.trains) gradients<no, dim>(c, rows, at.o, c.dy.data, d.output);
            dinput<no, dim>(c, rows, c.dy.data, p.output, at.slopes.o);
            kernels::AttentionGradients<T> g{
                .dy = at.slopes.o, .dq = at.slopes.q, .dk = at.slopes.k, .dv = at.slopes.v};
            if constexpr (From::adds)
                if (c.call.needs_dx[From::mask]) g.dadd = c.call.dx[From::mask];
            kernels::attention_gradients(work<T>(c, at), g, c.scratch, c.threads);
            if constexpr (rotary) turn(c, at.slopes.q, at.slopes.k, true);
            if (c.trains) {
                gradients<Query::last, nq>(c, rows, input<0>(c), at.slopes.q, d.query);
                gradients<Key::last, nk>(c, memory, input<From::key>(c), at.slopes.k, d.key);
                gradients<Value::last, nv>(c, memory, input<From::value>(c), at.slopes.v, d.value);
            }
            if (c.needs_dx) dinput<Query::last, nq>(c, rows, at.slopes.q, p.query, dx);
            if (c.call.needs_dx[From::key])
                dinput<Key::last, nk, itself>(c, memory, at.slopes.k, p.key, c.call.dx[From::key]);
            if (c.call.needs_dx[From::value])
                dinput<Value::last, nv, one_memory>(c, memory, at.slopes.v, p.value,
                                                    c.call.dx[From::value]);
        }

    private:
        template <class T>
        struct Affine {
            T *kernel, *bias; // no bias: null
        };
        template <class T>
        struct Tensors {
            Affine<T> query, key, value, output;
        };
        template <class T, std::size_t N>
        static Tensors<T> split(std::array<T*, N> const& p) {
            if constexpr (has_bias) return {{p[0], p[1]}, {p[2], p[3]}, {p[4], p[5]}, {p[6], p[7]}};
            else return {{p[0], nullptr}, {p[1], nullptr}, {p[2], nullptr}, {p[3], nullptr}};
        }
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
        template <std::size_t K, std::size_t N, class T, class P>
        static void project(auto const& c, std::size_t rows, T const* x, Affine<P> const& p, T* y) {
            kernels::linear<K, N>(rows, x, p.kernel, p.bias, y, NoEpilogue{}, c.scratch, c.threads);
        }
        template <std::size_t K, std::size_t N, class T>
        static void gradients(auto const& c, std::size_t rows, T const* x, T const* dy,
                              Affine<T> const& d) {
            kernels::linear_gradients<K, N>(rows, x, dy, d.kernel, d.bias, c.scratch, c.threads);
        }
        template <std::size_t K, std::size_t N, bool Add = false, class T, class P>
        static void dinput(auto const& c, std::size_t rows, T const* dy, Affine<P> const& p,
                           T* dx) {
            kernels::linear_dx<K, N, Add>(rows, dy, p.kernel, dx, static_cast<T const*>(nullptr),
                                          NoEpilogue{}, c.scratch, c.threads);
        }
        template <class T>
        static void turn(auto const& c, T* q, T* k, bool back) {
            kernels::rotate(c.threads, c.batch * tq, tq, Heads, KeyDim, c.batch_cache, halves, back,
                            q);
            kernels::rotate(c.threads, c.batch * tk, tk, key_heads, KeyDim, c.batch_cache, halves,
                            back, k);
        }

        template <class T>
        static T scale() {
            return T(1 / std::sqrt(double(KeyDim)));
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
                                    .scale = scale<T>(),
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

        template <bool... Stepped>
        using Steps = detail::AttentionSteps<From, Stepped...>;

    public:
        /// One moment. Past: its key and value join those before it. Else: over a memory that is
        /// there at once.
        template <bool... Stepped>
        requires(Steps<Stepped...>::can) struct Step {
            static constexpr bool past = Steps<Stepped...>::past;
            using Output = Shape<1, dim>;
            using Parameters = typename On::Parameters;
            using Memory = detail::AttentionMemory<From, nk, nv, Stepped...>;
            static constexpr std::size_t memory = Memory::size;
            static constexpr std::size_t cache = nq + nk + nv + no;
            static constexpr std::size_t group = Heads / key_heads;
            template <class T>
            static constexpr std::size_t scratch =
                std::max(linear_scratch<T>, kernels::attention_step_scratch<T>(group, tk)) +
                (past ? 0 : tk * nk) + (rotary ? 2 * (past ? 1 : tk) * KeyDim : 0) +
                (From::ruled ? tk : 0);

            static void forward(auto const& c) {
                using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
                auto const p = split(c.parameters());
                T *const q = c.cache, *const k = q + c.batch * nq, *const v = k + c.batch * nk;
                T* const o = v + c.batch * nv;
                T* const room = c.scratch + std::max(linear_scratch<T>,
                                                     kernels::attention_step_scratch<T>(group, tk));
                T* const turns = room + (From::ruled ? tk : 0);
                project<Query::last, nq>(c, c.batch, input<0>(c), p.query, q);
                if constexpr (rotary) {
                    kernels::rotary_table(c.position, 1, KeyDim, double(rotary_base), halves,
                                          turns);
                    kernels::rotate(nullptr, c.batch, 1, Heads, KeyDim, turns, halves, false, q);
                }
                if constexpr (past) {
                    project<Key::last, nk>(c, c.batch, input<From::key>(c), p.key, k);
                    project<Value::last, nv>(c, c.batch, input<From::value>(c), p.value, v);
                    if constexpr (rotary)
                        kernels::rotate(nullptr, c.batch, 1, key_heads, KeyDim, turns, halves,
                                        false, k);
                    for (std::size_t n = 0; n < c.batch; ++n)
                        Memory::remember(c, n, c.position, 1, k + n * nk, v + n * nv);
                } else if (c.position == 0) {
                    if constexpr (rotary)
                        kernels::rotary_table(0, tk, KeyDim, double(rotary_base), halves, turns);
                    T* const keys = turns + (rotary ? 2 * tk * KeyDim : 0);
                    for (std::size_t n = 0; n < c.batch; ++n) {
                        T* const values = Memory::of(c, n).values;
                        project<Key::last, nk>(c, tk, input<From::key>(c) + n * Key::size, p.key,
                                               keys);
                        project<Value::last, nv>(c, tk, input<From::value>(c) + n * Value::size,
                                                 p.value, values);
                        if constexpr (rotary)
                            kernels::rotate(nullptr, tk, tk, key_heads, KeyDim, turns, halves,
                                            false, keys);
                        Memory::remember(c, n, 0, tk, keys, values);
                    }
                }
                if constexpr (From::ruled)
                    detail::write_rule<typename From::Rule>(c.position, 1, tk, room);
                for (std::size_t n = 0; n < c.batch; ++n)
                    for (std::size_t h = 0; h < key_heads; ++h)
                        kernels::attention_step(one(c, n, h, q + n * nq, o + n * no, room),
                                                c.scratch);
                project<no, dim>(c, c.batch, o, p.output, c.y.data);
            }

        private:
            template <class T>
            static kernels::AttentionStep<T> one(auto const& c, std::size_t n, std::size_t h,
                                                 T const* q, T* o, T const* rule) {
                auto const kept = Memory::of(c, n);
                kernels::AttentionStep<T> a{.heads = group,
                                            .keys = 0,
                                            .key_dim = KeyDim,
                                            .value_dim = value_dim,
                                            .scale = scale<T>(),
                                            .q = q + h * group * KeyDim,
                                            .k = kept.keys + h * KeyDim * tk,
                                            .ldk = tk,
                                            .v = kept.values + h * value_dim,
                                            .ldv = nv,
                                            .o = o + h * group * value_dim};
                Memory::masks(c, n, a, rule);
                return a;
            }
        };
    };
};

} // namespace lamina
