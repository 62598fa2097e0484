// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/embedding.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// EmbeddingBag<..., SumOfBag>: the sum of the vectors, not their mean.
struct SumOfBag {};

namespace detail {

template <class O>
inline constexpr bool is_bag_option =
    has_option<O, MaskZero, DenseGradient, SumOfBag> || is_kind<EmbeddingsInitializer, O> ||
    is_kind<EmbeddingsConstraint, O>;

} // namespace detail

/// The mean (or sum) of the vectors of all tokens: Embedding and GlobalAveragePooling1D in one,
/// without the vectors in between. Its gradient is sparse, as Embedding's.
///
/// Input       Indices<Time> (Tokens<Time>); from 0 to below Vocabulary
/// Output      Shape<Width>
/// Parameters  embeddings Shape<Vocabulary, Width>  RandomUniform<-5, 5, 100>
/// Options     SumOfBag; MaskZero: token 0 does not count; DenseGradient;
///             EmbeddingsInitializer<...>; EmbeddingsConstraint<...>, as Embedding's
/// Errors      (compile time) the input is not of tokens; a constraint of columns without
///             DenseGradient
///             (run time) a token is negative or not below Vocabulary
/// Source      torch.nn.EmbeddingBag; Joulin et al. (2017), "Bag of tricks for efficient text
///             classification"
template <std::size_t Vocabulary, std::size_t Width, class... Options>
struct EmbeddingBag {
    static constexpr bool fits = Vocabulary > 0 && Width > 0;
    static void otherwise() {
        static_assert(fits,
                      "EmbeddingBag<Vocabulary, Width> needs at least one token and one feature.");
    }
    static_assert((detail::is_bag_option<Options> && ...),
                  "EmbeddingBag takes SumOfBag, MaskZero, DenseGradient, "
                  "EmbeddingsInitializer<...> and EmbeddingsConstraint<...>.");

    template <class In>
    struct On {
        using Table = detail::EmbeddingTable<Vocabulary, Width, Options...>;
        static constexpr bool sparse = Table::sparse, by_rows = Table::by_rows;
        static constexpr bool of_tokens = In::integer && In::rank == 1, fits = of_tokens && by_rows;
        static void otherwise() {
            static_assert(of_tokens,
                          "EmbeddingBag takes tokens: begin the network with Tokens<Time>.");
            static_assert(!of_tokens || by_rows,
                          "EmbeddingBag: a constraint along the vocabulary takes all of its rows. "
                          "Give DenseGradient too.");
        }
        using Output = Shape<Width>;
        using Start = typename detail::Chosen<EmbeddingsInitializer, RandomUniform<-5, 5, 100>,
                                              Options...>::type;
        using Parameters = typename Table::template Parameters<Start>;
        static constexpr bool needs_y = false;
        static constexpr bool sums = detail::has_option<SumOfBag, Options...>,
                              masks = detail::has_option<MaskZero, Options...>;
        static constexpr std::size_t vocabulary = Vocabulary, flops = In::size * Width;

        static void forward(auto const& c) { // y = mean of embeddings[x]
            std::size_t const n = c.x.size();
            if (std::size_t const bad = kernels::first_outside(n, c.x.data, Vocabulary); bad < n)
                detail::refuse_token(c.x.data[bad], Vocabulary, "EmbeddingBag");
            kernels::sum_rows(c.threads, c.batch, In::size, Width, c.x.data, masks, !sums,
                              c.parameters()[0], c.y.data);
        }
        static void backward(auto const& c) { // dembeddings[x] += dy / how many count
            if (c.trains)
                kernels::scatter_add_bags(c.threads, c.batch, In::size, Width, c.x.data, masks,
                                          !sums, c.dy.data, c.gradients()[0]);
        }
    };
};

} // namespace lamina
