// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/model/fit_loop.hpp>
#include <lamina/model/loss_pass.hpp>
#include <lamina/model/output_names.hpp>
#include <lamina/model/trainer.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace lamina::detail {

/// The names of what the log shows behind the loss. With several outputs, as Keras names them:
/// "policy_loss", "value_loss", "policy_accuracy".
template <class Sums>
struct MetricNames {
    std::array<std::string_view, Sums::numbers + 1> each{};
    std::array<std::string, Sums::losses ? Sums::numbers : 0> kept{}; // those put together

    explicit MetricNames(typename Sums::Options const& options) {
        [[maybe_unused]] std::size_t k = 0;
        if constexpr (Sums::losses == 0) {
            Sums{}.for_each_number(
                options, [&](std::string_view name, double, std::size_t) { each[k++] = name; });
        } else {
            using Net = typename Sums::Network;
            auto const outputs = output_names<Net>(static_cast<typename Net::Outputs*>(nullptr));
            auto const add = [&](std::string const& output, std::string_view name) {
                each[k] = kept[k] = message({output, "_", name});
                ++k;
            };
            for (auto const& output : outputs) add(output, "loss");
            Sums{}.for_each_number(options, [&](std::string_view name, double, std::size_t output) {
                add(outputs[output], name);
            });
        }
    }
    MetricNames(MetricNames const&) = delete; // `each` looks at `kept`
    MetricNames& operator=(MetricNames const&) = delete;
    operator Span<std::string_view const>() const { return {each.data(), Sums::numbers}; }
};

/// Their values.
template <class Sums>
[[gnu::noinline]] void read_metrics(Sums const& sums, typename Sums::Options const& options,
                                    LogValue* to) {
    for (std::size_t k = 0; k < Sums::losses; ++k)
        if constexpr (Sums::losses > 0) (to++)->value = sums.own_loss(k);
    sums.for_each_number(
        options, [&](std::string_view, double value, std::size_t) { (to++)->value = value; });
}

/// One look at batches with a model's weights.
template <class M>
class EvaluateRun final : public BatchEvaluator {
    using Sums = typename M::Sums;

public:
    EvaluateRun(M const& model, typename M::LossPass& loss_pass, Threads* const& threads)
        : model_(model), loss_pass_(loss_pass), threads_(threads) {}

    double evaluate(BatchView const& batch) override {
        return double(loss_pass_.evaluate(model_.weights, sums_, model_.metrics, batch, threads_));
    }
    void read(LogValue* to) const override { read_metrics(sums_, model_.metrics, to); }
    void reset() override { sums_.reset(); }
    auto results(double loss) const { return sums_.results(loss); }

private:
    M const& model_;
    typename M::LossPass& loss_pass_;
    Threads* const& threads_;
    Sums sums_;
};

/// One call of fit.
template <class M>
class FitRun final : public FitLoop {
    using T = typename M::Scalar;
    using Sums = typename M::Sums;

public:
    /// held: what is validated on, samples or batches; null: nothing.
    FitRun(M& model, Source& source, Source* held, FitOptions const& options)
        : FitLoop(options, {model.progress, model.optimizer.learning_rate}, source, held,
                  evaluator_, MetricNames<Sums>(model.metrics)),
          model_(model), evaluator_(model, model.trainer_.loss_pass, threads_) {
        if constexpr (!M::Network::small)
            threads_ = options.threads.pool_for_step(M::flops(largest_batch()), made_);
    }

private:
    static Span<std::byte> bytes_of(Block<T>& block) {
        return {reinterpret_cast<std::byte*>(block.data()), block.size() * sizeof(T)};
    }
    [[gnu::cold]] WeightBytes weight_bytes() const override {
        return {bytes_of(model_.weights.values), bytes_of(model_.weights.state),
                bytes_of(model_.trainer_.next_state)};
    }
    [[gnu::cold]] void begin_run() override {
        model_.trainer_.prepare(model_.optimizer, model_.weights);
        model_.trainer_.reserve(largest_batch(), threads_);
        model_.trainer_.take_state(model_.weights);
    }
    void end_run() override { model_.trainer_.take_average(model_.optimizer, model_.weights); }
    void reset() override { sums_.reset(); }
    double learn(BatchView const& view, Random random) override {
        return double(model_.trainer_.learn(model_.weights, model_.optimizer, sums_, model_.metrics,
                                            view, random, model_.progress.steps + 1, threads_));
    }
    void read(LogValue* to) const override { read_metrics(sums_, model_.metrics, to); }

    M& model_;
    CallThreads made_;
    Threads* threads_ = nullptr;
    Sums sums_;
    EvaluateRun<M> evaluator_;
};

} // namespace lamina::detail
