// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/message.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/gather.hpp>
#include <lamina/layers/constraints.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/unembedding.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lamina {

/// Embedding<..., DenseGradient>: every row of the table takes part in every step of the optimizer,
/// as in PyTorch; otherwise only those whose tokens are in the batch.
struct DenseGradient {};
/// Embedding<..., PaddingIndex<0>>: the row of this token begins with zeros, and what comes of the
/// token does not train it. PyTorch's padding_idx.
template <std::size_t Token>
struct PaddingIndex {};

namespace detail {

template <class O>
inline constexpr std::size_t padding_index = ~std::size_t{0};
template <std::size_t Token>
inline constexpr std::size_t padding_index<PaddingIndex<Token>> = Token;
template <class O>
inline constexpr bool is_embedding_option =
    has_option<O, MaskZero, DenseGradient> || is_kind<EmbeddingsInitializer, O> ||
    is_kind<EmbeddingsConstraint, O> || padding_index<O> != ~std::size_t{0};

/// Init, but zeros in one row.
template <class Init, std::size_t Row>
struct WithZeroRow : Init {
    template <class T>
    static void fill(T* w, Extents e, Random random) {
        Init::template fill<T>(w, e, random);
        std::fill_n(w + Row * e.columns(), e.columns(), T{0});
    }
};

/// A vector for each token, trained: the table of Embedding and EmbeddingBag.
template <std::size_t Vocabulary, std::size_t Width, class... Options>
struct EmbeddingTable {
    static constexpr bool sparse = !has_option<DenseGradient, Options...>;
    /// Whether its constraint holds where only the rows of a batch are touched.
    static constexpr bool by_rows =
        !sparse || constrains_rows<EmbeddingsConstraint, 0b10, Options...>;
    template <class Start>
    using Parameters = lamina::Parameters<
        ConstrainedBy<EmbeddingsConstraint,
                      Parameter<"embeddings", Shape<Vocabulary, Width>, Start>, 0b10, Options...>>;
};

[[noreturn, gnu::cold, gnu::noinline]] inline void
refuse_token(std::int32_t token, std::size_t vocabulary, char const* where) {
    refuse(where, {"token ", token, ", the vocabulary has those from 0 to ", vocabulary - 1,
                   ". Let the tokenizer name fewer, or make the vocabulary larger."});
}

/// S with one axis more.
template <class S, std::size_t Last>
struct WithAxis;
template <std::size_t... Dims, std::size_t Last>
struct WithAxis<Indices<Dims...>, Last> {
    using type = Shape<Dims..., Last>;
};
template <std::size_t... Dims, std::size_t Last>
struct WithAxis<Shape<Dims...>, Last> {
    using type = Shape<Dims..., Last>;
};

} // namespace detail

/// A vector for each token, out of a table that is trained. Of the table, only rows whose tokens
/// are in a batch have a gradient, and only they are touched by the optimizer: a large vocabulary
/// costs what the batch holds of it. Moments and weight decay of the others rest (LazyAdam);
/// DenseGradient makes them move as in PyTorch.
///
/// Input       Indices<Time> (Tokens<Time>), or of any other rank; from 0 to below Vocabulary
/// Output      Shape<Time, Width>
/// Mask        MaskZero: what comes behind skips the moments with token 0
/// Parameters  embeddings Shape<Vocabulary, Width>  RandomUniform<-5, 5, 100>
/// Options     MaskZero, DenseGradient, PaddingIndex<...>, EmbeddingsInitializer<...>,
///             EmbeddingsConstraint<...>: of each row whose token is in the batch
/// Errors      (compile time) the input is not of tokens, or with MaskZero not of one axis;
///             PaddingIndex is not below Vocabulary; a constraint of columns without DenseGradient
///             (run time) a token is negative or not below Vocabulary
/// Source      keras.layers.Embedding; torch.nn.Embedding
template <std::size_t Vocabulary, std::size_t Width, class... Options>
struct Embedding {
    static constexpr std::size_t padding =
        std::min({~std::size_t{0}, detail::padding_index<Options>...});
    static constexpr bool pads = padding != ~std::size_t{0}, some = Vocabulary > 0 && Width > 0,
                          fits = some && (!pads || padding < Vocabulary);
    static void otherwise() {
        static_assert(some,
                      "Embedding<Vocabulary, Width> needs at least one token and one feature.");
        static_assert(!some || fits,
                      "Embedding: PaddingIndex<Token> is none of its tokens. Name one "
                      "below Vocabulary.");
    }
    static_assert(
        (detail::is_embedding_option<Options> && ...),
        "Embedding takes MaskZero, DenseGradient, PaddingIndex<...>, EmbeddingsInitializer<...>, "
        "EmbeddingsConstraint<...>.");
    using Transposed = Unembedding<Vocabulary, Width>;

    void config(auto const& out) const {
        out("input_dim", Vocabulary);
        out("output_dim", Width);
        out("mask_zero", detail::has_option<MaskZero, Options...>);
    }

    template <class In>
    struct On {
        static constexpr bool masks = detail::has_option<MaskZero, Options...>;
        using Table = detail::EmbeddingTable<Vocabulary, Width, Options...>;
        static constexpr bool by_rows = Table::by_rows;
        static constexpr bool placed = !masks || In::rank == 1;
        static constexpr bool fits = In::integer && placed && by_rows;
        static void otherwise() {
            static_assert(In::integer,
                          "Embedding takes tokens: begin the network with Tokens<Time>.");
            static_assert(!In::integer || placed,
                          "Embedding: MaskZero is for one sequence of tokens, Tokens<Time>.");
            static_assert(!In::integer || !placed || by_rows,
                          "Embedding: a constraint along the vocabulary takes all of its rows. "
                          "Give DenseGradient too.");
        }
        using Output = typename detail::WithAxis<In, Width>::type;
        using Drawn = typename detail::Chosen<EmbeddingsInitializer, RandomUniform<-5, 5, 100>,
                                              Options...>::type;
        using Start = std::conditional_t<pads, detail::WithZeroRow<Drawn, padding>, Drawn>;
        using Parameters = typename Table::template Parameters<Start>;
        static constexpr bool needs_y = false, each_moment = true;
        template <class T>
        static constexpr std::size_t scratch = pads ? Width : 0;
        static constexpr bool sparse = Table::sparse;
        static constexpr std::size_t makes_mask = masks ? In::size : 0;
        static constexpr std::size_t vocabulary = Vocabulary;

        static void forward(auto const& c) { // y = embeddings[x]
            std::size_t const n = c.x.size();
            if (std::size_t const bad = kernels::first_outside(n, c.x.data, Vocabulary); bad < n)
                detail::refuse_token(c.x.data[bad], Vocabulary, "Embedding");
            kernels::gather_rows(c.threads, n, Width, c.x.data, c.parameters()[0], c.y.data);
            if constexpr (masks)
                for (std::size_t i = 0; i < n; ++i) c.mask_out[i] = c.x[i] != 0;
        }
        static void backward(auto const& c) { // dembeddings[x] += dy
            if (!c.trains) return;
            auto const [d] = c.gradients();
            // what others that share the table gave the padding's row stays
            if constexpr (pads) std::copy_n(d + padding * Width, Width, c.scratch);
            kernels::scatter_add_rows(c.threads, c.x.size(), Width, c.x.data, c.dy.data, d);
            if constexpr (pads) std::copy_n(c.scratch, Width, d + padding * Width);
        }
    };
};

} // namespace lamina
