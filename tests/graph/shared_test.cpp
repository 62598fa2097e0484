// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/shared.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dense.hpp>

#include <cstddef>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// A layer with a value.
struct Times {
    double factor = 1;
    template <class In>
    struct On {
        using Output = In;
        static constexpr bool needs_x = false, needs_y = false;
        static void forward(auto const& c) {
            for (std::size_t i = 0; i < c.x.size(); ++i) c.y[i] = c.x[i] * c.layer.factor;
        }
        static void backward(auto const& c) {
            for (std::size_t i = 0; i < c.x.size(); ++i) c.dx[i] = c.dy[i] * c.layer.factor;
        }
    };
};

constexpr auto siamese = graph<Input<4>, Input<4>>([](auto a, auto b) {
    auto h = a | Dense<3>{};
    return join(h | Squash{}, b | shared(h) | Squash{}) | Concatenate{};
});
// Left or right first: C++ leaves that open, and the table must not depend on it.
constexpr auto towers = graph<Input<4>, Input<4>>([](auto a, auto b) {
    auto tower = shared(Sequential{Dense<3>{}, Squash{}, Dense<2>{}});
    return join(a | tower, b | tower) | Concatenate{};
});
constexpr auto towers_in_turn = graph<Input<4>, Input<4>>([](auto a, auto b) {
    auto tower = shared(Sequential{Dense<3>{}, Squash{}, Dense<2>{}});
    auto const right = b | tower;
    return join(a | tower, right) | Concatenate{};
});
constexpr auto tied_output = graph<Tokens<5>>([](auto tokens) {
    auto e = tokens | Embedding<7, 4>{};
    return e | Recurrent<4, Sequences>{} | tied(e);
});

template <class D>
using Net = Network<std::remove_const_t<D>, float>;

} // namespace

// What is shared or tied has no parameters of its own.
static_assert(Net<decltype(siamese)>::parameters == 4 * 3 + 3);
static_assert(Net<decltype(towers)>::parameters == 4 * 3 + 3 + 3 * 2 + 2);
static_assert(Net<decltype(tied_output)>::parameters == 7 * 4 + 2 * 4 * 4 + 4);

// The graph knows whose gradient touches few rows: not that of an embedding that is tied.
static_assert(!Net<decltype(tied_output)>::training.rows[1].sparse);
static_assert(Net<decltype(Sequential{Tokens<5>{}, Embedding<7, 4>{}})>::training.rows[1].sparse);

TEST_CASE("Shared and tied: what every network owes") {
    check_layer("shared", siamese);
    check_layer("shared once more", graph<Input<3>>([](auto x) {
                    auto h = x | Dense<3>{};
                    auto again = h | Squash{} | shared(h);
                    return again | Squash{} | shared(again);
                }));
    check_layer("a shared block", towers);
    check_layer("a shared block in a shared block", graph<Input<3>>([](auto x) {
                    auto outer = shared([](auto in) {
                        auto inner = shared(Dense<3>{});
                        return in | inner | Squash{} | inner;
                    });
                    return x | outer | Squash{} | outer;
                }));
    check_layer("a shared block of two inputs", graph<Input<3>, Input<3>>([](auto a, auto b) {
                    auto both = shared([](auto x, auto y) {
                        return join(x | Dense<2>{}, y) | Concatenate{} | Dense<3>{};
                    });
                    return (join(a, b) | both) + (join(b, a) | both);
                }));
    check_layer("a shared embedding, tied", graph<Tokens<5>, Tokens<5>>([](auto a, auto b) {
                    auto words = shared(Embedding<7, 4>{});
                    auto first = a | words;
                    return (first + (b | words)) | tied(first);
                }));
    check_layer("tied", tied_output);
}

TEST_CASE("A layer's values are those that were given, also when it is shared") {
    constexpr auto net = graph<Input<1>, Input<1>>([](auto a, auto b) {
        auto h = a | Times{3};
        return outputs(b | shared(h) | Times{5}, h | Times{7});
    });
    Bench<Network<std::remove_const_t<decltype(net)>, double>> bench(net, 1, Conditions{});
    bench.x[0] = {1};
    bench.x[1] = {10};
    CHECK(bench.forward(false) == std::vector<double>{150, 21});
}

TEST_CASE("Which of those that share is called first makes no difference") {
    using A = Net<decltype(towers)>;
    using B = Net<decltype(towers_in_turn)>;
    REQUIRE(A::size == B::size);
    for (std::size_t i = 0; i < std::size_t(A::size); ++i) {
        CHECK(A::table[i].op == B::table[i].op);
        CHECK(A::table[i].owner == B::table[i].owner);
    }
    Weights<A> const weights(towers, 7);
    float const x[]{1, -2, 3, 0.5f};
    void const* const same[]{x, x};
    Workspace<A> room;
    float const* const y = predict(weights, room, same, 1);
    CHECK(y[0] == y[2]);
    CHECK(y[1] == y[3]);
}
