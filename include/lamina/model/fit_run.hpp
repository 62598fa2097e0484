// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/model/examiner.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/trainer.hpp>
#include <lamina/model/training_log.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lamina {

/// How far training has come: what a checkpoint keeps, so that a run goes on as if it had never
/// stopped.
struct Progress {
    std::uint64_t steps = 0; // batches learnt; the optimizer, its schedule and dropout count them
    std::uint64_t seed = 0;  // of the run
    std::size_t epoch = 0, batch = 0; // the next epoch, and the next batch within it
};

namespace detail {

/// "loss", the metrics; with validation the same once more after "val_". Repeated names are
/// numbered.
template <class Sums>
[[gnu::cold]] std::vector<std::string> log_names(typename Sums::Options const& options,
                                                 bool validation) {
    std::vector<std::string> names{"loss"};
    Sums{}.for_each_number(options, [&](std::string_view name, double) {
        std::string unique(name);
        for (std::size_t i = 0, k = 1; i < names.size(); ++i)
            if (names[i] == unique) {
                unique = std::string(name) + "_" + std::to_string(k++);
                i = std::size_t(-1);
            }
        names.push_back(unique);
    });
    std::size_t const n = names.size();
    for (std::size_t i = 0; validation && i < n; ++i) names.push_back("val_" + names[i]);
    return names;
}

/// One call of fit: the epochs, the log, the callbacks. Source gives batches: begin_epoch(),
/// batches(), skip(), next().
template <class M, class Source, class Held>
class FitRun final : public Training {
    using T = typename M::Scalar;
    using Sums = typename M::Sums;

public:
    /// held: what is validated on; may be empty.
    FitRun(M& model, Source& source, Held& held, FitOptions const& options)
        : model_(model), source_(source), held_(held), options_(options),
          names_(log_names<Sums>(model.metrics, held.count > 0)),
          log_(options.log, options.verbose) {
        if constexpr (!M::Network::small)
            threads_ = options.threads.pool_for(3 * M::flops(options.batch_size), made_);
        if (options.batch_size == 0)
            throw Error(Error::Kind::argument, "fit", "batch_size is 0. Give at least 1.");
        for (auto const& n : names_) values_.push_back({n, 0.0});
        if (!options.resume) {
            model.progress.epoch = options.initial_epoch;
            model.progress.batch = 0;
            model.progress.seed = options.seed;
        }
    }

    History run() {
        History history(names_, options_.epochs);
        auto& progress = model_.progress;
        Random const random{progress.seed};
        epochs = options_.epochs;
        batches = source_.batches(options_.batch_size);
        model_.trainer_.reserve(options_.batch_size, threads_);
        model_.trainer_.take_state(model_.weights);
        tell([&](Callback& c) { c.on_train_begin(*this); });
        for (epoch = progress.epoch; epoch < epochs && !stop; ++epoch) {
            source_.begin_epoch(epoch, options_.batch_size, options_.shuffle, random);
            batch = progress.batch;
            source_.skip(batch);
            log_.begin(epoch, epochs, batches);
            tell([&](Callback& c) { c.on_epoch_begin(*this); });
            train_epoch(random);
            if (diverged_) break;
            bool const whole = batches == 0 || batch == batches;
            if (held_.count > 0 && whole) validate();
            log_.end(batch, std::span(values_));
            if (!whole) break; // stopped within the epoch: progress says where
            progress.epoch = epoch + 1;
            progress.batch = 0;
            history.add(epoch, values_);
            logs = values_;
            tell([&](Callback& c) { c.on_epoch_end(*this); });
        }
        log_.finish();
        if (progress.epoch >= epochs)
            model_.trainer_.take_average(model_.optimizer, model_.weights);
        tell([&](Callback& c) { c.on_train_end(*this); });
        return history;
    }

    double learning_rate() const override {
        return model_.optimizer.learning_rate.rate(model_.progress.steps);
    }
    void set_learning_rate(double rate) override { model_.optimizer.learning_rate = rate; }
    bool has_schedule() const override { return !model_.optimizer.learning_rate.is_constant(); }
    [[gnu::cold]] void keep_weights(Block<std::byte>& into) const override {
        auto const& w = model_.weights;
        into.reserve((w.values.size() + w.state.size()) * sizeof(T));
        std::memcpy(into.data(), w.values.data(), w.values.size() * sizeof(T));
        std::memcpy(into.data() + w.values.size() * sizeof(T), w.state.data(),
                    w.state.size() * sizeof(T));
    }
    [[gnu::cold]] void restore_weights(Block<std::byte> const& from) override {
        auto& w = model_.weights;
        std::memcpy(w.values.data(), from.data(), w.values.size() * sizeof(T));
        std::memcpy(w.state.data(), from.data() + w.values.size() * sizeof(T),
                    w.state.size() * sizeof(T));
        model_.trainer_.take_state(w);
    }

private:
    void train_epoch(Random random) {
        sums_.reset();
        loss_ = 0;
        seen_ = 0;
        BatchView<T> view{};
        try {
            while (!stop && source_.next(view)) {
                T const loss =
                    model_.trainer_.learn(model_.weights, model_.optimizer, sums_, model_.metrics,
                                          view, random, model_.progress.steps + 1, threads_);
                ++model_.progress.steps;
                loss_ += double(loss) * double(view.size);
                seen_ += view.size;
                model_.progress.batch = ++batch;
                log_.step(batch, [&] { return write(0, loss_ / double(seen_), sums_); });
                if (options_.callbacks.empty()) continue;
                logs = write(0, loss_ / double(seen_), sums_);
                tell([&](Callback& c) { c.on_batch_end(*this); });
            }
        } catch (Diverged const& d) {
            diverged(d);
        }
        write(0, seen_ ? loss_ / double(seen_) : 0.0, sums_);
    }

    void validate() {
        held_sums_.reset();
        held_.begin_epoch(0, options_.batch_size, false, {});
        BatchView<T> view{};
        double loss = 0;
        while (held_.next(view))
            loss += double(model_.trainer_.examiner.evaluate(model_.weights, held_sums_,
                                                             model_.metrics, view, threads_)) *
                    double(view.size);
        write(names_.size() / 2, loss / double(held_.count), held_sums_);
    }

    /// The values from place `at` on: a loss and its metrics.
    std::span<LogValue const> write(std::size_t at, double loss, Sums const& sums) {
        std::size_t k = at;
        values_[k++].value = loss;
        sums.for_each_number(model_.metrics,
                             [&](std::string_view, double value) { values_[k++].value = value; });
        return {values_.data(), k};
    }

    [[gnu::cold]] void diverged(Diverged const& d) {
        std::string const message =
            d.text + "; epoch " + std::to_string(epoch + 1) + ", batch " +
            std::to_string(batch + 1) +
            ". The weights are those before this batch. A smaller learning_rate, clipping, or "
            "standardized inputs may help.";
        bool handled = false;
        tell([&](Callback& c) { handled = c.on_diverged(*this, message) || handled; });
        if (!handled) throw Error(Error::Kind::numeric, "fit", message);
        diverged_ = stop = true;
    }

    template <class F>
    void tell(F f) {
        for (Callback* const c : options_.callbacks) f(*c);
    }

    M& model_;
    Source& source_;
    Held& held_;
    FitOptions const& options_;
    std::vector<std::string> names_;
    std::vector<LogValue> values_;
    TrainingLog log_;
    std::unique_ptr<Threads> made_;
    Threads* threads_ = nullptr;
    Sums sums_, held_sums_;
    double loss_ = 0;
    std::size_t seen_ = 0;
    bool diverged_ = false;
};

} // namespace detail
} // namespace lamina
