// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/graph/node.hpp>
#include <lamina/graph/sequential.hpp>

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

} // namespace detail

/// A layer at every moment of a sequence, with the same parameters: TimeDistributed{Conv2D<8, 3>{}}
/// on Shape<Time, Height, Width, Channels>. A Sequential becomes one of its layers, distributed.
/// Dense and its like need none: they treat each vector alone.
///
/// Input       Shape<Time, ...>
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

    template <class In>
    struct On {
        static constexpr bool timed = In::rank >= 2 && !In::integer;
        static constexpr std::size_t time = timed ? In::dims[0] : 1;
        using Seen = typename detail::OneMoment<In>::type;
        using Inner = typename L::template On<Seen>;
        static constexpr bool fits = timed && detail::fits_of<Inner>();
        static void otherwise() {
            static_assert(timed, "TimeDistributed takes a sequence. Begin with Input<Time, ...>.");
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
                                Seen>) {
            Inner::regularize(pass(c, all_moments(c)));
        }

    private:
        /// A batch of moments for a batch of sequences.
        static auto all_moments(auto const& c) {
            auto call = c.call;
            call.batch *= time;
            call.one = call.one && time == 1; // one sample has several moments
            call.layer = &c.layer.layer;
            call.mask[0] = nullptr;
            return call;
        }
        template <class C, class T>
        static auto pass(C const&, Call<T> const& call) {
            return Pass<T, L, Inner, NoEpilogue, Seen>{call};
        }
    };
};
template <class... L>
struct TimeDistributed<Sequential<L...>> {
    static constexpr bool nameless = true;
    Sequential<L...> layer{};
    constexpr auto operator()(AnyNode auto x) const {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return x | Sequential<TimeDistributed<L>...>{
                           TimeDistributed<L>{detail::leaf<I>(layer.layers)}...};
        }
        (std::index_sequence_for<L...>{});
    }
};
template <class L>
TimeDistributed(L) -> TimeDistributed<L>;

} // namespace lamina
