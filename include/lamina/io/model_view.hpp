// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/settings.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/form.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace lamina {

/// Something with options, once its type is gone: an optimizer, a loss, a metric.
struct PartView {
    std::string_view type;
    void const* object;
    void (*describe)(void const* object, Settings const& out);
};

/// A model once its types are gone: pointers to its table and to its numbers, and nothing that
/// costs the compiler time. What files are made of is read from here.
template <class T>
struct ModelView {
    Row<T> const* rows = nullptr;
    Place const* places = nullptr;
    std::size_t size = 0;
    Scope const* scopes = nullptr;
    std::size_t scope_count = 0;
    int const* outputs = nullptr;
    std::size_t output_count = 0;
    std::byte const* layers = nullptr;
    T const *values = nullptr, *state = nullptr;

    // Of a model, not of weights alone; else null and 0.
    T const* slots = nullptr;
    std::size_t slot_numbers = 0, parameters = 0;
    Progress const* progress = nullptr;
    Scaling const* scaling = nullptr;
    double learning_rate = 0;           // of the next step
    PartView const* parts = nullptr;    // the optimizer, the losses, the metrics
    std::size_t losses = 0, metrics = 0;
    float const* loss_weights = nullptr;
};

/// Where what is loaded goes.
template <class T>
struct ModelTarget {
    T *values, *state, *slots = nullptr;
    Progress* progress = nullptr;
    Scaling* scaling = nullptr;
};

namespace detail {

template <class P>
void describe_part(void const* part, Settings const& out) {
    describe(*static_cast<P const*>(part), out);
}
/// An optimizer with the options that it shares with others, under Keras' names.
template <class O>
void describe_optimizer(void const* part, Settings const& out) {
    O const& optimizer = *static_cast<O const*>(part);
    describe(optimizer, out);
    if constexpr (requires { optimizer.clip.value; }) {
        out("clipvalue", optimizer.clip.value);
        out("clipnorm", optimizer.clip.norm);
        out("global_clipnorm", optimizer.clip.global_norm);
    }
    if constexpr (requires { optimizer.average.momentum; })
        out("ema_momentum", optimizer.average.momentum);
    if constexpr (requires { optimizer.gradient_accumulation_steps; })
        out("gradient_accumulation_steps", optimizer.gradient_accumulation_steps);
    if constexpr (requires { optimizer.form == Form::torch; })
        out("torch_form", optimizer.form == Form::torch);
}

/// What wraps an optimizer says InFiles, whose name it has there.
template <class O>
constexpr std::string_view name_in_files() {
    if constexpr (requires { typename O::InFiles; }) return name_in_files<typename O::InFiles>();
    else return type_name<O>;
}

/// The optimizer, the losses and the metrics of a model.
template <class D, class T, class Optimizer, class... L, class... M>
auto parts_of(Model<D, T, Optimizer, Losses<L...>, M...> const& model) {
    auto const view = []<class P>(std::string_view type, P const& part) {
        return PartView{type, &part, &describe_part<P>};
    };
    return [&]<std::size_t... K, std::size_t... J>(std::index_sequence<K...>,
                                                   std::index_sequence<J...>) {
        return std::array<PartView, 1 + sizeof...(L) + sizeof...(M)>{
            PartView{name_in_files<Optimizer>(), &model.optimizer, &describe_optimizer<Optimizer>},
            view(type_name<typename GivenLoss<L>::type>, leaf<K>(model.losses()))...,
            view(type_name<typename GivenMetric<M>::type>,
                 GivenMetric<M>::metric(leaf<J>(model.metrics)))...};
    }(std::index_sequence_for<L...>{}, std::index_sequence_for<M...>{});
}
template <class N>
std::array<PartView, 1> parts_of(Weights<N> const&) { return {}; }

template <class N>
auto view_of(Weights<N> const& weights, PartView const* = nullptr) {
    weights.check("save or load");
    ModelView<typename N::Scalar> v;
    v.rows = N::table.data();
    v.places = N::training.rows;
    v.size = std::size_t(N::size);
    v.scopes = N::graph.scopes.data();
    v.scope_count = N::graph.scopes.size();
    v.outputs = N::graph.outputs.data();
    v.output_count = N::graph.outputs.size();
    v.layers = weights.layers.data();
    v.values = weights.values.data();
    v.state = weights.state.data();
    return v;
}
template <class D, class T, class Optimizer, class... L, class... M>
auto view_of(Model<D, T, Optimizer, Losses<L...>, M...> const& model, PartView const* parts) {
    auto v = view_of(model.weights);
    v.slots = model.optimizer_state().data();
    v.slot_numbers = model.optimizer_state().size();
    v.parameters = model.parameter_count;
    v.progress = &model.progress;
    v.scaling = &model.scaling;
    v.learning_rate = model.optimizer.learning_rate.rate(model.progress.steps);
    v.parts = parts;
    v.losses = sizeof...(L);
    v.metrics = sizeof...(M);
    v.loss_weights = model.loss_weights().data();
    return v;
}

template <class N>
auto target_of(Weights<N>& weights) {
    return ModelTarget<typename N::Scalar>{weights.values.data(), weights.state.data()};
}
template <class D, class T, class Optimizer, class... L, class... M>
auto target_of(Model<D, T, Optimizer, Losses<L...>, M...>& model) {
    return ModelTarget<T>{model.weights.values.data(), model.weights.state.data(),
                          model.optimizer_state().data(), &model.progress, &model.scaling};
}

} // namespace detail
} // namespace lamina
