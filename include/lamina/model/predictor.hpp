// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/model/predicts.hpp>
#include <lamina/model/prepared_weights.hpp>
#include <lamina/model/refused_model.hpp>

#include <cstddef>

namespace lamina {

/// A model's weights as they are at this moment, for prediction alone: kernels are put once into
/// the order in which products read them, which a model, whose weights may change between two
/// calls, does in each call. That pays for large layers and small batches. What comes out is what
/// the model gives, but for rounding.
///
///     Predictor const predictor{model};                 // after fit() or load()
///     predictor.predict_into(x, n, y, work);            // and all other forms of model.predict
///
/// As a member of one's own class: Predictor<Policy>, with Policy the model's type. It owns what it
/// reads: the model may be trained further, or go, and another Predictor shows what it learnt. A
/// value; what is const may be called from many threads at once.
template <class Model>
class Predictor
    : public detail::Predicts<Predictor<Model>, typename Model::Pairing, typename Model::Index> {
    using Base = detail::Predicts<Predictor, typename Model::Pairing, typename Model::Index>;
    using Network = typename Base::Network;

public:
    /// Errors: the model was moved from.
    explicit Predictor(Model const& model) : numbers_(checked(model)), losses_(model.losses()) {}

    /// Bytes of parameters and state, and of what was made of them.
    static constexpr std::size_t bytes() { return PreparedWeights<Network>::bytes(); }

private:
    friend Base;
    static auto const& checked(Model const& model) {
        model.weights.check("Predictor");
        return model.weights;
    }
    auto const& numbers() const { return numbers_.weights(); }
    auto const* prepared() const { return numbers_.data(); }
    auto const& losses() const { return losses_; }

    PreparedWeights<Network> numbers_;
    typename Model::Pairing::Losses losses_;
};

/// Of a model that was refused at compile time.
template <std::size_t Metrics>
class Predictor<RefusedModel<Metrics>> : public RefusedModel<Metrics> {
public:
    explicit Predictor(RefusedModel<Metrics> const&) {}
    static constexpr std::size_t bytes() { return 0; }
};

} // namespace lamina
