// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/node.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/add.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/position_embedding.hpp>
#include <lamina/layers/residual.hpp>

#include <cstddef>
#include <string>
#include <type_traits>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// What programs call their own sizes is no name of the library's.
constexpr std::size_t width = 6, height = 5, classes = 2;
static_assert(std::is_same_v<Dense<width>::On<Shape<height, classes>>::Output, Shape<5, 6>>);

/// A block: a layer made of layers is a function of its inputs, and has no backward.
template <std::size_t Hidden>
struct Encoder {
    constexpr auto operator()(AnyNode auto x) const {
        auto h = x + (x | Attention<>{});
        return h + (h | Dense<Hidden>{} | Squash{} | Dense<width_of<decltype(x)>>{});
    }
};
/// One of two inputs: join(x, memory) | Decoder<8>{}.
template <std::size_t Hidden>
struct Decoder {
    constexpr auto operator()(AnyNode auto x, AnyNode auto memory) const {
        auto a = x + (x | Attention<Causal>{});
        auto b = a + (join(a, memory) | Attention<>{});
        return b + (b | Dense<Hidden>{} | Squash{} | Dense<width_of<decltype(x)>>{});
    }
};

/// A block of two outputs, as WaveNet's are: auto [y, skip] = x | WithSkip{}.
struct WithSkip {
    constexpr auto operator()(AnyNode auto x) const {
        auto h = x | Dense<width_of<decltype(x)>>{} | Squash{};
        return outputs(x + h, h | Dense<3>{});
    }
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
template <class D>
using Net = Network<std::remove_const_t<D>, float>;

} // namespace

// A Sequential by value is the Sequential by type.
static_assert(std::is_same_v<decltype(Sequential{Input<3>{}, Dense<64>{}, Squash{}}),
                             Sequential<Input<3>, Dense<64>, Squash>>);

// A helper that is called twice makes two layers.
static_assert(Net<decltype(twice)>::parameters == 2 * (4 * 3 + 3));

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
    check_layer("blocks of two outputs, taken apart", graph<Input<4>>([](auto x) {
                    auto [h, skip] = x | WithSkip{};
                    auto [y, more] = h | WithSkip{};
                    return outputs(y, skip + more);
                }));
    check_layer("a helper twice", twice);
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
