// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/kernels/attention_step.hpp>
#include <lamina/kernels/rotary.hpp>
#include <lamina/layers/attention_memory.hpp>
#include <lamina/layers/attention_options.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina::detail {

/// One moment of a MultiHeadAttention, whose binding to its inputs is On. If key and value come
/// with the query, they join those before them (past); otherwise they are there at once, and the
/// first moment makes them.
template <class Layer, class On, bool... Stepped>
struct MultiHeadAttentionStep {
    using From = typename On::From;
    using Maps = typename On::Maps;
    static constexpr bool past = AttentionSteps<From, Stepped...>::past;
    static constexpr std::size_t heads = Layer::heads, key_heads = Layer::key_heads;
    static constexpr std::size_t key_dim = Layer::key_dim, value_dim = Layer::value_dim;
    static constexpr std::size_t nq = Maps::nq, nk = Maps::nk, nv = Maps::nv, no = Maps::no;
    static constexpr std::size_t keys = From::tk, group = heads / key_heads;

    using Output = Shape<1, On::dim>;
    using Parameters = typename On::Parameters;
    using Memory = AttentionMemory<From, nk, nv, Stepped...>;
    static constexpr std::size_t memory = Memory::size;
    static constexpr std::size_t cache = nq + nk + nv + no;

private:
    template <class T>
    static constexpr std::size_t work = std::max(Maps::template scratch<T>,
                                                 kernels::attention_step_scratch<T>(group, keys,
                                                                                    value_dim));
    static constexpr std::size_t rule = From::ruled ? keys : 0;
    static constexpr std::size_t turns = Layer::rotary ? 2 * (past ? 1 : keys) * key_dim : 0;

public:
    template <class T>
    static constexpr std::size_t scratch = work<T> + rule + turns + (past ? 0 : keys * nk);

    static void forward(auto const& c) {
        using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
        auto const p = Maps::split(c.parameters());
        T *const q = c.cache, *const k = q + c.batch * nq, *const v = k + c.batch * nk;
        T* const o = v + c.batch * nv;
        // behind what the maps' products want of each worker
        T* const rule_at = c.scratch + workers_of(c.threads) * work<T>;
        T* const waves = rule_at + rule;
        Maps::QueryMap::forward(c, c.batch, input<T>(c, 0), p.query, q);
        write_waves(c.position, 1, waves);
        turn(c.batch, 1, heads, waves, q);
        if constexpr (past) {
            Maps::KeyMap::forward(c, c.batch, input<T>(c, From::key), p.key, k);
            Maps::ValueMap::forward(c, c.batch, input<T>(c, From::value), p.value, v);
            turn(c.batch, 1, key_heads, waves, k);
            for (std::size_t n = 0; n < c.batch; ++n)
                Memory::remember(c, n, c.position, 1, k + n * nk, v + n * nv);
        } else if (c.position == 0) {
            remember_all(c, p, waves);
        }
        if constexpr (From::ruled) write_rule<typename From::Rule>(c.position, 1, keys, rule_at);
        for (std::size_t n = 0; n < c.batch; ++n)
            for (std::size_t h = 0; h < key_heads; ++h)
                kernels::attention_step(head(c, n, h, q + n * nq, o + n * no, rule_at), c.scratch);
        Maps::OutputMap::forward(c, c.batch, o, p.output, c.y.data);
    }

private:
    template <class T>
    static T const* input(auto const& c, int i) {
        return static_cast<T const*>(c.call.x[i]);
    }
    /// The waves of `times` moments from `first` on.
    template <class T>
    static void write_waves(std::size_t first, std::size_t times, T* waves) {
        if constexpr (Layer::rotary)
            kernels::rotary_table(first, times, key_dim, double(Layer::rotary_base), Layer::halves,
                                  waves);
    }
    template <class T>
    static void turn(std::size_t rows, std::size_t times, std::size_t count, T const* waves,
                     T* to) {
        if constexpr (Layer::rotary)
            kernels::rotate(nullptr, rows, times, count, key_dim, waves, Layer::halves, false, to);
    }
    /// All keys and values at once. Behind the waves is room for a sample's keys.
    template <class T>
    static void remember_all(auto const& c, auto const& p, T* waves) {
        T* const made = waves + turns;
        write_waves(0, keys, waves);
        for (std::size_t n = 0; n < c.batch; ++n) {
            T* const values = Memory::of(c, n).values;
            Maps::KeyMap::forward(c, keys, input<T>(c, From::key) + n * On::Key::size, p.key, made);
            Maps::ValueMap::forward(c, keys, input<T>(c, From::value) + n * On::Value::size,
                                    p.value, values);
            turn(keys, keys, key_heads, waves, made);
            Memory::remember(c, n, 0, keys, made, values);
        }
    }
    template <class T>
    static kernels::AttentionStep<T> head(auto const& c, std::size_t n, std::size_t h, T const* q,
                                          T* o, T const* rule_at) {
        auto const kept = Memory::of(c, n);
        kernels::AttentionStep<T> a{.heads = group,
                                    .keys = 0,
                                    .key_dim = key_dim,
                                    .value_dim = value_dim,
                                    .scale = attention_scale<T>(key_dim),
                                    .q = q + h * group * key_dim,
                                    .k = kept.keys + h * key_dim * keys,
                                    .ldk = keys,
                                    .v = kept.values + h * value_dim,
                                    .ldv = nv,
                                    .o = o + h * group * value_dim};
        Memory::masks(c, n, a, rule_at);
        return a;
    }
};

} // namespace lamina::detail
