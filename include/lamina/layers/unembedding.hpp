// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/gemm.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// An embedding read backwards: the score of each token, y = x embeddings'. Made by
/// `x | tied(embedding)`, whose parameters it uses.
///
/// Input       Shape<Width> or Shape<Time, Width>
/// Output      Shape<Vocabulary> or Shape<Time, Vocabulary>: logits
/// Parameters  embeddings Shape<Vocabulary, Width>: those of the embedding
/// Errors      (compile time) the vectors are not as wide as the embedding; the input is an image
///             or tokens
/// Source      Press and Wolf (2017), "Using the output embedding to improve language models"
template <std::size_t Vocabulary, std::size_t Width>
struct Unembedding {
    template <class In>
    struct On {
        static constexpr bool fits = !In::integer && In::rank <= 2 && In::last == Width;
        static void otherwise() {
            static_assert(fits, "tied: the vectors are not as wide as the embedding. Put Dense "
                                "before it.");
        }
        using Output =
            std::conditional_t<In::rank == 2, Shape<In::rows, Vocabulary>, Shape<Vocabulary>>;
        using Parameters =
            lamina::Parameters<Parameter<"embeddings", Shape<Vocabulary, Width>, Zeros>>;
        static constexpr bool needs_y = false, each_moment = true;
        static constexpr std::size_t flops = 2 * In::rows * Width * Vocabulary;
        template <class T>
        static constexpr std::size_t scratch =
            kernels::gemm_scratch<T>(std::max(Vocabulary, Width));

        static void forward(auto const& c) { // y = x embeddings'
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            kernels::gemm<T>({.m = c.x.rows(),
                              .n = Vocabulary,
                              .k = Width,
                              .a = c.x.data,
                              .lda = Width,
                              .b = c.parameters()[0],
                              .ldb = Width,
                              .transposed_b = true,
                              .c = c.y.data,
                              .ldc = Vocabulary},
                             c.scratch, c.threads);
        }
        static void backward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            if (c.trains) // dembeddings += dy' x
                kernels::gemm<T>({.m = Vocabulary,
                                  .n = Width,
                                  .k = c.x.rows(),
                                  .a = c.dy.data,
                                  .lda = Vocabulary,
                                  .transposed_a = true,
                                  .b = c.x.data,
                                  .ldb = Width,
                                  .beta = T{1},
                                  .c = c.gradients()[0],
                                  .ldc = Width},
                                 c.scratch, c.threads);
            if (c.needs_dx) // dx = dy embeddings
                kernels::gemm<T>({.m = c.x.rows(),
                                  .n = Width,
                                  .k = Vocabulary,
                                  .a = c.dy.data,
                                  .lda = Vocabulary,
                                  .b = c.parameters()[0],
                                  .ldb = Width,
                                  .c = c.dx.data,
                                  .ldc = Width},
                                 c.scratch, c.threads);
        }
    };
};

} // namespace lamina
