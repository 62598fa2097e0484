// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/block.hpp>
#include <lamina/core/random.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/columns.hpp>
#include <lamina/model/form_of.hpp>
#include <lamina/model/refused_model.hpp>
#include <lamina/model/touched_rows.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace lamina {

/// How check_gradients() looks.
struct GradientOptions {
    double step = 1e-5;            ///< by which a parameter is moved to either side
    std::size_t each_tensor = 100; ///< at most so many of its parameters, those by the seed
    std::uint64_t seed = 0;        ///< of dropout and noise too
    Array sample_weight{};
};

/// Where a gradient is furthest from what the loss does.
struct GradientCheck {
    double error = 0;         ///< beside the largest gradient of the tensor; 0 is perfect
    std::string path{};       ///< of the tensor: "encoder/dense_1/kernel"
    std::size_t place = 0;    ///< in the tensor
    double gradient = 0;      ///< what backward gave
    double expected = 0;      ///< what the loss says
    std::size_t examined = 0; ///< how many parameters were looked at
};

namespace detail {

/// A model's loss on one batch as a function of its weights, and the gradient of it.
template <class Model>
class LossOfBatch {
    using Net = typename Model::Network;
    using T = typename Net::Scalar;
    using Form =
        FormOf<T, typename Model::Pairing, typename Net::Definition::Inputs, typename Model::Index>;

public:
    Weights<Net> weights;
    Block<T> gradients{Net::parameters + 1};

    LossOfBatch(Model const& model, Arrays const& x, Arrays const& y,
                GradientOptions const& options)
        : weights(model.weights), metrics_(model.metrics), seed_(options.seed) {
        data_.bind("check_gradients", Form::data, Form::ignored(model.losses()).data(), x, y,
                   options.sample_weight, {});
        check_some(data_.samples, "check_gradients");
        data_.samples.begin_epoch(0, data_.samples.count, false, {});
        data_.samples.next(batch_);
        loss_pass_.losses = model.losses();
        auto const shares = model.loss_weights();
        std::copy(shares.begin(), shares.end(), loss_pass_.loss_weights.begin());
    }
    /// The loss, penalties with it; the same draws at each call.
    double operator()() {
        std::copy_n(weights.state.data(), Net::training.state, next_state_.data());
        std::fill_n(gradients.data(), Net::parameters, T{0});
        T penalty{0};
        auto w = loss_pass_.work_on(weights, batch_, nullptr);
        w.next_state = next_state_.data();
        w.gradients = gradients.data();
        w.loss = &penalty;
        w.training = true;
        w.random = Random{seed_}.child(1);
        Net::template forward<true>(w);
        typename Model::Sums sums;
        T const loss = loss_pass_.template measure<true>(sums, metrics_, batch_);
        Net::backward(w);
        Net::regularize(w);
        return double(loss + penalty);
    }

private:
    typename Model::Sums::Options metrics_;
    std::uint64_t seed_;
    BoundSamples<T> data_;
    BatchView batch_{};
    typename Model::LossPass loss_pass_;
    Block<T> next_state_{Net::training.state + 1};
};

} // namespace detail

/// Compares the gradients of a batch with central differences of its loss, as in training: for
/// layers, losses and activations of one's own, whose backward is written by hand. What has no
/// parameters is checked through those of a Dense before it.
///
///     auto const model = compile<double>(network, SGD{}, Mine{});
///     auto const worst = check_gradients(model, x, y);
///     assert(worst.error < 1e-6);   // or worst.path says where, worst.expected what it should be
///
/// A gradient that is right has an error of about 1e-8; one that is wrong, of 0.01 and more. Where
/// the loss has a corner, as behind a ReLU, the step is made smaller until it lies beside it. The
/// model stays as it is.
///
/// Errors      (compile time) the model computes in float, whose rounding hides the differences
///             (run time) as train_on_batch's
/// Source      torch.autograd.gradcheck
template <class Model>
GradientCheck check_gradients(Model const& model, Arrays const& x, Arrays const& y,
                              GradientOptions const& options = {}) {
    using Net = typename Model::Network;
    constexpr bool precise = std::is_same_v<typename Net::Scalar, double>;
    static_assert(precise, "check_gradients: float's rounding hides the differences. Make the "
                           "model by compile<double>(...).");
    GradientCheck worst;
    if constexpr (precise) {
        model.weights.check("check_gradients");
        detail::LossOfBatch loss(model, x, y, options);
        double const value = std::abs(loss());
        Block<double> const gradients = loss.gradients;
        auto const largest_of = [&](std::size_t from, std::size_t n) {
            double largest = 0;
            for (std::size_t i = from; i < from + n; ++i)
                largest = std::max(largest, std::abs(gradients[i]));
            return largest;
        };
        // what rounding of the loss makes of a difference must not count where all gradients are 0
        double const least =
            1e-4 * largest_of(0, Net::parameters) +
            1e4 * std::numeric_limits<double>::epsilon() * (value + 1) / options.step;
        auto const examine = [&](std::string const& path, std::size_t from, std::size_t place,
                                 double scale) {
            std::size_t const i = from + place;
            double& weight = loss.weights.values[i];
            double const before = weight, gradient = gradients[i];
            GradientCheck found{std::numeric_limits<double>::infinity(), path, place, gradient};
            for (double step = options.step; found.error > 1e-6 && step > 1e-3 * options.step;
                 step /= 10) {
                double const h = step * std::max(1.0, std::abs(before));
                weight = before + h;
                double const above = loss();
                weight = before - h;
                double const below = loss();
                weight = before;
                double const expected = (above - below) / (2 * h);
                double const error =
                    std::abs(expected - gradient) / std::max({scale, std::abs(expected), least});
                if (!(error < found.error)) continue;
                found.error = error;
                found.expected = expected;
            }
            std::size_t const examined = worst.examined + 1;
            if (found.error > worst.error || worst.path.empty()) worst = found;
            worst.examined = examined;
        };
        model.weights.for_each_parameter([&](int row, std::string const& path, auto const& tensor,
                                             double const* numbers) {
            if (!detail::owns_trained<Net>(row)) return;
            auto const from = std::size_t(numbers - model.weights.values.data());
            std::size_t const size = tensor.extents.size,
                              count = std::min(size, options.each_tensor);
            double const scale = largest_of(from, size);
            for (std::size_t k = 0; k < count; ++k)
                examine(path, from,
                        count < size ? Random{options.seed}.child(from).below(k, size) : k, scale);
        });
    }
    return worst;
}
template <std::size_t Metrics>
GradientCheck check_gradients(RefusedModel<Metrics> const&, Arrays const&, Arrays const&,
                              GradientOptions const& = {}) {
    return {};
}

} // namespace lamina
