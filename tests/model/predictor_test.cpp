// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace lamina;

namespace {

template <class X>
std::vector<X> samples(std::size_t n, std::uint64_t seed) {
    std::vector<X> x(n);
    for (std::size_t i = 0; i < n; ++i)
        x[i] = std::is_integral_v<X> ? X(Random{seed}.below(i, 20))
                                     : X(2 * Random{seed}.uniform(i) - 1);
    return x;
}

/// The largest difference, beside the largest number of a.
template <class T>
double apart(std::vector<T> const& a, std::vector<T> const& b) {
    T most{0}, difference{0};
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!std::isfinite(a[i]) || !std::isfinite(b[i])) return 1;
        most = std::max(most, std::abs(a[i]));
        difference = std::max(difference, std::abs(a[i] - b[i]));
    }
    return double(difference / std::max(most, T(1e-6)));
}

/// A Predictor gives what its model gives: for batches whose products take other ways, alone and
/// with threads. `prepares`: something of the network is prepared at all.
template <class X = float, class D>
void check_predictor(D const& definition, bool prepares,
                     std::initializer_list<std::size_t> batches = {1, 2, 3, 5, 16, 33, 70}) {
    auto model = compile(definition, SGD{}, MeanSquaredError{});
    using M = decltype(model);
    using Y = typename M::template Output<0>;
    CHECK((M::Network::prepared > 0) == prepares);
    model.weights.for_each_parameter([](int row, auto const&, auto const& tensor, float* numbers) {
        for (std::size_t i = 0; i < tensor.extents.size; ++i) // biases too
            numbers[i] += 0.1f * (Random{std::uint64_t(row)}.uniform(i) - 0.5f);
    });
    Predictor const predictor{model};
    std::size_t const in = M::Network::written.rows[0].op->output.size;
    for (std::size_t const n : batches) {
        CAPTURE(n);
        auto const x = samples<X>(n * in, n);
        std::vector<float> expected(n * Y::size), y(n * Y::size, NAN);
        auto room = model.workspace(), own = predictor.workspace();
        model.predict_into(x.data(), n, expected.data(), room);
        predictor.predict_into(x.data(), n, y.data(), own);
        CHECK(apart(expected, y) < 2e-6);
    }
}

} // namespace

TEST_CASE("dense layers") {
    check_predictor(Sequential{Input<784>{}, Dense<512, ReLU>{}, Dense<512, ReLU>{}, Dense<10>{}},
                    true, {1, 2, 3, 4, 5, 8, 13, 16, 33, 96, 130, 256});
    check_predictor(Sequential{Input<100>{}, Dense<77, Tanh>{}, Dense<131>{}, Dense<67, NoBias>{}},
                    true);
    check_predictor(Sequential{Input<9, 70>{}, Dense<150, ReLU>{}, Dense<3>{}}, true);
    check_predictor(Sequential{Input<2100>{}, Dense<64>{}}, true, {1, 2, 65, 130});
}
TEST_CASE("small networks are read as they are") {
    check_predictor(Sequential{Input<3>{}, Dense<64, ReLU>{}, Dense<1>{}}, false);
    check_predictor(Sequential{Input<4, 3>{}, LSTM<5>{}, Dense<2>{}}, false);
}
TEST_CASE("recurrent layers") {
    check_predictor(Sequential{Input<9, 40>{}, LSTM<72>{}, Dense<3>{}}, true);
    check_predictor(Sequential{Input<9, 40>{}, GRU<50, ReturnSequences>{}, GRU<31>{}}, true);
    check_predictor(Sequential{Input<5, 60>{}, SimpleRNN<90, GoBackwards>{}}, true);
    check_predictor(Sequential{Input<7, 33>{}, Bidirectional<LSTM<48, ReturnSequences>>{},
                               Bidirectional<GRU<20>>{}},
                    true);
}
TEST_CASE("attention") {
    check_predictor(Sequential{Input<12, 72>{}, TransformerEncoderLayer<4, 160>{}}, true);
    check_predictor<std::int32_t>(Sequential{Tokens<10>{}, Embedding<20, 96, MaskZero>{},
                                             TransformerEncoderLayer<3, 96>{},
                                             GlobalAveragePooling1D{}, Dense<4>{}},
                                  true);
}
TEST_CASE("convolutions") {
    check_predictor(Sequential{Input<14, 13, 40>{}, Conv2D<56, 3, Same>{}}, true, {1, 2, 3, 9});
    check_predictor(Sequential{Input<4, 4, 64>{}, Conv2D<96, 3, ReLU, Same>{}, Conv2D<64, 3>{}},
                    true, {1, 2, 3, 9});
    check_predictor(Sequential{Input<28, 28, 1>{}, Conv2D<32, 3, ReLU>{}, Conv2D<64, 3, ReLU>{},
                               MaxPooling2D<2>{}, Flatten{}, Dense<128, ReLU>{}, Dense<10>{}},
                    true, {1, 3, 17});
    check_predictor(Sequential{Input<20, 20>{}, Conv1D<70, 5, Causal>{}, Conv1D<30, 1>{}}, false);
}

TEST_CASE("arrays, batches, threads, several inputs and outputs") {
    auto const model = compile(graph<Input<90>, Input<70>>([](auto a, auto b) {
                                   auto const both = join(a | Dense<80, ReLU>{}, b) | Concatenate{};
                                   return outputs(both | Dense<100>{}, both | Dense<64, Tanh>{});
                               }),
                               SGD{}, losses(MeanSquaredError{}, MeanSquaredError{}));
    Predictor const predictor{model};
    std::size_t const n = 150;
    auto const a = samples<float>(n * 90, 1), b = samples<float>(n * 70, 2);
    Array const x(a.data(), {n, 90}), z(b.data(), {n, 70});
    auto const same = [](auto const& expected, auto const& got) {
        std::vector<float> const e(expected.begin(), expected.end());
        return e.size() == got.size() &&
               apart(e, std::vector<float>(got.begin(), got.end())) < 2e-6;
    };
    for (std::size_t const threads : {1u, 2u, 3u})
        for (std::size_t const batch : {7u, 64u, 256u}) {
            CAPTURE(threads);
            CAPTURE(batch);
            PredictOptions const options{.batch_size = batch, .threads = threads};
            CHECK(same(model.predict<0>({x, z}), predictor.predict<0>({x, z}, options)));
            CHECK(same(model.predict<1>({x, z}), predictor.predict<1>({x, z}, options)));
        }
    auto room = predictor.workspace(), own = model.workspace();
    std::vector<float> const expected(model.predict(own, {a.data(), b.data()}, 3, 1),
                                      model.predict(own, {a.data(), b.data()}, 3, 1) + 3 * 64);
    float const* const y = predictor.predict(room, {a.data(), b.data()}, 3, 1);
    CHECK(apart(expected, std::vector<float>(y, y + 3 * 64)) < 2e-6);
    CHECK_THROWS_AS(predictor.predict(room, {a.data()}, 3), Error);
}
TEST_CASE("weights as they were") {
    auto const definition = Sequential{Input<90>{}, Dense<100, ReLU>{}, Dense<2>{}};
    using M = decltype(compile(definition, Adam{}, MeanSquaredError{}));
    auto const x = samples<float>(40 * 90, 1), y = samples<float>(40 * 2, 2);
    Array const in(x.data(), {40, 90}), target(y.data(), {40, 2});
    std::optional<M> model{compile(definition, Adam{}, MeanSquaredError{})};
    auto const before = model->predict(in);
    Predictor<M> predictor{*model};
    CHECK(Predictor<M>::bytes() >= 2 * 100 * 90 * sizeof(float));
    model->fit(in, target, {.epochs = 2, .verbose = 0});
    auto const after = model->predict(in);
    CHECK(after != before);
    auto const as_before = [&](Predictor<M> const& p) {
        auto const got = p.predict(in);
        return apart(std::vector<float>(before.begin(), before.end()),
                     std::vector<float>(got.begin(), got.end())) < 2e-6;
    };
    CHECK(as_before(predictor));
    Predictor<M> const learnt{*model};
    CHECK(!as_before(learnt));
    model.reset();
    CHECK(as_before(predictor)); // it owns what it reads
    Predictor<M> const copy = predictor;
    Predictor<M> const moved = std::move(predictor);
    CHECK(as_before(copy));
    CHECK(as_before(moved));
    predictor = learnt;
    CHECK(!as_before(predictor));
}
TEST_CASE("weights without a model") {
    using N = Network<decltype(Sequential{Input<90>{}, Dense<100, ReLU>{}, Dense<70>{}}), float>;
    Weights<N> weights;
    PreparedWeights const prepared{weights};
    static_assert(PreparedWeights<N>::bytes() == (N::parameters + N::prepared) * sizeof(float));
    auto const x = samples<float>(9 * 90, 1);
    void const* const in[]{x.data()};
    Workspace<N> work, room;
    float const *const expected = predict(weights, work, in, 9), *const y =
                                                                     predict(prepared, room, in, 9);
    CHECK(apart(std::vector<float>(expected, expected + 9 * 70),
                std::vector<float>(y, y + 9 * 70)) < 2e-6);
    weights.values[0] += 100;
    CHECK(prepared.weights().values[0] != weights.values[0]);
}
TEST_CASE("a model that was moved from is refused") {
    auto model = compile(Sequential{Input<90>{}, Dense<80>{}}, SGD{}, MeanSquaredError{});
    auto const other = std::move(model);
    CHECK_THROWS_WITH_AS(Predictor{model},
                         doctest::Contains("Predictor: this model was moved from"), Error);
    CHECK_NOTHROW(Predictor{other});
}
TEST_CASE("one for many threads") {
    auto const model =
        compile(Sequential{Input<90>{}, Dense<80, ReLU>{}, Dense<70>{}}, SGD{}, MeanSquaredError{});
    Predictor const predictor{model};
    auto const x = samples<float>(8 * 90, 3);
    auto room = model.workspace();
    std::vector<float> expected(8 * 70);
    model.predict_into(x.data(), 8, expected.data(), room);
    std::vector<double> worst(4, 1.0);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < worst.size(); ++t)
        threads.emplace_back([&, t] {
            auto own = predictor.workspace();
            std::vector<float> y(8 * 70);
            worst[t] = 0;
            for (int i = 0; i < 50; ++i) {
                predictor.predict_into(x.data(), 8, y.data(), own);
                worst[t] = std::max(worst[t], apart(expected, y));
            }
        });
    for (auto& thread : threads) thread.join();
    for (double const w : worst) CHECK(w < 2e-6);
}
