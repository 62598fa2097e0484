// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/add.hpp>
#include <lamina/layers/average.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dot.hpp>
#include <lamina/layers/maximum.hpp>
#include <lamina/layers/minimum.hpp>
#include <lamina/layers/multiply.hpp>
#include <lamina/layers/parallel.hpp>
#include <lamina/layers/residual.hpp>
#include <lamina/layers/subtract.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/global_average_pooling_1d.hpp>
#include <lamina/layers/global_average_pooling_2d.hpp>
#include <lamina/layers/lstm.hpp>
#include <lamina/layers/masking.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

using OfImages = Concatenate::On<Shape<3, 4, 2>, Shape<3, 4, 5>>;
static_assert(std::is_same_v<OfImages::Output, Shape<3, 4, 7>>);
static_assert(std::is_same_v<Concatenate::On<Shape<1>, Shape<2>, Shape<3>>::Output, Shape<6>>);
static_assert(!Concatenate::On<Shape<3, 4, 2>, Shape<4, 3, 2>>::fits);
static_assert(!Concatenate::On<Shape<3, 4>, Shape<12>>::fits);
static_assert(!Concatenate::On<Shape<3>>::fits);
static_assert(!Concatenate::On<Shape<3>, Indices<3>>::fits);
static_assert(!Add::On<Shape<3>, Shape<4>>::fits && !Add::On<Shape<3>>::fits);
static_assert(!Add::On<Shape<3>, Indices<3>>::fits);

TEST_CASE("Add: what every layer owes") {
    check_layer("two", graph<Input<1>, Input<1>>([](auto a, auto b) { return a + b; }));
    check_layer("three", graph<Input<5, 3>>([](auto x) {
                    return join(x | Dense<17>{}, x | Dense<17>{}, x | Dense<17>{}) | Add{};
                }));
    check_layer("itself", graph<Input<9>>([](auto x) {
                    auto h = x | Squash{};
                    return h + h;
                }));
    check_layer("a frozen branch", graph<Input<9>>([](auto x) {
                    return (x | frozen(Dense<3>{})) + (x | Dense<3>{});
                }));
}

template <class M>
void check_merge() {
    check_layer("two", graph<Input<1>, Input<1>>([](auto a, auto b) { return join(a, b) | M{}; }));
    check_layer("three", graph<Input<5, 3>>([](auto x) {
                    return join(x | Dense<17>{}, x | Dense<17>{}, x | Dense<17>{}) | M{};
                }));
    check_layer("itself", graph<Input<9>>([](auto x) {
                    auto h = x | Dense<9>{};
                    return join(h, x | Squash{}, h) | M{} | Dense<2>{};
                }));
    check_layer("a frozen branch", graph<Input<9>>([](auto x) {
                    return join(x | frozen(Dense<3>{}), x | Dense<3>{}) | M{};
                }));
    static_assert(!M::template On<Shape<3>, Shape<4>>::fits && !M::template On<Shape<3>>::fits);
    static_assert(!M::template On<Indices<3>, Indices<3>>::fits);
}

TEST_CASE("Average, Multiply, Maximum, Minimum: what every layer owes") {
    check_merge<Average>();
    check_merge<Multiply>();
    check_merge<Maximum>();
    check_merge<Minimum>();
    check_layer("a gate", graph<Input<5, 3>>([](auto x) { return x * (x | Dense<3>{}); }));
}

TEST_CASE("Subtract and Dot: what every layer owes") {
    check_layer("difference", graph<Input<5, 3>, Input<5, 3>>([](auto a, auto b) {
                    return (a | Dense<17>{}) - (b | Dense<17>{});
                }));
    check_layer("from itself", graph<Input<4>>([](auto a) { return a - (a | Squash{}); }));
    check_layer("dot", graph<Input<4>, Input<7>>([](auto a, auto b) {
                    return join(a | Dense<7>{}, b) | Dot{};
                }));
    check_layer("cosine", graph<Input<4>, Input<7>>([](auto a, auto b) {
                    return join(a | Dense<7>{}, b) | Dot{.normalize = true} | Dense<2>{};
                }));
    check_layer("of itself", graph<Input<4>>([](auto a) {
                    auto h = a | Dense<5>{};
                    return join(h, h | Squash{}) | Dot{.normalize = true};
                }));
    static_assert(!Subtract::On<Shape<3>, Shape<3>, Shape<3>>::fits);
    static_assert(!Dot::On<Shape<3>, Shape<4>>::fits && !Dot::On<Shape<3>>::fits);
    static_assert(!Dot::On<Shape<3, 2>, Shape<3, 2>>::fits);
}

TEST_CASE("Multiply, Subtract, Maximum, Minimum, Average and Dot by hand") {
    using N = Network<std::remove_const_t<decltype(graph<Input<3>, Input<3>>([](auto a, auto b) {
                          return outputs(a * b, a - b, join(a, b, a) | Maximum{},
                                         join(a, b) | Minimum{}, join(a, b) | Dot{},
                                         join(a, b) | Dot{.normalize = true},
                                         join(a, b, a) | Average{});
                      }))>,
                      double, true>;
    Bench<N> bench({}, 1, {});
    bench.x[0] = {1, -2, 2};
    bench.x[1] = {4, 0, 3};
    CHECK(bench.forward(false) == std::vector<double>{4, 0, 6, -3, -2, -1, 4, 0, 3, 1, -2, 2, 10,
                                                      10.0 / 15, 6 * (1.0 / 3), -4 * (1.0 / 3),
                                                      7 * (1.0 / 3)});
}

template <class M>
void check_broadcast() {
    check_layer("a vector for every pixel", graph<Input<3, 4, 17>>([](auto x) {
                    return join(x, x | GlobalAveragePooling2D{} | Dense<17>{}) | M{} | Squash{};
                }));
    check_layer("a number for every channel", graph<Input<3, 4, 17>>([](auto x) {
                    return join(x, x | Conv2D<1, 1>{}) | M{};
                }));
    check_layer("the smaller one first", graph<Input<5>, Input<3, 5>>([](auto a, auto b) {
                    return join(a | Dense<5>{}, b | Dense<5>{}) | M{};
                }));
    check_layer("one number", graph<Input<2>, Input<3, 2, 2>>([](auto a, auto b) {
                    return join(b | Squash{}, a | Dense<1>{}) | M{};
                }));
    check_layer("rows by columns", graph<Input<4, 1>, Input<1, 19>>([](auto a, auto b) {
                    return join(a | Squash{}, b | Squash{}) | M{};
                }));
    check_layer("in the middle", graph<Input<2, 1, 3>, Input<1, 5, 1>>([](auto a, auto b) {
                    return join(a | Squash{}, b | Squash{}) | M{};
                }));
    check_layer("in the middle, all pixels", graph<Input<3, 1, 2>, Input<3, 4, 2>>([](auto a,
                                                                                       auto b) {
                    return join(a | Squash{}, b | Squash{}) | M{};
                }));
    check_layer("no axis but the length 1", graph<Input<1, 1, 1>, Input<1>>([](auto a, auto b) {
                    return join(a | Squash{}, b | Dense<1>{}) | M{};
                }));
    check_layer("a frozen branch", graph<Input<4, 3>>([](auto x) {
                    return join(x | frozen(Dense<3>{}), x | Dense<1>{}) | M{};
                }));
}

TEST_CASE("Add, Subtract, Multiply of shapes that differ: what every layer owes") {
    check_broadcast<Add>();
    check_broadcast<Subtract>();
    check_broadcast<Multiply>();
    using Three = Shape<4, 3>;
    static_assert(std::is_same_v<Multiply::On<Shape<2, 1, 5>, Shape<3, 1>>::Output,
                                 Shape<2, 3, 5>>);
    static_assert(!Add::On<Shape<3>, Three, Three>::fits); // two alone
    static_assert(!Multiply::On<Shape<4>, Three>::fits && !Average::On<Shape<3>, Three>::fits);
    static_assert(!Multiply::On<Indices<3>, Three>::fits);
}

TEST_CASE("a + b, a - b, a * b of shapes that differ, by hand") {
    using N = Network<std::remove_const_t<decltype(graph<Input<2, 3>, Input<3>, Input<2, 1>>(
                          [](auto x, auto of_column, auto of_row) {
                              return outputs(x * of_column, x + of_row, of_row - of_column);
                          }))>,
                      double, true>;
    Bench<N> bench({}, 1, {});
    bench.x[0] = {1, 2, 3, 4, 5, 6};
    bench.x[1] = {10, 0, -1};
    bench.x[2] = {100, 200};
    CHECK(bench.forward(false) == std::vector<double>{10, 0, -3, 40, 0, -6, 101, 102, 103, 204, 205,
                                                      206, 90, 100, 101, 190, 200, 201});
}

TEST_CASE("ConcatenateAlong: what every layer owes, and by hand") {
    check_layer("sequences", graph<Input<5, 3>, Input<1, 3>>([](auto a, auto b) {
                    return join(a | Dense<3>{}, b, a | Squash{}) | ConcatenateAlong<1>{};
                }));
    check_layer("images, above one another",
                graph<Input<2, 3, 4>, Input<1, 3, 4>>([](auto a, auto b) {
                    return join(a | Squash{}, b) | ConcatenateAlong<1>{} | Squash{};
                }));
    check_layer("images, side by side", graph<Input<2, 3, 4>, Input<2, 1, 4>>([](auto a, auto b) {
                    return join(a | Squash{}, b | Squash{}) | ConcatenateAlong<2>{};
                }));
    static_assert(std::is_same_v<ConcatenateAlong<2>::On<Shape<2, 3>, Shape<2, 4>>::Output,
                                 Concatenate::On<Shape<2, 3>, Shape<2, 4>>::Output>);
    static_assert(!ConcatenateAlong<1>::On<Shape<2, 3>, Shape<2, 4>>::fits);
    static_assert(!ConcatenateAlong<3>::On<Shape<2, 3>, Shape<2, 3>>::fits);
    using N = Network<std::remove_const_t<decltype(graph<Input<2, 2>, Input<1, 2>>(
                          [](auto a, auto b) { return join(b, a) | ConcatenateAlong<1>{}; }))>,
                      double>;
    Bench<N> bench({}, 2, {});
    bench.x[0] = {1, 2, 3, 4, /**/ 5, 6, 7, 8};
    bench.x[1] = {9, 10, /**/ 11, 12};
    CHECK(bench.forward(false) == std::vector<double>{9, 10, 1, 2, 3, 4, 11, 12, 5, 6, 7, 8});
}

TEST_CASE("ConcatenateAlong<1> puts masks one behind another") {
    auto const mean_of = [](auto const& net) {
        using N = Network<std::remove_cvref_t<decltype(net)>, double>;
        check_layer("masked", net);
        Bench<N> bench(net, 2, {});
        bench.x[0] = {5, 0, /**/ 3, 4};
        bench.x[1] = {1, 0, 2, /**/ 0, 0, 6};
        return bench.forward(false);
    };
    using Means = std::vector<double>;
    CHECK(mean_of(graph<Input<2, 1>, Input<3, 1>>([](auto a, auto b) {
              return join(a, b) | ConcatenateAlong<1>{} | GlobalAveragePooling1D{};
          })) == Means{8.0 / 5, 13.0 / 5});
    CHECK(mean_of(graph<Input<2, 1>, Input<3, 1>>([](auto a, auto b) {
              return join(a | Masking{}, b) | ConcatenateAlong<1>{} | GlobalAveragePooling1D{};
          })) == Means{8.0 / 4, 13.0 / 5});
    CHECK(mean_of(graph<Input<2, 1>, Input<3, 1>>([](auto a, auto b) {
              return join(a, b | Masking{}) | ConcatenateAlong<1>{} | GlobalAveragePooling1D{};
          })) == Means{8.0 / 4, 13.0 / 3});
    CHECK(mean_of(graph<Input<2, 1>, Input<3, 1>>([](auto a, auto b) {
              auto const seen = a | Masking{};
              return join(b | Masking{}, seen) | ConcatenateAlong<1>{} | GlobalAveragePooling1D{};
          })) == Means{8.0 / 3, 13.0 / 3});
}

TEST_CASE("Concatenate: what every layer owes") {
    check_layer("two", graph<Input<1>, Input<2>>([](auto a, auto b) {
                    return join(a, b) | Concatenate{};
                }));
    check_layer("three sequences", graph<Input<5, 3>>([](auto x) {
                    return join(x | Dense<17>{}, x, x | Dense<2>{}) | Concatenate{} | Dense<2>{};
                }));
    check_layer("images", graph<Input<2, 3, 4>, Input<2, 3, 1>>([](auto a, auto b) {
                    return join(a | Squash{}, b, a) | Concatenate{};
                }));
    check_layer("itself", graph<Input<3>>([](auto x) {
                    auto h = x | Dense<4>{};
                    return join(h, h) | Concatenate{} | Squash{};
                }));
}

TEST_CASE("A moment of what is joined counts where it counts in any input") {
    using Words = Embedding<5, 2, MaskZero>;
    auto constexpr net = graph<Tokens<4>, Tokens<4>, Tokens<4>>([](auto a, auto b, auto c) {
        auto const x = a | Words{}, y = b | Words{}, z = c | Words{};
        auto const all = c | Embedding<5, 2>{};
        return outputs((x + y) | GlobalAveragePooling1D{}, join(x, y, z, x) | Add{} | LSTM<3>{},
                       join(x, y) | Concatenate{} | Dense<2>{} | GlobalAveragePooling1D{},
                       join(x, all) | Concatenate{} | GlobalAveragePooling1D{});
    });
    check_layer("joined masks", net);
    using N = Network<std::remove_const_t<decltype(net)>, double, true>;
    Bench<N> bench(net, 1, {});
    bench.tokens = {{1, 0, 2, 0}, {1, 3, 0, 0}, {4, 1, 1, 2}};
    double const* const embeddings = bench.values.data();   // of `a`, then of `b`
    auto const at = [&](std::size_t table, int token) {
        return embeddings[10 * table + 2 * std::size_t(token)];
    };
    double sum = 0;   // moments 0, 1 and 2, the unmasked number of the other input included
    for (int t = 0; t < 3; ++t)
        sum += at(0, bench.tokens[0][std::size_t(t)]) + at(1, bench.tokens[1][std::size_t(t)]);
    auto const y = bench.forward(false);
    CHECK(std::abs(y[0] - sum / 3) < 1e-15);
    sum = at(0, 1) + at(0, 2);   // one of two has no mask: moments 0 and 2
    CHECK(std::abs(y[2 + 3 + 2] - sum / 2) < 1e-15);
}

TEST_CASE("Residual: what every layer owes") {
    check_layer("4", Sequential{Input<4>{}, Residual{Dense<5>{}, Squash{}, Dense<4>{}}});
    check_layer("two", Sequential{Input<5, 3>{}, Residual{Dense<3>{}, Squash{}},
                                  Residual{Residual{Dense<3>{}}, Squash{}}});
}

TEST_CASE("Parallel: what every layer owes") {
    check_layer("two", Sequential{Input<4>{},
                                  Parallel{Dense<3>{}, Sequential{Dense<2>{}, Squash{}}},
                                  Dense<2>{}});
    check_layer("nested", Sequential{Input<4>{}, Parallel{Parallel{Dense<1>{}, Squash{}}, Bump{},
                                                          Residual{Dense<4>{}}}});
}

TEST_CASE("Concatenate and Add by hand") {
    using N = Network<Sequential<Input<2, 1>, Parallel<Squash, Sequential<>>>, double>;
    Bench<N> bench({}, 2, Conditions{});
    bench.x[0] = {1, -3, 0, 4};
    CHECK(bench.forward(false) == std::vector<double>{0.5, 1, -0.75, -3, 0, 0, 0.8, 4});

    using M = Network<Sequential<Input<2>, Residual<Squash>>, double>;
    Bench<M> sum({}, 1, Conditions{});
    sum.x[0] = {1, -3};
    CHECK(sum.forward(false) == std::vector<double>{1.5, -3.75});
}

TEST_CASE("eight inputs, the most that a layer takes; ten, joined in two steps") {
    using One = Input<1>;
    using Two = Input<2>;
    check_layer("Concatenate of eight",
                graph<One, Two, One, Two, One, One, Two, One>(
                    [](auto... x) { return join(x...) | Concatenate{}; }));
    check_layer("Add of eight", graph<Two, Two, Two, Two, Two, Two, Two, Two>(
                                    [](auto... x) { return join(x...) | Add{}; }));
    check_layer("ten", graph<One, Two, One, Two, One, One, Two, One, One, Two>(
                           [](auto a, auto b, auto... x) {
                               auto const first = join(a, b) | Concatenate{};
                               return join(first, join(x...) | Concatenate{}) | Concatenate{};
                           }));
}
