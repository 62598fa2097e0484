// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/numbers.hpp>
#include <lamina/core/option.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/kernels/agreement.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

/// A metric is a small value of options with a `name` and a template On<Y, Target>: running sums of
/// fixed size for outputs of shape Y and targets of shape Target. update(metric, y, target, weight)
/// adds a batch, value() says what holds so far; a fresh On starts anew. weight has one number for
/// each vector of the output; null: all 1.
///
/// A loss in a metric's place is its own running mean: MeanSquaredError{}, BinaryCrossentropy{}.
namespace lamina {

namespace detail {

template <class T>
double sum_of_weights(std::size_t rows, T const* weight) {
    if (!weight) return double(rows);
    double sum = 0;
    for (std::size_t r = 0; r < rows; ++r) sum += double(weight[r]);
    return sum;
}
template <class T>
double weight_at(T const* weight, std::size_t row) {
    return weight ? double(weight[row]) : 1.0;
}

/// As kernels::agreement: of n numbers on the right side of a threshold.
template <class T>
[[gnu::noinline]] double agreement(std::size_t n, T const* y, T const* target, T const* weight,
                                   T threshold) {
    return kernels::agreement(n, y, target, weight, threshold);
}
#ifdef LAMINA_SOURCE
template double agreement(std::size_t, float const*, float const*, float const*, float);
#elif !LAMINA_BODIES
extern template double agreement(std::size_t, float const*, float const*, float const*, float);
#endif

/// Above this an output says yes: where the metric leaves it open, above the middle of
/// probabilities.
constexpr float threshold_of(auto const& metric) { return metric.threshold.value_or(0.5f); }
inline void check_threshold(char const* where, std::optional<float> threshold) {
    if (threshold) Check{where}.finite("threshold", *threshold);
}

constexpr double ratio(double a, double b) { return b > 0 ? a / b : 0.0; }

/// Whether targets say a class, or a vector, for each vector of the output.
template <class Y, class Target>
inline constexpr bool same_rows = Target::size == (Target::integer ? Y::rows : Y::size);

/// Where the largest of N numbers stands; the first of several.
template <std::size_t N, class T>
std::size_t largest(T const* row) {
    std::size_t best = 0;
    for (std::size_t j = 1; j < N; ++j) best = row[j] > row[best] ? j : best;
    return best;
}
/// The class that output r is said to be: of several classes.
template <class Y, class Target, class E>
std::size_t truth(E const* target, std::size_t r) {
    if constexpr (Target::integer) return std::size_t(target[r]);
    else return largest<Y::last>(target + r * Y::last);
}

} // namespace detail

/// The running mean of a loss: of the vectors that its ignore_class, where it has one, does not
/// leave out.
template <class Loss, class Y, class Target>
struct RunningLoss {
    using Bound = typename Loss::template On<Y>;
    static constexpr bool fits = Bound::fits && std::is_same_v<Target, typename Bound::Target>;
    static void otherwise() {
        if constexpr (!Bound::fits) Bound::otherwise();
        else
            static_assert(fits, "This loss, as a metric, takes other targets than the model's "
                                "loss. Use one for the same kind of target.");
    }

    double sum = 0, weights = 0;

    template <class T>
    void update(Loss const& loss, View<T const, Y> y, Element<T const, Target>* target,
                T const* weight) {
        if constexpr (requires { loss.ignore_class; }) {
            if (loss.ignore_class) return update_between(loss, y, target, weight);
        }
        add<Y>(loss, y, target, weight);
    }
    double value() const {
        double const mean = detail::ratio(sum, weights);
        if constexpr (requires { Loss::sign_as_metric; }) return Loss::sign_as_metric * mean;
        else return mean;
    }

private:
    template <class Of, class T>
    void add(Loss const& loss, View<T const, Of> y, Element<T const, Target>* target,
             T const* weight) {
        T* const no_gradient = nullptr;
        sum += double(
            Loss::template On<Of>::template value<T>(loss, y, target, weight, no_gradient, T(1)));
        weights += detail::sum_of_weights(y.rows(), weight);
    }
    /// Adds the stretches of vectors between those that are left out.
    template <class T>
    void update_between(Loss const& loss, View<T const, Y> y, std::int32_t const* target,
                        T const* weight) {
        using Vector = Shape<Y::last>;
        auto const left_out = [&](std::size_t r) { return target[r] == *loss.ignore_class; };
        for (std::size_t r = 0, end = 0; r < y.rows(); r = end + 1) {
            for (end = r; end < y.rows() && !left_out(end);) ++end;
            if (end == r) continue;
            add<Vector>(loss, View<T const, Vector>{y.data + r * Y::last, end - r}, target + r,
                        weight ? weight + r : nullptr);
        }
    }
};

namespace detail {

/// Throws lamina::Error for the first of n targets that is none of the classes, nor left out.
void check_classes(std::int32_t const* target, std::size_t n, std::size_t classes,
                   std::optional<std::int32_t> left_out);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void check_classes(std::int32_t const* target, std::size_t n,
                                               std::size_t classes,
                                               std::optional<std::int32_t> left_out) {
    for (std::size_t r = 0; r < n; ++r)
        if (std::size_t(target[r]) >= classes && target[r] != left_out)
            refuse("evaluate_metric",
                   {"label ", target[r], " at row ", r, ": these outputs have ", classes,
                    " classes, labels are 0..", classes - 1, ". Leave out the vectors of others."});
}

#endif

template <class M, class Y, class Target>
constexpr auto bound_metric() {
    if constexpr (requires { typename M::template On<Y, Target>; })
        return std::type_identity<typename M::template On<Y, Target>>{};
    else return std::type_identity<RunningLoss<M, Y, Target>>{};
}

} // namespace detail

/// The running sums of M, a metric or a loss.
template <class M, class Y, class Target>
using BoundMetric = typename decltype(detail::bound_metric<M, Y, Target>())::type;

/// One metric of all of `y`, outputs of shape Y one after another, against `target`: whatever has
/// data() and size(), its numbers one after another. Targets that are std::int32_t are classes.
/// Throws lamina::Error where the sizes do not fit, or a class is none of them.
///     evaluate_metric(Accuracy{}, probabilities, labels)
///     evaluate_metric<Shape<10>>(TopKAccuracy<3>{}, probabilities, classes)
template <class Y = Shape<1>, class M>
auto evaluate_metric(M const& metric, auto const& y, auto const& target) {
    using T = std::remove_cvref_t<decltype(*y.data())>;
    using E = std::remove_cvref_t<decltype(*target.data())>;
    static_assert(std::is_floating_point_v<T>, "evaluate_metric: outputs are float or double.");
    static_assert(std::is_same_v<E, T> || std::is_same_v<E, std::int32_t>,
                  "evaluate_metric: targets are of the outputs' type, or std::int32_t.");
    using Target = std::conditional_t<std::is_same_v<E, T>, Y, IndexPerVector<Y>>;
    using Bound = BoundMetric<M, Y, Target>;
    detail::check_options(metric);
    std::size_t const samples = std::size_t(y.size()) / Y::size;
    if (samples * Y::size != std::size_t(y.size()) ||
        samples * Target::size != std::size_t(target.size()))
        detail::refuse("evaluate_metric",
                       {"there are ", std::size_t(y.size()), " outputs and ",
                        std::size_t(target.size()), " targets, and a sample has ", Y::size, " and ",
                        Target::size, ". Give one target for each output."});
    if constexpr (Bound::fits) {
        if constexpr (Target::integer && Y::last > 1) {
            std::optional<std::int32_t> left_out;
            if constexpr (requires { metric.ignore_class; }) left_out = metric.ignore_class;
            detail::check_classes(target.data(), std::size_t(target.size()), Y::last, left_out);
        }
        Bound bound{};
        bound.update(metric, View<T const, Y>{detail::numbers_of(y, "evaluate_metric"), samples},
                     detail::numbers_of(target, "evaluate_metric"), static_cast<T const*>(nullptr));
        return bound.value();
    } else {
        Bound::otherwise();
    }
}

} // namespace lamina
