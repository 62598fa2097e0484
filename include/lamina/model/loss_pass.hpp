// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/losses/target.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/metric_sums.hpp>
#include <lamina/model/pairing.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace lamina::detail {

/// One forward pass over a batch and its losses. Reads the weights only.
template <class Pairing, class T>
class LossPass {
public:
    using Net = typename Pairing::Network;
    static constexpr auto& plan = Net::training; // keeps the logits, which losses are computed from
    static constexpr std::size_t outputs = Net::output_count;

    typename Pairing::Losses losses;
    std::array<float, outputs> loss_weights{};

    /// Room for batches of so many samples, so that nothing is allocated later.
    void reserve(std::size_t batch, Threads* threads) {
        work.reserve(batch, true, threads);
        row_weights_.reserve(row_weights_per_sample * batch + 1);
        if constexpr (most_added > 0) added_.reserve(most_added * batch);
    }
    Work<T> work_on(Weights<Net> const& weights, BatchView const& batch, Threads* threads) {
        reserve(batch.size, threads);
        return {.layers = weights.layers.data(),
                .values = weights.values.data(),
                .state = weights.state.data(),
                .arena = work.arena.data(),
                .scratch = work.scratch.data(),
                .inputs = batch.x,
                .batch = batch.size,
                .threads = threads};
    }
    /// The loss of a batch, with what layers add to it and the penalties on their parameters, as in
    /// training; the metrics take note.
    template <class Sums>
    T evaluate(Weights<Net> const& weights, Sums& sums, typename Sums::Options const& options,
               BatchView const& batch, Threads* threads) {
        T penalty{0};
        auto w = work_on(weights, batch, threads);
        w.loss = &penalty;
        Net::template forward<true>(w);
        Net::regularize(w);
        return measure<false>(sums, options, batch) + penalty;
    }
    /// What comes behind the forward pass: the losses, with their gradients if Learn, and the
    /// metrics.
    template <bool Learn, class Sums>
    T measure(Sums& sums, typename Sums::Options const& options, BatchView const& batch) {
        T* const arena = work.arena.data();
        std::size_t const n = batch.size;
        T sum{0};
        T* room = row_weights_.data();
        auto const one = [&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
            using P = typename Pairing::template At<K>;
            using Y = typename P::Y;
            auto const* const target =
                static_cast<Element<T const, typename P::Target>*>(batch.y[K]);
            auto const& loss = leaf<K>(losses);
            T const* mask = Net::mask_of(plan.losses[K], arena, n, true);
            if constexpr (leaves_out<K>)
                if (auto const ignored = ignored_class(loss)) {
                    mask = leave_out(*ignored, target, mask, n * Y::rows, room);
                    room += n * Y::rows;
                }
            T total{};
            T const* const weight = weigh<Y>(mask, batch, room, total);
            room += n * Y::rows;
            View<T const, Y> const y{Net::y_of(plan.losses[K], arena, n, true), n};
            T* const dy = Learn ? Net::dy_of(plan.losses[K], arena, n) : nullptr;
            T* const its = Learn && adds<K> ? added_.data() : dy;
            // a loss is divided by total, so total / share multiplies loss and gradient by the
            // share; divided by 0 it counts for nothing
            T const share = T(loss_weights[K]);
            T const part =
                P::Bound::value(loss, y, target, weight, its, share != T{0} ? total / share : T{0});
            sum += part;
            if constexpr (Sums::losses > 0) {
                T* const no_gradient = nullptr; // of what is shown, but counts for nothing
                sums.template add_loss<K>(
                    double(share != T{0}
                               ? part / share
                               : P::Bound::value(loss, y, target, weight, no_gradient, total)),
                    n);
            }
            if constexpr (Learn && adds<K>)
                for (std::size_t i = 0; i < n * Y::size; ++i) dy[i] += its[i];
            sums.template update<K>(options,
                                    View<T const, Y>{Net::y_of(plan.outputs[K], arena, n, true), n},
                                    target, mask);
        };
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            (one(std::integral_constant<std::size_t, K>{}), ...);
        }
        (std::make_index_sequence<outputs>{});
        return sum;
    }

    Workspace<Net> work;

private:
    /// Whether the K-th loss may leave out vectors by their class.
    template <std::size_t K>
    static constexpr bool leaves_out = requires(typename Pairing::template At<K>::Loss loss) {
        loss.ignore_class;
    };
    static constexpr std::size_t row_weights_per_sample =
        []<std::size_t... K>(std::index_sequence<K...>) {
        return ((Pairing::template At<K>::Y::rows * (leaves_out<K> ? 2 : 1)) + ... + 0);
    }
    (std::make_index_sequence<outputs>{});

    /// Whether another loss stands on the K-th one's row and wrote its gradient there before: of a
    /// network that gives one output twice, or logits and what Sigmoid makes of them.
    template <std::size_t K>
    static constexpr bool adds = [] {
        for (std::size_t k = 0; k < K; ++k)
            if (plan.losses[k] == plan.losses[K]) return true;
        return false;
    }();
    /// The numbers of the largest output, for one sample, whose loss does so.
    static constexpr std::size_t most_added = []<std::size_t... K>(std::index_sequence<K...>) {
        return std::max({(adds<K> ? Pairing::template At<K>::Y::size : 0)...});
    }
    (std::make_index_sequence<outputs>{});

    /// The mask without the vectors whose class is ignored.
    static T const* leave_out(std::int32_t ignored, std::int32_t const* target, T const* mask,
                              std::size_t rows, T* room) {
        for (std::size_t r = 0; r < rows; ++r)
            room[r] = target[r] == ignored ? T{0} : mask ? mask[r] : T{1};
        return room;
    }
    /// What each vector of an output weighs: its weight or its sample's, times the mask; and the
    /// sum that the loss is divided by: the vectors, or those that the mask keeps (Keras'
    /// sum_over_batch_size).
    template <class Y>
    T const* weigh(T const* mask, BatchView const& batch, T* room, T& total) {
        std::size_t const rows = batch.size * Y::rows;
        total = T(rows);
        if (mask) {
            total = T{0};
            for (std::size_t r = 0; r < rows; ++r) total += mask[r];
        }
        if (!batch.weight) return mask;
        T const* const weights = static_cast<T const*>(batch.weight);
        std::size_t const shared = batch.weights > 1 ? 1 : Y::rows;
        for (std::size_t r = 0; r < rows; ++r)
            room[r] = weights[r / shared] * (mask ? mask[r] : T{1});
        return room;
    }

    Block<T> row_weights_, added_;
};

} // namespace lamina::detail
