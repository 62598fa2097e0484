// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/losses/target.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/column_form.hpp>
#include <lamina/model/sample_weights.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace lamina::detail {

/// The columns that a model takes: its inputs, and the targets of its losses. In the form of
/// constants, so that what binds data to them is compiled for T alone.
struct DataForm {
    Span<ColumnForm const> inputs, targets;
};

/// Several columns of samples: what fit, evaluate and predict were given, looked at where they lie
/// or converted once.
template <class T>
class Columns {
public:
    static constexpr std::size_t most = Samples::most / 2;
    void const* data[most]{};

    Columns();
    ~Columns();
    Columns(Columns const&) = delete;
    Columns& operator=(Columns const&) = delete;

    /// The number of samples, which all columns have alike.
    std::size_t bind(Arrays const& arrays, Span<ColumnForm const> forms, char const* where,
                     char const* what);

private:
    Block<T> numbers_[most];
    Block<std::int32_t> tokens_[most];
};

/// What the caller gave, as samples that a run can walk. `ignored` says for each target which class
/// its loss leaves out.
template <class T>
class BoundSamples {
public:
    using Ignored = std::optional<std::int32_t>;
    Samples samples;

    BoundSamples();
    ~BoundSamples();
    BoundSamples(BoundSamples const&) = delete;
    BoundSamples& operator=(BoundSamples const&) = delete;

    void bind(char const* where, DataForm const& form, Ignored const* ignored, Arrays const& x,
              Arrays const& y, Array const& sample_weight = {},
              Span<float const> class_weight = {});

private:
    Columns<T> x_, y_;
    Block<T> weights_;
};

#if LAMINA_BODIES

// Out of line, for they are where a program is that has no use for their speed.
template <class T>
[[gnu::cold]] Columns<T>::Columns() = default;
template <class T>
[[gnu::cold]] Columns<T>::~Columns() = default;
template <class T>
[[gnu::cold]] BoundSamples<T>::BoundSamples() = default;
template <class T>
[[gnu::cold]] BoundSamples<T>::~BoundSamples() = default;

template <class T>
[[gnu::cold]] std::size_t Columns<T>::bind(Arrays const& arrays, Span<ColumnForm const> forms,
                                           char const* where, char const* what) {
    std::size_t const count = forms.size(), n = check_counts(arrays, count, where, what);
    for (std::size_t i = 0; i < count; ++i) {
        auto const& form = forms[i];
        int const index = count > 1 ? int(i) : -1;
        check_shape(arrays[i], form.sample, where, what, index, form.integer);
        if (form.integer) {
            std::int32_t const* const tokens = arrays[i].as(tokens_[i], where);
            data[i] = tokens;
            if (form.vocabulary > 0)
                check_tokens(tokens, n, form.sample.size, form.vocabulary, where, index);
        } else data[i] = arrays[i].as(numbers_[i], where);
    }
    return n;
}

template <class T>
[[gnu::cold]] void BoundSamples<T>::bind(char const* where, DataForm const& form,
                                         Ignored const* ignored, Arrays const& x, Arrays const& y,
                                         Array const& sample_weight,
                                         Span<float const> class_weight) {
    std::size_t const n = x_.bind(x, form.inputs, where, "x");
    if (std::size_t const given = y_.bind(y, form.targets, where, "y"); given != n)
        refuse(where, {"x has ", n, " samples, y has ", given, ". Give one target for each."});
    for (std::size_t k = 0; k < form.targets.size(); ++k) {
        T const* const none = nullptr;
        check_targets(form.targets[k].target, y_.data[k], n * form.targets[k].sample.size, none,
                      where, ignored[k]);
    }
    samples.weights = weigh_samples(sample_weight, class_weight, form.targets, y_.data[0], n, where,
                                    weights_, ignored[0]);
    samples.count = n;
    samples.inputs = form.inputs.size();
    samples.columns = samples.inputs + form.targets.size();
    auto* to = samples.column;
    for (std::size_t k = 0; k < form.inputs.size(); ++k) *to++ = {x_.data[k], form.inputs[k].bytes};
    for (std::size_t k = 0; k < form.targets.size(); ++k)
        *to++ = {y_.data[k], form.targets[k].bytes};
    *to = {weights_.data(), samples.weights * sizeof(T)};
}

#endif

#ifdef LAMINA_SOURCE
template class Columns<float>;
template class Columns<double>;
template class BoundSamples<float>;
template class BoundSamples<double>;
#elif !LAMINA_BODIES
extern template class Columns<float>;
extern template class Columns<double>;
extern template class BoundSamples<float>;
extern template class BoundSamples<double>;
#endif

} // namespace lamina::detail
