// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/transfer.hpp>

#include <lamina/lamina.hpp>

#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <iomanip> // what it declares must not stand for what is called here
#include <map>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;

namespace {

struct Encoder {
    constexpr auto operator()(AnyNode auto x) const {
        return x | Dense<5>{} | BatchNormalization{} | ReLU{} | Dense<4>{};
    }
};

auto const pretraining =
    graph<Input<3>>([](auto x) { return x | named<"encoder">(Encoder{}) | Dense<7>{}; });
auto const classifier =
    graph<Input<3>>([](auto x) { return x | frozen(named<"encoder">(Encoder{})) | Dense<2>{}; });

template <class M>
auto numbers_of(M const& model) {
    std::map<std::string, std::vector<double>> all;
    auto const add = [&](int, std::string const& path, auto const& tensor, auto const* at) {
        all[path] = std::vector<double>(at, at + tensor.extents.size);
    };
    model.weights.for_each_parameter(add);
    model.weights.for_each_state(add);
    return all;
}

/// Other numbers in every parameter and state.
template <class M>
void fill(M& model, double from) {
    auto const put = [&](int, std::string const&, auto const& tensor, auto* at) {
        using T = std::remove_reference_t<decltype(*at)>;
        for (std::size_t i = 0; i < tensor.extents.size; ++i) at[i] = T(from += 0.125);
    };
    model.weights.for_each_parameter(put);
    model.weights.for_each_state(put);
}

template <class T = float>
auto model_of(auto const& net, double from) {
    auto model = compile<T>(net, SGD{}, MeanSquaredError{});
    fill(model, from);
    return model;
}

using PathList = std::vector<std::string>;

} // namespace

TEST_CASE("transfer copies what has the same path and shape, and nothing else") {
    auto const from = model_of(pretraining, 0);
    auto to = model_of(classifier, 1000);
    auto const source = numbers_of(from), before = numbers_of(to);
    auto const done = transfer(from, to);
    auto const after = numbers_of(to);
    REQUIRE(after.size() == 10);
    for (auto const& its : after) {
        INFO(its.first);
        bool const common = its.first.starts_with("encoder/");
        CHECK(its.second == (common ? source : before).at(its.first));
    }
    CHECK(done.tensors == 8); // two kernels, two biases, gamma, beta, mean, variance
    CHECK(done.numbers == 3 * 5 + 5 + 4 * 5 + 5 * 4 + 4);
    CHECK(done.kept == PathList{"dense/kernel", "dense/bias"}); // the heads have other shapes
    CHECK(numbers_of(from) == source);
}

TEST_CASE("the copy computes what the original does, in another precision too") {
    auto const from = model_of<double>(pretraining, 0);
    auto to = model_of<float>(pretraining, 1000);
    CHECK(transfer(from, to).kept.empty());
    CHECK(numbers_of(to) == numbers_of(from)); // eighths are exact in float
    std::vector<double> const x{0.5, -1, 2};
    auto const a = from.predict(Array(x.data(), {1, 3}));
    auto const b = to.predict(Array(x.data(), {1, 3}));
    for (std::size_t i = 0; i < 7; ++i)
        CHECK(std::abs(a(0, i) - double(b(0, i))) < 1e-5 * std::abs(a(0, i)));
}

TEST_CASE("transfer within a scope: heads of the same shape stay apart") {
    auto const from = model_of(pretraining, 0);
    auto to = model_of(pretraining, 1000);
    auto const source = numbers_of(from), before = numbers_of(to);
    auto const done = transfer(from, to, "encoder");
    CHECK(done.kept.empty());
    CHECK(done.tensors == 8);
    auto const after = numbers_of(to);
    CHECK(after.at("dense/kernel") == before.at("dense/kernel"));
    CHECK(after.at("encoder/dense_1/kernel") == source.at("encoder/dense_1/kernel"));

    auto again = model_of(pretraining, 1000);
    CHECK(transfer(from, again, "encoder/dense").tensors == 2); // and not of encoder/dense_1
    CHECK(numbers_of(again).at("encoder/dense_1/kernel") == before.at("encoder/dense_1/kernel"));
}

TEST_CASE("Weights without a model") {
    Weights from{pretraining, 1};
    Weights to{classifier, 2};
    CHECK(transfer(from, to).tensors == 8);
    CHECK(from.values[0] == to.values[0]);
}

TEST_CASE("a model and Weights") {
    auto const model = model_of(pretraining, 0);
    Weights to{classifier, 2};
    CHECK(transfer(model, to, "encoder").tensors == 8);
    auto back = model_of(pretraining, 1000);
    CHECK(transfer(to, back, "encoder").tensors == 8);
    CHECK(numbers_of(back).at("encoder/dense/kernel") ==
          numbers_of(model).at("encoder/dense/kernel"));
}

TEST_CASE("a block that lies elsewhere in the other network") {
    auto const twins = graph<Input<3>, Input<3>>([](auto a, auto b) {
        auto tower = shared(named<"tower">(Sequential{named<"encoder">(Encoder{}), Dense<2>{}}));
        return join(a | tower, b | tower) | Concatenate{};
    });
    auto const from = model_of(twins, 0);
    auto to = model_of(classifier, 1000);
    auto const source = numbers_of(from), before = numbers_of(to);
    auto const done = transfer(from, to, "tower/encoder", "encoder");
    CHECK(done.tensors == 8);
    CHECK(done.kept.empty());
    for (auto const& its : numbers_of(to))
        CHECK(its.second == (its.first.starts_with("encoder/") ? source.at("tower/" + its.first)
                                                               : before.at(its.first)));

    Weights alone{Sequential{Input<3>{}, Dense<5>{}, BatchNormalization{}, ReLU{}, Dense<4>{}}};
    CHECK(transfer(from, alone, "tower/encoder", "").kept.empty());
    auto again = model_of(twins, 1000);
    CHECK(transfer(alone, again, "", "tower/encoder").tensors == 8);
    CHECK(numbers_of(again).at("tower/encoder/dense_1/bias") ==
          source.at("tower/encoder/dense_1/bias"));

    CHECK_THROWS_WITH_AS(transfer(from, to, "encoder", "encoder"),
                         "transfer: there is no tensor within \"encoder\" in the network that "
                         "gives. Give the path of a block or a layer, as summary() shows it, or "
                         "one for each network if they differ.",
                         Error);
    CHECK_THROWS_WITH_AS(transfer(from, to, "tower/dense", "encoder/dense_1"),
                         "transfer: the networks have no tensor of the same path and shape in "
                         "common between \"tower/dense\" of one and \"encoder/dense_1\" of the "
                         "other. The first of one is \"tower/dense/kernel\", of the other "
                         "\"encoder/dense_1/kernel\". Write what they share as one function or "
                         "named<...>(block).",
                         Error);
}

TEST_CASE("a model that was trained: frozen layers keep what they were given, state included") {
    auto from = model_of(pretraining, 0);
    from.initialize(1);
    std::vector<float> const x{0.5f, -1, 2, 1, 0, -1}, y(14, 1.0f), z(4, 1.0f);
    from.fit(Array(x.data(), {2, 3}), Array(y.data(), {2, 7}), {.epochs = 3, .verbose = 0});
    auto to = model_of(classifier, 1000);
    to.initialize(2);
    transfer(from, to);
    to.fit(Array(x.data(), {2, 3}), Array(z.data(), {2, 2}), {.epochs = 3, .verbose = 0});
    auto const source = numbers_of(from), after = numbers_of(to);
    CHECK(after.at("encoder/dense/kernel") == source.at("encoder/dense/kernel"));
    CHECK(after.at("encoder/batch_normalization/gamma") ==
          source.at("encoder/batch_normalization/gamma"));
}

TEST_CASE("nothing in common is an error, and changes nothing") {
    auto from = model_of(pretraining, 0);
    auto to = model_of(Sequential{Input<3>{}, Dense<2>{}}, 1000);
    auto const before = numbers_of(to);
    CHECK_THROWS_WITH_AS(transfer(from, to),
                         "transfer: the networks have no tensor of the same path and shape in "
                         "common. The first of one is \"encoder/dense/kernel\", of the other "
                         "\"dense/kernel\". Write what they share as one function or "
                         "named<...>(block).",
                         Error);
    auto const refused = [&](auto const& giver, auto& taker, char const* scope,
                             std::string const& where) {
        CHECK_THROWS_WITH_AS(transfer(giver, taker, scope),
                             ("transfer: there is no tensor within \"" + std::string(scope) +
                              "\" in " + where +
                              ". Give the path of a block or a layer, as summary() shows it, or "
                              "one for each network if they differ.")
                                 .c_str(),
                             Error);
    };
    refused(from, to, "encoder", "the network that receives");
    refused(to, from, "encoder", "the network that gives");
    refused(from, to, "encodr", "either network");
    auto wider = model_of(Sequential{Input<3>{}, named<"encoder">(Sequential{Dense<3>{}})}, 1000);
    CHECK_THROWS_WITH_AS(transfer(from, wider, "encoder"),
                         "transfer: the networks have no tensor of the same path and shape in "
                         "common within \"encoder\". The first of one is "
                         "\"encoder/dense/kernel\", of the other \"encoder/dense/kernel\". Write "
                         "what they share as one function or named<...>(block).",
                         Error);
    CHECK(numbers_of(to) == before);
}
