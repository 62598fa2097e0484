// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/model/examiner.hpp>
#include <lamina/model/fit_loop.hpp>
#include <lamina/model/trainer.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace lamina::detail {

/// The names of the metrics that are a single number, in their order.
template <class Sums>
auto metric_names(typename Sums::Options const& options) {
    std::array<std::string_view, Sums::numbers> names{};
    [[maybe_unused]] std::size_t k = 0;
    Sums{}.for_each_number(options, [&](std::string_view name, double) { names[k++] = name; });
    return names;
}

/// One call of fit. Source gives batches: begin_epoch(), batches(), skip(), next().
template <class M, class Source, class Held>
class FitRun final : public FitLoop {
    using T = typename M::Scalar;
    using Sums = typename M::Sums;

public:
    /// held: what is validated on, samples or batches; may be empty.
    FitRun(M& model, Source& source, Held& held, FitOptions const& options)
        : FitLoop(options, model.progress, metric_names<Sums>(model.metrics), validates(held)),
          model_(model), source_(source), held_(held) {
        if (model.progress.learning_rate > 0)
            model.optimizer.learning_rate = model.progress.learning_rate;
        if constexpr (!M::Network::small)
            threads_ = options.threads.pool_for(3 * M::flops(options.batch_size), made_);
    }

    double learning_rate() const override {
        return model_.optimizer.learning_rate.rate(model_.progress.steps);
    }
    void set_learning_rate(double rate) override {
        model_.optimizer.learning_rate = model_.progress.learning_rate = rate;
    }
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
    static bool validates(Held const& held) {
        if constexpr (requires { held.count; }) return held.count > 0;
        else return true;
    }
    std::size_t begin_run() override {
        model_.trainer_.reserve(options_.batch_size, threads_);
        model_.trainer_.take_state(model_.weights);
        return source_.batches(options_.batch_size);
    }
    void begin_epoch(Random random) override {
        source_.begin_epoch(epoch, options_.batch_size, options_.shuffle, random);
        source_.skip(batch);
    }
    void end_run() override { model_.trainer_.take_average(model_.optimizer, model_.weights); }

    void train_epoch(Random random) override {
        sums_.reset();
        double sum = 0;
        std::size_t seen = 0;
        BatchView<T> view{};
        LAMINA_TRY {
            while (!stop && source_.next(view)) {
                T const loss =
                    model_.trainer_.learn(model_.weights, model_.optimizer, sums_, model_.metrics,
                                          view, random, model_.progress.steps + 1, threads_);
                ++model_.progress.steps;
                sum += double(loss) * double(view.size);
                seen += view.size;
                model_.progress.batch = ++batch;
                log_.step(batch, [&] { return write(0, sum / double(seen), sums_); });
                if (options_.callbacks.empty()) continue;
                logs = write(0, sum / double(seen), sums_);
                tell_batch_end();
            }
        }
        LAMINA_CATCH(Diverged const& d, diverged(d.text);)
        write(0, seen ? sum / double(seen) : 0.0, sums_);
    }

    void validate() override {
        held_sums_.reset();
        held_.begin_epoch(0, options_.batch_size, false, {});
        BatchView<T> view{};
        double loss = 0;
        std::size_t seen = 0;
        while (held_.next(view)) {
            loss += double(model_.trainer_.examiner.evaluate(model_.weights, held_sums_,
                                                             model_.metrics, view, threads_)) *
                    double(view.size);
            seen += view.size;
        }
        if (seen == 0) refuse("fit", {"the batches to validate on have no sample."});
        write(values_.size() / 2, loss / double(seen), held_sums_);
    }

    /// The values from place `at` on: a loss and its metrics.
    [[gnu::noinline]] std::span<LogValue const> write(std::size_t at, double loss,
                                                      Sums const& sums) {
        std::size_t k = at;
        values_[k++].value = loss;
        sums.for_each_number(model_.metrics,
                             [&](std::string_view, double value) { values_[k++].value = value; });
        return {values_.data(), k};
    }

    M& model_;
    Source& source_;
    Held& held_;
    std::unique_ptr<Threads> made_;
    Threads* threads_ = nullptr;
    Sums sums_, held_sums_;
};

} // namespace lamina::detail
