// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/refused.hpp>
#include <lamina/graph/row.hpp>

#include <cstddef>
#include <new>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// A network is a function of its inputs. Running that function writes a flat table, one row per
/// layer. The compiler runs it to plan memory; the program runs it once more to keep the layers'
/// values. Edges are typed: a Node's type is its layer, so a shape that does not fit does not
/// compile. Identity is the row's index, so calling a helper twice makes two layers.
namespace lamina {

/// The output of layer L, bound as B on inputs In..., as a value: a row of the graph.
template <class G, class L, class B, bool Stepped, class... In>
struct Node {
    using Layer = L;
    using Bound = B;
    using Output = typename B::Output;
    using Scalar = typename G::Scalar;
    static constexpr bool stepped = Stepped;
    /// What a layer behind it is bound on.
    using Seen = std::conditional_t<Stepped, Moment<Output>, Output>;

    G* graph;
    int index;

    template <class T, class Epilogue>
    static constexpr typename Runs<T>::Run forward_with() {
        return &detail::forward<T, L, B, Epilogue, In...>;
    }
};
template <class N>
inline constexpr bool is_node = false;
template <class G, class L, class B, bool S, class... In>
inline constexpr bool is_node<Node<G, L, B, S, In...>> = true;
template <class N>
concept AnyNode = is_node<N>;

/// Several nodes: for a layer with several inputs, or a network with several outputs.
template <AnyNode... N>
struct Nodes {
    std::tuple<N...> each;
};

template <class N>
inline constexpr bool is_nodes = false;
template <class... N>
inline constexpr bool is_nodes<Nodes<N...>> = true;

/// join(a, b) | layer: what a layer with several inputs takes.
template <AnyNode... N>
constexpr Nodes<N...> join(N... n) {
    return {{n...}};
}
/// return outputs(a, b): a network with several heads.
template <AnyNode... N>
constexpr Nodes<N...> outputs(N... n) {
    return {{n...}};
}

/// The features of a node's vectors: Dense<width<decltype(x)>>.
template <class N>
inline constexpr std::size_t width = N::Output::last;
template <>
inline constexpr std::size_t width<Refused> = 1;

namespace detail {

/// The name that a layer's type gives it: Dense<64> is Dense; a lambda or a wrapper (`nameless`)
/// has none.
template <class L>
constexpr std::string_view read_scope_name() {
    if constexpr (requires { L::nameless; }) return {};
    std::string_view s = type_name<L>;
    s = s.substr(0, s.find('<'));
    if (auto const at = s.rfind("::"); at != s.npos) s = s.substr(at + 2);
    for (char const c : s)
        if (!(c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z')))
            return {};
    return s;
}
template <class L>
inline constexpr std::string_view scope_name = read_scope_name<L>();

/// Stands for a layer that cannot be stepped, after that was said.
template <class B>
struct Untimed {
    using Output = Moment<typename B::Output>;
    static void forward(auto const&) {}
};

struct Nothing { // stands for "no producer to fuse with"
    using Bound = Nothing;
    using Layer = Nothing;
};

template <class L>
concept WritesLayers = requires(L const& l, std::byte*& at) {
    l.write_layers(at);
};
/// Whether write() can put down the values of L's layers without running L: a layer itself, or a
/// block that says how.
template <class L>
inline constexpr bool is_written = WritesLayers<L>;
template <class L>
requires requires { typename L::template On<Shape<1>>; }
inline constexpr bool is_written<L> = true;

/// The values of a layer, or of a block's layers, as running it would write them.
template <class L>
void write(L const& layer, std::byte*& at) {
    if constexpr (WritesLayers<L>) layer.write_layers(at);
    else {
        if constexpr (!std::is_empty_v<L>) ::new (at) L(layer);
        at += layer_size<L>;
    }
}

template <class L, class... N>
concept LayerOn = requires {
    typename L::template On<typename N::Output...>;
};

/// One moment, or something without time.
template <class N>
inline constexpr bool at_one_moment = std::is_same_v<typename N::Seen, Moment<typename N::Output>>;

/// What runs in a stepped row: the layer's Step, or, for a layer that treats each moment alone, the
/// layer on one moment. A layer whose Step depends on which of its inputs are stepped declares a
/// `template <bool... Stepped> struct Step`.
template <class L, class B, bool Stepped, class... N>
constexpr auto running() {
    if constexpr (!Stepped) return std::type_identity<B>{};
    else if constexpr (requires { typename B::Step; })
        return std::type_identity<typename B::Step>{};
    else if constexpr (requires { typename B::template Step<N::stepped...>; })
        return std::type_identity<typename B::template Step<N::stepped...>>{};
    else {
        constexpr bool steps = each_moment_of<B>() && (at_one_moment<N> && ...);
        static_assert(steps || !fits_of<B>(), "This network cannot run token by token: one of its "
                                              "layers looks along time and has no Step.");
        if constexpr (steps)
            return std::type_identity<typename L::template On<typename N::Seen...>>{};
        else return std::type_identity<Untimed<B>>{};
    }
}

template <class B, class L, class First, class... N>
constexpr auto append([[maybe_unused]] L const& layer, int owner, First first, N... more) {
    using G = std::remove_pointer_t<decltype(first.graph)>;
    using T = typename G::Scalar;
    static_assert(std::is_trivially_copyable_v<L>,
                  "A layer is a small value: numbers and flags, no buffers.");
    constexpr bool stepped = (First::stepped || ... || N::stepped);
    using R = typename decltype(running<L, B, stepped, First, N...>())::type;
    using Producer = std::conditional_t<fuses_forward<typename First::Bound, R> ||
                                            fuses_backward<typename First::Bound, R>,
                                        First, Nothing>;
    G& graph = *first.graph;
    if constexpr (!std::is_empty_v<L>)
        if (graph.values) ::new (graph.values + graph.value_bytes) L(layer);
    Runs<T> const* run = nullptr; // the program itself only writes the layers' values
    if (std::is_constant_evaluated())
        run = &runs<T, G::stepped != 0, Producer, L, R, typename First::Seen, typename N::Seen...>;
    int const index = graph.add(
        &op<T, G::stepped != 0, Producer, L, R, typename First::Seen, typename N::Seen...>, run,
        {first.index, more.index...}, owner, scope_name<L>, stepped);
    return Node<G, L, B, stepped, typename First::Output, typename N::Output...>{&graph, index};
}

/// A layer that does not fit says so from here, once, and swallows what comes behind it.
template <class B, class L, class... N>
constexpr auto bind(L const& layer, int owner, N... inputs) {
    if constexpr (fits_of<B>()) {
        return append<B>(layer, owner, inputs...);
    } else {
        B::otherwise();
        return Refused{};
    }
}

/// A block is called inside a scope of its name.
template <class L>
constexpr auto call_block(L const& block, auto first, auto... more) {
    auto& graph = *first.graph;
    int const before = graph.scope;
    if constexpr (!requires { L::nameless; }) graph.scope = graph.enter(scope_name<L>);
    auto const y = block(first, more...);
    graph.scope = before;
    return y;
}

template <class L, class First, class... N>
constexpr auto call_layer(L const& layer, First first, N... more) {
    if constexpr (std::is_invocable_v<L const&, First, N...>) {
        return call_block(layer, first, more...);
    } else if constexpr (LayerOn<L, First, N...>) {
        return bind<typename L::template On<typename First::Output, typename N::Output...>>(
            layer, -1, first, more...);
    } else {
        static_assert(
            !sizeof(L),
            "What stands behind | is not a layer, or it takes another number of inputs: give one "
            "node, or join(a, b) for several.");
        return Refused{};
    }
}

} // namespace detail

/// x | layer. What can be called with nodes is a block, made of layers; anything else is bound on
/// what it is given.
template <AnyNode N, class L>
constexpr auto operator|(N x, L const& layer) {
    return detail::call_layer(layer, x);
}
template <class... N, class L>
constexpr auto operator|(Nodes<N...> x, L const& layer) {
    return std::apply([&](auto... n) { return detail::call_layer(layer, n...); }, x.each);
}

// What was refused swallows the rest, so that one mistake is one error.
template <class L>
constexpr Refused operator|(Refused, L const&) {
    return {};
}
template <class N>
constexpr Refused operator+(Refused, N const&) {
    return {};
}
template <AnyNode N>
constexpr Refused operator+(N, Refused) {
    return {};
}
template <class... N>
requires(std::is_same_v<N, Refused> || ...) constexpr Refused join(N...) { return {}; }
template <class... N>
requires(std::is_same_v<N, Refused> || ...) constexpr Refused outputs(N...) { return {}; }

namespace detail {

template <class B>
inline constexpr bool is_activation = false;
template <class B>
requires requires { requires B::elementwise; }
inline constexpr bool is_activation<B> = true;

} // namespace detail

/// x | shared(y): the layer that made y once more, with the same parameters and options.
template <class N>
struct SharedNode {
    static constexpr bool nameless = true;
    N node;
    constexpr auto operator()(AnyNode auto x) const {
        using L = typename N::Layer;
        using B = typename L::template On<typename decltype(x)::Output>;
        constexpr bool fits = detail::fits_of<B>();
        constexpr bool same =
            !fits || std::is_same_v<ParametersOf<B>, ParametersOf<typename N::Bound>>;
        // Dense<16, ReLU> ends with ReLU, which has nothing to share.
        constexpr bool has = ParametersOf<B>::count > 0 || !detail::is_activation<B>;
        static_assert(!fits || has, "shared: an activation made this node. Share the layer itself: "
                                    "auto tower = shared(Dense<16, ReLU>{}).");
        static_assert(same, "shared: the two inputs need parameters of different shapes. Give both "
                            "the same features.");
        if constexpr (!fits) {
            return detail::bind<B>(L{}, node.index, x);
        } else if constexpr (same && has) {
            auto const y = detail::append<B>(L{}, node.index, x);
            if (y.graph->rows) y.graph->rows[y.index].layer = y.graph->rows[node.index].layer;
            return y;
        } else {
            return Refused{};
        }
    }
};
template <AnyNode N>
constexpr SharedNode<N> shared(N node) {
    return {node};
}
constexpr Refused shared(Refused) { return {}; }

/// auto tower = shared(layer or block): wherever it is called it has the same parameters, as a
/// layer object in Keras:
///
///     graph<Input<8>, Input<8>>([](auto a, auto b) {
///         auto tower = shared(Sequential{Dense<16, ReLU>{}, Dense<4>{}});
///         return join(a | tower, b | tower) | Concatenate{} | Dense<1, Sigmoid>{};
///     });
///
/// To be made within the network's function, and not copied: a copy would be another layer.
template <class L>
class SharedLayer {
public:
    static constexpr bool nameless = true;
    constexpr explicit SharedLayer(L const& layer) : layer_(layer) {}
    SharedLayer(SharedLayer const&) = delete;
    SharedLayer& operator=(SharedLayer const&) = delete;

    constexpr auto operator()(AnyNode auto x, AnyNode auto... more) {
        auto& graph = *x.graph;
        int const at = graph.size, back = graph.back;
        if (first_ < 0) first_ = at;
        else graph.back = at - first_;
        auto const y = detail::call_layer(layer_, x, more...);
        if (first_ == at) rows_ = graph.size - at;
        else graph.shares = graph.shares && graph.size - at == rows_;
        graph.back = back;
        return y;
    }

private:
    L layer_;
    int first_ = -1, rows_ = 0; // where it was called first, and how much it wrote there
};
template <class L>
constexpr SharedLayer<L> shared(L layer) {
    return SharedLayer<L>(layer);
}
template <AnyNode N, class L>
constexpr auto operator|(N x, SharedLayer<L>& layer) {
    return layer(x);
}
template <class... N, class L>
constexpr auto operator|(Nodes<N...> x, SharedLayer<L>& layer) {
    return std::apply([&](auto... n) { return layer(n...); }, x.each);
}
template <class X, class L>
constexpr Refused operator|(X, SharedLayer<L> const&) {
    static_assert(!sizeof(L), "shared: what is shared has a name and no const: "
                              "auto tower = shared(Dense<16>{}); and then x | tower.");
    return {};
}
/// x | tied(e): the transpose of the layer that made e, reading e's parameters: an output
/// projection by the embedding matrix (Press and Wolf, 2017).
template <class N>
struct Tied {
    static constexpr bool nameless = true;
    N node;
    constexpr auto operator()(AnyNode auto x) const {
        constexpr bool has = requires { typename N::Layer::Transposed; };
        static_assert(has, "tied: the layer given has no transpose. Tie to an Embedding.");
        if constexpr (has) {
            using L = typename N::Layer::Transposed;
            return detail::bind<typename L::template On<typename decltype(x)::Output>>(
                L{}, node.index, x);
        } else {
            return Refused{};
        }
    }
};
template <AnyNode N>
constexpr Tied<N> tied(N node) {
    return {node};
}
constexpr Refused tied(Refused) { return {}; }

/// frozen(layer or block): its parameters stay as they are; the backward pass ends where nothing
/// above is trained.
template <class L>
struct Frozen {
    static constexpr bool nameless = true;
    L layer;
    constexpr auto operator()(AnyNode auto x, AnyNode auto... more) const {
        auto& graph = *x.graph;
        bool const before = graph.frozen;
        graph.frozen = true;
        auto const y = detail::call_layer(layer, x, more...);
        graph.frozen = before;
        return y;
    }
};
template <class L>
constexpr Frozen<L> frozen(L layer) {
    return {layer};
}

/// named<"encoder">(layer or block): what it is called in paths, instead of its type.
template <Name Text, class L>
struct Named {
    static constexpr bool nameless = true;
    L layer;
    constexpr auto operator()(AnyNode auto x, AnyNode auto... more) const {
        x.graph->name = Text.view();
        return detail::call_layer(layer, x, more...);
    }
};
template <Name Text, class L>
constexpr Named<Text, L> named(L layer) {
    return {layer};
}

namespace detail {

template <class S>
struct InputLayer {
    struct Bound {
        using Output = S;
        static constexpr bool needs_x = false, needs_y = false;
    };
};

/// The I-th input of a network, as its first node.
template <class In, int I, class G>
constexpr auto input(G& graph) {
    using S = typename In::Output;
    constexpr bool stepped = (G::stepped >> I) & 1;
    int const index = graph.size++;
    if (graph.rows) {
        graph.rows[index].op =
            &input_op<typename G::Scalar, std::conditional_t<stepped, Moment<S>, S>>;
        graph.rows[index].owner = index;
        graph.rows[index].stepped = stepped;
    }
    return Node<G, InputLayer<S>, typename InputLayer<S>::Bound, stepped>{&graph, index};
}

} // namespace detail

/// The beginning of a network: one sample has this shape.
template <std::size_t... Dims>
struct Input {
    using Output = Shape<Dims...>;
};
/// The same for whole numbers: tokens, classes (std::int32_t).
template <std::size_t... Dims>
struct Tokens {
    using Output = Indices<Dims...>;
};

template <class... In>
struct Inputs {
    static constexpr int count = sizeof...(In);
};

/// A network written as a function; made by graph().
template <class F, class... In>
struct Function {
    static constexpr bool nameless = true;
    using Inputs = lamina::Inputs<In...>;
    [[no_unique_address]] F function;
    constexpr auto operator()(AnyNode auto... x) const {
        constexpr bool takes = std::is_invocable_v<F const&, decltype(x)...>;
        static_assert(takes, "graph<Inputs...>: the function does not take one node for each "
                             "input, or an error above says what is wrong.");
        if constexpr (takes) return function(x...);
        else return Refused{};
    }
};

/// graph<Input<3>, Tokens<5>>([](auto x, auto t) { return ...; }): a network as a function of its
/// inputs.
template <class... In, class F>
constexpr auto graph(F function) {
    constexpr bool fits = std::is_default_constructible_v<F>;
    static_assert(
        fits,
        "graph: the lambda captures. The compiler runs it, so write the value inside or make it a "
        "constexpr or a template argument.");
    if constexpr (fits) return Function<F, In...>{function};
    else return Refused{};
}

} // namespace lamina
