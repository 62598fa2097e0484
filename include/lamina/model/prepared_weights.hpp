// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/model/weights.hpp>

#include <cstddef>
#include <utility>

namespace lamina {

/// A network's weights as they are at this moment, and besides what its layers make of them for
/// passes without gradients: kernels in the order in which products read them, or turned into
/// Winograd's. What a Predictor holds; for whom has no model. A value.
///
///     PreparedWeights const prepared{weights};
///     float const* y = predict(prepared, work, x, batch);
template <class N>
class PreparedWeights {
public:
    using T = typename N::Scalar;

    /// Errors: the weights were moved from.
    explicit PreparedWeights(Weights<N> weights)
        : weights_(std::move(weights)), prepared_(N::prepared + 1) {
        weights_.check("PreparedWeights");
        N::prepare(weights_.values.data(), prepared_.data());
    }
    Weights<N> const& weights() const { return weights_; }
    /// What the layers made, at the places of N::inference.
    T const* data() const { return prepared_.data(); }

    /// Bytes of parameters and state, and of what was made of them.
    static constexpr std::size_t bytes() {
        return (N::parameters + N::training.state + N::prepared) * sizeof(T);
    }

private:
    Weights<N> weights_;
    Block<T> prepared_;
};

/// As of Weights.
template <class N>
typename N::Scalar const* predict(PreparedWeights<N> const& prepared, Workspace<N>& work,
                                  void const* const* x, std::size_t batch, int k = 0,
                                  Threads* threads = nullptr) {
    return predict(prepared.weights(), work, x, batch, k, threads, prepared.data());
}

} // namespace lamina
