// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

template <class S>
struct InputLayer {
    struct Bound {
        using Output = S;
        static constexpr bool needs_x = false, needs_y = false, is_network_input = true;
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
    static constexpr bool fits = ((Dims > 0) && ...);
    static void otherwise() {
        static_assert(fits, "Input<Dims...>: every axis has at least one number.");
    }
};
/// The same for whole numbers: tokens, classes (std::int32_t).
template <std::size_t... Dims>
struct Tokens {
    using Output = Indices<Dims...>;
    static constexpr bool fits = ((Dims > 0) && ...);
    static void otherwise() {
        static_assert(fits, "Tokens<Dims...>: every axis has at least one token.");
    }
};

template <class... In>
struct Inputs {
    static constexpr int count = sizeof...(In);
};

namespace detail {

/// Whether F takes so many arguments, without compiling its body, whose errors are its own. F's
/// call is the better one on every argument, Arity's on the object: where F takes them too, neither
/// is chosen.
template <class F>
struct Arity : F {
    using F::operator();
    struct Anything {
        template <class X>
        Anything(X const&);
    };
    struct Other {};
    template <class... More>
    Other operator()(Anything, More...);
};
template <class F, class... N>
inline constexpr bool takes = !requires(Arity<F> & f, N... x) {
    f(x...);
};

} // namespace detail

/// A network written as a function; made by graph().
template <class F, class... In>
struct Function {
    static constexpr bool nameless = true;
    using Inputs = lamina::Inputs<In...>;
    [[no_unique_address]] F function;
    constexpr auto operator()(AnyNode auto... x) const {
        constexpr bool takes = detail::takes<F, decltype(x)...>;
        static_assert(takes, "graph<Inputs...>: the function does not take one node for each "
                             "input.");
        if constexpr (takes) return call(x...);
        else return Refused{};
    }

private:
    /// A network within a network has no name of its own; given one, its layers stand below it.
    constexpr auto call(AnyNode auto first, AnyNode auto... more) const {
        auto& graph = *first.graph;
        int const before = graph.scope;
        graph.scope = graph.enter({});
        if constexpr (std::is_void_v<decltype(function(first, more...))>) {
            function(first, more...);
        } else {
            auto const y = function(first, more...);
            graph.scope = before;
            return y;
        }
    }
};

/// graph<Input<3>, Tokens<5>>([](auto x, auto t) { return ...; }): a network as a function of its
/// inputs.
template <class... In, class F>
constexpr auto graph(F function) {
    constexpr bool fits = std::is_default_constructible_v<F>;
    static_assert(fits,
                  "graph: the lambda captures. The compiler runs it: write the value inside, or "
                  "make it constexpr or a template argument.");
    if constexpr (fits) return Function<F, In...>{function};
    else return Refused{};
}

} // namespace lamina
