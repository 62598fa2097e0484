// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/initializers.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/core/span.hpp>
#include <lamina/kernels/gather.hpp>
#include <lamina/losses/target.hpp>
#include <lamina/model/batches.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace lamina::detail {

/// The numbers that samples of shape S are made of.
template <class T, class S>
using NumberOf = std::conditional_t<S::integer, std::int32_t, T>;
template <class T, class S>
inline constexpr std::size_t bytes_of = S::size * sizeof(NumberOf<T, S>);

/// An Array holds samples of this shape: axis by axis, or, where a sample is one number, without
/// its axis. `index` says which of several `what` it is; -1: the only one.
/// `classes`: a sample says its class by a number.
void check_shape(Array const& a, Extents sample, char const* where, char const* what,
                 int index = -1, bool classes = false);

/// Every Array is there, and all have as many samples. How many that is.
std::size_t check_counts(Arrays const& arrays, std::size_t count, char const* where,
                         char const* what);

/// n samples of `width` tokens, each from 0 to below `vocabulary`; `index` as above.
void check_tokens(std::int32_t const* tokens, std::size_t n, std::size_t width,
                  std::size_t vocabulary, char const* where, int index = -1);

#if LAMINA_BODIES

/// What is often meant by samples of another shape.
[[gnu::cold]] inline char const* cure_of_shape(Array const& a, Extents sample, bool classes,
                                               bool target) {
    std::size_t const n = a.rows() ? a.size() / a.rows() : 0; // numbers of a sample
    bool one_sample = a.rank() == sample.rank;
    for (std::size_t i = 0; one_sample && i < sample.rank; ++i)
        one_sample = a.extent(i) == sample.dims[i];
    if (target && classes && a.rank() == sample.rank + 1 && sample.size < n)
        return "One-hot rows? They are for CategoricalCrossentropy.";
    if (target && sample.rank == 1 && sample.size > 1 && n == 1)
        return "Numbers of classes? They are for SparseCategoricalCrossentropy; to_categorical "
               "makes rows of them.";
    if (one_sample && sample.size > 0)
        return "One sample alone? The first axis counts samples: here it is 1.";
    if (sample.rank == 3 && a.rank() == 4 && a.extent(1) == sample.dims[2] &&
        a.extent(2) == sample.dims[0] && a.extent(3) == sample.dims[1])
        return "Channels first? channels_last() puts them behind the pixels.";
    if (!target && sample.rank == 1 && a.rank() == 2)
        return "Other columns? select() and drop() of a Table leave those that it takes.";
    return "Nothing is broadcast: reshape it.";
}

[[gnu::cold]] LAMINA_INLINE void check_shape(Array const& a, Extents sample, char const* where,
                                             char const* what, int index, bool classes) {
    bool same = a.rank() == sample.rank + 1;
    for (std::size_t i = 0; same && i < sample.rank; ++i) same = a.extent(i + 1) == sample.dims[i];
    if (same || (sample.size == 1 && (a.rank() == 1 || (a.rank() == 2 && a.extent(1) == 1))))
        return;
    Dims const takes{{sample.dims, sample.rank}, "n"};
    Piece const which = index < 0 ? Piece("") : Piece(unsigned(index));
    refuse(where, {what, index < 0 ? "" : " ", which, " has the shape ", Dims{a.shape()},
                   ", the network takes ", takes, ", n samples. ",
                   cure_of_shape(a, sample, classes, *what == 'y')});
}

[[gnu::cold]] LAMINA_INLINE std::size_t check_counts(Arrays const& arrays, std::size_t count,
                                                     char const* where, char const* what) {
    if (arrays.count() != count)
        refuse(where, {arrays.count(), " of ", what, " given, the network has ", count,
                       arrays.count() == 0 ? ". Give them too: {x, y}."
                       : count == 1        ? ". Give that alone."
                                           : ". Give several in braces: {a, b}."});
    std::size_t const n = arrays[0].rows();
    for (std::size_t i = 1; i < count; ++i)
        if (arrays[i].rows() != n)
            refuse(where, {what, " 0 has ", n, " samples, ", what, " ", i, " has ",
                           arrays[i].rows(), ". Give as many of each."});
    return n;
}

[[gnu::cold]] LAMINA_INLINE void check_tokens(std::int32_t const* tokens, std::size_t n,
                                              std::size_t width, std::size_t vocabulary,
                                              char const* where, int index) {
    std::size_t const i = kernels::first_outside(n * width, tokens, vocabulary);
    if (i == n * width) return;
    Piece const which = index < 0 ? Piece("") : Piece(unsigned(index));
    fail(Error::Kind::data, {where},
         {"x", index < 0 ? "" : " ", which, ", sample ", i / width, ", position ", i % width,
          ": token ", tokens[i], ", the network's vocabulary has those from 0 to ", vocabulary - 1,
          ". Let the tokenizer name fewer, or make the vocabulary larger."});
}

#endif

/// What samples of one column look like.
struct ColumnForm {
    Extents sample;
    bool integer;
    std::size_t bytes;
    std::size_t vocabulary = 0; // of tokens; 0: whole numbers of any size
    TargetForm target = {};     // of targets
};
template <class T, class S>
constexpr ColumnForm column_form(std::size_t vocabulary = 0, TargetForm target = {}) {
    return {{S::dims.data(), S::rank, S::size}, S::integer, bytes_of<T, S>, vocabulary, target};
}

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

/// The class that a sample's target says: a whole number, one of two, or the largest.
template <class T>
std::size_t class_of(void const* target, Extents shape, bool integer, std::size_t i,
                     char const* where) {
    if (integer) return std::size_t(static_cast<std::int32_t const*>(target)[i]);
    T const *const row = static_cast<T const*>(target) + i * shape.size, *end = row + shape.size;
    auto const yes = std::size_t(std::count_if(row, end, [](T t) { return t > T(0.5); }));
    if (shape.size == 1 && row[0] >= T(-1) && row[0] <= T(1)) return yes;
    T const* const most = std::max_element(row, end);
    if (shape.size > 1 && yes < 2 && *most > T(0)) return std::size_t(most - row);
    refuse(where, {"class_weight is for one class per sample, and sample ", i,
                   shape.size == 1 ? " has a number."
                   : yes > 1       ? " has several labels."
                                   : " has no label.",
                   " Give sample_weight."});
}

/// sample_weight times class_weight, one number for each sample; without both, no memory and no
/// numbers. The shape is that of a target; what is of the class `ignored` has no class_weight.
template <class T>
[[gnu::cold]] void weigh_samples(Array const& sample_weight, Span<float const> class_weight,
                                 void const* target, Extents shape, bool integer, std::size_t n,
                                 char const* where, Block<T>& into,
                                 std::optional<std::int32_t> ignored = {}) {
    if (sample_weight.empty() && class_weight.empty()) return;
    into.reserve(n + 1);
    std::fill_n(into.data(), n, T{1});
    if (!sample_weight.empty()) {
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
    if (integer ? shape.size > 1 : shape.rank > 1)
        refuse(where, {"class_weight is for one class per sample, not for a sequence. Give "
                       "sample_weight."});
    for (std::size_t i = 0; i < n; ++i) {
        std::size_t const k = class_of<T>(target, shape, integer, i, where);
        if (integer && ignored && k == std::size_t(*ignored)) continue;
        if (k >= class_weight.size())
            refuse(where, {"class_weight has ", class_weight.size(), " numbers, sample ", i,
                           " is of class ", k, ". Give one for each class."});
        into[i] *= T(class_weight[k]);
    }
}

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
    auto const& first = form.targets[0];
    for (std::size_t k = 0; k < form.targets.size(); ++k) {
        T const* const none = nullptr;
        check_targets(form.targets[k].target, y_.data[k], n * form.targets[k].sample.size, none,
                      where, ignored[k]);
    }
    weigh_samples<T>(sample_weight, class_weight, y_.data[0], first.sample, first.integer, n, where,
                     weights_, ignored[0]);
    samples.count = n;
    samples.inputs = form.inputs.size();
    samples.columns = samples.inputs + form.targets.size();
    samples.weighted = weights_.size() > 0;
    auto* to = samples.column;
    for (std::size_t k = 0; k < form.inputs.size(); ++k) *to++ = {x_.data[k], form.inputs[k].bytes};
    for (std::size_t k = 0; k < form.targets.size(); ++k)
        *to++ = {y_.data[k], form.targets[k].bytes};
    *to = {weights_.data(), sizeof(T)};
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
