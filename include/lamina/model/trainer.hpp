// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/raise.hpp>
#include <lamina/core/span.hpp>
#include <lamina/kernels/finite.hpp>
#include <lamina/model/fit_loop.hpp>
#include <lamina/model/loss_pass.hpp>
#include <lamina/model/touched_rows.hpp>
#include <lamina/model/update_parts.hpp>
#include <lamina/model/weight_constraints.hpp>
#include <lamina/optimizers/apply.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace lamina::detail {

/// What training adds to a network's weights: gradients, the optimizer's numbers, room to work in,
/// and one step over a batch. A value, like the weights.
template <class Pairing, class T, class Optimizer>
class Trainer {
public:
    using Net = typename Pairing::Network;
    static constexpr auto& plan = Net::training;
    static constexpr std::size_t parameters = Net::parameters, state = plan.state,
                                 outputs = Net::output_count;

    Block<T> gradients{parameters + 1}, next_state{state + 1};
    Block<T> optimizer_slots; // the optimizer's own, then, if it is asked for, the average of the
                              // weights
    LossPass<Pairing, T> loss_pass;

    /// The optimizer as before its first step.
    void begin(Optimizer const& optimizer) {
        optimizer_slots = Block<T>((Optimizer::slots + has_average(optimizer)) * parameters + 1);
        start_slots(optimizer, optimizer_slots.data(), parameters);
    }
    /// The optimizer as it is now: its options may have been changed since. An average that begins
    /// late begins with the weights.
    [[gnu::cold]] void prepare(Optimizer const& optimizer, Weights<Net> const& weights) {
        check_optimizer(optimizer);
        std::size_t const own = Optimizer::slots * parameters;
        if (!has_average(optimizer) || optimizer_slots.size() > own + parameters) return;
        Block<T> more(own + parameters + 1);
        std::copy_n(optimizer_slots.data(), own, more.data());
        std::copy_n(weights.values.data(), parameters, more.data() + own);
        optimizer_slots = std::move(more);
    }
    /// At the end of a run the average takes the weights' place, as in Keras.
    void take_average(Optimizer const& optimizer, Weights<Net>& weights) {
        if (!has_average(optimizer)) return;
        T const* const average = optimizer_slots.data() + Optimizer::slots * parameters;
        for (auto const& s : trained)
            std::copy_n(average + s.from, s.size, weights.values.data() + s.from);
    }

    void reserve(std::size_t batch, Threads* threads) {
        loss_pass.reserve(batch, threads);
        touched_.reserve(dense.size());
    }
    /// Makes the state that layers write in training the same as the one they read.
    void take_state(Weights<Net> const& weights) {
        std::copy_n(weights.state.data(), state, next_state.data());
    }

    /// One step: forward, loss, backward, one sweep of the optimizer. Steps count from 1. Returns
    /// the batch's loss. If the loss, a gradient or a weight that comes of them is not finite,
    /// nothing has changed and Diverged names the first layer that went bad.
    template <class Sums>
    T learn(Weights<Net>& weights, Optimizer const& optimizer, Sums& sums,
            typename Sums::Options const& metrics, BatchView const& batch, Random random,
            std::uint64_t step, Threads* given) {
        auto const threads = Net::threads(given);
        reserve(batch.size, threads);
        T penalty{0};
        auto w = loss_pass.work_on(weights, batch, threads);
        w.next_state = next_state.data();
        w.gradients = gradients.data();
        w.loss = &penalty;
        w.training = true;
        w.random = random.child(step);
        Net::template forward<true>(w);
        T const loss = loss_pass.template measure<true>(sums, metrics, batch);
        clear_gradients();
        Net::backward(w);
        Net::regularize(w);
        touched_.find(dense, batch);
        bool const usual = gradients_below(careful_gradient, threads);
        if (!is_finite(loss + penalty) ||
            (!usual && !gradients_below(std::numeric_limits<T>::infinity(), threads))) {
            throw_diverged(weights, w, loss + penalty);
        }
        if (!usual || largest_rate(optimizer, step) > careful_rate)
            update_carefully(weights, optimizer, step, threads);
        else update(weights, optimizer, step, threads);
        if constexpr (state > 0) std::copy_n(next_state.data(), state, weights.state.data());
        complete_ = true;
        return loss + penalty;
    }

private:
    using Parts = UpdateParts<Net, Optimizer>;

    enum class Cut { merged, tensors };
    template <Cut How, bool Sparse>
    static constexpr std::size_t walk_stretches(Stretch* to) {
        std::size_t n = 0, end = ~std::size_t{0};
        for (int i = 0; i < Net::size; ++i) {
            if (!owns_trained<Net>(i) || (is_sparse<Net>(i) && !Sparse)) continue;
            auto const& op = *Net::table[std::size_t(i)].op;
            std::size_t at = plan.rows[i].parameters;
            for (std::size_t k = 0; k < op.parameter_count; ++k) {
                std::size_t const size = op.parameter_tensors[k].extents.size;
                bool const joins = How == Cut::merged && at == end;
                if (to && joins) to[n - 1].size += size;
                if (to && !joins) to[n] = {at, size};
                n += !joins;
                end = at += size;
            }
        }
        return n;
    }
    template <Cut How, bool Sparse>
    static constexpr auto stretches = [] {
        std::array<Stretch, walk_stretches<How, Sparse>(nullptr)> s{};
        walk_stretches<How, Sparse>(s.data());
        return s;
    }();
    // what is trained, neighbours merged; of it, what is used densely; and all of it tensor by
    // tensor, for clipping
    static constexpr auto& trained = stretches<Cut::merged, true>;
    static constexpr auto& dense = stretches<Cut::merged, false>;
    static constexpr auto& tensors = stretches<Cut::tensors, true>;
    /// Gradients are added to, so each begins at 0. A step leaves those of tables' rows so, unless
    /// it ended before its time: its learning rate or its gradients were refused, or a layer threw.
    void clear_gradients() {
        if (TouchedRows<Net>::any && !complete_) std::fill_n(gradients.data(), parameters, T{0});
        else
            for (auto const& s : dense) std::fill_n(gradients.data() + s.from, s.size, T{0});
        complete_ = false;
    }
    /// What has a gradient in this step.
    Span<Stretch const> swept() const {
        if constexpr (TouchedRows<Net>::any) return touched_.stretches();
        else return dense;
    }
    bool gradients_below(T limit, PoolOrNone auto threads) {
        for (auto const& s : swept())
            if (!kernels::all_below(limit, s.size, gradients.data() + s.from, threads))
                return false;
        return true;
    }
    static bool has_average([[maybe_unused]] Optimizer const& optimizer) {
        if constexpr (requires { optimizer.average; }) return optimizer.average.momentum > 0;
        else return false;
    }
    static double largest_rate(Optimizer const& optimizer, std::uint64_t step) {
        double const rate = rate_of<T>(optimizer.learning_rate, step);
        if constexpr (requires { optimizer.largest_scale(); })
            return rate * optimizer.largest_scale();
        else return rate;
    }
    static bool is_finite(T value) { return kernels::all_finite(1, &value, nullptr); }

    [[gnu::noinline]] void update(Weights<Net>& weights, Optimizer const& optimizer,
                                  std::uint64_t step, PoolOrNone auto threads) {
        T* const w = weights.values.data();
        T* const g = gradients.data();
        T* const s = optimizer_slots.data();
        if constexpr (accumulates)
            if (!accumulate(optimizer, step, threads)) return;
        // the gradients of rows are zero again for the next step
        if constexpr (Parts::any) {
            auto const parts = Parts::of(touched_);
            lamina::apply_in_parts<T>(optimizer, step, w, g, s, parameters, parts, swept(), tensors,
                                      threads);
        } else
            lamina::apply<T>(optimizer, step, w, g, s, parameters, swept(), tensors, threads,
                             dense.size());
        if constexpr (WeightConstraints<Net>::any)
            WeightConstraints<Net>::apply(w, touched_, threads);
        if constexpr (requires { optimizer.average; })
            if (has_average(optimizer))
                update_average<T>(optimizer.average, updates(optimizer, step), w,
                                  s + Optimizer::slots * parameters, trained, threads);
    }

    static constexpr bool accumulates = requires(Optimizer const& o) {
        o.gradient_accumulation_steps;
    };
    static std::uint64_t updates([[maybe_unused]] Optimizer const& optimizer, std::uint64_t step) {
        if constexpr (accumulates) return optimizer.updates(step);
        else return step;
    }
    /// Whether a group of batches is complete: then the mean of their gradients stands where those
    /// of this batch did.
    bool accumulate(Optimizer const& optimizer, std::uint64_t step, PoolOrNone auto threads) {
        T* const sums = optimizer_slots.data() + (Optimizer::slots - 1) * parameters;
        rate_of<T>(optimizer.learning_rate, step); // refused, if at all, while sums are as before
        optimizer.add_to_sums(sums, gradients.data(), swept(), dense.size(), threads);
        if (!optimizer.completes(step)) return false;
        if constexpr (TouchedRows<Net>::any) touched_.find_used(dense, sums);
        optimizer.take_means(sums, gradients.data(), swept(), threads);
        return true;
    }

    /// Above this learning rate a step can carry a finite weight beyond the largest number: it
    /// keeps what was before. Below, the loss or a gradient overflows first.
    static constexpr double careful_rate = 1e3;
    /// From this gradient on what an optimizer keeps of it, squares as a rule, may be infinite, and
    /// NaN the step after. Below, it would take 10^8 steps.
    static constexpr T careful_gradient = sizeof(T) == 4 ? T(1e15) : T(1e150);

    [[gnu::cold, gnu::noinline]] void update_carefully(Weights<Net>& weights,
                                                       Optimizer const& optimizer,
                                                       std::uint64_t step,
                                                       PoolOrNone auto threads) {
        Block<T> const values = weights.values, slots = optimizer_slots;
        update(weights, optimizer, step, threads);
        std::string what =
            find_infinite(steps, static_cast<T const*>(weights.values.data()),
                          static_cast<T const*>(optimizer_slots.data()), Optimizer::slots,
                          parameters, largest_rate(optimizer, step));
        if (what.empty()) return;
        // in place, where others look at them
        std::copy_n(values.data(), parameters, weights.values.data());
        std::copy_n(slots.data(), slots.size(), optimizer_slots.data());
        take_state(weights);
        detail::raise(Diverged{std::move(what)});
    }

    /// What a step went through, for whoever looks for where it went wrong.
    static constexpr Steps<T> steps{
        Net::table.data(),   plan.rows, Net::size, plan.per_batch, &Net::template forward<true>,
        &Weights<Net>::paths};
    [[gnu::cold, gnu::noinline]] void throw_diverged(Weights<Net> const& weights, Work<T> const& w,
                                                     T loss) {
        Diverged const what = find_divergence(steps, w, loss);
        take_state(weights);
        detail::raise(what);
    }

    TouchedRows<Net> touched_;
    bool complete_ = true; // the last step came to its end
};

} // namespace lamina::detail
