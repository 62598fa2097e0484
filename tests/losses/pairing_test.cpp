// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/pairing.hpp>

#include <lamina/core/shape.hpp>
#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/binary_focal_crossentropy.hpp>
#include <lamina/losses/categorical_crossentropy.hpp>
#include <lamina/losses/categorical_focal_crossentropy.hpp>
#include <lamina/losses/cosine_similarity.hpp>
#include <lamina/losses/kl_divergence.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/losses/sparse_categorical_crossentropy.hpp>

#include <doctest/doctest.h>

using namespace lamina;

namespace {

// Nodes as the graph makes them, as far as a pairing looks.
struct Plain { static constexpr bool takes_epilogue = false; };
struct Affine { static constexpr bool takes_epilogue = true; };
template <class L, class Y, class B = Plain>
struct End {
    using Layer = L;
    using Bound = B;
    using Output = Y;
};
struct Own {};
struct OwnGate { static constexpr Meaning meaning = Meaning::probability; };

template <class Loss, class Layer, class Y, class B = Plain>
constexpr bool fits = loss_fits<Loss, End<Layer, Y, B>>();

} // namespace

TEST_CASE("what an output means") {
    static_assert(meaning_of<Sigmoid, Plain>() == Meaning::probability);
    static_assert(meaning_of<Softmax, Plain>() == Meaning::distribution);
    static_assert(meaning_of<LogSoftmax, Plain>() == Meaning::log_distribution);
    static_assert(meaning_of<HardSigmoid, Plain>() == Meaning::probability);
    static_assert(meaning_of<Linear, Plain>() == Meaning::number);
    static_assert(meaning_of<ReLU, Plain>() == Meaning::number);
    static_assert(meaning_of<Tanh, Plain>() == Meaning::number);
    static_assert(meaning_of<Own, Affine>() == Meaning::number);
    static_assert(meaning_of<Own, Plain>() == Meaning::unknown);
    static_assert(meaning_of<Own, int>() == Meaning::unknown);
    static_assert(meaning_of<OwnGate, Plain>() == Meaning::probability);
}

TEST_CASE("which pairs make sense") {
    static_assert(fits<BinaryCrossentropy, Sigmoid, Shape<1>>);
    static_assert(fits<BinaryCrossentropy, Sigmoid, Shape<5>>);       // several labels
    static_assert(fits<BinaryCrossentropy, OwnGate, Shape<1>>);
    static_assert(fits<BinaryCrossentropy, Own, Shape<1>>);
    static_assert(!fits<BinaryCrossentropy, Softmax, Shape<3>>);
    static_assert(fits<BinaryCrossentropy, HardSigmoid, Shape<1>>);
    static_assert(!fits<BinaryCrossentropy, Linear, Shape<1>>);
    static_assert(!fits<BinaryCrossentropy, ReLU, Shape<1>>);
    static_assert(!fits<BinaryCrossentropy, Own, Shape<1>, Affine>);  // Dense without activation
    static_assert(fits<BinaryCrossentropyFromLogits, Own, Shape<1>, Affine>);
    static_assert(fits<BinaryCrossentropyFromLogits, Linear, Shape<1>>);
    static_assert(!fits<BinaryCrossentropyFromLogits, Sigmoid, Shape<1>>);
    static_assert(!fits<BinaryCrossentropyFromLogits, Softmax, Shape<3>>);

    static_assert(fits<CategoricalCrossentropy, Softmax, Shape<3>>);
    static_assert(fits<CategoricalCrossentropy, LogSoftmax, Shape<3>>);
    static_assert(!fits<CategoricalCrossentropy, Softmax, Shape<1>>);
    static_assert(!fits<CategoricalCrossentropy, Sigmoid, Shape<3>>);
    static_assert(!fits<CategoricalCrossentropy, Own, Shape<3>, Affine>);
    static_assert(fits<CategoricalCrossentropyFromLogits, Own, Shape<3>, Affine>);
    static_assert(!fits<CategoricalCrossentropyFromLogits, Softmax, Shape<3>>);

    static_assert(fits<SparseCategoricalCrossentropy, Softmax, Shape<7, 3>>);
    static_assert(!fits<SparseCategoricalCrossentropy, Softmax, Shape<7, 1>>);
    static_assert(!fits<SparseCategoricalCrossentropy, Sigmoid, Shape<3>>);
    static_assert(!fits<SparseCategoricalCrossentropy, Own, Shape<3>, Affine>);
    static_assert(!fits<SparseCategoricalCrossentropyFromLogits, Softmax, Shape<3>>);

    static_assert(fits<BinaryFocalCrossentropy, Sigmoid, Shape<1>>);
    static_assert(!fits<BinaryFocalCrossentropy, Softmax, Shape<3>>);
    static_assert(!fits<BinaryFocalCrossentropyFromLogits, Sigmoid, Shape<1>>);
    static_assert(fits<CategoricalFocalCrossentropy, Softmax, Shape<3>>);
    static_assert(!fits<CategoricalFocalCrossentropy, Sigmoid, Shape<3>>);
    static_assert(!fits<CategoricalFocalCrossentropyFromLogits, Softmax, Shape<3>>);

    static_assert(fits<KLDivergence, Softmax, Shape<3>>);
    static_assert(fits<KLDivergence, Sigmoid, Shape<3>>);
    static_assert(fits<KLDivergence, Own, Shape<3>>);
    static_assert(!fits<KLDivergence, LogSoftmax, Shape<3>>);
    static_assert(!fits<KLDivergence, Own, Shape<3>, Affine>);

    static_assert(fits<MeanSquaredError, Sigmoid, Shape<1>>);         // Brier's score
    static_assert(fits<MeanSquaredError, Own, Shape<4>, Affine>);
    static_assert(fits<CosineSimilarity, Own, Shape<4>, Affine>);
}
