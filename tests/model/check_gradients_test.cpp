// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/check_gradients.hpp>

#include <lamina/lamina.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace lamina;

namespace {

template <std::size_t Width>
Tensor<double, 2> numbers(std::size_t n, std::uint64_t seed) {
    Tensor<double, 2> x = xt::zeros<double>({n, Width});
    for (std::size_t i = 0; i < x.size(); ++i)
        x.data()[i] = 2 * double(Random{seed}.uniform(i)) - 1;
    return x;
}

/// y = scale x^2 for each feature; Wrong: 1 the gradient of scale is halved, 2 it is left out, 3 dx
/// has the wrong sign.
template <int Wrong>
struct Square {
    template <class In>
    struct On {
        static constexpr bool fits = true;
        static void otherwise() {}
        using Output = In;
        using Parameters = lamina::Parameters<Parameter<"scale", Shape<In::last>, Ones>>;
        static void forward(auto const& c) {
            auto const [scale] = c.parameters();
            for (std::size_t i = 0; i < c.x.size(); ++i)
                c.y[i] = scale[i % In::last] * c.x[i] * c.x[i];
        }
        static void backward(auto const& c) {
            auto const [scale] = c.parameters();
            auto const [dscale] = c.gradients();
            double const share = Wrong == 1 ? 0.5 : Wrong == 2 ? 0.0 : 1.0;
            for (std::size_t i = 0; i < c.x.size(); ++i) {
                dscale[i % In::last] += share * c.dy[i] * c.x[i] * c.x[i];
                c.dx[i] = (Wrong == 3 ? -2 : 2) * scale[i % In::last] * c.x[i] * c.dy[i];
            }
        }
    };
};

/// e^4; Wrong: its slope is that of e^3.
template <bool Wrong>
struct Fourth {
    static constexpr std::string_view name = "fourth";
    static constexpr TargetRule rule = TargetRule::number;
    template <class Y>
    using On = ElementwiseLoss<Fourth, Y>;
    template <class V>
    kernels::LossAndSlope<V> operator()(V y, V target) const {
        V const e = y - target;
        return {e * e * e * e, Wrong ? V(3) * e * e : V(4) * e * e * e};
    }
};

template <class Middle, class Loss = Fourth<false>>
GradientCheck check(Middle middle, Loss loss = {}) {
    auto const model =
        compile<double>(Sequential{Input<3>{}, Dense<4>{}, middle, Dense<2, Tanh>{}}, SGD{}, loss);
    return check_gradients(model, numbers<3>(7, 1), numbers<2>(7, 2));
}

} // namespace

TEST_CASE("gradients that are right") {
    auto const found = check(Square<0>{});
    CHECK(found.error < 1e-6);
    CHECK(found.examined == 3 * 4 + 4 + 4 + 4 * 2 + 2);
    CHECK(!found.path.empty());
}

TEST_CASE("a mistake is found, and where it is") {
    auto const halved = check(Square<1>{});
    CHECK(halved.path == "square/scale");
    CHECK(std::abs(halved.gradient / halved.expected - 0.5) < 1e-6);
    CHECK(halved.error > 0.4);

    auto const left_out = check(Square<2>{});
    CHECK(left_out.path == "square/scale");
    CHECK(left_out.gradient == 0);
    CHECK(std::abs(left_out.error - 1) < 1e-6);

    auto const sign = check(Square<3>{});
    CHECK(sign.path.starts_with("dense/")); // before it, and nowhere behind
    CHECK(std::abs(sign.gradient + sign.expected) < 1e-6 * std::abs(sign.expected));

    CHECK(check(Square<0>{}, Fourth<true>{}).error > 0.1);
}

TEST_CASE("all that adds to a loss: draws, batches, penalties, masks, several outputs") {
    auto const net = graph<Tokens<5>, Input<3>>([](auto text, auto x) {
        auto words = text | Embedding<20, 6, MaskZero>{};
        auto h = words | LSTM<5>{.dropout = 0.2f};
        auto both = join(h, x | Dense<4, ReLU>{} | BatchNormalization{}) | Concatenate{} |
                    Dropout{.rate = 0.3f} | Dense<6, ReLU>{.kernel_l2 = 0.1f} | frozen(Dense<4>{});
        return outputs(both | named<"kind">(Dense<3, Softmax>{}), both | named<"size">(Dense<1>{}));
    });
    auto const model =
        compile<double>(net, Adam{.clip = {.norm = 1e-3}},
                        losses(SparseCategoricalCrossentropy{}, weighted(0.3f, Huber{})));
    Tensor<std::int32_t, 2> text = xt::zeros<std::int32_t>({std::size_t(9), std::size_t(5)});
    Tensor<std::int32_t, 1> kind = xt::zeros<std::int32_t>({std::size_t(9)});
    for (std::size_t i = 0; i < 9; ++i) {
        kind(i) = std::int32_t(i % 3);
        for (std::size_t t = 0; t < 2 + i % 4; ++t)
            text(i, t) = 1 + std::int32_t(Random{7}.below(5 * i + t, 19));
    }
    std::vector<double> const before(model.weights.values.data(),
                                     model.weights.values.data() + model.parameter_count);
    std::vector<float> const weight{1, 2, 0, 1, 1, 3, 1, 1, 0.5f};
    auto const found = check_gradients(model, {text, numbers<3>(9, 1)}, {kind, numbers<1>(9, 2)},
                                       {.each_tensor = 60, .seed = 3, .sample_weight = weight});
    INFO(found.path << " " << found.place << ": " << found.gradient << ", " << found.expected);
    CHECK(found.error < 1e-6);
    // of the table and of the LSTM's kernels no more than was asked, of what is frozen none
    CHECK(found.examined == 3 * 60 + 4 * 5 + 16 + 2 * 4 + (9 * 6 + 6) + (4 * 3 + 3) + (4 + 1));
    CHECK(std::equal(before.begin(), before.end(), model.weights.values.data()));
}

TEST_CASE("what train_on_batch refuses") {
    auto const model =
        compile<double>(Sequential{Input<3>{}, Dense<2>{}}, SGD{}, MeanSquaredError{});
    CHECK_THROWS_AS(check_gradients(model, numbers<2>(4, 1), numbers<2>(4, 2)), Error);
    CHECK_THROWS_WITH_AS(check_gradients(model, numbers<3>(0, 1), numbers<2>(0, 2)),
                         "check_gradients: there is no sample.", Error);
}
