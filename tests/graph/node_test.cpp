// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/node.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/position_embedding.hpp>
#include <lamina/layers/residual.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// A block: a layer made of layers is a function of its inputs, and has no backward.
template <std::size_t Hidden>
struct Encoder {
    constexpr auto operator()(AnyNode auto x) const {
        auto h = x + (x | Attention<>{});
        return h + (h | Dense<Hidden>{} | Squash{} | Dense<width<decltype(x)>>{});
    }
};
/// One of two inputs: join(x, memory) | Decoder<8>{}.
template <std::size_t Hidden>
struct Decoder {
    constexpr auto operator()(AnyNode auto x, AnyNode auto memory) const {
        auto a = x + (x | Attention<Causal>{});
        auto b = a + (join(a, memory) | Attention<>{});
        return b + (b | Dense<Hidden>{} | Squash{} | Dense<width<decltype(x)>>{});
    }
};

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

/// A block whose value decides what it is made of.
struct Deep {
    int depth = 1;
    constexpr auto operator()(AnyNode auto x) const {
        auto h = x | Dense<2>{};
        x.graph->frozen = depth > 1;
        return h | Dense<2>{};
    }
};

constexpr auto twice = graph<Input<4>>([](auto x) {
    auto const tower = [](auto in) { return in | Dense<3>{} | Squash{}; };
    return tower(x) + tower(x);
});
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
template <class D>
using TrainedDouble = Network<std::remove_const_t<D>, double>;

} // namespace

// A Sequential by value is the Sequential by type.
static_assert(std::is_same_v<decltype(Sequential{Input<3>{}, Dense<64>{}, Squash{}}),
                             Sequential<Input<3>, Dense<64>, Squash>>);

// A helper that is called twice makes two layers; shared and tied make none.
static_assert(Net<decltype(twice)>::parameters == 2 * (4 * 3 + 3));
static_assert(Net<decltype(siamese)>::parameters == 4 * 3 + 3);
static_assert(Net<decltype(towers)>::parameters == 4 * 3 + 3 + 3 * 2 + 2);
static_assert(Net<decltype(tied_output)>::parameters == 7 * 4 + 2 * 4 * 4 + 4);

// The graph knows whose gradient touches few rows: not that of an embedding that is tied.
static_assert(!Net<decltype(tied_output)>::training.rows[1].sparse);
static_assert(Net<decltype(Sequential{Tokens<5>{}, Embedding<7, 4>{}})>::training.rows[1].sparse);

TEST_CASE("Functions, blocks, several inputs and heads: what every network owes") {
    check_layer("nested Sequential",
                Sequential{Input<4>{}, Sequential{Dense<5>{}, Squash{}, Sequential{Dense<3>{}}},
                           Dense<2>{}});
    check_layer("two heads", graph<Input<4>>([](auto x) {
                    auto h = x | Dense<6>{} | Squash{};
                    return outputs(h | Dense<1>{} | Squash{}, h | Dense<3>{}, h);
                }));
    check_layer("a block", Sequential{Input<5, 6>{}, Encoder<8>{}});
    check_layer("a block of two inputs, masked memory",
                graph<Tokens<5>, Tokens<4>>([](auto source, auto target) {
                    auto memory = source | Embedding<5, 6, MaskZero>{} | PositionEmbedding{}
                                | Encoder<8>{};
                    auto x = target | Embedding<5, 4>{} | PositionEmbedding{};
                    return join(x, memory) | Decoder<7>{} | Dense<5>{};
                }));
    check_layer("a helper twice", twice);
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
    check_layer("a network in a network", graph<Input<3>, Input<3>>([](auto a, auto b) {
                    auto h = join(a, b) | graph<Input<1>, Input<1>>([](auto x, auto y) {
                        return join(x | Dense<2>{}, y) | Concatenate{};
                    });
                    return h | Squash{};
                }));
}

TEST_CASE("Time and masks: what every network owes") {
    check_layer("recurrent", Sequential{Input<5, 3>{}, Recurrent<4>{}});
    check_layer("masked recurrent",
                Sequential{Tokens<5>{}, Embedding<5, 4, MaskZero>{}, Recurrent<3, Sequences>{},
                           Squash{}, Recurrent<4>{}});
    check_layer("masked pooling", Sequential{Tokens<5>{}, Embedding<5, 4, MaskZero>{},
                                             GlobalAveragePooling1D{}, Dense<2>{}});
    check_layer("causal attention", Sequential{Input<5, 4>{}, Attention<Causal>{}});
    check_layer("masked attention",
                Sequential{Tokens<5>{}, Embedding<5, 4, MaskZero>{}, Attention<>{},
                           GlobalAveragePooling1D{}});
}

TEST_CASE("A mask travels as long as the time axis does") {
    // 3 tokens and 2 of padding are 3 tokens
    auto const layers = Sequential{Embedding<9, 8, MaskZero>{}, Residual{Attention<>{}},
                                   Dense<8>{}, Squash{}, Recurrent<5, Sequences>{},
                                   GlobalAveragePooling1D{}};
    using Long = Network<decltype(Sequential{Tokens<5>{}, layers}), double>;
    using Short = Network<decltype(Sequential{Tokens<3>{}, layers}), double>;
    static_assert(Long::table[std::size_t(Long::size - 2)].mask == 1);
    static_assert(Long::table[std::size_t(Long::size - 1)].mask == -1);
    Bench<Long> padded({}, 1, Conditions{});
    Bench<Short> whole({}, 1, Conditions{});
    padded.tokens[0] = {4, 2, 7, 0, 0};
    whole.tokens[0] = {4, 2, 7};
    CHECK(apart(padded.forward(false), whole.forward(false).data()) < 1e-14);
    padded.tokens[0] = {4, 2, 7, 1, 0};
    CHECK(apart(padded.forward(false), whole.forward(false).data()) > 1e-4);
}

TEST_CASE("A mask is that of the moments an output has, not of what it looks at") {
    // memory and target have the same length: the memory's padding must not mask the target
    constexpr auto net = graph<Tokens<4>, Tokens<4>>([](auto source, auto target) {
        auto memory = source | Embedding<5, 6, MaskZero>{};
        auto h = join(target | Embedding<5, 4>{}, memory) | Attention<>{};
        return outputs(h, join(memory | Dense<4>{}, h) | Add{}, h + (memory | Dense<4>{}));
    });
    using N = Net<decltype(net)>;
    auto constexpr mask_of_output = [](std::size_t k) {
        return N::table[std::size_t(N::graph.outputs[k])].mask;
    };
    static_assert(mask_of_output(0) == -1);
    static_assert(mask_of_output(1) >= 0);   // what joins moment by moment takes it from either
    static_assert(mask_of_output(2) == mask_of_output(1));
}

TEST_CASE("Frozen: no gradient, and the backward pass ends where nothing above is trained") {
    constexpr auto net = graph<Input<4>>([](auto x) {
        auto h = x | frozen(Sequential{Dense<5>{}, Squash{}, Dense<4>{}});
        return h | Dense<3>{} | frozen(Dense<2>{});
    });
    using N = TrainedDouble<decltype(net)>;
    static_assert(N::table[1].frozen && N::table[2].frozen && N::table[3].frozen);
    static_assert(!N::training.rows[1].backward && !N::training.rows[2].backward
                  && !N::training.rows[3].backward);
    static_assert(N::training.rows[4].backward && !N::table[4].frozen);
    static_assert(N::table[5].frozen && N::training.rows[5].backward);   // it goes through
    check_layer("frozen below and above", net);
    check_layer("all kinds, frozen", graph<Tokens<5>>([](auto t) {
                    return t | frozen(Sequential{Embedding<5, 4, MaskZero>{}, PositionEmbedding{},
                                                 Recurrent<4, Sequences>{}, Attention<>{}})
                         | Dense<3>{};
                }));
    check_layer("frozen behind what is trained", Sequential{Tokens<5>{}, Embedding<5, 4>{},
                frozen(Sequential{PositionEmbedding{}, Recurrent<4, Sequences>{}, Attention<>{}})});
}

TEST_CASE("Frozen: what is tied to a frozen layer, or shares it, is frozen too") {
    constexpr auto net = graph<Tokens<5>>([](auto tokens) {
        auto e = tokens | frozen(Embedding<7, 4>{});
        auto h = e | Dense<4>{};
        return h | tied(e);
    });
    using N = Net<decltype(net)>;
    static_assert(N::table[3].owner == 1 && N::table[3].frozen && N::training.rows[3].backward);
    check_layer("tied to a frozen embedding", net);
    check_layer("a frozen layer shared", graph<Input<4>>([](auto x) {
                    auto h = x | frozen(Dense<4>{});
                    return (h | Squash{} | Dense<4>{} | shared(h));
                }));
}

TEST_CASE("A layer's values are those that were given, also when it is shared") {
    constexpr auto net = graph<Input<1>, Input<1>>([](auto a, auto b) {
        auto h = a | Times{3};
        return outputs(b | shared(h) | Times{5}, h | Times{7});
    });
    Bench<TrainedDouble<decltype(net)>> bench(net, 1, Conditions{});
    bench.x[0] = {1};
    bench.x[1] = {10};
    CHECK(bench.forward(false) == std::vector<double>{150, 21});
}

TEST_CASE("What a run-time value makes another network is refused") {
    using N = Network<Sequential<Input<2>, Deep>, float>;
    CHECK_NOTHROW(Weights<N>(Sequential{Input<2>{}, Deep{}}));
    try {
        Weights<N>(Sequential{Input<2>{}, Deep{2}});
        FAIL("not refused");
    } catch (Error const& e) {
        CHECK(std::string(e.what()).find("make that option a template argument")
              != std::string::npos);
    }
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
