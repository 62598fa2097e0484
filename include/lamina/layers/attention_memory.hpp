// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/attention_step.hpp>
#include <lamina/layers/attention_options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// What attention keeps when it goes moment by moment: the cache of keys and values.
namespace lamina::detail {

/// Whether attention of the inputs From can go so, and how. Past: key and value come with the
/// query, and join those before them. Whole: they are there at once.
template <class From, bool... Stepped>
struct AttentionSteps {
    static constexpr bool past =
        is_stepped<Stepped...>(From::key) && is_stepped<Stepped...>(From::value);
    static constexpr bool whole =
        !is_stepped<Stepped...>(From::key) && !is_stepped<Stepped...>(From::value);
    static constexpr bool mask = (From::adds || From::allows) && is_stepped<Stepped...>(From::mask);
    static constexpr bool can = is_stepped<Stepped...>(0) &&
                                (past ? From::causal : whole && !From::causal) &&
                                !(mask && From::allows);
};

/// The memory of each sample: keys of K numbers, transposed, values of V numbers, and which of them
/// count.
template <class From, std::size_t K, std::size_t V, bool... Stepped>
struct AttentionMemory {
    using Steps = AttentionSteps<From, Stepped...>;
    static constexpr std::size_t moments = From::tk, size = moments * (K + V + 1);

    template <class T>
    struct Parts {
        T *keys, *values, *keep;
    };
    static auto of(auto const& c, std::size_t n) {
        auto* const at = c.memory + n * size;
        using T = std::remove_pointer_t<decltype(c.memory)>;
        return Parts<T>{at, at + moments * K, at + moments * (K + V)};
    }
    /// Puts the keys and values of `count` moments from `first` into the memory of sample n. Values
    /// that are there already stay.
    template <class T>
    static void remember(auto const& c, std::size_t n, std::size_t first, std::size_t count,
                         T const* k, T const* v) {
        auto const to = of(c, n);
        if (v != to.values) std::copy_n(v, count * V, to.values + first * V);
        for (std::size_t t = 0; t < count; ++t) {
            for (std::size_t j = 0; j < K; ++j) to.keys[j * moments + first + t] = k[t * K + j];
            auto const counts = [&](T const* mask) { return !mask || mask[n * count + t] != T{0}; };
            to.keep[first + t] = T(counts(c.mask_of(From::key)) && counts(c.mask_of(From::value)));
        }
    }
    /// How many of the moments the query of this one may see, and which of them; rule: where the
    /// constant mask of this moment stands.
    template <class T>
    static void masks(auto const& c, std::size_t n, kernels::AttentionStep<T>& a, T const* rule) {
        a.keys = Steps::past ? c.position + 1 : moments;
        if (c.mask_of(From::key) || c.mask_of(From::value)) a.keep = of(c, n).keep;
        std::size_t const row = (Steps::mask ? n : n * From::tq + c.position) * moments;
        if constexpr (From::adds) a.add = static_cast<T const*>(c.call.x[From::mask]) + row;
        if constexpr (From::allows)
            a.allow = static_cast<std::int32_t const*>(c.call.x[From::mask]) + row;
        if constexpr (From::ruled) a.add = rule;
    }
};

} // namespace lamina::detail
