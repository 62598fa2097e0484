// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/refused.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/refused_weights.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace lamina {

/// Stands for a model that was refused at compile time and for all that is asked of it, so that one
/// mistake is one error. evaluate gives so many numbers behind the loss.
template <std::size_t Metrics>
struct RefusedModel {
    static constexpr RefusedNumber parameter_count{};
    static constexpr std::size_t inputs = 1, outputs = 1;
    struct Workspace {};
    Workspace workspace() const { return {}; }
    Weights<RefusedNetwork> weights{};
    using Results = std::array<double, Metrics + 1>;

    static constexpr RefusedNumber workspace_bytes(std::size_t, bool = true) { return {}; }
    static constexpr RefusedNumber flops(std::size_t) { return {}; }
    void initialize(std::uint64_t) {}
    // Arrays too, for what stands in braces.
    History fit(Arrays const&, Arrays const&, FitOptions const& = {}) { return {}; }
    template <class X>
    History fit(X const&, FitOptions const& = {}) {
        return {};
    }
    template <class X, class Y>
    History fit(X const&, Y const&, FitOptions const& = {}) {
        return {};
    }
    Results evaluate(Arrays const&, Arrays const&, EvaluateOptions const& = {}) const { return {}; }
    template <class X>
    Results evaluate(X const&, EvaluateOptions const& = {}) const {
        return {};
    }
    template <class X, class Y>
    Results evaluate(X const&, Y const&, EvaluateOptions const& = {}) const {
        return {};
    }
    template <std::size_t = 0>
    Tensor<float, 2> predict(Arrays const&, PredictOptions const& = {}) const {
        return {};
    }
    template <std::size_t = 0, class X>
    Tensor<float, 2> predict(X const&, PredictOptions const& = {}) const {
        return {};
    }
    template <std::size_t = 0>
    Tensor<float, 2> predict_stochastic(Arrays const&, StochasticOptions const& = {}) const {
        return {};
    }
    template <class X>
    float const* predict(Workspace&, X const&, std::size_t = 1, int = 0) const {
        return nullptr;
    }
    float const* predict(Workspace&, std::initializer_list<void const*>, std::size_t,
                         int = 0) const {
        return nullptr;
    }
    template <class X>
    void predict_into(X const*, std::size_t, float*, Workspace&) const {}
    std::string summary(std::string_view = {}) const { return {}; }
    float train_on_batch(Arrays const&, Arrays const&, TrainOnBatchOptions const& = {}) {
        return 0;
    }
    template <class X, class Y>
    float train_on_batch(X const&, Y const&, TrainOnBatchOptions const& = {}) {
        return 0;
    }
};

} // namespace lamina
