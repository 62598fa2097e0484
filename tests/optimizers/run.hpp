// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/optimizers/adadelta.hpp>
#include <lamina/optimizers/adagrad.hpp>
#include <lamina/optimizers/adam.hpp>
#include <lamina/optimizers/adamax.hpp>
#include <lamina/optimizers/adamw.hpp>
#include <lamina/optimizers/amsgrad.hpp>
#include <lamina/optimizers/apply.hpp>
#include <lamina/optimizers/lion.hpp>
#include <lamina/optimizers/nadam.hpp>
#include <lamina/optimizers/radam.hpp>
#include <lamina/optimizers/rmsprop.hpp>
#include <lamina/optimizers/rprop.hpp>
#include <lamina/optimizers/sgd.hpp>

#include <lamina/core/random.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lamina::testing {

/// Weights, their optimizer's numbers and the step: all that training goes on from.
template <class T>
struct Run {
    std::vector<T> w, slots;
    std::uint64_t t = 0;

    template <class O>
    Run(O const& optimizer, std::vector<T> begin)
        : w(std::move(begin)), slots(O::slots * w.size()) {
        start_slots(optimizer, slots.data(), w.size());
    }
    template <class O>
    void step(O const& optimizer, std::vector<T> g, std::vector<Stretch> const& trained,
              std::vector<Stretch> const& tensors, Threads* threads = nullptr) {
        apply(optimizer, ++t, w.data(), g.data(), slots.data(), w.size(), trained, tensors,
              threads);
    }
    template <class O>
    void step(O const& optimizer, std::vector<T> const& g, Threads* threads = nullptr) {
        std::vector<Stretch> const all{{0, w.size()}};
        step(optimizer, g, all, all, threads);
    }
};

/// n numbers of a normal distribution; every seventh is 0.
template <class T>
std::vector<T> sample(std::size_t n, std::uint64_t key) {
    std::vector<T> v(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = i % 7 == 3 ? T{0} : T(Random{key}.normal(i));
    return v;
}

/// f(optimizer) for every optimizer, in every form that takes another way through the code.
template <class F>
void for_each_optimizer(F const& f) {
    f(SGD{});
    f(SGD{.momentum = 0.9});
    f(SGD{.momentum = 0.9, .nesterov = true, .dampening = 0.1, .form = Form::torch});
    f(Adam{});
    f(Adam{.weight_decay = 0.1, .form = Form::torch});
    f(AdamW{});
    f(AMSGrad{});
    f(Adamax{});
    f(Nadam{});
    f(RAdam{});
    f(RMSprop{});
    f(RMSprop{.momentum = 0.9});
    f(RMSprop{.centered = true});
    f(RMSprop{.momentum = 0.9, .centered = true, .form = Form::torch});
    f(Adagrad{});
    f(Adadelta{});
    f(Lion{});
    f(Rprop{});
}

} // namespace lamina::testing
