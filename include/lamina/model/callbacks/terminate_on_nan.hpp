// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/model/callbacks/callback.hpp>

#include <string>

namespace lamina {

/// Ends the run, without an exception, when the loss or a gradient becomes NaN or infinite. Without
/// it fit throws lamina::Error; either way the weights are those before the batch.
///
/// Source      keras.callbacks.TerminateOnNaN
class TerminateOnNaN final : public Callback {
public:
    bool terminated() const { return !message_.empty(); }
    /// What happened, where: epoch, batch and the first layer that went bad.
    std::string const& message() const { return message_; }

    void on_train_begin(Training&) override { message_.clear(); }
    bool on_diverged(Training&, std::string const& message) override {
        message_ = message;
        return true;
    }

private:
    std::string message_;
};

} // namespace lamina
