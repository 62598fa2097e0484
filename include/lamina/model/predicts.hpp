// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/batches.hpp>
#include <lamina/model/columns.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/form_of.hpp>
#include <lamina/model/predict_arrays.hpp>
#include <lamina/model/prediction.hpp>
#include <lamina/model/sample_set.hpp>
#include <lamina/model/stream.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <type_traits>
#include <utility>

namespace lamina::detail {

/// All forms of predict, for whom holds a network's weights: Self has numbers(), the Weights;
/// prepared(), what the layers made of them (null: nothing); and losses().
template <class Self, class Pairing, class Index>
class Predicts {
public:
    using Network = typename Pairing::Network;
    using Scalar = typename Network::Scalar;
    using Definition = typename Network::Definition;
    using Workspace = lamina::Workspace<Network>;
    static constexpr std::size_t inputs = Network::inputs, outputs = Network::output_count;
    /// The shape of the K-th output of a sample.
    template <std::size_t K>
    using Output = typename Pairing::template At<K>::Y;

private:
    using T = Scalar;
    using Form = FormOf<T, Pairing, typename Definition::Inputs, Index>;
    template <class B>
    using StreamOf =
        Stream<T, typename Definition::Inputs, Pairing, Index, std::remove_reference_t<B>>;
    Self const& self() const { return static_cast<Self const&>(*this); }

public:
    /// The K-th output of each sample.
    template <std::size_t K = 0>
    auto predict(Arrays const& x, PredictOptions const& options = {}) const {
        return predict_arrays<K>(self().numbers(), self().prepared(), x, options);
    }
    template <std::size_t K = 0, SampleSet Data>
    auto predict(Data const& data, PredictOptions const& options = {}) const {
        return predict<K>(x_of(data), options);
    }
    /// The same for an epoch of batches, in their order; their targets are not looked at.
    template <std::size_t K = 0, class B>
    requires(Batches<std::remove_cvref_t<B>>) auto predict(
        B&& batches, PredictOptions const& options = {}) const {
        static_assert(K < outputs, "predict<K>: the network has no output K. They count from 0.");
        if constexpr (K < outputs) {
            StreamOf<B> source(batches, self().losses(), "predict");
            return predict_batches<Output<K>>(self().numbers(), self().prepared(), source, int(K),
                                              options);
        } else return Tensor<T, 2>{};
    }

    /// The K-th output of each sample with dropout and noise as in training: one draw from what the
    /// network deems possible. Normalization is that of predict(), and nothing is learnt. The same
    /// seed and batch_size give the same draws. Of many, the mean is the prediction and the spread
    /// says how sure the network is (Monte-Carlo dropout).
    ///
    /// Source: Gal and Ghahramani (2016), "Dropout as a Bayesian approximation"; what Keras' layers
    /// do when they are called with training=True
    template <std::size_t K = 0>
    auto predict_stochastic(Arrays const& x, StochasticOptions const& options = {}) const {
        return predict_drawn<K>(self().numbers(), x, options);
    }

    /// The first output for n samples, where it lies in the workspace until its next use. Allocates
    /// nothing once the workspace has seen n samples. Each thread brings its own workspace.
    template <class X>
    T const* predict(Workspace& work, X const* x, std::size_t n = 1) const {
        static_assert(
            inputs == 1,
            "predict: the network has several inputs. Give predict(workspace, {a, b}, n).");
        static_assert(std::is_same_v<X, NumberOf<T, typename Form::FirstInput>>,
                      "predict: give the network's own numbers: float (or compile's T), "
                      "std::int32_t for tokens.");
        void const* const in[]{x};
        return lamina::predict(self().numbers(), work, in, n, 0, nullptr, self().prepared());
    }
    T const* predict(Workspace& work, std::initializer_list<void const*> x, std::size_t n,
                     int output = 0) const {
        if (x.size() != inputs || output < 0 || std::size_t(output) >= outputs)
            refuse("predict",
                   {"inputs given: ", x.size(), ", taken: ", inputs, "; output asked for: ", output,
                    " of ", outputs, ". Give each input; outputs count from 0."});
        return lamina::predict(self().numbers(), work, x.begin(), n, output, nullptr,
                               self().prepared());
    }
    Workspace workspace() const { return {}; }
    /// The same, copied to y.
    template <class X, class Y>
    void predict_into(X const* x, std::size_t n, Y* y, Workspace& work) const {
        constexpr bool own = std::is_same_v<Y, T>;
        static_assert(own, "predict_into writes the network's own numbers: float (or compile's "
                           "T).");
        if constexpr (own) {
            if constexpr (passes_on_stack<Network>)
                if (n == 1) {
                    work.reserve_scratch();
                    return infer_one(self().numbers(), work, {x}, y, 0);
                }
            std::copy_n(predict(work, x, n), n * Output<0>::size, y);
        }
    }
};

} // namespace lamina::detail
