// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/normalization.hpp>
#include <lamina/layers/normalization_options.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// Normalises each sample in groups of neighbouring features (the last axis), each group by its own
/// mean and variance over all other axes: y = gamma (x - mean) / sqrt(variance + epsilon) + beta.
/// With one group for each feature it is instance normalization. PyTorch's epsilon is 1e-5.
///
/// Input       any shape of numbers; Groups divides its last axis
/// Output      that shape
/// Parameters  gamma Shape<Features> Ones, beta Shape<Features> Zeros
/// Options     epsilon; NoScale, NoCenter: without gamma, beta
/// Errors      (compile time) Groups does not divide the features; a group has one number only; the
///             input is tokens
/// Source      keras.layers.GroupNormalization; Wu and He (2018), "Group normalization"
template <std::size_t Groups, class... Options>
struct GroupNormalization {
    static constexpr bool fits = Groups > 0;
    static void otherwise() {
        static_assert(fits, "GroupNormalization<Groups> needs at least one group.");
    }
    float epsilon = 1e-3f;

    void check() const { detail::Check{"GroupNormalization"}.not_negative("epsilon", epsilon); }

    void config(auto const& out) const {
        out("groups", Groups);
        out("axis", -1);
        out("epsilon", epsilon);
        detail::tell_center_and_scale<Options...>(out);
    }

    template <class In>
    struct On : detail::Normalization<In, Options...> {
        using Base = detail::Normalization<In, Options...>;
        static constexpr std::size_t f = In::last;
        static constexpr bool divides = f % Groups == 0, several = In::size > Groups,
                              fits = Base::fits && divides && several;
        static void otherwise() {
            if constexpr (!Base::fits) Base::otherwise();
            else if constexpr (!divides)
                static_assert(divides, "GroupNormalization: the features are no multiple of "
                                       "Groups. Choose a divisor of the last axis.");
            else
                static_assert(several, "GroupNormalization over one number is always beta. Choose "
                                       "fewer Groups.");
        }
        static constexpr bool each_moment = false;
        // the mean and 1 / deviation of each feature's group; two sums for each feature
        static constexpr std::size_t cache = 4 * f;
        static constexpr std::size_t flops = 7 * In::size;
        template <class T>
        static constexpr std::size_t scratch = 2 * f + kernels::column_sums_room<2>(f);

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = Base::split(c.parameters());
            each_sample(c, [&](std::size_t n, T* room) {
                T* const mean = c.cache + n * cache;
                kernels::normalize_groups<T>(In::rows, f, Groups, c.x.sample(n), p.gamma, p.beta,
                                             T(c.layer.epsilon), c.y.sample(n), mean, mean + f,
                                             room);
            });
        }
        static void backward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = Base::split(c.parameters());
            each_sample(c, [&](std::size_t n, T* room) {
                T* const mean = c.cache + n * cache;
                kernels::normalize_groups_dx<T>(In::rows, f, Groups, c.x.sample(n), mean, mean + f,
                                                p.gamma, c.dy.sample(n), mean + 2 * f,
                                                c.needs_dx ? c.dx.sample(n) : nullptr, room);
            });
            if (!c.trains) return;
            for (std::size_t n = 0; n < c.batch; ++n)
                Base::add_sums(c.gradients(), c.cache + n * cache + 2 * f);
        }

    private:
        static void each_sample(auto const& c, auto const& work) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            parallel_for(c.threads, c.batch, 16384 / In::size + 1,
                         [&](std::size_t begin, std::size_t end, std::size_t worker) {
                             for (std::size_t n = begin; n < end; ++n)
                                 work(n, c.scratch + worker * scratch<T>);
                         });
        }
    };
};

} // namespace lamina
