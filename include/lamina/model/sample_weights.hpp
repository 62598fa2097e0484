// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/losses/target.hpp>
#include <lamina/model/column_form.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lamina::detail {

/// sample_weight times class_weight, and how many numbers that is for each of n samples: 1; of one
/// output with several vectors, where their classes are weighed or sample_weight has as many, one
/// for each of them; 0 without both. `target` is that of the first of `targets`; what is of the
/// class `ignored` has no class_weight.
template <class T>
std::size_t weigh_samples(Array const& sample_weight, Span<float const> class_weight,
                          Span<ColumnForm const> targets, void const* target, std::size_t n,
                          char const* where, Block<T>& into, std::optional<std::int32_t> ignored);

#if LAMINA_BODIES

/// The class that a vector's target of `size` numbers says: a whole number, one of two, or the
/// largest. What a loss of numbers compares says a class where it is 0, 1 or -1.
template <class T>
[[gnu::cold]] std::size_t class_of(void const* target, ColumnForm const& form, std::size_t size,
                                   std::size_t i, char const* what, char const* where) {
    if (form.integer) return std::size_t(static_cast<std::int32_t const*>(target)[i]);
    T const *const row = static_cast<T const*>(target) + i * size, *end = row + size;
    TargetRule const rule = form.target.rule;
    bool const labels =
        (rule != TargetRule::number && rule != TargetRule::not_negative) ||
        std::all_of(row, end, [](T t) { return t == T(0) || t == T(1) || t == T(-1); });
    auto const yes = std::size_t(std::count_if(row, end, [](T t) { return t > T(0.5); }));
    if (labels && size == 1) return yes;
    T const* const most = std::max_element(row, end);
    if (labels && yes < 2 && *most > T(0)) return std::size_t(most - row);
    refuse(where, {"class_weight is for one class per ", what, ", and ", what, " ", i,
                   !labels   ? size == 1 ? " has a number." : " has numbers."
                   : yes > 1 ? " has several labels."
                             : " has no label.",
                   " Give sample_weight."});
}

template <class T>
[[gnu::cold]] std::size_t weigh_samples(Array const& sample_weight, Span<float const> class_weight,
                                        Span<ColumnForm const> targets, void const* target,
                                        std::size_t n, char const* where, Block<T>& into,
                                        std::optional<std::int32_t> ignored) {
    bool const each = sample_weight.rank() > 0; // an Array of no number is not as good as none
    bool const classes = !class_weight.empty();
    if (!each && !classes) return 0;
    ColumnForm const& form = targets[0];
    // a sample's vectors, and their axes; a loss of one's own may compare them otherwise
    std::size_t const width = form.target.width, vectors = form.sample.size / (width + !width);
    Extents axes{form.sample.dims, 0, 1};
    while (axes.size < vectors) axes.size *= axes.dims[axes.rank++];
    bool const alone = targets.size() == 1 && axes.size * width == form.sample.size;
    bool const of_vectors = each && sample_weight.size() > sample_weight.rows();
    std::size_t const per = alone && (classes || of_vectors) ? vectors : 1;
    std::size_t const count = n * per;
    into.reserve(count + 1);
    std::fill_n(into.data(), count, T{1});
    if (each) {
        check_shape(sample_weight, of_vectors && alone ? axes : Extents{nullptr, 0, 1}, where,
                    "sample_weight");
        if (sample_weight.rows() != n)
            refuse(where, {"sample_weight has ", sample_weight.rows(), " numbers for ", n,
                           " samples. Give one for each."});
        Block<T> room;
        T const* const given = sample_weight.as(room, where);
        for (std::size_t i = 0; i < count; ++i) {
            T const weight = given[of_vectors ? i : i / per];
            if (!is_admitted(TargetRule::number, weight))
                fail(Error::Kind::data, {where},
                     {"sample_weight ", double(weight), " of sample ", i / per, " is not finite."});
            into[i] = weight;
        }
    }
    if (!classes) return per;
    for (std::size_t k = 0; k < class_weight.size(); ++k)
        if (!is_admitted(TargetRule::not_negative, class_weight[k]))
            refuse(where, {"class_weight ", double(class_weight[k]), " of class ", k,
                           " is no weight. Give 0 or more."});
    if (targets.size() > 1)
        refuse(where, {"class_weight is for one output, and the network has ", targets.size(),
                       ". Give sample_weight."});
    if (!alone || (form.integer && width > 1))
        refuse(where, {"class_weight is for a target of each vector, and a target of this loss is "
                       "for all of them. Give sample_weight."});
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t const k =
            class_of<T>(target, form, width, i, per > 1 ? "vector" : "sample", where);
        if (form.integer && ignored && k == std::size_t(*ignored)) continue;
        if (k >= class_weight.size())
            refuse(where, {"class_weight has ", class_weight.size(), " numbers, sample ", i / per,
                           " is of class ", k, ". Give one for each class."});
        into[i] *= T(class_weight[k]);
    }
    return per;
}

#endif

#ifdef LAMINA_SOURCE
template std::size_t weigh_samples(Array const&, Span<float const>, Span<ColumnForm const>,
                                   void const*, std::size_t, char const*, Block<float>&,
                                   std::optional<std::int32_t>);
template std::size_t weigh_samples(Array const&, Span<float const>, Span<ColumnForm const>,
                                   void const*, std::size_t, char const*, Block<double>&,
                                   std::optional<std::int32_t>);
#elif !LAMINA_BODIES
extern template std::size_t weigh_samples(Array const&, Span<float const>, Span<ColumnForm const>,
                                          void const*, std::size_t, char const*, Block<float>&,
                                          std::optional<std::int32_t>);
extern template std::size_t weigh_samples(Array const&, Span<float const>, Span<ColumnForm const>,
                                          void const*, std::size_t, char const*, Block<double>&,
                                          std::optional<std::int32_t>);
#endif

} // namespace lamina::detail
