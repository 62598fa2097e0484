// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/option.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/span.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/callbacks/callback.hpp>
#include <lamina/model/divergence.hpp>
#include <lamina/model/evaluation.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/history.hpp>
#include <lamina/model/training_log.hpp>
#include <lamina/optimizers/schedule.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// How far training has come: what a checkpoint keeps, so that a run goes on as if it had never
/// stopped.
struct Progress {
    std::uint64_t steps = 0; // batches learnt; the optimizer, its schedule and dropout count them
    std::uint64_t seed = 0;  // of the run
    std::size_t epoch = 0, batch = 0; // the next epoch, and the next batch within it
    double learning_rate = 0; // that a callback put in place of the optimizer's; 0: none did
};

namespace detail {

/// What a run reads and changes of a model, once its type is gone.
struct FitParts {
    Progress& progress;
    Schedule& learning_rate;
};
/// Where its numbers are at the moment: a callback may put others in their place.
struct WeightBytes {
    Span<std::byte> values, state, next_state;
};

/// One call of fit, as far as it does not depend on the model's type: the epochs, the log, the
/// callbacks. FitRun knows the model.
class FitLoop : public Training {
public:
    History run();

    double learning_rate() const override;
    void set_learning_rate(double rate) override;
    bool has_schedule() const override;
    void keep_weights(Block<std::byte>& into) const override;
    void restore_weights(Block<std::byte> const& from) override;

protected:
    /// held: what is validated on; null: nothing.
    FitLoop(FitOptions const& options, FitParts const& parts, Source& source, Source* held,
            BatchEvaluator& evaluator, Span<std::string_view const> metrics);
    ~FitLoop() = default;
    /// The samples of the largest batch, of those to validate on too.
    std::size_t largest_batch() const;

    virtual WeightBytes weight_bytes() const = 0;
    /// Before the first epoch.
    virtual void begin_run() = 0;
    /// Before each epoch: the metrics begin anew.
    virtual void reset() = 0;
    /// One step over a batch. Returns its loss; the metrics take note.
    virtual double learn(BatchView const& batch, Random random) = 0;
    /// The values of the metrics that are a single number.
    virtual void read(LogValue* to) const = 0;
    /// Behind the last epoch.
    virtual void end_run() = 0;

    FitOptions const& options_;
    FitParts parts_;

private:
    void tell(void (Callback::*what)(Training&));
    /// Whether it has come to its end: not where it was stopped before.
    bool train_epoch(Random random);
    void leave_blank();
    void validate();
    Span<LogValue const> running(double loss);
    /// The loss or a gradient was not finite: tells the callbacks, or throws.
    void diverged(Diverged const& what);

    Source& source_;
    Source* held_;
    BatchEvaluator& evaluator_;
    std::vector<std::string> names_;
    std::vector<LogValue> values_;
    TrainingLog log_;
    bool diverged_ = false;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE
FitLoop::FitLoop(FitOptions const& options, FitParts const& parts, Source& source, Source* held,
                 BatchEvaluator& evaluator, Span<std::string_view const> metrics)
    : options_(options), parts_(parts), source_(source), held_(held), evaluator_(evaluator),
      names_(log_names(metrics, held != nullptr)), log_(options.log, options.verbose) {
    check_batch_size(options.batch_size, "fit");
    for (Callback const* const c : options.callbacks)
        if (!c) refuse("fit", {"a callback is null. Give the address of each: {&stopping}."});
    values_.resize(names_.size());
    for (std::size_t i = 0; i < names_.size(); ++i) values_[i] = {names_[i], 0.0};
    auto& progress = parts_.progress;
    if (!options.resume) {
        progress.epoch = options.initial_epoch;
        progress.batch = 0;
        progress.seed = options.seed;
        progress.learning_rate = 0;
    }
    if (progress.learning_rate > 0) parts_.learning_rate = progress.learning_rate;
}

LAMINA_INLINE double FitLoop::learning_rate() const {
    return parts_.learning_rate.rate(parts_.progress.steps);
}
LAMINA_INLINE void FitLoop::set_learning_rate(double rate) {
    check_option("set_learning_rate", "rate", rate, Takes::not_negative);
    parts_.learning_rate = parts_.progress.learning_rate = rate;
}
LAMINA_INLINE bool FitLoop::has_schedule() const { return !parts_.learning_rate.is_constant(); }
[[gnu::cold]] LAMINA_INLINE void FitLoop::keep_weights(Block<std::byte>& into) const {
    auto const [values, state, next_state] = weight_bytes();
    into.reserve(values.size() + state.size());
    std::copy(values.begin(), values.end(), into.data());
    std::copy(state.begin(), state.end(), into.data() + values.size());
}
[[gnu::cold]] LAMINA_INLINE void FitLoop::restore_weights(Block<std::byte> const& from) {
    auto const [values, state, next_state] = weight_bytes();
    std::byte const* const kept = from.data() + values.size();
    std::copy_n(from.data(), values.size(), values.data());
    std::copy_n(kept, state.size(), state.data());
    std::copy_n(kept, next_state.size(), next_state.data());
}
[[gnu::cold]] LAMINA_INLINE std::size_t FitLoop::largest_batch() const {
    std::size_t const size = options_.batch_size, most = source_.largest_batch(size);
    return held_ ? std::max(most, held_->largest_batch(size)) : most;
}

[[gnu::cold]] LAMINA_INLINE History FitLoop::run() {
    auto& progress = parts_.progress;
    History history(names_, options_.epochs);
    Random const random{progress.seed};
    epochs = options_.epochs;
    batches = source_.batches(options_.batch_size);
    if (batches > 0 && progress.batch > batches)
        refuse("fit", {"progress is at batch ", progress.batch, " of an epoch of ", batches,
                       ". Resume with the data and the batch_size of that run."});
    begin_run();
    tell(&Callback::on_train_begin);
    for (epoch = progress.epoch; epoch < epochs && !stop; ++epoch) {
        batch = progress.batch;
        source_.begin_epoch(epoch, options_.batch_size, options_.shuffle, random);
        source_.skip(batch);
        log_.begin(epoch, epochs, batches);
        tell(&Callback::on_epoch_begin);
        bool const whole = train_epoch(random);
        if (diverged_) break;
        if (whole && batch == 0)
            refuse("fit", {"the batches have no sample in epoch ", epoch + 1,
                           ". A function must give all samples again in each epoch."});
        if (held_ && whole) validate();
        log_.end(batch, {values_.data(), held_ && !whole ? values_.size() / 2 : values_.size()});
        if (!whole) break; // stopped within the epoch: progress says where
        progress.epoch = epoch + 1;
        progress.batch = 0;
        logs = {values_.data(), values_.size()};
        history.add(epoch, logs);
        tell(&Callback::on_epoch_end);
    }
    log_.finish();
    if (progress.epoch >= epochs && progress.steps > 0) end_run();
    tell(&Callback::on_train_end);
    return history;
}

LAMINA_INLINE bool FitLoop::train_epoch(Random random) {
    reset();
    double sum = 0;
    std::size_t seen = 0;
    bool more = true;
    BatchView view{};
    LAMINA_TRY {
        while (!stop && (more = source_.next(view))) {
            double const loss = learn(view, random);
            ++parts_.progress.steps;
            sum += loss * double(view.size);
            seen += view.size;
            parts_.progress.batch = ++batch;
            log_.step(batch, [&] { return running(sum / double(seen)); });
            if (options_.callbacks.empty()) continue;
            logs = running(sum / double(seen));
            tell(&Callback::on_batch_end);
        }
    }
    LAMINA_CATCH(Diverged const& d, diverged(d);)
    if (seen > 0) running(sum / double(seen));
    else leave_blank();
    return !more || (batches > 0 && batch == batches);
}

/// The values of an epoch of which nothing was learnt: a run went on behind its last batch, or was
/// stopped before its first.
[[gnu::cold]] LAMINA_INLINE void FitLoop::leave_blank() {
    for (auto& v : values_) v.value = std::numeric_limits<double>::quiet_NaN();
}

[[gnu::cold]] LAMINA_INLINE void FitLoop::validate() {
    evaluator_.reset();
    Evaluation const all = evaluate_batches(*held_, options_.batch_size, evaluator_);
    if (all.samples == 0) refuse("fit", {"the batches to validate on have no sample."});
    LogValue* const to = values_.data() + values_.size() / 2;
    to->value = all.loss;
    evaluator_.read(to + 1);
}

/// The values of the epoch so far.
LAMINA_INLINE Span<LogValue const> FitLoop::running(double loss) {
    values_[0].value = loss;
    read(values_.data() + 1);
    return {values_.data(), held_ ? values_.size() / 2 : values_.size()};
}

LAMINA_INLINE void FitLoop::tell(void (Callback::*what)(Training&)) {
    for (Callback* const c : options_.callbacks) (c->*what)(*this);
}

[[gnu::cold]] LAMINA_INLINE void FitLoop::diverged(Diverged const& what) {
    std::string const text = what.message(message({"; epoch ", epoch + 1, ", batch ", batch + 1}));
    bool handled = false;
    for (Callback* const c : options_.callbacks) handled = c->on_diverged(*this, text) || handled;
    if (!handled) fail(Error::Kind::numeric, {"fit"}, {text});
    diverged_ = stop = true;
}

#endif

} // namespace detail
} // namespace lamina
