// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/model/loss_pass.hpp>

#include <lamina/activations/sigmoid.hpp>
#include <lamina/graph/function.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/mean_absolute_error.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/sgd.hpp>

#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

using namespace lamina;

namespace {

std::vector<double> const x{1, 2, -1, 0.5, 3, -2}, y{1, 0, 1};
Array inputs() { return {x.data(), {3, 2}}; }

/// The loss and the gradients of one batch.
template <class D, class L>
std::pair<double, std::vector<double>> learnt(D const& definition, L const& losses,
                                              Arrays const& targets) {
    auto model = compile<double>(definition, SGD{.learning_rate = 0.0}, losses);
    double const loss = model.train_on_batch(inputs(), targets);
    CHECK(std::get<0>(model.evaluate(inputs(), targets)) == doctest::Approx(loss));
    auto const g = model.gradients();
    return {loss, {g.begin(), g.end()}};
}

/// The losses of two outputs are what each of them is alone, added.
template <class D, class A, class B>
void check_sum(D const& definition, A const& first, B const& second) {
    Arrays const targets{y, y};
    auto const a = learnt(definition, losses(first, weighted(0, second)), targets);
    auto const b = learnt(definition, losses(weighted(0, first), second), targets);
    auto const both = learnt(definition, losses(first, second), targets);
    CHECK(both.first == doctest::Approx(a.first + b.first));
    for (std::size_t i = 0; i < both.second.size(); ++i) {
        CHECK(a.second[i] != 0);
        CHECK(b.second[i] != 0);
        CHECK(both.second[i] == doctest::Approx(a.second[i] + b.second[i]));
    }
}

} // namespace

TEST_CASE("two losses on one row: their gradients are added") {
    auto const twice = graph<Input<2>>([](auto in) {
        auto const h = in | Dense<1>{};
        return outputs(h, h);
    });
    check_sum(twice, MeanSquaredError{}, MeanAbsoluteError{});
    // a loss behind Sigmoid is computed from the logits, on which the other one stands
    check_sum(graph<Input<2>>([](auto in) {
                  auto const h = in | Dense<1>{};
                  return outputs(h, h | Sigmoid{});
              }),
              MeanSquaredError{}, BinaryCrossentropy{});
    check_sum(graph<Input<2>>([](auto in) {
                  auto const h = in | Dense<1>{};
                  return outputs(h | Sigmoid{}, h);
              }),
              BinaryCrossentropy{}, MeanAbsoluteError{});
}

TEST_CASE("a loss of negative weight is to grow") {
    Sequential const net{Input<2>{}, Dense<1>{}};
    auto const one = learnt(net, losses(MeanSquaredError{}), y);
    auto const other = learnt(net, losses(weighted(-0.5f, MeanSquaredError{})), y);
    CHECK(one.first > 0);
    CHECK(other.first == doctest::Approx(-0.5 * one.first));
    for (std::size_t i = 0; i < one.second.size(); ++i)
        CHECK(other.second[i] == doctest::Approx(-0.5 * one.second[i]));
    auto const none = learnt(net, losses(weighted(0, MeanSquaredError{})), y);
    CHECK(none.first == 0);
    for (double const g : none.second) CHECK(g == 0);
}

TEST_CASE("penalties on parameters are part of a loss that is not learnt from, too") {
    auto const check = [](auto const& net) { // learnt() compares both losses
        auto const [loss, gradient] = learnt(net, losses(MeanSquaredError{}), y);
        CHECK(loss > 1000);
    };
    check(Sequential{Input<2>{}, Dense<2>{.kernel_l1 = 10, .kernel_l2 = 1000},
                     Dense<1>{.kernel_l2 = 2000}});
    // where the walk is a loop
    check(Sequential{Input<2>{}, Dense<3000>{.kernel_l2 = 1000}, Dense<1>{.kernel_l1 = 10}});
}
