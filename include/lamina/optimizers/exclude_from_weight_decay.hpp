// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parameters.hpp>

#include <cstddef>
#include <string_view>

namespace lamina {

namespace detail {

/// Whether a name occurs in another one. Their own find() is no constant to g++ 12 with
/// -fsanitize=undefined.
constexpr bool occurs_in(std::string_view whole, std::string_view name) {
    for (std::size_t from = 0; from + name.size() <= whole.size(); ++from) {
        std::size_t same = 0;
        while (same < name.size() && whole[from + same] == name[same]) ++same;
        if (same == name.size()) return true;
    }
    return false;
}

} // namespace detail

/// An optimizer whose weight decay leaves out the parameters in whose name one of Names occurs;
/// made by exclude_from_weight_decay(). It has the options of O.
template <class O, Name... Names>
struct DecayExcept : O {
    using InFiles = O; // the same to files, as it is in Keras

    /// Whether a layer's tensor, "bias" or "kernel", keeps its size. Without Names: all that says
    /// where numbers lie and how far they reach, and nothing of how they are mixed.
    static constexpr bool excludes(std::string_view tensor) {
        auto const has = [&](std::string_view name) { return detail::occurs_in(tensor, name); };
        if constexpr (requires { O::excludes(tensor); })
            if (O::excludes(tensor)) return true;
        if constexpr (sizeof...(Names) > 0) return (has(Names.view()) || ...);
        else return has("bias") || has("gamma") || has("beta") || has("alpha");
    }
    /// Whether each name that was given occurs in one of a network's tensors.
    static constexpr bool knows(auto const& table) {
        [[maybe_unused]] auto const occurs = [&](std::string_view name) {
            for (int i = 0; i < table.size; ++i) {
                auto const& op = *table.rows[std::size_t(i)].op;
                for (std::size_t k = 0; k < op.parameter_count; ++k)
                    if (detail::occurs_in(op.parameter_tensors[k].name, name)) return true;
            }
            return false;
        };
        if constexpr (requires { O::knows(table); })
            if (!O::knows(table)) return false;
        return (occurs(Names.view()) && ...);
    }
};

namespace detail {

template <class O, Name... Names>
constexpr auto decay_except(O const& optimizer) {
    constexpr bool decays = requires { optimizer.weight_decay; };
    static_assert(decays, "exclude_from_weight_decay takes an optimizer that has a weight_decay, "
                          "such as AdamW{}.");
    if constexpr (decays) return DecayExcept<O, Names...>{optimizer};
    else return optimizer;
}

} // namespace detail

/// The optimizer with a weight decay of kernels and tables alone: biases, the parameters of
/// normalization (gamma, beta) and PReLU's alpha keep their size.
///
///     compile(net, exclude_from_weight_decay(AdamW{.weight_decay = 0.1}), loss)
///
/// With names, of what has one of them in its own: exclude_from_weight_decay<"bias",
/// "embeddings">(...). The names of tensors are those of files: "kernel", "recurrent_kernel",
/// "bias", "gamma", "beta", "embeddings", "positions", and those that layers of one's own give.
///
/// Errors      (compile time) an optimizer without weight_decay; a name that no parameter has
/// Source      keras.optimizers.Optimizer.exclude_from_weight_decay(var_names=[...]); PyTorch's
///             groups of parameters
template <class O>
constexpr auto exclude_from_weight_decay(O const& optimizer) {
    return detail::decay_except<O>(optimizer);
}
template <Name First, Name... More, class O>
constexpr auto exclude_from_weight_decay(O const& optimizer) {
    return detail::decay_except<O, First, More...>(optimizer);
}

} // namespace lamina
