// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/model/callbacks/callback.hpp>

#include <functional>
#include <utility>

namespace lamina {

struct LambdaCallbackOptions {
    std::function<void(Training&)> on_train_begin{}, on_epoch_begin{}, on_batch_end{},
        on_epoch_end{}, on_train_end{};
};

/// A callback of lambdas: `LambdaCallback each{{.on_epoch_end = [](Training& t) { ... }}};`
///
/// Source      keras.callbacks.LambdaCallback
class LambdaCallback final : public Callback {
public:
    explicit LambdaCallback(LambdaCallbackOptions functions) : f_(std::move(functions)) {}
    void on_train_begin(Training& t) override { call(f_.on_train_begin, t); }
    void on_epoch_begin(Training& t) override { call(f_.on_epoch_begin, t); }
    void on_batch_end(Training& t) override { call(f_.on_batch_end, t); }
    void on_epoch_end(Training& t) override { call(f_.on_epoch_end, t); }
    void on_train_end(Training& t) override { call(f_.on_train_end, t); }

private:
    static void call(std::function<void(Training&)> const& f, Training& t) {
        if (f) f(t);
    }
    LambdaCallbackOptions f_;
};

} // namespace lamina
