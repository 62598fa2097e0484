// SPDX-License-Identifier: BSD-3-Clause
// What the outputs of a network with several are called in the log: as in Keras.
#include <lamina/lamina.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

using namespace lamina;

namespace {

/// The names of a History of a network with so many outputs of one number.
template <std::size_t Outputs, class... M>
std::vector<std::string> names_of(auto const& net, M const&... metrics) {
    auto const history = [&]<std::size_t... K>(std::index_sequence<K...>) {
        auto model = compile(net, SGD{}, losses((void(K), MeanSquaredError{})...), metrics...);
        std::vector<float> const x{1, 2, 3, 4}, y{1, 2};
        return model.fit(Array(x.data(), {2, 2}), {(void(K), Array(y))...}, {.verbose = 0});
    }
    (std::make_index_sequence<Outputs>{});
    return history.names();
}
using Words = std::vector<std::string>;

struct Head {
    constexpr auto operator()(AnyNode auto x) const { return x | Dense<3, ReLU>{} | Dense<1>{}; }
};
struct TwoHeads {
    constexpr auto operator()(AnyNode auto x) const {
        return outputs(x | named<"near">(Dense<1>{}), x | Dense<1>{});
    }
};

} // namespace

TEST_CASE("an output is called as its layer, whose activation is a part of it") {
    CHECK(names_of<2>(graph<Input<2>>([](auto x) {
              return outputs(x | named<"policy">(Dense<1, Sigmoid>{}), x | Dense<1, LeakyReLU>{});
          })) == Words{"loss", "policy_loss", "dense_loss"});
    CHECK(names_of<2>(graph<Input<2>>([](auto x) {
              auto const h = x | Dense<4, Tanh>{};
              return outputs(h | Dense<1>{}, h | Dense<1>{});
          })) == Words{"loss", "dense_1_loss", "dense_2_loss"});
    CHECK(names_of<2>(graph<Input<2>>([](auto x) {
              return outputs(x | Dense<1>{} | named<"share">(Sigmoid{}),
                             x | Dense<1>{} | Dropout{.rate = 0.5f});
          })) == Words{"loss", "share_loss", "dropout_loss"});
}

TEST_CASE("Softmax is a part of its layer too") {
    auto const net = graph<Input<2>>([](auto x) {
        return outputs(x | named<"kind">(Dense<3, Softmax>{}), x | Dense<2, LogSoftmax>{});
    });
    using Net = Network<decltype(net)>;
    auto const names = detail::output_names<Net>(static_cast<Net::Outputs*>(nullptr));
    CHECK(names[0] == "kind");
    CHECK(names[1] == "dense");
}

TEST_CASE("an activation that is not its layer's alone has its own name") {
    CHECK(names_of<2>(graph<Input<2>>([](auto x) {
              auto const h = x | Dense<1>{};
              return outputs(h, h | Sigmoid{});
          })) == Words{"loss", "dense_loss", "sigmoid_loss"});
    CHECK(names_of<2>(graph<Input<2>>([](auto x) {
              auto const h = x | Dense<1>{};
              return outputs(h | Sigmoid{}, h | Tanh{});
          })) == Words{"loss", "sigmoid_loss", "tanh_loss"});
    CHECK(names_of<2>(graph<Input<2>>([](auto x) {
              auto const h = x | Dense<1>{};
              return outputs((h + h) | ReLU{}, x | named<"head">(Head{}) | Sigmoid{});
          })) == Words{"loss", "re_lu_loss", "sigmoid_loss"});
}

TEST_CASE("an output out of a block is called as the block; two of one block by their paths") {
    CHECK(names_of<2>(graph<Input<2>>([](auto x) {
              return outputs(x | Head{}, x | named<"far">(Sequential{Dense<2>{}, Dense<1>{}}));
          })) == Words{"loss", "head_loss", "far_loss"});
    CHECK(names_of<3>(graph<Input<2>>([](auto x) {
              auto const [a, b] = x | named<"both">(TwoHeads{});
              return outputs(a, b, x | named<"last">(Dense<1>{}));
          })) == Words{"loss", "both/near_loss", "both/dense_loss", "last_loss"});
}

TEST_CASE("one row that is two outputs: numbered, as metrics of one name are") {
    CHECK(names_of<2>(graph<Input<2>>([](auto x) {
              auto const h = x | Dense<1>{};
              return outputs(h, h);
          })) == Words{"loss", "dense_loss", "dense_loss_1"});
}

TEST_CASE("metrics of several outputs have their output's name; of one, their own") {
    auto const two = graph<Input<2>>(
        [](auto x) { return outputs(x | named<"a">(Dense<1>{}), x | named<"b">(Dense<1>{})); });
    CHECK(names_of<2>(two, MeanAbsoluteError{}, at<1>(MeanAbsoluteError{}), at<1>(R2Score{}),
                      MeanAbsoluteError{}) ==
          Words{"loss", "a_loss", "b_loss", "a_mean_absolute_error", "b_mean_absolute_error",
                "b_r2_score", "a_mean_absolute_error_1"});
    CHECK(names_of<1>(Sequential{Input<2>{}, Dense<1>{}}, MeanAbsoluteError{}) ==
          Words{"loss", "mean_absolute_error"});
}
