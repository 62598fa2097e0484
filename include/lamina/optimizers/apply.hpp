// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/option.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/span.hpp>
#include <lamina/kernels/sweep.hpp>
#include <lamina/optimizers/clip.hpp>
#include <lamina/optimizers/schedule.hpp>
#include <lamina/optimizers/stretch.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace lamina {

// What the model asks of an optimizer O:
//     learning_rate                       a Schedule
//     static constexpr std::size_t slots  the most numbers that it keeps for each parameter
//     step<T>(t, rate, sweep)             calls sweep(detail::keeps<n>, f) once, with n <= slots
//                                         and f(w, g, slot...) the update of a batch of numbers
// and what it may have:
//     clip, average                       a Clip, a WeightAverage
//     weight_decay                        w = (1 - rate weight_decay) w before the step; where
//     decoupled()                         is false, g += weight_decay w instead
//     slot_start<T>(k)                    what slot k begins with; else 0
//     static excludes(tensor)             whether a tensor of this name has no weight_decay
//     first_rate_alone                    that only slot_start asks for the rate
//     static branches(table)              parts of the network whose rates have scales
//     scale_of(bits)                      the scale in all of those parts
//     gradient_accumulation_steps         that its last slot sums the gradients of a group of
//                                         batches; completes(t), updates(t), add_to_sums(...) and
//                                         take_means(...) as in accumulate_gradients.hpp

namespace detail {

/// The options that the optimizers have in common, and what one has of its own.
template <class Optimizer>
[[gnu::cold, gnu::noinline]] void check_optimizer(Optimizer const& o) {
    [[maybe_unused]] Check const check{"optimizer"};
    if constexpr (requires { double(o.beta_1); }) check.below_one("beta_1", o.beta_1);
    if constexpr (requires { double(o.beta_2); }) check.below_one("beta_2", o.beta_2);
    if constexpr (requires { double(o.momentum); }) check.share("momentum", o.momentum);
    if constexpr (requires { double(o.rho); }) check.share("rho", o.rho);
    if constexpr (requires { double(o.epsilon); }) check.not_negative("epsilon", o.epsilon);
    if constexpr (requires { double(o.weight_decay); })
        check.not_negative("weight_decay", o.weight_decay);
    if constexpr (requires { o.clip; }) check_options(o.clip);
    if constexpr (requires { o.average; }) check_options(o.average);
    check_options(o);
}

} // namespace detail

/// Sets the numbers that an optimizer keeps for n parameters to what they are before the first
/// step; slot k of parameter i is slots[k * n + i].
///
/// Errors      (run time) an option that no optimizer can do with, such as a momentum of 9
template <class T, class Optimizer>
void start_slots(Optimizer const& optimizer, T* slots, std::size_t n) {
    detail::check_optimizer(optimizer);
    for (std::size_t k = 0; k < Optimizer::slots; ++k) {
        T start{0};
        if constexpr (requires { optimizer.template slot_start<T>(k); })
            start = optimizer.template slot_start<T>(k);
        std::fill_n(slots + k * n, n, start);
    }
}

namespace detail {

/// Refuses a rate of the t-th step that T cannot hold, or below 0.
template <class T>
double checked_rate(double rate, std::uint64_t t) {
    // by bits, so that NaN is seen under -ffast-math too; those of positive numbers order like them
    constexpr double largest = double(std::numeric_limits<T>::max());
    auto const bits = std::bit_cast<std::uint64_t>(rate);
    if (bits << 1 != 0 && bits > std::bit_cast<std::uint64_t>(largest))
        refuse("learning_rate",
               {"it is ", rate, " at step ", t, ". Give a finite number that is not negative."});
    return rate;
}
/// The learning rate of the t-th step: a finite number, also as T, that is not negative.
template <class T>
double rate_of(Schedule const& schedule, std::uint64_t t) {
    return checked_rate<T>(schedule.rate(t - 1), t);
}

#ifdef LAMINA_SOURCE
template double rate_of<float>(Schedule const&, std::uint64_t);
template double rate_of<double>(Schedule const&, std::uint64_t);
#elif !LAMINA_BODIES
extern template double rate_of<float>(Schedule const&, std::uint64_t);
extern template double rate_of<double>(Schedule const&, std::uint64_t);
#endif

/// What the weights decay by beside a step: w by `own` of itself, g by `pull` times w.
template <class T>
struct Decay {
    T own{0}, pull{0};
};
template <class T, class Optimizer>
Decay<T> decay_of([[maybe_unused]] Optimizer const& optimizer, [[maybe_unused]] double rate) {
    Decay<T> decay;
    if constexpr (requires { optimizer.weight_decay; }) {
        bool apart = true;
        if constexpr (requires { optimizer.decoupled(); }) apart = optimizer.decoupled();
        if (apart) decay.own = T(rate * optimizer.weight_decay);
        else decay.pull = T(optimizer.weight_decay);
    }
    return decay;
}

/// Stretches whose step is one: those from the `sparse`-th on are rows of tables.
struct Stretches {
    Span<Stretch const> all;
    std::size_t sparse;
};
/// The sweep, behind clipping; g is multiplied by `scale`.
template <class Kept, class T, class Update, PoolOrNone P>
LAMINA_ALWAYS_INLINE inline void sweep_stretches(Kept, Update const& update, Decay<T> decay,
                                                 T scale, T* w, T* g, T* slots, std::size_t stride,
                                                 Stretches const& of, P threads) {
    auto const f = [decay, update](auto& weight, auto gradient, auto&... slot) {
        using V = decltype(gradient);
        gradient = kernels::fma(V(decay.pull), weight, gradient);
        // not times 1 - decay, of which little is left as T where decay is small
        weight = kernels::fnma(V(decay.own), weight, weight);
        update(weight, gradient, slot...);
    };
    for (std::size_t i = 0; i < of.all.size(); ++i) {
        auto const [from, size] = of.all[i];
        kernels::sweep<Kept::value>(size, w + from, g + from, slots + from, stride, scale, f,
                                    threads);
        if (i >= of.sparse) std::fill_n(g + from, size, T{0});
    }
}

template <class T, class Optimizer, PoolOrNone P>
T clip_if_asked([[maybe_unused]] Optimizer const& optimizer, [[maybe_unused]] T* g,
                [[maybe_unused]] Span<Stretch const> trained,
                [[maybe_unused]] Span<Stretch const> tensors, [[maybe_unused]] P threads) {
    if constexpr (requires { optimizer.clip; })
        return clip(optimizer.clip, g, trained, tensors, threads);
    else return T{1};
}

} // namespace detail

/// One step, the t-th (1, 2, ...), of the `trained` stretches of w; `tensors` are the same
/// parameters tensor by tensor, for clipping. g is used up. Slot k of parameter i is
/// slots[k * stride + i]. All that the next step depends on is w, the slots and t. Any number of
/// threads gives the same bits. The g of the stretches from the `sparse`-th on is 0 afterwards.
///
/// Errors      (run time) the learning rate is negative or not finite; nothing has changed then
template <class T, class Optimizer, PoolOrNone P>
void apply(Optimizer const& optimizer, std::uint64_t t, T* w, T* g, T* slots, std::size_t stride,
           Span<Stretch const> trained, Span<Stretch const> tensors, P threads,
           std::size_t sparse = ~std::size_t{0}) {
    double const rate = detail::rate_of<T>(optimizer.learning_rate, t);
    T const scale = detail::clip_if_asked(optimizer, g, trained, tensors, threads);
    auto const decay = detail::decay_of<T>(optimizer, rate);
    optimizer.template step<T>(t, rate, [&](auto kept, auto const& update) {
        detail::sweep_stretches(kept, update, decay, scale, w, g, slots, stride, {trained, sparse},
                                threads);
    });
}

/// Stretches that an optimizer treats alike, of parameters of which it does not treat all alike.
struct UpdatePart {
    Span<Stretch const> stretches;
    std::uint64_t scaled = 0; ///< bits that say which scales of the learning rate hold for them
    bool decays = true;
    bool sparse = false; ///< rows of tables
};

/// The same where it treats them in parts, which are all of `trained`.
template <class T, class Optimizer, PoolOrNone P>
void apply_in_parts(Optimizer const& optimizer, std::uint64_t t, T* w, T* g, T* slots,
                    std::size_t stride, Span<UpdatePart const> parts, Span<Stretch const> trained,
                    Span<Stretch const> tensors, P threads) {
    double const rate = detail::rate_of<T>(optimizer.learning_rate, t);
    auto const rate_in = [&]([[maybe_unused]] UpdatePart const& part) {
        if constexpr (requires { optimizer.scale_of(part.scaled); })
            return detail::checked_rate<T>(rate * optimizer.scale_of(part.scaled), t);
        else return rate;
    };
    for (UpdatePart const& part : parts) rate_in(part); // all of them before anything changes
    T const scale = detail::clip_if_asked(optimizer, g, trained, tensors, threads);
    for (std::size_t first = 0; first < parts.size(); ++first) {
        auto const alike = [&](UpdatePart const& part) {
            return part.scaled == parts[first].scaled;
        };
        if (std::any_of(parts.begin(), parts.begin() + first, alike)) continue; // done with it
        double const its = rate_in(parts[first]);
        auto const decay = detail::decay_of<T>(optimizer, its);
        optimizer.template step<T>(t, its, [&](auto kept, auto const& update) {
            for (std::size_t i = first; i < parts.size(); ++i)
                if (UpdatePart const& part = parts[i]; alike(part))
                    detail::sweep_stretches(
                        kept, update, part.decays ? decay : detail::Decay<T>{}, scale, w, g, slots,
                        stride, {part.stretches, part.sparse ? 0 : part.stretches.size()}, threads);
        });
    }
}

// What most programs train with is compiled once, where a program asks for it: behind the optimizer
// stands LAMINA_COMPILED_ONCE(Adam).
#define LAMINA_STEPS(how, Optimizer, P)                                                            \
    how template void apply(Optimizer const&, std::uint64_t, float*, float*, float*, std::size_t,  \
                            Span<Stretch const>, Span<Stretch const>, P, std::size_t)
#ifdef LAMINA_SOURCE
#define LAMINA_COMPILED_ONCE(Optimizer)                                                            \
    LAMINA_STEPS(, Optimizer, std::nullptr_t);                                                     \
    LAMINA_STEPS(, Optimizer, Threads*)
#elif !LAMINA_BODIES
#define LAMINA_COMPILED_ONCE(Optimizer)                                                            \
    LAMINA_STEPS(extern, Optimizer, std::nullptr_t);                                               \
    LAMINA_STEPS(extern, Optimizer, Threads*)
#else
#define LAMINA_COMPILED_ONCE(Optimizer)
#endif

} // namespace lamina
