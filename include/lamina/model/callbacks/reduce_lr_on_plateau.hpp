// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/option.hpp>
#include <lamina/model/callbacks/callback.hpp>
#include <lamina/model/callbacks/monitor.hpp>
#include <lamina/optimizers/plateau.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace lamina {

struct ReduceLROnPlateauOptions {
    std::string monitor = "val_loss";
    double factor = 0.1;
    std::uint64_t patience = 10; // epochs without improvement before the rate is lowered
    Mode mode = Mode::automatic;
    double min_delta = 1e-4;    // what counts as improvement
    std::uint64_t cooldown = 0; // epochs after a lowering that do not count
    double min_lr = 0.0;
};

/// Multiplies the learning rate by a factor when what it monitors stops improving.
///
/// Errors      an option that makes no sense; the log has no such value; the learning rate is a
///             schedule: Error, before the first batch
/// Source      keras.callbacks.ReduceLROnPlateau
class ReduceLROnPlateau final : public Callback {
public:
    explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {})
        : options_(std::move(options)) {
        detail::Check{"ReduceLROnPlateau"}
            .below_one("factor", options_.factor)
            .not_negative("min_delta", options_.min_delta)
            .not_negative("min_lr", options_.min_lr);
    }

    void on_train_begin(Training& training) override {
        if (training.has_schedule())
            detail::refuse("ReduceLROnPlateau",
                           {"the learning rate follows a schedule, which this would end. Give the "
                            "optimizer a number instead."});
        plateau_ = {.mode = detail::improves_upwards(options_.mode, options_.monitor)
                                ? Plateau::Mode::max
                                : Plateau::Mode::min,
                    .factor = options_.factor,
                    .patience = options_.patience,
                    .threshold = options_.min_delta,
                    .cooldown = options_.cooldown,
                    .min_rate = options_.min_lr};
    }
    void on_epoch_end(Training& training) override {
        double const now = training.learning_rate();
        double const next =
            plateau_.next(now, detail::monitored(training, options_.monitor, "ReduceLROnPlateau"));
        if (next != now) training.set_learning_rate(next);
    }

private:
    ReduceLROnPlateauOptions options_;
    Plateau plateau_;
};

} // namespace lamina
