// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/core/parameters.hpp>
#include <lamina/graph/branch.hpp>
#include <lamina/optimizers/optimizer_among.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lamina {

/// An optimizer whose learning rate is scales[k] times as large in the k-th of Paths; made by
/// scale_learning_rate(). It has the options of O.
template <class O, Name... Paths>
struct RateScaled : O {
    std::array<double, sizeof...(Paths)> scales{};
    using InFiles = O; // its scales are the program's, as its learning rate is

private:
    static constexpr std::size_t inner = [] {
        if constexpr (requires { O::scale_count; }) return O::scale_count;
        else return std::size_t{0};
    }();

public:
    static constexpr std::size_t scale_count = inner + sizeof...(Paths);

    void check() const {
        if constexpr (requires(O const& o) { o.check(); }) O::check();
        for (double const scale : scales)
            detail::Check{"scale_learning_rate"}.not_negative("a scale", scale);
    }
    /// Where in a network the paths lead to: those of the optimizer in it first.
    template <class Table>
    static constexpr auto branches(Table const& table) {
        std::array<Branch, scale_count> all{};
        if constexpr (inner > 0) {
            auto const before = O::branches(table);
            std::copy(before.begin(), before.end(), all.begin());
        }
        std::size_t k = inner;
        ((all[k++] = branch_at(table, Paths.view())), ...);
        return all;
    }
    /// The product of the scales whose bits are set, in the order of branches().
    double scale_of(std::uint64_t bits) const {
        double product = 1;
        if constexpr (inner > 0) product = O::scale_of(bits);
        for (std::size_t k = 0; k < scales.size(); ++k)
            if (bits >> (inner + k) & 1) product *= scales[k];
        return product;
    }
    /// No product of scales is above it.
    double largest_scale() const {
        double product = 1;
        if constexpr (inner > 0) product = O::largest_scale();
        for (double const scale : scales) product *= std::max(1.0, scale);
        return product;
    }
};

namespace detail {

template <Name... Paths, class O>
constexpr auto rate_scaled(double const* scales, std::size_t count, O const& optimizer) {
    constexpr bool each_step = !requires { O::first_rate_alone; };
    static_assert(each_step, "scale_learning_rate takes an optimizer that has a learning rate in "
                             "each step, which Rprop has not.");
    constexpr bool counts = RateScaled<O, Paths...>::scale_count <= 64; // as bits
    static_assert(counts, "scale_learning_rate takes at most 64 paths. Give a block's path for "
                          "those of its layers.");
    if constexpr (each_step && counts) {
        RateScaled<O, Paths...> scaled{optimizer, {}};
        for (std::size_t k = 0; k < scaled.scales.size(); ++k)
            scaled.scales[k] = scales[count > 1 ? k : 0];
        return scaled;
    } else return optimizer;
}

} // namespace detail

/// The optimizer with another learning rate in a part of the network: `scale` times its own. For a
/// network that was trained already and a head that is new:
///
///     compile(net, scale_learning_rate<"backbone">(0.01, AdamW{.learning_rate = 1e-3}), loss)
///
/// trains the backbone with 1e-5. Paths are those of summary(): "encoder" is a block with all that
/// is in it, "encoder/dense_1" a layer, "encoder/dense_1/bias" one of its tensors. Each path may
/// have a scale of its own, and where several meet, or one optimizer stands in another, they
/// multiply:
///
///     scale_learning_rate<"embedding", "block", "block_1">({0.7, 0.8, 0.9}, AdamW{...})
///
/// Schedules, warm-up and callbacks set the rate that is scaled, and a decay that goes by the rate
/// is scaled with it. model.optimizer.scales[k] may be changed while training; 0 keeps the weights
/// as they are, but costs what training them does: frozen() does not.
///
/// Errors      (compile time) a path that leads to no parameter; Rprop, whose steps have no rate
///             (run time) a scale that is negative or not finite
/// Source      PyTorch's groups of parameters with an `lr` each; timm's lr_scale; discriminative
///             fine-tuning, Howard and Ruder (2018)
template <Name... Paths, class S, class O>
requires(sizeof...(Paths) > 0 && std::is_arithmetic_v<S> &&
         detail::is_optimizer<O>) constexpr auto scale_learning_rate(S scale, O const& optimizer) {
    double const one = static_cast<double>(scale);
    return detail::rate_scaled<Paths...>(&one, 1, optimizer);
}
template <Name... Paths, std::size_t N, class O>
requires(sizeof...(Paths) > 0 &&
         detail::is_optimizer<O>) constexpr auto scale_learning_rate(double const (&scales)[N],
                                                                     O const& optimizer) {
    constexpr bool one_each = N == sizeof...(Paths);
    static_assert(one_each, "scale_learning_rate: give each path its scale, {0.1, 0.5} for two, or "
                            "all of them one: 0.1.");
    if constexpr (one_each) return detail::rate_scaled<Paths...>(scales, N, optimizer);
    else return optimizer;
}
template <Name... Paths, class... Given>
constexpr auto scale_learning_rate(Given const&... given) {
    static_assert(sizeof...(Given) > 99,
                  "scale_learning_rate<paths...>(0.1, AdamW{}): paths are template arguments; the "
                  "scale stands first, then the optimizer.");
    return detail::optimizer_among(given...);
}

} // namespace lamina
