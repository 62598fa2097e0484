// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/math.hpp>
#include <lamina/kernels/row_loss.hpp>

#include <limits>
#include <type_traits>

/// What CategoricalCrossentropy and SparseCategoricalCrossentropy share: `row` is one of
/// kernels/row_loss.hpp, its targets are probabilities or, for a class, 1 and 0.
namespace lamina::detail {

/// Logits beyond a quarter of the largest number count as that: infinities too.
template <class V>
[[gnu::always_inline]] inline V finite_logit(V z) {
    using T = typename V::value_type;
    constexpr T limit = std::numeric_limits<T>::max() / 4;
    return kernels::max(V(-limit), kernels::min(V(limit), z));   // this order lets NaN through
}

/// The sum over the classes of t (log sum exp z - z), with t (1 - s) + s / C for t.
template <class Row>
auto crossentropy_of_logits(Row& row, float label_smoothing, std::size_t classes) {
    using V = typename Row::Batch;
    using T = typename V::value_type;
    V const keep(T(1) - T(label_smoothing)), add(T(label_smoothing) / T(classes));
    auto const smooth = [=](V t) { return kernels::fma(keep, t, add); };
    V const top = row.largest([](V z, V) { return finite_logit(z); });
    V const sum = row.keep([=](V z, V) { return kernels::exp(finite_logit(z) - top); });
    V const log_sum = kernels::log(sum);
    V const loss = row.sum(
        [=](V z, V t) { return smooth(t) * (log_sum - (finite_logit(z) - top)); });
    if (row.wants_slope) {
        V each = V(T(1)) / sum;
        if constexpr (!Row::one_hot) each *= row.sum([=](V, V t) { return smooth(t); });
        row.slope([=](V, V t, V e) { return e * each - smooth(t); });
    }
    return loss;
}

/// The sum over the classes of -t log q: q is p divided by its sum and held within [1e-7, 1 -
/// 1e-7], with no slope beyond, as in Keras.
template <class Row>
auto crossentropy_of_probabilities(Row& row, float label_smoothing, std::size_t classes) {
    using V = typename Row::Batch;
    using T = typename V::value_type;
    V const zero(T(0)), one(T(1)), least(T(1e-7)), most = one - least;
    V const keep(T(1) - T(label_smoothing)), add(T(label_smoothing) / T(classes));
    auto const smooth = [=](V t) { return kernels::fma(keep, t, add); };
    V const sum = row.sum([](V p, V) { return p; });
    V const each = one / kernels::max(V(std::numeric_limits<T>::min()), sum);
    auto const held = [=](V p) { return kernels::min(most, kernels::max(least, p * each)); };
    V const loss = row.sum([=](V p, V t) { return -smooth(t) * kernels::log(held(p)); });
    if (row.wants_slope) {   // q = p / sum: dq_j/dp_k = (j == k) / sum - q_j / sum
        V const all = row.keep([=](V p, V t) {
            return kernels::select(held(p) == p * each, smooth(t), zero);
        });
        row.slope([=](V p, V, V t) { return (all - t / held(p)) * each; });
    }
    return loss;
}

} // namespace lamina::detail
