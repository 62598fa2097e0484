// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/optimizers/form.hpp>

#include <algorithm>
#include <cstdint>

namespace lamina {

/// Decides, from a number measured after each epoch, when to lower the learning rate: after
/// `patience` epochs without improvement it is multiplied by `factor`.
///
/// In Keras' form better means by more than `threshold`; in PyTorch's form threshold is a share of
/// the best value, and the rate is lowered one epoch later.
///
/// Source      keras.callbacks.ReduceLROnPlateau; torch.optim.lr_scheduler.ReduceLROnPlateau
struct Plateau {
    enum class Mode { min, max };

    Mode mode = Mode::min;
    double factor = 0.1;
    std::uint64_t patience = 10;
    double threshold = 1e-4;
    std::uint64_t cooldown = 0; ///< epochs after a lowering that do not count
    double min_rate = 0;
    Form form = Form::keras;

    // What it remembers.
    bool begun = false;
    double best = 0;
    std::uint64_t wait = 0, cooling = 0;

    void check() const {
        detail::Check{"Plateau"}
            .below_one("factor", factor)
            .not_negative("threshold", threshold)
            .not_negative("min_rate", min_rate);
    }
    /// The rate after an epoch that measured `value` and had this rate.
    double next(double rate, double value) {
        bool const better = is_better(value);
        if (better) {
            best = value;
            begun = true;
        }
        if (form == Form::keras) {
            if (cooling > 0) {
                --cooling;
                wait = 0;
            }
            if (better) wait = 0;
            else if (cooling == 0) ++wait;
            if (better || cooling > 0 || wait < patience || !(rate > min_rate)) return rate;
        } else {
            wait = better ? 0 : wait + 1;
            if (cooling > 0) {
                --cooling;
                wait = 0;
            }
            if (wait <= patience) return rate;
        }
        cooling = cooldown;
        wait = 0;
        double const lower = std::max(rate * factor, min_rate);
        // PyTorch leaves a rate alone that would hardly change
        return form == Form::torch && !(rate - lower > 1e-8) ? rate : lower;
    }

    bool operator==(Plateau const&) const = default;

private:
    bool is_better(double value) const {
        if (!begun) return value == value;
        double const sign = mode == Mode::min ? 1 : -1;
        double const by = form == Form::keras ? threshold : threshold * best;
        return sign * value < sign * best - by;
    }
};

} // namespace lamina
