// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/refused.hpp>
#include <lamina/model/layer_view.hpp>
#include <lamina/model/network.hpp>
#include <lamina/model/prepared_weights.hpp>
#include <lamina/model/weights.hpp>

#include <cstddef>
#include <cstdint>

namespace lamina {

/// Stands for the numbers of a network that was refused at compile time.
template <IsRefused N>
struct Weights<N> {
    using Network = N;
    using T = typename N::Scalar;
    Block<T> values{1}, state{1};

    explicit Weights(auto const&...) {}
    void initialize(std::uint64_t) {}
    void for_each_parameter(auto const&) const {}
    void for_each_state(auto const&) const {}
    LayerView<T> layer(auto const&) const { return {}; }
};
Weights(Refused)->Weights<RefusedNetwork>;
Weights(Refused, std::uint64_t)->Weights<RefusedNetwork>;

/// Room to work in, of such a network.
template <IsRefused N>
struct Workspace<N> {
    using T = typename N::Scalar;

    T* reserve(auto const&...) { return nullptr; }
    void reserve_scratch() {}
};

template <IsRefused N>
typename N::Scalar const* predict(Weights<N> const&, Workspace<N>&, void const* const*, std::size_t,
                                  int = 0, Threads* = nullptr,
                                  typename N::Scalar const* = nullptr) {
    return nullptr;
}

template <IsRefused N>
class PreparedWeights<N> {
public:
    using T = typename N::Scalar;

    explicit PreparedWeights(Weights<N> const&) {}
    Weights<N> const& weights() const { return weights_; }
    T const* data() const { return nullptr; }
    static constexpr std::size_t bytes() { return 0; }

private:
    Weights<N> weights_;
};

} // namespace lamina
