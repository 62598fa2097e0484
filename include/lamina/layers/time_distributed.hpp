// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/graph/sequential.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace lamina {

namespace detail {

template <class S>
struct OneMoment {
    using type = Shape<1>;
};
template <std::size_t Time, std::size_t First, std::size_t... Rest>
struct OneMoment<Shape<Time, First, Rest...>> {
    using type = Shape<First, Rest...>;
};
template <std::size_t Time, class S>
struct AllMoments;
template <std::size_t Time, std::size_t... Dims>
struct AllMoments<Time, Shape<Dims...>> {
    using type = Shape<Time, Dims...>;
};
/// 0: there is no time axis.
template <class S>
inline constexpr std::size_t moments_of = S::rank < 2 || S::integer ? 0 : S::dims[0];
template <bool timed = false>
struct Timeless {
    static void otherwise() {
        static_assert(timed, "TimeDistributed takes a sequence. Begin with Input<Time, ...>.");
    }
};

template <class L, class... In>
concept TakesShapes = requires {
    typename L::template On<In...>;
};
/// Whether L is bound on shapes; what is not is a block.
template <class L>
inline constexpr bool is_layer = TakesShapes<L, Shape<1>> || TakesShapes<L, Shape<1>, Shape<1>> ||
                                 TakesShapes<L, Shape<1>, Shape<1>, Shape<1>>;
template <class L>
inline constexpr bool is_sequential = false;
template <class... L>
inline constexpr bool is_sequential<Sequential<L...>> = true;

/// Whether L joins vectors of the same place, so that on whole sequences it gives what it gives at
/// each moment: Add, Concatenate. Keras' TimeDistributed takes one input only.
template <class L, class First, class... In>
constexpr bool joins_sequences() {
    if constexpr (sizeof...(In) == 0 || !((In::rank == First::rank) && ...)) return false;
    else {
        using Bound = typename L::template On<First, In...>;
        if constexpr (!fits_of<Bound>()) return false;
        else return each_moment_of<Bound>();
    }
}

/// What a block sees: one moment of the node `whole`. A layer behind it is put behind that.
template <class N>
struct MomentNode {
    using Output = typename OneMoment<typename N::Output>::type;
    decltype(N::graph) graph;
    N whole;

    template <class L, class... More>
    static constexpr auto call(L const& layer, MomentNode first, More... more);
};
template <class G, class N>
MomentNode(G*, N) -> MomentNode<N>;

/// The nodes of which a block saw moments.
template <class N>
constexpr auto whole_of(MomentNode<N> y) {
    return y.whole;
}
template <class... N>
constexpr auto whole_of(Nodes<N...> const& y) {
    return spread(y, [](auto... n) { return outputs(n.whole...); });
}
constexpr auto whole_of(Refused y) { return y; }

} // namespace detail

template <class N>
inline constexpr bool is_node<detail::MomentNode<N>> = true;

/// A layer at every moment of a sequence, with the same parameters: TimeDistributed{Conv2D<8, 3>{}}
/// on Shape<Time, Height, Width, Channels>. A block, a Sequential or Conv2D<8, 3, ReLU> or one of
/// your own, sees one moment too: each of its layers is distributed. Dense and its like need none:
/// they treat each vector alone.
///
/// Input       Shape<Time, ...>; a layer of several inputs: each of them
/// Output      Shape<Time, the layer's output>
/// Mask        is not seen by the layer; it travels on where vectors come out
/// Errors      (compile time) the input has no time axis; the layer does not fit behind it
/// Source      keras.layers.TimeDistributed
template <class L>
struct TimeDistributed {
    static constexpr bool nameless = detail::scope_name<L>.empty();
    [[no_unique_address]] L layer{};

    static constexpr bool fits = detail::fits_of<L>();
    static void otherwise() { L::otherwise(); }
    void check() const { detail::check_options(layer); }

    void config(auto const& out) const { out.object("layer", detail::type_name<L>, layer); }

    template <class... In>
    struct On {
        static constexpr std::size_t time = std::min({detail::moments_of<In>...});
        static constexpr bool timed = time > 0 && ((detail::moments_of<In> == time) && ...);
        using Inner = typename L::template On<typename detail::OneMoment<In>::type...>;
        static constexpr bool fits = timed && detail::fits_of<Inner>();
        static void otherwise() {
            detail::Timeless<timed>::otherwise();
            if constexpr (timed) Inner::otherwise();
        }
        using Output = typename detail::AllMoments<time, typename Inner::Output>::type;
        using Parameters = ParametersOf<Inner>;
        using State = StateOf<Inner>;
        static constexpr bool needs_x = detail::needs_x_of<Inner>(),
                              needs_y = detail::needs_y_of<Inner>(),
                              in_place = detail::in_place_of<Inner>();
        static constexpr std::size_t cache = time * detail::cache_of<Inner>(),
                                     batch_cache = detail::batch_cache_of<Inner>(),
                                     flops = time * detail::flops_of<Inner>();
        template <class T>
        static constexpr std::size_t scratch = detail::scratch_of<Inner, T>();

        static void forward(auto const& c) {
            auto const call = all_moments(c);
            Inner::forward(pass(c, call));
        }
        static void backward(auto const& c) {
            auto const call = all_moments(c);
            Inner::backward(pass(c, call));
        }
        static void regularize(auto const& c) requires(
            detail::has_penalty<typename std::remove_cvref_t<decltype(c)>::Scalar, L, Inner,
                                typename detail::OneMoment<In>::type...>) {
            Inner::regularize(pass(c, all_moments(c)));
        }

    private:
        /// A batch of moments for a batch of sequences.
        static auto all_moments(auto const& c) {
            auto call = c.call;
            call.batch *= time;
            call.one = call.one && time == 1; // one sample has several moments
            call.layer = &c.layer.layer;
            for (std::size_t k = 0; k < sizeof...(In); ++k) call.mask[k] = nullptr;
            return call;
        }
        template <class C, class T>
        static auto pass(C const&, Call<T> const& call) {
            return Pass<T, L, Inner, NoEpilogue, typename detail::OneMoment<In>::type...>{call};
        }
    };
};
template <class L>
requires(!detail::is_layer<L>) struct TimeDistributed<L> {
    static constexpr bool nameless = true;
    [[no_unique_address]] L block{};
    constexpr auto operator()(AnyNode auto x) const {
        if constexpr (decltype(x)::Output::rank < 2) {
            detail::Timeless<>::otherwise();
            return Refused{};
        } else return detail::whole_of(call(detail::MomentNode{x.graph, x}));
    }

private:
    constexpr auto call(auto moment) const {
        if constexpr (detail::is_sequential<L>) return block(moment); // has no name of its own
        else return detail::call_layer(block, moment);
    }
};
template <class L>
TimeDistributed(L) -> TimeDistributed<L>;

template <class N>
template <class L, class... More>
constexpr auto detail::MomentNode<N>::call(L const& layer, MomentNode first, More... more) {
    constexpr bool joins =
        joins_sequences<L, typename N::Output, typename decltype(More::whole)::Output...>();
    auto const y = call_layer(std::conditional_t<joins, L, TimeDistributed<L>>{layer}, first.whole,
                              more.whole...);
    if constexpr (AnyNode<std::remove_const_t<decltype(y)>>)
        return MomentNode<std::remove_const_t<decltype(y)>>{y.graph, y};
    else return Refused{};
}

} // namespace lamina
