// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/layers/added_positions.hpp>
#include <lamina/layers/options.hpp>

#include <algorithm>
#include <cstddef>

namespace lamina {

namespace detail {

template <class... Options>
struct PositionEmbedding {
    static_assert((is_kind<EmbeddingsInitializer, Options> && ...),
                  "PositionEmbedding takes the option EmbeddingsInitializer<...>.");

    template <class In>
    struct On : AddedPositions<In> {
        using Start = typename Chosen<EmbeddingsInitializer, GlorotUniform, Options...>::type;
        using Parameters = lamina::Parameters<Parameter<"positions", In, Start>>;

        static void forward(auto const& c) { On::add(c, c.parameters()[0]); }
        static void backward(auto const& c) { // dpositions += dy over the batch, dx = dy
            auto* const dpositions = c.gradients()[0];
            if (c.trains)
                parallel_for(c.threads, In::size, 4096,
                             [&](std::size_t begin, std::size_t end, std::size_t) {
                                 for (std::size_t n = 0; n < c.batch; ++n)
                                     kernels::map(end - begin, dpositions + begin, On::sum,
                                                  dpositions + begin, c.dy.sample(n) + begin);
                             });
            if (c.needs_dx && c.dx.data != c.dy.data)
                std::copy_n(c.dy.data, c.dy.size(), c.dx.data);
        }

        struct Step { // the row of this moment
            using Output = Moment<In>;
            using Parameters = typename On::Parameters;
            static constexpr bool in_place = true;
            static void forward(auto const& c) {
                On::add_moment(c, c.parameters()[0] + c.position * In::last);
            }
        };
    };
};

} // namespace detail

/// x + a learned vector for each moment.
///
/// Input       Shape<Time, Features>
/// Output      that shape
/// Parameters  positions Shape<Time, Features>  GlorotUniform
/// Options     EmbeddingsInitializer<...>, of PositionEmbeddingWith
/// Errors      (compile time) the input is no sequence of vectors
/// Source      keras_hub.layers.PositionEmbedding with its sum; Gehring et al. (2017),
///             "Convolutional sequence to sequence learning"
using PositionEmbedding = detail::PositionEmbedding<>;
/// PositionEmbeddingWith<EmbeddingsInitializer<Zeros>>: that begins otherwise.
template <class... Options>
using PositionEmbeddingWith = detail::PositionEmbedding<Options...>;

} // namespace lamina
