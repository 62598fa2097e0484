// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/initializers.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/kernels/gather.hpp>
#include <lamina/losses/target.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lamina::detail {

/// The numbers that samples of shape S are made of.
template <class T, class S>
using NumberOf = std::conditional_t<S::integer, std::int32_t, T>;
template <class T, class S>
inline constexpr std::size_t bytes_of = S::size * sizeof(NumberOf<T, S>);

/// An Array holds samples of this shape, axis by axis; axes of length 1 at the end may be there or
/// not: (n, 28, 28) for Shape<28, 28, 1>, (n) for Shape<1>, as in Keras. `index` says which of
/// several `what` it is; -1: the only one. `classes`: a sample says its class by a number.
void check_shape(Array const& a, Extents sample, char const* where, char const* what,
                 int index = -1, bool classes = false);

/// Every Array is there, and all have as many samples. How many that is.
std::size_t check_counts(Arrays const& arrays, std::size_t count, char const* where,
                         char const* what);

/// n samples of `width` tokens, each from 0 to below `vocabulary`; `index` as above.
void check_tokens(std::int32_t const* tokens, std::size_t n, std::size_t width,
                  std::size_t vocabulary, char const* where, int index = -1);

#if LAMINA_BODIES

/// What is often meant by samples of another shape. what: the first letter of x, y, sample_weight.
[[gnu::cold]] inline char const* cure_of_shape(Array const& a, Extents sample, bool classes,
                                               char what) {
    if (what == 's') return "Give one for each sample, or for each vector of the one output.";
    bool const target = what == 'y';
    std::size_t const n = a.rows() ? a.size() / a.rows() : 0; // numbers of a sample
    bool one_sample = a.rank() == sample.rank;
    for (std::size_t i = 0; one_sample && i < sample.rank; ++i)
        one_sample = a.extent(i) == sample.dims[i];
    if (target && classes && sample.size < n && a.extent(a.rank() - 1) * sample.size == n)
        return "One-hot rows? They are for CategoricalCrossentropy.";
    if (target && sample.rank == 1 && sample.size > 1 && n == 1)
        return "Numbers of classes? They are for SparseCategoricalCrossentropy; to_categorical "
               "makes rows of them. Else each sample has as many targets as outputs.";
    if (one_sample && sample.size > 0)
        return "One sample alone? The first axis counts samples: here it is 1.";
    if (sample.rank == 3 && a.rank() == 4 && a.extent(1) == sample.dims[2] &&
        a.extent(2) == sample.dims[0] && a.extent(3) == sample.dims[1])
        return "Channels first? channels_last() puts them behind the pixels.";
    if (!classes && sample.rank == 2 && a.rank() == 3 && a.extent(1) == sample.dims[1] &&
        a.extent(2) == sample.dims[0])
        return "Features before time? xt::transpose(x, {0, 2, 1}) turns them, a reshape does not.";
    if (!target && sample.rank == 1 && a.rank() == 2)
        return "Other columns? select() and drop() of a Table leave those that it takes.";
    return "Nothing is broadcast: reshape it.";
}

[[gnu::cold]] LAMINA_INLINE void check_shape(Array const& a, Extents sample, char const* where,
                                             char const* what, int index, bool classes) {
    std::size_t given = a.rank(), taken = sample.rank;
    while (given > 1 && a.extent(given - 1) == 1) --given;
    while (taken > 0 && sample.dims[taken - 1] == 1) --taken;
    bool same = given == taken + 1;
    for (std::size_t i = 0; same && i < taken; ++i) same = a.extent(i + 1) == sample.dims[i];
    if (same) return;
    Dims const takes{{sample.dims, sample.rank}, "n"};
    Piece const which = index < 0 ? Piece("") : Piece(unsigned(index));
    refuse(where, {what, index < 0 ? "" : " ", which, " has the shape ", Dims{a.shape()},
                   ", the network takes ", takes, ", n samples. ",
                   cure_of_shape(a, sample, classes, *what)});
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

} // namespace lamina::detail
