// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/stepper.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/dropout.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/layer_normalization.hpp>
#include <lamina/layers/position_embedding.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/sgd.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

constexpr std::size_t moments = 7;

auto const language_model = graph<Tokens<moments>>([](auto tokens) {
    auto e = tokens | Embedding<11, 8>{};
    auto x = e | PositionEmbedding{};
    auto a = x + (x | LayerNormalization{} | Attention<Causal>{});
    auto h = a + (a | LayerNormalization{} | Dense<19>{} | Squash{} | Dense<8>{} | Dropout{});
    return h | Recurrent<8, Sequences>{} | BatchNormalization{} | tied(e);
});

/// An encoder whose padding is masked, and a decoder that looks at it and back at itself.
auto const translator = graph<Tokens<5>, Tokens<moments>>([](auto from, auto to) {
    auto memory = from | Embedding<9, 6, MaskZero>{} | PositionEmbedding{} | Attention<>{}
                | LayerNormalization{};
    auto words = to | Embedding<11, 8>{};
    auto x = words | PositionEmbedding{};
    auto a = x + (x | Attention<Causal>{});
    auto h = a + (join(a | LayerNormalization{}, memory) | Attention<>{});
    return outputs(h | Dense<5>{} | Bump{}, h | tied(words));
});

template <class T>
std::vector<std::int32_t> some_tokens(std::size_t n, int below, T seed) {
    std::vector<std::int32_t> tokens(n);
    for (std::size_t i = 0; i < n; ++i)
        tokens[i] = std::int32_t(Random{seed}.below(i, std::size_t(below)));
    return tokens;
}

/// The moment t of `batch` sequences of `moments` vectors of `width`.
template <class X>
std::vector<X> moment_of(std::vector<X> const& x, std::size_t batch, std::size_t width,
                         std::size_t t) {
    std::vector<X> moment;
    for (std::size_t n = 0; n < batch; ++n)
        for (std::size_t j = 0; j < width; ++j) moment.push_back(x[(n * moments + t) * width + j]);
    return moment;
}

template <class N>
void give_numbers(Weights<N>& weights) {
    for (std::size_t i = 0; i < N::parameters; ++i)
        weights.values[i] += 0.3f * (Random{9}.uniform(i) - 0.5f);
    for (std::size_t i = 0; i < N::training.state; ++i) weights.state[i] += Random{8}.uniform(i);
}

template <class T>
void check_language_model() {
    using N = Network<std::remove_const_t<decltype(language_model)>, T>;
    Weights<N> weights(language_model, 5);
    give_numbers(weights);
    std::size_t const batch = 3;
    auto const tokens = some_tokens(batch * moments, 11, 3u);
    void const* in[]{tokens.data()};
    Workspace<N> work;
    T const* const y = predict(weights, work, in, batch);
    std::vector<T> const full(y, y + batch * moments * 11);
    Stepper step(weights, batch);
    static_assert(decltype(step)::limit == moments);
    for (int round = 0; round < 2; ++round) {
        step.start();
        for (std::size_t t = 0; t < moments; ++t) {
            CHECK(step.position() == t);
            T const* const now = step(moment_of(tokens, batch, 1, t).data());
            CHECK(same_bits(std::vector<T>(now, now + batch * 11),
                            moment_of(full, batch, 11, t)));
        }
    }
    CHECK(full[0] != full[11]);
}

} // namespace

TEST_CASE("Stepper: attention, recurrence, positions, norms, tied output: the full pass's bits") {
    check_language_model<float>();
    check_language_model<double>();
}

TEST_CASE("Stepper: a decoder with a masked memory, two outputs") {
    using N = Network<std::remove_const_t<decltype(translator)>, float>;
    Weights<N> weights(translator, 5);
    give_numbers(weights);
    std::size_t const batch = 2;
    std::vector<std::int32_t> const from{3, 8, 1, 0, 0, 7, 2, 2, 5, 4};
    auto const to = some_tokens(batch * moments, 11, 4u);
    void const* in[]{from.data(), to.data()};
    Workspace<N> work;
    float const* const scores = predict(weights, work, in, batch, 0);
    std::vector<float> const first(scores, scores + batch * moments * 5);
    float const* const words = predict(weights, work, in, batch, 1);
    std::vector<float> const second(words, words + batch * moments * 11);

    Stepper<N, 1> step(weights, batch);
    {
        auto const copy = from;   // not needed after start
        step.start(copy.data());
    }
    for (std::size_t t = 0; t < moments; ++t) {
        float const* const now = step(moment_of(to, batch, 1, t).data());
        CHECK(same_bits(std::vector<float>(now, now + batch * 5), moment_of(first, batch, 5, t)));
        float const* const other = step.output(1);
        CHECK(same_bits(std::vector<float>(other, other + batch * 11),
                        moment_of(second, batch, 11, t)));
    }

    SUBCASE("what is padding does not matter; what is not does") {
        auto another = from;
        step.start(another.data());
        auto const to_begin = moment_of(to, batch, 1, 0);
        float const* const now = step(to_begin.data());
        std::vector<float> const before(now, now + batch * 5);
        CHECK(same_bits(before, moment_of(first, batch, 5, 0)));
        another[2] = 5;
        step.start(another.data());
        float const* const changed = step(to_begin.data());
        CHECK(changed[0] != before[0]);
        CHECK(changed[5] == before[5]);   // the other sample
    }
}

TEST_CASE("Stepper: inputs that are there at once and are read as they are") {
    auto const net = graph<Input<moments, 3>, Input<2, 2>>([](auto x, auto fixed) {
        auto summary = fixed | Flatten{} | Dense<4>{};
        auto h = join(x | Recurrent<2, Sequences>{}, fixed) | Attention<>{};
        return outputs(h, summary);
    });
    using N = Network<std::remove_const_t<decltype(net)>, double>;
    Weights<N> const weights(net, 5);
    std::vector<double> x(moments * 3), fixed(4);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = double(Random{1}.uniform(i));
    for (std::size_t i = 0; i < fixed.size(); ++i) fixed[i] = double(Random{2}.uniform(i));
    void const* in[]{x.data(), fixed.data()};
    Workspace<N> work;
    double const* const y = predict(weights, work, in, 1);
    std::vector<double> const full(y, y + moments * 2);
    Stepper<N, 0> step(weights);
    step.start(fixed.data());
    std::fill(fixed.begin(), fixed.end(), 1e9);
    for (std::size_t t = 0; t < moments; ++t) {
        double const* const now = step(x.data() + t * 3);
        CHECK(now[0] == full[t * 2]);
        CHECK(now[1] == full[t * 2 + 1]);
    }
    double const* const z = predict(weights, work, in, 1, 1);
    CHECK(step.output(1)[0] != z[0]);   // of the numbers that were given to start()
}

TEST_CASE("Stepper: a mask made by a stepped input") {
    auto const net = graph<Tokens<moments>>([](auto tokens) {
        return tokens | Embedding<5, 4, MaskZero>{} | Recurrent<3, Sequences>{}
             | Attention<Causal>{};
    });
    using N = Network<std::remove_const_t<decltype(net)>, float>;
    Weights<N> const weights(net, 5);
    std::vector<std::int32_t> const tokens{4, 0, 2, 0, 0, 1, 3};
    void const* in[]{tokens.data()};
    Workspace<N> work;
    float const* const y = predict(weights, work, in, 1);
    std::vector<float> const full(y, y + moments * 3);
    Stepper step(weights);
    for (std::size_t t = 0; t < moments; ++t) {
        float const* const now = step(&tokens[t]);
        for (std::size_t j = 0; j < 3; ++j) CHECK(now[j] == full[t * 3 + j]);
    }
}

TEST_CASE("Stepper: two stepped inputs, and the last state of a recurrent layer") {
    auto const net = graph<Tokens<moments>, Input<moments + 2, 3>>([](auto t, auto x) {
        auto h = t | Embedding<5, 3>{} | Recurrent<4>{};
        return outputs(h | Dense<2>{}, x | Recurrent<3>{});
    });
    using N = Network<std::remove_const_t<decltype(net)>, float>;
    Weights<N> const weights(net, 5);
    auto const tokens = some_tokens(moments, 5, 6u);
    std::vector<float> x((moments + 2) * 3);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = Random{1}.uniform(i);
    void const* in[]{tokens.data(), x.data()};
    Workspace<N> work;
    float const* const y = predict(weights, work, in, 1);
    Stepper step(weights);
    static_assert(decltype(step)::limit == moments);
    float const* now = nullptr;
    for (std::size_t t = 0; t < moments; ++t) now = step(&tokens[t], x.data() + 3 * t);
    CHECK(now[0] == y[0]);
    CHECK(now[1] == y[1]);
}

TEST_CASE("Stepper: of a model, it sees what the model learns") {
    auto model = compile(Sequential{Input<3, 2>{}, Recurrent<4, Sequences>{}, Dense<2>{}},
                         SGD{.learning_rate = 0.1f}, MeanSquaredError{});
    using M = decltype(model);
    static_assert(std::is_same_v<decltype(Stepper{model}), Stepper<M::Network>>);
    static_assert(!std::is_constructible_v<Stepper<M::Network>, Weights<M::Network>>);
    static_assert(!std::is_constructible_v<Stepper<M::Network>, M>);
    Stepper step{model};
    float const x[]{1, -1, 0.5f, 2, 0, 1}, y[]{1, 1, 0, 0, 1, 1};
    for (int round = 0; round < 2; ++round) {
        auto const whole = model.predict(Array{x, {1, 3, 2}});
        step.start();
        for (std::size_t t = 0; t < 3; ++t) {
            float const* const now = step(x + 2 * t);
            CHECK(now[0] == whole(0, t, 0));
            CHECK(now[1] == whole(0, t, 1));
        }
        model.train_on_batch(Array{x, {1, 3, 2}}, Array{y, {1, 3, 2}});
    }
}

TEST_CASE("Stepper: its limit, and what start() must be given, are said") {
    using N = Network<std::remove_const_t<decltype(translator)>, float>;
    Weights<N> const weights(translator, 5);
    Stepper<N, 1> step(weights);
    std::int32_t const word = 3;
    auto const message = [&](auto&& call) -> std::string {
        try {
            call();
        } catch (Error const& e) {
            CHECK(e.kind() == Error::Kind::argument);
            CHECK(e.where() == "Stepper");
            return e.what();
        }
        return "nothing was thrown";
    };
    CHECK(message([&] { step(&word); }).find("Call start(...) first") != std::string::npos);
    std::vector<std::int32_t> const from{1, 2, 3, 4, 5};
    step.start(from.data());
    for (std::size_t t = 0; t < moments; ++t) step(&word);
    std::string const late = message([&] { step(&word); });
    CHECK(late.find("made for 7 moments") != std::string::npos);
    CHECK(step.position() == moments);
    step.start(from.data());
    CHECK_NOTHROW(step(&word));
}

TEST_CASE("Stepper: of weights that were moved from") {
    Weights weights{Sequential{Input<moments, 3>{}, Recurrent<4>{}}};
    auto const moved = std::move(weights);
    CHECK_THROWS_WITH_AS(Stepper{weights}, doctest::Contains("Stepper: this model was moved from"),
                         Error);
    CHECK_NOTHROW(Stepper{moved});
}
