// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/embedding_bag.hpp>

#include "support/check_layer.hpp"
#include "support/golden.hpp"

#include <lamina/core/error.hpp>
#include <lamina/layers/add.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/layers/global_average_pooling_1d.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

static_assert(std::is_same_v<Embedding<5, 3>::On<Indices<7>>::Output, Shape<7, 3>>);
static_assert(std::is_same_v<Embedding<5, 3>::On<Indices<>>::Output, Shape<3>>);
static_assert(std::is_same_v<Embedding<5, 3>::On<Indices<2, 7>>::Output, Shape<2, 7, 3>>);
static_assert(!Embedding<5, 3>::On<Shape<7>>::fits);
static_assert(Network<Sequential<Tokens<7>, Embedding<5, 3>>, float>::vocabulary(0) == 5);

namespace {

void check_near(std::vector<double> const& expected, double const* found) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(found[i] - expected[i]) <= 1e-12 * std::max(1.0, std::abs(expected[i])));
}

template <class D>
void check_golden(std::string const& name, D const& definition) {
    INFO(name);
    golden::Case const golden(name);
    using N = Network<D, double, true>;
    Bench<N> bench(definition, golden["in/ids"].shape[0], Conditions{});
    std::copy_n(golden["param/weight"].data(), N::parameters, bench.weights.values.data());
    bench.tokens[0] = golden["in/ids"].as<std::int32_t>();
    bench.factor[0] = golden["gout/y"].values;
    auto const all = bench.backward();
    check_near(golden["out/y"].values, all.data());
    check_near(golden["grad_param/weight"].values, bench.gradients.data());
}

} // namespace

TEST_CASE("Embedding: what every layer owes") {
    check_layer("1 x 1", Sequential{Tokens<1>{}, Embedding<5, 1>{}});
    check_layer("5 x 4", Sequential{Tokens<5>{}, Embedding<7, 4>{}});
    check_layer("16 wide", Sequential{Tokens<3>{}, Embedding<5, 16>{}, Dense<2>{}});
    check_layer("odd", Sequential{Tokens<4>{}, Embedding<6, 67>{}});
    check_layer("masked", Sequential{Tokens<6>{}, Embedding<5, 9, MaskZero>{},
                                     GlobalAveragePooling1D{}});
    check_layer("dense gradient", Sequential{Tokens<5>{}, Embedding<5, 3, DenseGradient>{}});
    check_layer("matrix of tokens", Sequential{Tokens<2, 3>{}, Embedding<5, 3>{}, Flatten{}});
    check_layer("frozen", Sequential{Tokens<5>{}, frozen(Embedding<5, 3>{}), Dense<2>{}});
    check_layer("initializer",
                Sequential{Tokens<5>{}, Embedding<5, 3, EmbeddingsInitializer<Ones>>{}});
    check_layer("tied", graph<Tokens<5>>([](auto t) {
                    auto e = t | Embedding<9, 4>{};
                    return e | Dense<4>{} | tied(e);
                }));
    check_layer("twice", graph<Tokens<4>, Tokens<4>>([](auto a, auto b) {
                    auto e = a | Embedding<9, 4>{};
                    return e + (b | shared(e));
                }));
}

TEST_CASE("EmbeddingBag: what every layer owes") {
    check_layer("1 x 1", Sequential{Tokens<1>{}, EmbeddingBag<5, 1>{}});
    check_layer("5 x 4", Sequential{Tokens<5>{}, EmbeddingBag<7, 4>{}});
    check_layer("64 wide", Sequential{Tokens<3>{}, EmbeddingBag<5, 64>{}});
    check_layer("odd", Sequential{Tokens<4>{}, EmbeddingBag<6, 67>{}, Dense<2>{}});
    check_layer("sum", Sequential{Tokens<6>{}, EmbeddingBag<5, 9, SumOfBag>{}});
    check_layer("masked", Sequential{Tokens<6>{}, EmbeddingBag<5, 9, MaskZero>{}});
    check_layer("masked sum", Sequential{Tokens<6>{}, EmbeddingBag<5, 3, MaskZero, SumOfBag>{}});
    check_layer("frozen", Sequential{Tokens<5>{}, frozen(EmbeddingBag<5, 3>{}), Dense<2>{}});
}

TEST_CASE("EmbeddingBag: the mean of an embedding") {
    using Bag = Network<Sequential<Tokens<6>, EmbeddingBag<5, 9, MaskZero>>, double>;
    using Pool = Network<Sequential<Tokens<6>, Embedding<5, 9, MaskZero>, GlobalAveragePooling1D>,
                         double>;
    Bench<Bag> bag({}, 7, {});
    Bench<Pool> pool({}, 7, {});
    auto const a = bag.backward(), b = pool.backward();
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

TEST_CASE("Embedding: PyTorch's numbers") {
    check_golden("embeddingbag_sum", Sequential{Tokens<5>{}, EmbeddingBag<11, 4, SumOfBag>{}});
    check_golden("embeddingbag_mean", Sequential{Tokens<5>{}, EmbeddingBag<11, 4>{}});
    check_golden("embedding_0", Sequential{Tokens<5>{}, Embedding<11, 4>{}});
    check_golden("embedding_repeated", Sequential{Tokens<5>{}, Embedding<11, 4>{}});
    check_golden("embedding_padding_idx",
                 Sequential{Tokens<5>{}, Embedding<11, 4, PaddingIndex<0>>{}});
    check_golden("embeddingbag_mean",
                 Sequential{Tokens<5>{}, Embedding<11, 4>{}, GlobalAveragePooling1D{}});
}

TEST_CASE("Embedding: the padding's row begins with zeros; what else trains it counts") {
    constexpr auto with = graph<Tokens<4>>([](auto t) {
        auto const e = t | Embedding<5, 3, PaddingIndex<2>>{};
        return e | tied(e);
    });
    constexpr auto without = graph<Tokens<4>>([](auto t) {
        auto const e = t | Embedding<5, 3>{};
        return e | tied(e);
    });
    Weights<Network<std::remove_const_t<decltype(with)>, double>> const fresh(with, 1);
    for (std::size_t i = 0; i < 15; ++i) CHECK((fresh.values[i] == 0) == (i / 3 == 2));

    // PyTorch: padding_idx holds back the lookup's gradient alone, not the output's
    auto const gradients = [](auto const& definition, std::vector<std::int32_t> const& tokens) {
        using N = Network<std::remove_cvref_t<decltype(definition)>, double, true>;
        Bench<N> bench(definition, 1, {});
        for (std::size_t i = 0; i < 15; ++i) bench.weights.values[i] = 0.1 * double(i % 7) - 0.2;
        bench.tokens[0] = tokens;
        bench.backward();
        return bench.gradients;
    };
    CHECK(gradients(with, {0, 1, 3, 4}) == gradients(without, {0, 1, 3, 4}));
    auto const held = gradients(with, {0, 2, 3, 2}), free = gradients(without, {0, 2, 3, 2});
    for (std::size_t i = 0; i < 15; ++i) {
        if (i / 3 == 2) CHECK(held[i] != free[i]);
        else CHECK(held[i] == free[i]);
    }
}

TEST_CASE("Embedding: tokens outside the vocabulary are refused") {
    using N = Network<Sequential<Tokens<3>, Embedding<5, 2>>, float>;
    Bench<N> bench({}, 100, {});
    for (std::int32_t const bad : {5, -1, 2147483647, -2147483647 - 1}) {
        bench.tokens[0][150] = bad;
        std::string said;
        try {
            bench.forward(false);
        } catch (Error const& e) {
            said = e.what();
        }
        CHECK(said.find("token " + std::to_string(bad)) != said.npos);
        CHECK(said.find("from 0 to 4") != said.npos);
    }
}

TEST_CASE("Embedding: begins between -0.05 and 0.05, as Keras") {
    Weights<Network<Sequential<Tokens<3>, Embedding<100, 50>>, float>> const weights;
    auto const [low, high] =
        std::minmax_element(weights.values.data(), weights.values.data() + 5000);
    CHECK(*low >= -0.05f);
    CHECK(*low < -0.049f);
    CHECK(*high <= 0.05f);
    CHECK(*high > 0.049f);
}
