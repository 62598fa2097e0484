// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/metric.hpp>
#include <lamina/model/pairing.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace lamina::detail {

/// The running mean of each output's own loss, without its weight in the sum; of a network with one
/// output, nothing.
template <std::size_t Outputs>
struct OwnLosses {
    std::array<double, Outputs> sums{};
    double samples = 0;
    double mean(std::size_t k) const { return ratio(sums[k], samples); }
};
template <>
struct OwnLosses<0> {};

/// The running sums of a list of metrics, each on the output that it is a metric of, and of the
/// losses that stand beside their sum.
template <class Pairing, class Index, class... M>
class MetricSums;
template <class Pairing, std::size_t... I, class... M>
class MetricSums<Pairing, std::index_sequence<I...>, M...> {
    template <class G>
    using At = typename Pairing::template At<GivenMetric<G>::output>;
    template <class G>
    using Bound =
        BoundMetric<typename GivenMetric<G>::type, typename At<G>::Y, typename At<G>::Target>;
    template <std::size_t J>
    static constexpr bool is_number = std::is_arithmetic_v<
        decltype(leaf<J>(std::declval<LeavesOf<Bound<M>...> const&>()).value())>;

public:
    using Network = typename Pairing::Network;
    using Options = LeavesOf<M...>;
    static constexpr std::size_t count = sizeof...(M);
    static constexpr bool fits = (fits_of<Bound<M>>() && ...);
    static void otherwise() {
        (
            [] {
                if constexpr (!fits_of<Bound<M>>()) Bound<M>::otherwise();
            }(),
            ...);
    }

    /// How many outputs show a loss of their own: all, where there are several.
    static constexpr std::size_t outputs = std::size_t(Network::output_count),
                                 losses = outputs > 1 ? outputs : 0;
    /// How many numbers the log shows behind the loss: those, and the metrics that are one.
    static constexpr std::size_t numbers = (std::size_t(is_number<I>) + ... + losses);

    void reset() {
        sums_ = {};
        if constexpr (losses > 0) own_ = {};
    }
    /// The K-th output's loss of a batch of n samples; one after another, from the first.
    template <std::size_t K>
    void add_loss(double loss, std::size_t n) {
        own_.sums[K] += loss * double(n);
        if constexpr (K == 0) own_.samples += double(n);
    }
    template <std::size_t K, class Y, class Target, class T>
    void update([[maybe_unused]] Options const& options, [[maybe_unused]] Y y,
                [[maybe_unused]] Target* target, [[maybe_unused]] T const* weight) {
        (
            [&] {
                if constexpr (GivenMetric<M>::output == K)
                    leaf<I>(sums_).update(metric_of<K>(GivenMetric<M>::metric(leaf<I>(options))), y,
                                          target, weight);
            }(),
            ...);
    }
    double own_loss(std::size_t k) const requires(losses > 0) { return own_.mean(k); }
    /// f(name, value, output) for each metric that is a single number: what the log shows.
    template <class F>
    void for_each_number([[maybe_unused]] Options const& options, [[maybe_unused]] F f) const {
        (
            [&] {
                if constexpr (is_number<I>)
                    f(name_of(GivenMetric<M>::metric(leaf<I>(options))),
                      double(leaf<I>(sums_).value()), GivenMetric<M>::output);
            }(),
            ...);
    }
    /// (loss, values...), as evaluate returns them; with several outputs (loss, own losses...,
    /// values...).
    auto results(double loss) const {
        if constexpr (losses == 0) return std::tuple{loss, leaf<I>(sums_).value()...};
        else return [&]<std::size_t... K>(std::index_sequence<K...>) {
                return std::tuple{loss, own_.mean(K)..., leaf<I>(sums_).value()...};
            }
        (std::make_index_sequence<losses>{});
    }

private:
    /// The metric, which takes outputs as the loss does: several as labels of their own, and where
    /// they are logits, for a yes what lies above 0, or the probabilities that they stand for.
    template <std::size_t K, class Metric>
    static decltype(auto) metric_of(Metric const& given) {
        using Pair = typename Pairing::template At<K>;
        constexpr bool labels = requires {
            requires Pair::Loss::multi_label;
            given.multi_label;
        };
        constexpr bool signs = requires {
            requires Pair::yes_or_no;
            given.threshold.has_value();
        };
        constexpr bool logits = requires {
            requires Pair::yes_or_no || Pair::one_choice;
            given.from_logits.has_value();
            given.one_choice.has_value();
        };
        if constexpr (labels || signs || logits) {
            Metric metric = given;
            if constexpr (labels)
                if (!metric.multi_label) metric.multi_label = true;
            if constexpr (signs)
                if (!metric.threshold) metric.threshold = Pair::Stated::yes_above;
            if constexpr (logits) {
                if (!metric.from_logits) metric.from_logits = true;
                if (!metric.one_choice) metric.one_choice = Pair::one_choice;
            }
            return metric;
        } else return (given);
    }
    template <class Metric>
    static std::string_view name_of(Metric const& m) {
        return m.name;
    }
    LeavesOf<Bound<M>...> sums_{};
    [[no_unique_address]] OwnLosses<losses> own_{};
};

} // namespace lamina::detail
