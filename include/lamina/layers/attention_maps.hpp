// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/parameters.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/kernels/linear.hpp>
#include <lamina/layers/attention_options.hpp>
#include <lamina/layers/options.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

/// The affine maps of attention with several heads: of the inputs to queries, keys and values, and
/// of what the heads give to the output.
namespace lamina::detail {

template <class T>
struct Affine {
    T *kernel, *bias;    // no bias: null
    T* panels = nullptr; // the kernel besides, for products; null: it is not there
};

/// y = x kernel + bias, for `rows` vectors of K numbers to N.
template <std::size_t K, std::size_t N>
struct AffineMap {
    template <class T>
    static constexpr std::size_t scratch = kernels::linear_scratch<T, K, N>;
    template <class T>
    static constexpr std::size_t panels = kernels::linear_panels<T, K, N>;

    /// Puts the kernel's panels at `to`; what comes behind them.
    template <class T>
    static T* prepare(Affine<T const> const& p, T* to) {
        if constexpr (panels<T> != 0) kernels::pack_panels(K, N, p.kernel, N, to);
        return to + panels<T>;
    }
    /// The same map with the panels that are at `from`; what comes behind them.
    template <class T>
    static T const* find(Affine<T const>& p, T const* from) {
        if constexpr (panels<T> != 0) p.panels = from;
        return from + panels<T>;
    }
    template <class T, class P>
    static void forward(auto const& c, std::size_t rows, T const* x, Affine<P> const& p, T* y) {
        kernels::linear<K, N>(rows, x, p.kernel, p.bias, y, NoEpilogue{}, c.scratch, c.threads,
                              rows == 1, p.panels);
    }
    /// dkernel += x' dy, dbias += sum of dy
    template <class T>
    static void gradients(auto const& c, std::size_t rows, T const* x, T const* dy,
                          Affine<T> const& d) {
        kernels::linear_gradients<K, N>(rows, x, dy, d.kernel, d.bias, c.scratch, c.threads);
    }
    /// dx = dy kernel'; Add: dx += dy kernel'
    template <bool Add = false, class T, class P>
    static void dx(auto const& c, std::size_t rows, T const* dy, Affine<P> const& p, T* to) {
        kernels::linear_dx<K, N, Add>(rows, dy, p.kernel, to, static_cast<T const*>(nullptr),
                                      NoEpilogue{}, c.scratch, c.threads);
    }
};

/// The four maps and their parameters, in Keras' shapes.
template <class Query, class Key, class Value, std::size_t Heads, std::size_t KeyHeads,
          std::size_t KeyDim, std::size_t ValueDim, std::size_t Out, class... Options>
struct AttentionMaps {
    // numbers of one moment
    static constexpr std::size_t nq = Heads * KeyDim, nk = KeyHeads * KeyDim,
                                 nv = KeyHeads * ValueDim, no = Heads * ValueDim;
    using QueryMap = AffineMap<Query::last, nq>;
    using KeyMap = AffineMap<Key::last, nk>;
    using ValueMap = AffineMap<Value::last, nv>;
    using OutputMap = AffineMap<no, Out>;
    template <class T>
    static constexpr std::size_t
        scratch = std::max({QueryMap::template scratch<T>, KeyMap::template scratch<T>,
                            ValueMap::template scratch<T>, OutputMap::template scratch<T>});

    template <class T>
    static constexpr std::size_t panels =
        QueryMap::template panels<T> + KeyMap::template panels<T> + ValueMap::template panels<T> +
        OutputMap::template panels<T>;

    static constexpr bool has_bias = !has_option<NoBias, Options...>;
    using KernelStart = typename Chosen<KernelInitializer, GlorotUniform, Options...>::type;
    using BiasStart = typename Chosen<BiasInitializer, Zeros, Options...>::type;
    template <Name N, std::size_t Rows, class S>
    using Kernel = Parameter<N, S, AsMatrix<KernelStart, Rows>>;
    using QueryKernel = Kernel<"query_kernel", Query::last, Shape<Query::last, Heads, KeyDim>>;
    using KeyKernel = Kernel<"key_kernel", Key::last, Shape<Key::last, KeyHeads, KeyDim>>;
    using ValueKernel = Kernel<"value_kernel", Value::last, Shape<Value::last, KeyHeads, ValueDim>>;
    using OutputKernel = Kernel<"output_kernel", no, Shape<Heads, ValueDim, Out>>;
    using Parameters = std::conditional_t<
        has_bias,
        lamina::Parameters<QueryKernel, Parameter<"query_bias", Shape<Heads, KeyDim>, BiasStart>,
                           KeyKernel, Parameter<"key_bias", Shape<KeyHeads, KeyDim>, BiasStart>,
                           ValueKernel,
                           Parameter<"value_bias", Shape<KeyHeads, ValueDim>, BiasStart>,
                           OutputKernel, Parameter<"output_bias", Shape<Out>, BiasStart>>,
        lamina::Parameters<QueryKernel, KeyKernel, ValueKernel, OutputKernel>>;

    template <class T>
    struct Tensors {
        Affine<T> query, key, value, output;
    };
    template <class T, std::size_t N>
    static Tensors<T> split(std::array<T*, N> const& p) {
        if constexpr (has_bias) return {{p[0], p[1]}, {p[2], p[3]}, {p[4], p[5]}, {p[6], p[7]}};
        else return {{p[0], nullptr}, {p[1], nullptr}, {p[2], nullptr}, {p[3], nullptr}};
    }
    /// What many passes without gradients find the kernels in, one behind the other.
    template <class T>
    static void prepare(auto const& parameters, T* to) {
        auto const p = split(parameters);
        to = QueryMap::prepare(p.query, to);
        to = KeyMap::prepare(p.key, to);
        to = ValueMap::prepare(p.value, to);
        OutputMap::prepare(p.output, to);
    }
    /// The parameters, with what was prepared if anything was.
    template <class T>
    static Tensors<T const> with_panels(auto const& parameters, T const* prepared) {
        auto p = split(parameters);
        if (prepared) {
            prepared = QueryMap::find(p.query, prepared);
            prepared = KeyMap::find(p.key, prepared);
            prepared = ValueMap::find(p.value, prepared);
            OutputMap::find(p.output, prepared);
        }
        return p;
    }
};

} // namespace lamina::detail
