// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/model/columns.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/form_of.hpp>
#include <lamina/model/prediction.hpp>
#include <lamina/model/refused_weights.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace lamina {

namespace detail {

/// The shape of the K-th output of a network.
template <class N, std::size_t K>
using OutputOf =
    typename decltype(leaf_type<K>(std::declval<typename N::Outputs const&>()))::type::Output;

/// Room for n samples of shape S.
template <class S, class T>
auto tensor_of(std::size_t n) {
    std::array<std::size_t, S::rank + 1> shape{n};
    for (std::size_t i = 0; i < S::rank; ++i) shape[i + 1] = S::dims[i];
    return Tensor<T, S::rank + 1>::from_shape(shape);
}

/// The K-th output of each sample, by weights and what was prepared of them; null: nothing.
template <std::size_t K, class N, class T = typename N::Scalar>
auto predict_arrays(Weights<N> const& weights, T const* prepared, Arrays const& x,
                    PredictOptions const& options) {
    static_assert(K < N::output_count,
                  "predict<K>: the network has no output K. They count from 0.");
    if constexpr (K < N::output_count) {
        using Y = OutputOf<N, K>;
        constexpr Span<ColumnForm const> forms{InputForms<N>::all.data(), N::inputs};
        weights.check("predict");
        Columns<T> in;
        std::size_t const n = in.bind(x, forms, "predict", "x");
        auto out = tensor_of<Y, T>(n);
        predict_all<T>({&weights, prepared, infer<N>, N::flops(n)}, in, forms, n, out.data(),
                       Y::size, int(K), options);
        return out;
    } else return Tensor<T, 2>{};
}

/// The same, drawn as while training, but for the state, which stays as it is.
template <std::size_t K, class N, class T = typename N::Scalar>
auto predict_drawn(Weights<N> const& weights, Arrays const& x, StochasticOptions const& options) {
    static_assert(K < N::output_count,
                  "predict_stochastic<K>: the network has no output K. They count from 0.");
    if constexpr (K < N::output_count) {
        using Y = OutputOf<N, K>;
        constexpr Span<ColumnForm const> forms{InputForms<N>::all.data(), N::inputs};
        weights.check("predict_stochastic");
        check_batch_size(options.batch_size, "predict_stochastic");
        Columns<T> in;
        std::size_t const n = in.bind(x, forms, "predict_stochastic", "x");
        auto out = tensor_of<Y, T>(n);
        std::size_t const most = std::min(options.batch_size, n);
        CallThreads made;
        auto const threads = N::threads(options.threads.pool_for(N::flops(most), made));
        Workspace<N> work;
        work.reserve(most, true, threads);
        for (std::size_t begin = 0; begin < n; begin += most) {
            void const* each[N::inputs];
            for (std::size_t k = 0; k < N::inputs; ++k)
                each[k] = static_cast<std::byte const*>(in.data[k]) + begin * forms[k].bytes;
            auto w = inference(weights, work, each, std::min(most, n - begin), threads);
            w.one = false;
            w.training = true;
            w.random = Random{options.seed}.child(begin / most + 1);
            N::template forward<true>(w);
            std::copy_n(N::y_of(N::training.outputs[K], w.arena, w.batch, true), w.batch * Y::size,
                        out.data() + begin * Y::size);
        }
        return out;
    } else return Tensor<T, 2>{};
}

} // namespace detail

/// The K-th output of each sample, of a network that has no model because nobody trains it: a part
/// of one that was trained, or one whose numbers come from a file.
///
///     Weights decoder{graph<Input<2>>([](auto z) { return z | named<"decoder">(Decoder{}); })};
///     transfer(autoencoder, decoder, "decoder");
///     auto const pictures = predict(decoder, z);
///
/// Errors: as model.predict's.
template <std::size_t K = 0, class N>
auto predict(Weights<N> const& weights, Arrays const& x, PredictOptions const& options = {}) {
    if constexpr (IsRefused<N>) return Tensor<float, 2>{};
    else {
        typename N::Scalar const* const not_prepared = nullptr;
        return detail::predict_arrays<K>(weights, not_prepared, x, options);
    }
}

} // namespace lamina
