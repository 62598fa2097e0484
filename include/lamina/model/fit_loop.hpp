// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/model/callbacks/callback.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/history.hpp>
#include <lamina/model/training_log.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
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

/// "loss", the metrics; with validation the same once more after "val_". Repeated names are
/// numbered.
std::vector<std::string> log_names(std::span<std::string_view const> metrics, bool validation);

/// One call of fit, as far as it does not depend on the model's type: the epochs, the log, the
/// callbacks. FitRun knows the model.
class FitLoop : public Training {
public:
    History run();

protected:
    FitLoop(FitOptions const& options, Progress& progress,
            std::span<std::string_view const> metrics, bool validates);
    ~FitLoop() = default;

    /// Before the first epoch; says how many batches an epoch has (0: that is not known).
    virtual std::size_t begin_run() = 0;
    /// Goes to the first batch of `epoch` that is not learnt yet.
    virtual void begin_epoch(Random random) = 0;
    /// Learns batch after batch until the epoch ends or `stop` is set.
    virtual void train_epoch(Random random) = 0;
    virtual void validate() = 0;
    /// Behind the last epoch.
    virtual void end_run() = 0;

    void tell_batch_end();
    /// The loss or a gradient was not finite: tells the callbacks, or throws.
    void diverged(std::string const& what);

    FitOptions const& options_;
    Progress& progress_;
    std::vector<LogValue> values_;
    TrainingLog log_;

private:
    void tell(void (Callback::*what)(Training&));

    std::vector<std::string> names_;
    bool validates_, diverged_ = false;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE std::vector<std::string>
log_names(std::span<std::string_view const> metrics, bool validation) {
    std::vector<std::string> names(1 + metrics.size());
    names[0] = "loss";
    for (std::size_t m = 0; m < metrics.size(); ++m) {
        std::size_t same = 0;
        for (std::size_t k = 0; k < m; ++k) same += metrics[k] == metrics[m];
        names[m + 1] = metrics[m];
        if (same) names[m + 1] = message({metrics[m], "_", same});
    }
    std::size_t const n = names.size();
    if (validation) names.resize(2 * n);
    for (std::size_t i = n; i < names.size(); ++i) names[i] = message({"val_", names[i - n]});
    return names;
}

[[gnu::cold]] LAMINA_INLINE FitLoop::FitLoop(FitOptions const& options, Progress& progress,
                                             std::span<std::string_view const> metrics,
                                             bool validates)
    : options_(options), progress_(progress), log_(options.log, options.verbose),
      names_(log_names(metrics, validates)), validates_(validates) {
    check_batch_size(options.batch_size, "fit");
    for (Callback const* const c : options.callbacks)
        if (!c) refuse("fit", {"a callback is null. Give the address of each: {&stopping}."});
    values_.resize(names_.size());
    for (std::size_t i = 0; i < names_.size(); ++i) values_[i] = {names_[i], 0.0};
    if (options.resume) return;
    progress_.epoch = options.initial_epoch;
    progress_.batch = 0;
    progress_.seed = options.seed;
    progress_.learning_rate = 0;
}

[[gnu::cold]] LAMINA_INLINE History FitLoop::run() {
    History history(names_, options_.epochs);
    Random const random{progress_.seed};
    epochs = options_.epochs;
    batches = begin_run();
    tell(&Callback::on_train_begin);
    for (epoch = progress_.epoch; epoch < epochs && !stop; ++epoch) {
        batch = progress_.batch;
        begin_epoch(random);
        log_.begin(epoch, epochs, batches);
        tell(&Callback::on_epoch_begin);
        train_epoch(random);
        if (diverged_) break;
        bool const whole = batches == 0 || batch == batches;
        if (validates_ && whole) validate();
        log_.end(batch, std::span(values_));
        if (!whole) break; // stopped within the epoch: progress says where
        progress_.epoch = epoch + 1;
        progress_.batch = 0;
        history.add(epoch, values_);
        logs = values_;
        tell(&Callback::on_epoch_end);
    }
    log_.finish();
    if (progress_.epoch >= epochs) end_run();
    tell(&Callback::on_train_end);
    return history;
}

LAMINA_INLINE void FitLoop::tell(void (Callback::*what)(Training&)) {
    for (Callback* const c : options_.callbacks) (c->*what)(*this);
}
LAMINA_INLINE void FitLoop::tell_batch_end() { tell(&Callback::on_batch_end); }

[[gnu::cold]] LAMINA_INLINE void FitLoop::diverged(std::string const& what) {
    std::string const text =
        message({what, "; epoch ", epoch + 1, ", batch ", batch + 1,
                 ". The weights are those before this batch. A smaller learning_rate, clipping, or "
                 "standardized inputs may help."});
    bool handled = false;
    for (Callback* const c : options_.callbacks) handled = c->on_diverged(*this, text) || handled;
    if (!handled) fail(Error::Kind::numeric, {"fit"}, {text});
    diverged_ = stop = true;
}

#endif

} // namespace detail
} // namespace lamina
