// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/random.hpp>
#include <lamina/core/shape.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

// The generic test of a loss. For each shape and several batches it compares, in double, the value
// with a plain oracle and the gradient with central differences, with and without weights; float
// with double; a batch of n with n batches of 1; a null dy with a gradient wanted.
//
//     check_loss<Shape<1>, Shape<4, 5>>(Huber{}, fill, oracle)
//
// fill(random, n, y, t) makes one vector; oracle(y, t, n) is its loss in long double. For a sparse
// loss t is filled and seen as 1 at the class and 0 elsewhere.
namespace lamina::testing {

template <class Loss, class Y, class T>
T loss_of(Loss const& loss, std::vector<T> const& y, auto const& target, T const* weight, T* dy,
          T total) {
    using On = typename Loss::template On<Y>;
    return On::template value<T>(loss, View<T const, Y>{y.data(), y.size() / Y::size},
                                 target.data(), weight, dy, total);
}

template <class T>
double relative(T a, T b, double floor = 1e-3) {
    return std::abs(double(a) - double(b)) / std::max({std::abs(double(b)), floor});
}

/// Of a loss that holds probabilities within [1e-7, 1 - 1e-7]: the value and the first slope where
/// one is held and where one is just within, as expected(p held, p, target, not held) has them; of
/// two classes the other's are 1 - p and 1 - target.
template <class Y, class Loss>
void check_held(Loss const& loss, auto const& expected) {
    constexpr long double least = 1e-7L;
    double* const none = nullptr;
    for (double const p : {0.0, 0.5e-7, 1.5e-7, 1 - 1.5e-7, 1 - 0.5e-7, 1.0})
        for (double const t : {0.0, 1.0}) {
            CAPTURE(p);
            CAPTURE(t);
            std::vector<double> const y{p, 1 - p}, target{t, 1 - t};
            std::vector<double> dy(2);
            double const value =
                loss_of<Loss, Y>(loss, {y.begin(), y.begin() + Y::size}, target, none, dy.data(),
                                 1.0);
            long double const q = std::clamp<long double>(p, least, 1 - least);
            auto const [its, slope] = expected(q, static_cast<long double>(p),
                                               static_cast<long double>(t), q == p);
            CHECK(relative(value, double(its), 1e-12) < 1e-8);
            CHECK(relative(dy[0], double(slope), 1e-12) < 1e-8);
        }
}

template <class Y, class Loss>
void check_loss_on(Loss const& loss, auto const& fill, auto const& oracle, std::size_t samples,
                   bool weighted) {
    using Target = typename Loss::template On<Y>::Target;
    using E = std::conditional_t<Target::integer, std::int32_t, double>;
    constexpr std::size_t n = Y::last;
    std::size_t const rows = samples * Y::rows;
    INFO("width ", n, ", rows ", rows, weighted ? ", weighted" : "");

    Random const random{Random{7}.child(n).child(rows)};
    std::vector<double> y(rows * n), dense(rows * n), weight(rows);
    std::vector<E> target;
    for (std::size_t r = 0; r < rows; ++r) {
        fill(random.child(r), n, y.data() + r * n, dense.data() + r * n);
        weight[r] = r % 3 == 1 ? 0.0 : 0.5 + double(random.child(99).uniform(r));
        if constexpr (Target::integer)
            target.push_back(E(std::max_element(dense.begin() + long(r * n),
                                                dense.begin() + long(r * n + n))
                               - dense.begin() - long(r * n)));
    }
    if constexpr (!Target::integer) target = dense;
    double total = double(rows);
    if (weighted) {
        total = 0;
        for (double w : weight) total += w;
        if (total == 0) total = 1;
    }
    double const* const w = weighted ? weight.data() : nullptr;

    // the value
    long double expected = 0;
    for (std::size_t r = 0; r < rows; ++r)
        if (!weighted || weight[r] != 0)
            expected += (weighted ? weight[r] : 1.0)
                        * oracle(y.data() + r * n, dense.data() + r * n, n)
                        / static_cast<long double>(total);
    std::vector<double> dy(y.size(), 99.0);
    double* const none = nullptr;
    double const value = loss_of<Loss, Y>(loss, y, target, w, dy.data(), total);
    CHECK(relative(value, double(expected)) < 1e-12);
    CHECK(loss_of<Loss, Y>(loss, y, target, w, none, total) == value);

    // its gradient; total 1 keeps the numbers of all batches alike
    std::vector<double> gradient(y.size()), numeric(y.size());
    loss_of<Loss, Y>(loss, y, target, w, gradient.data(), 1.0);
    double largest = 0, worst = 0;
    constexpr double h = 1e-5;
    for (std::size_t i = 0; i < y.size(); ++i) {
        std::size_t const first = i / Y::size * Y::size;   // the sample that it is in
        std::vector<double> part(y.begin() + long(first), y.begin() + long(first + Y::size));
        std::vector<E> const its(target.begin() + long(first / Y::size * Target::size),
                                 target.begin() + long((first / Y::size + 1) * Target::size));
        double const* const part_w = weighted ? weight.data() + first / n : nullptr;
        auto const at = [&](double v) {
            part[i - first] = v;
            return loss_of<Loss, Y>(loss, part, its, part_w, none, 1.0);
        };
        numeric[i] = (at(y[i] + h) - at(y[i] - h)) / (2 * h);
        largest = std::max(largest, std::abs(gradient[i]));
        worst = std::max(worst, std::abs(gradient[i] - numeric[i]));
        if (weighted && weight[i / n] == 0) CHECK(gradient[i] == 0.0);
    }
    CHECK(worst < 1e-7 * std::max(largest, 1e-2));
    for (std::size_t i = 0; i < y.size(); ++i)
        REQUIRE(relative(dy[i] * total, gradient[i]) < 1e-13);

    // a batch of n is n batches of 1
    std::vector<double> one(y.size());
    double sum = 0;
    for (std::size_t s = 0; s < samples; ++s) {
        std::vector<double> const part(y.begin() + long(s * Y::size),
                                       y.begin() + long((s + 1) * Y::size));
        std::vector<E> const its(target.begin() + long(s * Target::size),
                                 target.begin() + long((s + 1) * Target::size));
        sum += loss_of<Loss, Y>(loss, part, its, w ? w + s * Y::rows : nullptr,
                                one.data() + s * Y::size, total);
    }
    CHECK(relative(sum, value) < 1e-13);
    CHECK(one == dy);

    // float
    std::vector<float> const y_f(y.begin(), y.end()), w_f(weight.begin(), weight.end());
    std::vector<float> dy_f(y.size());
    using E_f = std::conditional_t<Target::integer, std::int32_t, float>;
    std::vector<E_f> const t_f(target.begin(), target.end());
    float const value_f = loss_of<Loss, Y>(loss, y_f, t_f, weighted ? w_f.data() : nullptr,
                                           dy_f.data(), float(total));
    CHECK(relative(double(value_f), value, 0.1) < 2e-5);
    for (std::size_t i = 0; i < y.size(); ++i)
        REQUIRE(std::abs(double(dy_f[i]) - dy[i]) < 2e-5 * std::max(largest, 1.0) / total);
}

template <class... Y, class Loss>
void check_loss(Loss const& loss, auto const& fill, auto const& oracle) {
    for (bool const weighted : {false, true})
        for (std::size_t const samples : {1u, 2u, 5u, 19u})
            (check_loss_on<Y>(loss, fill, oracle, samples, weighted), ...);
}

/// Narrower and wider than a register, whole and not.
template <class Loss>
void check_elementwise(Loss const& loss, auto const& fill, auto const& oracle) {
    check_loss<Shape<1>, Shape<2>, Shape<3>, Shape<7>, Shape<16>, Shape<33>, Shape<4, 5>,
               Shape<2, 3, 2>>(loss, fill, oracle);
}
/// Short vectors are laid side by side, long ones walked along.
template <class Loss>
void check_rows(Loss const& loss, auto const& fill, auto const& oracle) {
    check_loss<Shape<2>, Shape<3>, Shape<10>, Shape<4, 5>, Shape<17>, Shape<32>, Shape<65>,
               Shape<3, 96>>(loss, fill, oracle);
}

/// The mean of f(y, t) over a vector, as an oracle.
auto mean_of(auto const& f) {
    return [f](double const* y, double const* t, std::size_t n) {
        long double sum = 0;
        for (std::size_t i = 0; i < n; ++i)
            sum += f(static_cast<long double>(y[i]), static_cast<long double>(t[i]));
        return sum / static_cast<long double>(n);
    };
}

/// Uniform in [from, to).
inline double uniform(Random random, std::size_t i, double from, double to) {
    return from + (to - from) * double(random.uniform(i));
}
/// Predictions at least 0.05 away from the targets, both of the size of 1.
inline auto const apart = [](Random random, std::size_t n, double* y, double* t) {
    for (std::size_t i = 0; i < n; ++i) {
        t[i] = uniform(random, 3 * i, -2, 2);
        double const gap = uniform(random, 3 * i + 1, 0.05, 1.5);
        y[i] = t[i] + (random.uniform(3 * i + 2) < 0.5f ? gap : -gap);
    }
};
/// Probabilities for targets 0, 1 or between.
inline auto const probabilities = [](Random random, std::size_t n, double* y, double* t) {
    for (std::size_t i = 0; i < n; ++i) {
        y[i] = uniform(random, 3 * i, 0.02, 0.98);
        double const kind = double(random.uniform(3 * i + 1));
        t[i] = kind < 0.3 ? 0.0 : kind < 0.6 ? 1.0 : double(random.uniform(3 * i + 2));
    }
};
/// Logits for targets 0, 1 or between.
inline auto const logits = [](Random random, std::size_t n, double* y, double* t) {
    probabilities(random, n, y, t);
    for (std::size_t i = 0; i < n; ++i) y[i] = uniform(random.child(1), i, -6, 6);
};
/// Logits for one class.
inline auto const class_logits = [](Random random, std::size_t n, double* y, double* t) {
    for (std::size_t i = 0; i < n; ++i) {
        y[i] = uniform(random, i, -4, 4);
        t[i] = 0;
    }
    t[random.below(1000, n)] = 1;
};
/// Numbers of [0.05, 1) for one class: probabilities once they are divided by their sum.
inline auto const class_probabilities = [](Random random, std::size_t n, double* y, double* t) {
    class_logits(random, n, y, t);
    for (std::size_t i = 0; i < n; ++i) y[i] = uniform(random, i, 0.05, 1);
};
/// The same with a distribution as the target, some of it 0.
inline auto shared_class(auto const& fill) {
    return [fill](Random random, std::size_t n, double* y, double* t) {
        fill(random, n, y, t);
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            t[i] += random.child(5).uniform(i) < 0.7f ? double(random.child(6).uniform(i)) : 0.0;
            sum += t[i];
        }
        for (std::size_t i = 0; i < n; ++i) t[i] /= sum;
    };
}

/// The sum of -t log p, p made of y by `distribution`, s the labels' smoothing.
inline auto crossentropy_oracle(auto const& distribution, float s) {
    return [=](double const* y, double const* t, std::size_t n) {
        auto const p = distribution(y, n);
        long double sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            long double const target = t[i] * (1.0L - s) + static_cast<long double>(s) / n;
            if (target > 0) sum -= target * std::log(p[i]);
        }
        return sum;
    };
}
inline auto const softmax = [](double const* y, std::size_t n) {
    std::vector<long double> p(n);
    long double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += p[i] = std::exp(static_cast<long double>(y[i]));
    for (auto& v : p) v /= sum;
    return p;
};
inline auto const normalized = [](double const* y, std::size_t n) {
    std::vector<long double> p(y, y + n);
    long double sum = 0;
    for (auto v : p) sum += v;
    for (auto& v : p) v /= sum;
    return p;
};

} // namespace lamina::testing
