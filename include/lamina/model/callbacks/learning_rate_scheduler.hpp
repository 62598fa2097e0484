// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/model/callbacks/callback.hpp>

#include <cstddef>
#include <functional>
#include <utility>

namespace lamina {

/// Sets the learning rate at the beginning of each epoch: `LearningRateScheduler
/// rates{[](std::size_t epoch, double rate) { return epoch < 10 ? rate : rate * 0.9; }};`
///
/// Source      keras.callbacks.LearningRateScheduler
class LearningRateScheduler final : public Callback {
public:
    explicit LearningRateScheduler(std::function<double(std::size_t epoch, double rate)> rate)
        : rate_(std::move(rate)) {
        if (!rate_)
            detail::refuse("LearningRateScheduler", {"it has no function. Give one of the epoch "
                                                     "and the rate."});
    }
    void on_epoch_begin(Training& training) override {
        if (training.batch > 0) return; // a run that goes on within an epoch has its rate
        training.set_learning_rate(rate_(training.epoch, training.learning_rate()));
    }

private:
    std::function<double(std::size_t, double)> rate_;
};

} // namespace lamina
