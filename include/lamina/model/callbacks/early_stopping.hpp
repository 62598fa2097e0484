// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/finite.hpp>
#include <lamina/core/option.hpp>
#include <lamina/model/callbacks/callback.hpp>
#include <lamina/model/callbacks/monitor.hpp>

#include <cstddef>
#include <string>

namespace lamina {

struct EarlyStoppingOptions {
    std::string monitor = "val_loss";
    double min_delta = 0.0;   // what counts as better
    std::size_t patience = 0; // epochs without one before the run ends
    Mode mode = Mode::automatic;
    double baseline = no_baseline;     // an epoch that is not better than this counts as none
    bool restore_best_weights = false; // whatever the baseline
    std::size_t start_from_epoch = 0;  // epochs that are not looked at
};

/// Ends training when what it monitors no longer gets better.
///
/// Errors      min_delta is negative; the log has no such value: Error names those there are
/// Source      keras.callbacks.EarlyStopping
class EarlyStopping final : public Callback {
public:
    explicit EarlyStopping(EarlyStoppingOptions options = {}) : options_(std::move(options)) {
        detail::Check{"EarlyStopping"}.not_negative("min_delta", options_.min_delta);
    }

    /// The epoch after which training ended, counted from 0; meaningful if stopped().
    std::size_t stopped_epoch() const { return stopped_epoch_; }
    bool stopped() const { return stopped_; }
    std::size_t best_epoch() const { return best_epoch_; }
    double best() const { return best_.value(); }

    void on_train_begin(Training& training) override {
        best_ = detail::Best(options_.mode, options_.monitor, options_.min_delta);
        wait_ = 0;
        stopped_ = kept_ = false;
        if (options_.restore_best_weights)
            training.keep_weights(weights_); // its room, before the first batch
    }
    void on_epoch_end(Training& training) override {
        if (training.epoch < options_.start_from_epoch) return;
        double const now = detail::monitored(training, options_.monitor, "EarlyStopping");
        if (options_.restore_best_weights && !kept_)
            keep(training); // Keras: the first, even if it never gets better
        ++wait_;
        if (best_.better(now)) {
            keep(training);
            if (detail::is_nan(options_.baseline) || best_.is_better(now, options_.baseline))
                wait_ = 0;
            return;
        }
        if (wait_ < options_.patience || training.epoch == 0) return;
        stopped_ = training.stop = true;
        stopped_epoch_ = training.epoch;
    }
    void on_train_end(Training& training) override {
        if (options_.restore_best_weights && kept_) training.restore_weights(weights_);
    }

private:
    void keep(Training& training) {
        best_epoch_ = training.epoch;
        if (!options_.restore_best_weights) return;
        training.keep_weights(weights_);
        kept_ = true;
    }

    EarlyStoppingOptions options_;
    detail::Best best_;
    Block<std::byte> weights_;
    std::size_t wait_ = 0, best_epoch_ = 0, stopped_epoch_ = 0;
    bool stopped_ = false, kept_ = false;
};

} // namespace lamina
