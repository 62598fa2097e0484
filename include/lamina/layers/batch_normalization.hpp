// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/kernels/normalization.hpp>
#include <lamina/layers/normalization_options.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

template <class... Options>
struct BatchNormalization {
    float momentum = 0.99f, epsilon = 1e-3f;

    void check() const {
        Check{"BatchNormalization"}.share("momentum", momentum).not_negative("epsilon", epsilon);
    }

    void config(auto const& out) const {
        out("momentum", momentum);
        out("axis", -1);
        out("epsilon", epsilon);
        tell_center_and_scale<Options...>(out);
    }

    template <class In>
    struct On : Normalization<In, Options...> {
        using Base = Normalization<In, Options...>;
        static constexpr std::size_t f = In::last;
        using State = lamina::Parameters<Parameter<"moving_mean", Shape<f>, Zeros>,
                                         Parameter<"moving_variance", Shape<f>, Ones>>;
        // mean, variance, 1 / deviation, gamma / deviation, two sums, the rows that count
        static constexpr std::size_t batch_cache = 6 * f + kernels::column_sums_room<2>(f) + 1;
        static constexpr std::size_t flops = 4 * In::size;

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = Base::split(c.parameters());
            auto const room = rooms(c);
            T const *mean = c.state()[0], *variance = c.state()[1], epsilon = T(c.layer.epsilon);
            if (c.one && In::rows == 1 && !c.training)
                return kernels::normalize_one(kernels::few<f>, c.x.data, mean, variance, p.gamma,
                                              p.beta, epsilon, c.y.data);
            if (c.training && c.trains && c.has_next_state()) {
                T& count = *room.count = count_rows(c);
                T const share = c.batch > 0 ? T{1} - T(c.layer.momentum) : T{0};
                mean = room.mean;
                variance = room.variance;
                kernels::column_moments(c.threads, c.x.rows(), f, c.x.data, c.mask, count,
                                        room.mean, room.variance, room.room);
                for (std::size_t j = 0; j < 2 * f; ++j)
                    c.next_state()[0][j] = c.state()[0][j] + share * (mean[j] - c.state()[0][j]);
            }
            kernels::column_scales(kernels::few<f>, variance, p.gamma, epsilon, room.inverse,
                                   room.scale);
            kernels::normalize_columns(c.threads, c.x.rows(), kernels::few<f>, c.x.data, mean,
                                       room.scale, p.beta, c.y.data);
        }
        static void backward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const room = rooms(c);
            std::size_t const rows = c.x.rows();
            T const* const no_mask = nullptr;
            if (!c.trains) { // the mean is not the batch's: dx = scale dy
                for (std::size_t j = 0; j < 2 * f; ++j) room.sums[j] = T{0};
                return kernels::normalize_columns_dx(c.threads, rows, f, c.x.data, no_mask, T{1},
                                                     c.state()[0], room.inverse, room.scale,
                                                     room.sums, c.dy.data, c.dx.data);
            }
            kernels::column_gradients(c.threads, rows, f, c.x.data, room.mean, room.inverse,
                                      c.dy.data, room.sums, room.room);
            Base::add_sums(c.gradients(), room.sums);
            if (c.needs_dx)
                kernels::normalize_columns_dx(c.threads, rows, f, c.x.data, c.mask, *room.count,
                                              room.mean, room.inverse, room.scale, room.sums,
                                              c.dy.data, c.dx.data);
        }

    private:
        template <class T>
        struct Rooms {
            T *mean, *variance, *inverse, *scale, *sums, *count, *room;
        };
        static auto rooms(auto const& c) {
            auto* const at = c.batch_cache;
            return Rooms<std::remove_pointer_t<decltype(c.batch_cache)>>{
                at, at + f, at + 2 * f, at + 3 * f, at + 4 * f, at + 6 * f, at + 6 * f + 1};
        }
        static auto count_rows(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            if (!c.mask) return T(std::max<std::size_t>(1, c.x.rows()));
            T count{0};
            for (std::size_t r = 0; r < c.x.rows(); ++r) count += c.mask[r];
            return count > T{0} ? count : T{1};
        }
    };
};

} // namespace detail

/// Normalises each feature (last axis) over the batch and all other axes:
/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta. While training mean and variance are
/// those of the batch (masked moments do not count), and the moving ones follow:
/// moving = momentum moving + (1 - momentum) batch. At inference, and where frozen, they are the
/// moving ones. PyTorch's momentum is 1 - this one, its epsilon 1e-5, and its running variance is
/// divided by n - 1 where this one, like Keras', is divided by n. In a batch of one vector nothing
/// varies: it gives beta.
///
/// Input       any shape of numbers
/// Output      that shape
/// Parameters  gamma Shape<Features> Ones, beta Shape<Features> Zeros
/// State       moving_mean Shape<Features> Zeros, moving_variance Shape<Features> Ones
/// Options     momentum, epsilon
/// Errors      (compile time) the input is tokens
/// Source      keras.layers.BatchNormalization; Ioffe and Szegedy (2015), "Batch normalization"
using BatchNormalization = detail::BatchNormalization<>;
/// BatchNormalizationWith<NoScale>: without gamma; <NoCenter>: without beta; both may stand there.
template <class... Options>
using BatchNormalizationWith = detail::BatchNormalization<Options...>;

} // namespace lamina
