// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/losses/pairing.hpp>
#include <lamina/model/network.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace lamina {

/// weighted(0.5f, loss): its share of the sum, where there are several outputs. A loss with a share
/// below 0 grows.
template <class L>
struct WeightedLoss {
    float weight;
    L loss;

    void check() const {
        detail::Check{"weighted"}.finite("weight", weight);
        detail::check_options(loss);
    }
};
template <class L>
constexpr WeightedLoss<L> weighted(float weight, L loss) {
    return {weight, loss};
}

/// losses(BinaryCrossentropy{}, weighted(0.5f, MeanSquaredError{})): one loss for each output of
/// the network.
template <class... L>
struct Losses {
    detail::LeavesOf<L...> each;
    // A constructor, because clang 15 and 16 do not survive losses without members in braces.
    constexpr Losses(L... l) : each{{l}...} {}

    void check() const {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (detail::check_options(detail::leaf<I>(each)), ...);
        }
        (std::index_sequence_for<L...>{});
    }
};
template <class... L>
constexpr Losses<L...> losses(L... l) {
    return Losses<L...>(l...);
}

/// at<1>(Accuracy{}): a metric of the second output. Without it a metric is one of the first.
template <std::size_t Output, class M>
struct MetricAt {
    M metric;
    void check() const { detail::check_options(metric); }
};
template <std::size_t Output, class M>
constexpr MetricAt<Output, M> at(M metric) {
    return {metric};
}

namespace detail {

template <class L>
struct GivenLoss {
    using type = L;
    static constexpr L const& loss(L const& l) { return l; }
    static constexpr float weight(L const&) { return 1.0f; }
};
template <class L>
struct GivenLoss<WeightedLoss<L>> {
    using type = L;
    static constexpr L const& loss(WeightedLoss<L> const& l) { return l.loss; }
    static constexpr float weight(WeightedLoss<L> const& l) { return l.weight; }
};

template <class M>
struct GivenMetric {
    using type = M;
    static constexpr std::size_t output = 0;
    static constexpr M const& metric(M const& m) { return m; }
};
template <std::size_t K, class M>
struct GivenMetric<MetricAt<K, M>> {
    using type = M;
    static constexpr std::size_t output = K;
    static constexpr M const& metric(MetricAt<K, M> const& m) { return m.metric; }
};

/// May the loss of this output be computed from the row before it? Only if nobody else reads the
/// output row.
template <class D, class T>
constexpr bool output_is_private(int o) {
    constexpr auto& g = network_table<D, T>;
    int readers = 0;
    for (int const out : g.outputs) readers += out == g.outputs[std::size_t(o)];
    for (int i = 0; i < g.size; ++i)
        for (int k = 0; k < g.rows[std::size_t(i)].arity; ++k)
            readers += g.rows[std::size_t(i)].inputs[k] == g.outputs[std::size_t(o)];
    return readers == 1;
}

/// One output and its loss: which form of the loss is computed, on which shape, against what.
template <class D, class T, int K, class Node, class L>
struct Pair {
    using Given = GivenLoss<L>;
    using Stated = typename Given::type;
    using Y = typename Node::Output;
    using Rule = FromLogits<typename Node::Layer, Stated>;
    static constexpr bool logits = Rule::value && output_is_private<D, T>(K);
    using Loss = std::conditional_t<logits, typename Rule::type, Stated>;
    using Bound = typename Loss::template On<Y>;
    using Target = typename Bound::Target;

    /// Whether metrics see logits, as the loss says: of a yes or no each, or of one choice.
    static constexpr bool yes_or_no = requires { Stated::yes_above; };
    static constexpr bool one_choice = requires { requires Stated::one_choice; }
    || meaning_of<typename Node::Layer, typename Node::Bound>() == Meaning::log_distribution;

    static constexpr bool fits = loss_fits<Stated, Node>();
    /// A loss that does not take its output says so, once.
    static void otherwise() {
        if constexpr (!fits) refuse_loss<Stated, Node>();
    }
};

template <class D, class T, class Nodes, class K, class... L>
struct Pairing;
template <class D, class T, class... N, int... K, class... L>
struct Pairing<D, T, Nodes<N...>, std::integer_sequence<int, K...>, L...> {
    template <std::size_t I>
    using At = std::tuple_element_t<I, std::tuple<Pair<D, T, K, N, L>...>>;
    using Losses = LeavesOf<typename Pair<D, T, K, N, L>::Loss...>;
    using Network = lamina::Network<D, T, false, Pair<D, T, K, N, L>::logits...>;
    static constexpr bool fits = (Pair<D, T, K, N, L>::fits && ...);
    static void otherwise() { (Pair<D, T, K, N, L>::otherwise(), ...); }
};
template <class D, class T, class... L>
using PairingOf =
    Pairing<D, T, OutputsOf<D, T>, std::make_integer_sequence<int, int(sizeof...(L))>, L...>;

} // namespace detail
} // namespace lamina
