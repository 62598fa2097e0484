// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/raise.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/batches.hpp>
#include <lamina/losses/target.hpp>
#include <lamina/model/columns.hpp>
#include <lamina/model/compile.hpp>
#include <lamina/model/fit_run.hpp>
#include <lamina/model/fit_samples.hpp>
#include <lamina/model/form_of.hpp>
#include <lamina/model/predicts.hpp>
#include <lamina/model/sample_set.hpp>
#include <lamina/model/stream.hpp>
#include <lamina/model/summary.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lamina {

/// A network with the optimizer and the losses it is trained with; made by compile(). A value: it
/// copies and moves. What is const may be called from many threads at once.
template <class D, class T, class Optimizer, class... L, class... Metrics>
class Model<D, T, Optimizer, Losses<L...>, Metrics...>
    : public detail::Predicts<Model<D, T, Optimizer, Losses<L...>, Metrics...>,
                              detail::PairingOf<D, T, L...>, std::index_sequence_for<L...>> {
public:
    using Pairing = detail::PairingOf<D, T, L...>;
    using Index = std::index_sequence_for<L...>; // of its losses
    using Network = typename Pairing::Network;

private:
    template <std::size_t K>
    using PairAt = typename Pairing::template At<K>;
    template <class B>
    using StreamOf =
        detail::Stream<T, typename D::Inputs, Pairing, Index, std::remove_reference_t<B>>;

public:
    using LossPass = detail::LossPass<Pairing, T>;
    using Sums = detail::MetricSums<Pairing, std::index_sequence_for<Metrics...>, Metrics...>;
    /// The shape of the K-th output's target.
    template <std::size_t K>
    using Target = typename PairAt<K>::Target;

    /// The network's parameters, frozen ones too, each counted once.
    static constexpr std::size_t parameter_count = Network::parameters;
    /// Bytes of activations and gradients that a batch needs in training, or in prediction.
    static constexpr std::size_t workspace_bytes(std::size_t batch, bool training = true) {
        return Network::arena(batch, training) * sizeof(T);
    }
    /// Floating-point operations of a forward pass over a batch.
    static constexpr std::size_t flops(std::size_t batch) { return Network::flops(batch); }

    Weights<Network> weights;
    Optimizer optimizer;
    typename Sums::Options metrics;
    Scaling scaling{}; // of the data it was fitted on, so that predictions see the same; saved with
                       // the model
    Progress progress{};

    Model(D const& definition, Optimizer const& o, Losses<L...> const& given, Metrics const&... m)
        : weights(definition), optimizer(o), metrics{{m}...} {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            trainer_.loss_pass.losses = {{PairAt<K>::Given::loss(detail::leaf<K>(given.each))}...};
            trainer_.loss_pass.loss_weights = {
                PairAt<K>::Given::weight(detail::leaf<K>(given.each))...};
        }
        (std::index_sequence_for<L...>{});
        trainer_.begin(optimizer);
    }

    /// Parameters, state and optimizer as at the beginning, drawn from a seed.
    void initialize(std::uint64_t seed) {
        weights.initialize(seed);
        progress = {};
        trainer_.begin(optimizer);
    }

    /// Trains. x: samples of the network's inputs; y: targets of its losses; several of them in
    /// braces.
    ///
    /// Errors: shapes, counts, or targets that the loss does not admit, all before anything is
    /// changed. In training Error (numeric) if the loss or a gradient is not finite: the weights
    /// are then those before that batch.
    History fit(Arrays const& x, Arrays const& y, FitOptions const& options = {}) {
        return fit_arrays(x, y, options, nullptr);
    }
    /// A Dataset, or LabelledImages.
    template <SampleSet Data> // a template, so that braces are never a Dataset
    History fit(Data const& data, FitOptions const& options = {}) {
        return fit_arrays(detail::x_of(data), detail::y_of(data), options, &data.scaling);
    }

    /// From batches that come one after another, for data larger than memory: batches(generator,
    /// {...}) or anything that has next(), restart() and steps(). Their size and order are theirs.
    /// With several inputs or outputs a sample holds all of them, one after another: a generator
    /// gives std::pair{std::tuple{a, b}, std::tuple{c, d}}.
    template <class B>
    requires(Batches<std::remove_cvref_t<B>>) History
        fit(B&& batches, FitOptions const& options = {}) {
        StreamOf<B> source(batches, losses(), "fit", options);
        detail::FitSamples<T> samples(data_form, ignored().data(), options);
        return run(source, samples.held(), options);
    }
    /// The same, validated on other batches behind each epoch.
    template <class B, class V>
    requires(Batches<std::remove_cvref_t<B>>&& Batches<std::remove_cvref_t<V>>) History
        fit(B&& batches, V&& validation, FitOptions const& options = {}) {
        detail::refuse_validation(options);
        StreamOf<B> source(batches, losses(), "fit", options);
        StreamOf<V> held(validation, losses(), "fit: validation");
        return run(source, &held, options);
    }

    /// The loss and the metrics: `auto [loss, accuracy] = model.evaluate(x, y);` With several
    /// outputs each one's own loss stands between them, without its weight in the sum.
    [[gnu::noinline]] auto evaluate(Arrays const& x, Arrays const& y,
                                    EvaluateOptions const& options = {}) const {
        detail::check_batch_size(options.batch_size, "evaluate");
        detail::BoundSamples<T> data;
        data.bind("evaluate", data_form, ignored().data(), x, y, options.sample_weight);
        detail::check_some(data.samples, "evaluate");
        return evaluate_source(data.samples, options);
    }
    template <SampleSet Data>
    auto evaluate(Data const& data, EvaluateOptions const& options = {}) const {
        return evaluate(detail::x_of(data), detail::y_of(data), options);
    }
    /// The same of batches, as fit takes them: one epoch of them.
    template <class B>
    requires(Batches<std::remove_cvref_t<B>>) auto evaluate(
        B&& batches, EvaluateOptions const& options = {}) const {
        StreamOf<B> source(batches, losses(), "evaluate", options);
        return evaluate_source(source, options);
    }

    /// One step over one batch, for loops of one's own. The batch's loss.
    ///
    ///     for (...) loss = model.train_on_batch(x, y, {.sample_weight = advantages});
    ///
    /// Errors: as fit's.
    T train_on_batch(Arrays const& x, Arrays const& y, TrainOnBatchOptions const& options = {}) {
        weights.check("train_on_batch");
        detail::BoundSamples<T> data;
        data.bind("train_on_batch", data_form, ignored().data(), x, y, options.sample_weight,
                  options.class_weight);
        detail::check_some(data.samples, "train_on_batch");
        CallThreads made;
        Threads* threads = nullptr;
        if constexpr (!Network::small)
            threads = options.threads.pool_for_step(flops(data.samples.count), made);
        trainer_.prepare(optimizer, weights);
        trainer_.take_state(weights);
        data.samples.begin_epoch(0, data.samples.count, false, {});
        detail::BatchView batch{};
        data.samples.next(batch);
        Sums sums;
        LAMINA_TRY {
            T const loss = trainer_.learn(weights, optimizer, sums, metrics, batch,
                                          Random{progress.seed}, progress.steps + 1, threads);
            ++progress.steps;
            return loss;
        }
        LAMINA_CATCH(detail::Diverged const& d,
                     detail::raise(Error(Error::Kind::numeric, "train_on_batch", d.message()));)
    }

    /// A table of the layers, like Keras', as a text: `std::cout << model.summary();`
    [[nodiscard]] std::string summary(std::string_view title = detail::kind_of_model<D>) const {
        return lamina::summary(*this, title);
    }

    /// The losses in the form in which they are computed, and their weights: for files.
    auto const& losses() const { return trainer_.loss_pass.losses; }
    Span<float const> loss_weights() const { return trainer_.loss_pass.loss_weights; }
    /// The gradients of the last batch learnt, in the order of the parameters.
    Span<T const> gradients() const { return {trainer_.gradients.data(), parameter_count}; }
    /// The optimizer's numbers, slot after slot, each in the order of the parameters, the
    /// average of the weights last if it is asked for: for files.
    Span<T> optimizer_state() {
        return {trainer_.optimizer_slots.data(), trainer_.optimizer_slots.size() - 1};
    }
    Span<T const> optimizer_state() const {
        return {trainer_.optimizer_slots.data(), trainer_.optimizer_slots.size() - 1};
    }

private:
    template <class M>
    friend class detail::FitRun;
    friend typename Model::Predicts;
    Weights<Network> const& numbers() const { return weights; }
    static constexpr T const* prepared() { return nullptr; }

    using Form = detail::FormOf<T, Pairing, typename D::Inputs, Index>;
    static constexpr detail::DataForm data_form = Form::data;
    auto ignored() const { return Form::ignored(losses()); }

    [[gnu::noinline]] History fit_arrays(Arrays const& x, Arrays const& y,
                                         FitOptions const& options, Scaling const* its) {
        detail::FitSamples<T> samples(data_form, ignored().data(), x, y, options);
        return run(samples.train(), samples.held(), options, its);
    }
    /// its: how the data was scaled, kept from here on; null: nobody says.
    [[gnu::noinline]] History run(detail::Source& source, detail::Source* held,
                                  FitOptions const& options, Scaling const* its = nullptr) {
        weights.check("fit");
        detail::FitRun<Model> one(*this, source, held, options);
        if (its) detail::keep_scaling(scaling, *its);
        return one.run();
    }
    /// A walk over samples or batches: the loss and the metrics.
    [[gnu::noinline]] auto evaluate_source(detail::Source& source,
                                           EvaluateOptions const& options) const {
        weights.check("evaluate");
        CallThreads made;
        Threads* threads = nullptr;
        if constexpr (!Network::small)
            threads =
                options.threads.pool_for(flops(source.largest_batch(options.batch_size)), made);
        LossPass loss_pass; // room of its own: evaluate is const
        loss_pass.losses = trainer_.loss_pass.losses;
        loss_pass.loss_weights = trainer_.loss_pass.loss_weights;
        detail::EvaluateRun<Model> by(*this, loss_pass, threads);
        return by.results(
            detail::evaluate(source, options, by, detail::MetricNames<Sums>(metrics)));
    }

    detail::Trainer<Pairing, T, Optimizer> trainer_;
};

} // namespace lamina
