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

/// sample_weight times class_weight, one number for each of n samples; without both, no memory and
/// no numbers. `target` is that of the first of `targets`; what is of the class `ignored` has no
/// class_weight.
template <class T>
void weigh_samples(Array const& sample_weight, Span<float const> class_weight,
                   Span<ColumnForm const> targets, void const* target, std::size_t n,
                   char const* where, Block<T>& into, std::optional<std::int32_t> ignored);

#if LAMINA_BODIES

/// The class that a sample's target says: a whole number, one of two, or the largest. What a loss
/// of numbers compares says a class where it is 0, 1 or -1.
template <class T>
[[gnu::cold]] std::size_t class_of(void const* target, ColumnForm const& form, std::size_t i,
                                   char const* where) {
    if (form.integer) return std::size_t(static_cast<std::int32_t const*>(target)[i]);
    std::size_t const size = form.sample.size;
    T const *const row = static_cast<T const*>(target) + i * size, *end = row + size;
    TargetRule const rule = form.target.rule;
    bool const labels =
        (rule != TargetRule::number && rule != TargetRule::not_negative) ||
        std::all_of(row, end, [](T t) { return t == T(0) || t == T(1) || t == T(-1); });
    auto const yes = std::size_t(std::count_if(row, end, [](T t) { return t > T(0.5); }));
    if (labels && size == 1) return yes;
    T const* const most = std::max_element(row, end);
    if (labels && yes < 2 && *most > T(0)) return std::size_t(most - row);
    refuse(where, {"class_weight is for one class per sample, and sample ", i,
                   !labels   ? size == 1 ? " has a number." : " has numbers."
                   : yes > 1 ? " has several labels."
                             : " has no label.",
                   " Give sample_weight."});
}

template <class T>
[[gnu::cold]] void weigh_samples(Array const& sample_weight, Span<float const> class_weight,
                                 Span<ColumnForm const> targets, void const* target, std::size_t n,
                                 char const* where, Block<T>& into,
                                 std::optional<std::int32_t> ignored) {
    bool const each = sample_weight.rank() > 0; // an Array of no number is not as good as none
    if (!each && class_weight.empty()) return;
    into.reserve(n + 1);
    std::fill_n(into.data(), n, T{1});
    if (each) {
        std::size_t const none = 0;
        check_shape(sample_weight, {&none, 0, 1}, where, "sample_weight");
        if (sample_weight.rows() != n)
            refuse(where, {"sample_weight has ", sample_weight.rows(), " numbers for ", n,
                           " samples. Give one for each."});
        Block<T> room;
        std::copy_n(sample_weight.as(room, where), n, into.data());
        for (std::size_t i = 0; i < n; ++i)
            if (!is_admitted(TargetRule::number, into[i]))
                fail(Error::Kind::data, {where},
                     {"sample_weight ", double(into[i]), " of sample ", i, " is not finite."});
    }
    if (class_weight.empty()) return;
    for (std::size_t k = 0; k < class_weight.size(); ++k)
        if (!is_admitted(TargetRule::not_negative, class_weight[k]))
            refuse(where, {"class_weight ", double(class_weight[k]), " of class ", k,
                           " is no weight. Give 0 or more."});
    if (targets.size() > 1)
        refuse(where, {"class_weight is for one output, and the network has ", targets.size(),
                       ". Give sample_weight."});
    ColumnForm const& form = targets[0];
    if (form.integer ? form.sample.size > 1 : form.sample.rank > 1)
        refuse(where, {"class_weight is for one class per sample, not for a sequence. Give "
                       "sample_weight."});
    for (std::size_t i = 0; i < n; ++i) {
        std::size_t const k = class_of<T>(target, form, i, where);
        if (form.integer && ignored && k == std::size_t(*ignored)) continue;
        if (k >= class_weight.size())
            refuse(where, {"class_weight has ", class_weight.size(), " numbers, sample ", i,
                           " is of class ", k, ". Give one for each class."});
        into[i] *= T(class_weight[k]);
    }
}

#endif

#ifdef LAMINA_SOURCE
template void weigh_samples(Array const&, Span<float const>, Span<ColumnForm const>, void const*,
                            std::size_t, char const*, Block<float>&, std::optional<std::int32_t>);
template void weigh_samples(Array const&, Span<float const>, Span<ColumnForm const>, void const*,
                            std::size_t, char const*, Block<double>&, std::optional<std::int32_t>);
#elif !LAMINA_BODIES
extern template void weigh_samples(Array const&, Span<float const>, Span<ColumnForm const>,
                                   void const*, std::size_t, char const*, Block<float>&,
                                   std::optional<std::int32_t>);
extern template void weigh_samples(Array const&, Span<float const>, Span<ColumnForm const>,
                                   void const*, std::size_t, char const*, Block<double>&,
                                   std::optional<std::int32_t>);
#endif

} // namespace lamina::detail
