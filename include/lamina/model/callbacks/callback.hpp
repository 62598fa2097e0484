// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/span.hpp>
#include <lamina/model/history.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lamina {

/// A training run as a callback sees it. What it may change: `stop`, the learning rate, the
/// weights.
class Training {
public:
    std::size_t epoch = 0, epochs = 0; // this epoch, counted from 0, and how many there are to be
    std::size_t batch = 0,
                batches = 0;   // of this epoch: how many are done, and how many there are; 0 while
                               // a stream's length is not known
    Span<LogValue const> logs; // the running means of the epoch; after it, val_ values too
    bool stop = false;         // ends the run after this batch or epoch

    /// A value of the log by its name; NaN if there is none.
    double log(std::string_view name) const {
        for (auto const& l : logs)
            if (l.name == name) return l.value;
        return std::numeric_limits<double>::quiet_NaN();
    }

    virtual double learning_rate() const = 0;
    /// Puts a constant in place of the learning rate or its schedule.
    virtual void set_learning_rate(double rate) = 0;
    /// Whether the rate comes from a schedule, which a constant would end.
    virtual bool has_schedule() const = 0;
    /// Parameters and state, copied out and in.
    virtual void keep_weights(Block<std::byte>& into) const = 0;
    virtual void restore_weights(Block<std::byte> const& from) = 0;

protected:
    ~Training() = default;
};

/// Something to be told while a model is trained: derive, override what is of interest, and hand
/// its address to fit: `EarlyStopping stopping{...}; model.fit(x, y, {.callbacks = {&stopping}});`
/// One that nobody asks afterwards needs no name: `.callbacks = {EarlyStopping{{.patience = 3}}}`.
class Callback {
public:
    virtual ~Callback() = default;
    virtual void on_train_begin(Training&) {}
    virtual void on_epoch_begin(Training&) {}
    virtual void on_batch_end(Training&) {}
    virtual void on_epoch_end(Training&) {}
    virtual void on_train_end(Training&) {}
    /// Loss or gradients became NaN or infinite; the weights are those before the batch. True:
    /// handled, the run ends without an exception.
    virtual bool on_diverged(Training&, std::string const& /*message*/) { return false; }
};

/// A callback as fit takes it: one that lives elsewhere, or one that is kept here.
class GivenCallback {
public:
    GivenCallback(Callback* callback) : at_(callback) {}
    GivenCallback(Callback& callback) : at_(&callback) {}
    template <class C>
    requires(!std::is_base_of_v<Callback, C>) GivenCallback(C*) : at_(nullptr) {
        static_assert(sizeof(C) == 0, "callbacks: give the address of an object whose class is "
                                      "derived from lamina::Callback, in public.");
    }
    template <class C>
    requires(std::is_base_of_v<Callback, C> && !std::is_const_v<C>) GivenCallback(C&& callback)
        : kept_(std::make_shared<C>(std::move(callback))), at_(kept_.get()) {}

    operator Callback*() const { return at_; }

private:
    std::shared_ptr<Callback> kept_;
    Callback* at_;
};

} // namespace lamina
