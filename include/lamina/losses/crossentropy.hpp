// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/row_loss.hpp>
#include <lamina/losses/probability.hpp>

#include <array>
#include <limits>

/// What CategoricalCrossentropy and SparseCategoricalCrossentropy share: `row` is one of
/// kernels/row_loss.hpp, its targets are probabilities or, for a class, 1 and 0.
namespace lamina::detail {

/// Logits beyond a quarter of the largest number count as that: infinities too.
template <class V>
LAMINA_ALWAYS_INLINE inline V finite_logit(V z) {
    using T = typename V::value_type;
    constexpr T limit = std::numeric_limits<T>::max() / 4;
    return kernels::max(V(-limit), kernels::min(V(limit), z)); // this order lets NaN through
}

/// The sum over the classes of t (log sum exp z - z), with t (1 - s) + s / C for t. The largest z
/// is taken off first: then no z is above 0, and nothing cancels.
template <class Row>
auto crossentropy_of_logits(Row& row, float label_smoothing) {
    using V = typename Row::Batch;
    using T = typename V::value_type;
    T const s = T(label_smoothing);
    V const one(T(1)), keep(T(1) - s), add(s / T(Row::classes));
    auto const smooth = [=](V t) { return kernels::fma(keep, t, add); };
    V const top = row.largest([](V z, V) { return finite_logit(z); });
    auto const below = [=](V z) { return finite_logit(z) - top; };
    V sum, targets = one, loss;
    if (Row::one_hot && s == T(0)) {
        sum = row.template keep<1>([=](V z, V) { return std::array{kernels::exp(below(z))}; })[0];
        if constexpr (Row::one_hot) loss = kernels::log(sum) - row.at_class(below);
    } else {
        auto const all = row.template keep<3>([=](V z, V t) {
            V const by = below(z), its = smooth(t);
            return std::array{kernels::exp(by), its * by, its};
        });
        sum = all[0];
        targets = all[2];
        loss = kernels::log(sum) * targets - all[1];
    }
    if (row.wants_slope) {
        V const each = targets / sum;
        row.slope([=](V, V t, V e) { return e * each - smooth(t); });
    }
    return loss;
}

/// The sum over the classes of -t log q, q being p divided by its sum and held within
/// [1e-7, 1 - 1e-7], with no slope beyond, as in Keras.
template <class Row>
auto crossentropy_of_probabilities(Row& row, float label_smoothing) {
    using V = typename Row::Batch;
    using T = typename V::value_type;
    V const zero(T(0)), one(T(1));
    T const s = T(label_smoothing);
    V const keep(T(1) - s), add(s / T(Row::classes));
    V const sum = row.template sums<1>([](V p, V) { return std::array{p}; })[0];
    V const each = one / kernels::max(V(std::numeric_limits<T>::min()), sum);
    auto const held = [=](V p) { return held_probability(p * each); };
    auto const all = row.template keep<2>([=](V p, V t) {
        V const its = kernels::fma(keep, t, add), q = held(p);
        return std::array{kernels::select(q == p * each, its, zero), its * kernels::log(q)};
    });
    if (row.wants_slope) // q = p / sum: dq_j/dp_k = (j == k) / sum - q_j / sum
        row.slope([=](V p, V, V t) { return (all[0] - t / held(p)) * each; });
    return -all[1];
}

} // namespace lamina::detail
