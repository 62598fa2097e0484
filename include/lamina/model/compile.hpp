// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/model/loss_pass.hpp>
#include <lamina/model/network.hpp>
#include <lamina/model/pairing.hpp>
#include <lamina/model/refused_model.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// What compile() makes: see model.hpp, which includes this file.
template <class D, class T, class Optimizer, class LossList, class... Metrics>
class Model;

/// compile(network, Adam{...}, loss, metrics...): the network with what it is trained with. Several
/// outputs take losses(a, b, ...). compile<double>(...) computes in double.
template <class T = float, class D, class Optimizer, class... L, class... Metrics>
auto compile(D const& definition, Optimizer const& optimizer, Losses<L...> const& losses,
             Metrics const&... metrics) {
    // what evaluate gives behind the loss
    constexpr std::size_t results = sizeof...(Metrics) + (sizeof...(L) > 1 ? sizeof...(L) : 0);
    constexpr bool network = requires { typename D::Inputs; };
    static_assert(network || std::is_same_v<D, Refused>,
                  "compile: the network does not begin with its input. Put Input<...>{} first.");
    constexpr bool optimizes = requires { Optimizer::slots; };
    constexpr bool all_losses = (requires {
        detail::GivenLoss<L>::type::rule;
        detail::GivenLoss<L>::type::name;
    } && ...);
    constexpr bool all_metrics = (requires { detail::GivenMetric<Metrics>::type::name; } && ...);
    constexpr bool real = std::is_same_v<T, float> || std::is_same_v<T, double>;
    static_assert(real, "compile<T>: a network computes in float or in double.");
    static_assert(!network || optimizes,
                  "compile(network, optimizer, loss, metrics...): what stands second is no "
                  "optimizer. Write Adam{} there.");
    static_assert(!optimizes || all_losses,
                  "compile(network, optimizer, loss, metrics...): what stands third is no loss. "
                  "A loss has name, rule and On<Y>.");
    static_assert(!optimizes || !all_losses || all_metrics,
                  "compile(network, optimizer, loss, metrics...): behind the loss stands "
                  "no metric. A metric has name and On<Y, Target>.");
    if constexpr (!real || !network || !optimizes || !all_losses || !all_metrics)
        return RefusedModel<results>{};
    else if constexpr (std::is_same_v<detail::OutputsOf<D, T>, Refused>)
        return RefusedModel<results>{};
    else {
        constexpr auto outputs = std::size_t(detail::outputs_of<D, T>);
        constexpr bool one_each = sizeof...(L) == outputs;
        constexpr bool placed = ((detail::GivenMetric<Metrics>::output < outputs) && ...);
        constexpr bool shares = detail::network_table<D, T>.shares;
        static_assert(one_each,
                      "compile: give one loss for each output of the network: losses(a, b, ...).");
        static_assert(placed, "compile: at<K>(metric) names an output that the network does not "
                              "have. Outputs count from 0.");
        static_assert(shares, "shared: what it is called on needs parameters of different shapes. "
                              "Give all the same features.");
        constexpr bool known = [] {
            if constexpr (requires { Optimizer::knows(detail::network_table<D, T>); })
                return Optimizer::knows(detail::network_table<D, T>);
            else return true;
        }();
        static_assert(known, "exclude_from_weight_decay: no parameter of the network has one of "
                             "these names in its own, as bias or gamma have.");
        constexpr bool reached = [] {
            if constexpr (requires { Optimizer::branches(detail::network_table<D, T>); })
                return leads_to_parameters(detail::network_table<D, T>,
                                           Optimizer::branches(detail::network_table<D, T>));
            else return true;
        }();
        static_assert(reached, "scale_learning_rate: no parameter of the network lies in one of "
                               "these. Give paths of summary(), such as encoder/dense_1.");
        if constexpr (!one_each || !placed || !shares || !known || !reached)
            return RefusedModel<results>{};
        else if constexpr (!detail::PairingOf<D, T, L...>::fits) {
            detail::PairingOf<D, T, L...>::otherwise();
            return RefusedModel<results>{};
        } else {
            using M = Model<D, T, Optimizer, Losses<L...>, Metrics...>;
            if constexpr (M::Sums::fits) {
                detail::check_options(losses);
                (detail::check_options(metrics), ...);
                return M{definition, optimizer, losses, metrics...};
            } else {
                M::Sums::otherwise();
                return RefusedModel<results>{};
            }
        }
    }
}
template <class T = float, class D, class Optimizer, class Loss, class... Metrics>
auto compile(D const& definition, Optimizer const& optimizer, Loss const& loss,
             Metrics const&... metrics) {
    return compile<T>(definition, optimizer, losses(loss), metrics...);
}
template <class T = float, class D, class... Optimizer>
requires(sizeof...(Optimizer) < 2) auto compile(D const&, Optimizer const&...) {
    static_assert(sizeof(D) == 0, "compile(network, optimizer, loss, metrics...): give all three, "
                                  "as in compile(network, Adam{}, MeanSquaredError{}).");
    return RefusedModel<0>{};
}

} // namespace lamina
