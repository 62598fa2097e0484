// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/column_names.hpp>
#include <lamina/data/order.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lamina {

struct SplitOptions {
    /// The share of the rows that test, rounded to whole rows; or their number.
    float test = 0.2f;
    std::size_t test_rows = 0;
    std::uint64_t seed = 0;
    /// false: the last rows test.
    bool shuffle = true;
    /// Every part gets its share of every class. Not given: yes if the label was text.
    std::optional<bool> stratified = {};
    /// What is to be predicted; not given: the last column.
    ColumnNames label = {};
};

/// As SplitOptions, with a part to validate.
struct SplitInThreeOptions {
    float validation = 0.1f;
    float test = 0.2f;
    std::size_t validation_rows = 0;
    std::size_t test_rows = 0;
    std::uint64_t seed = 0;
    bool shuffle = true;
    std::optional<bool> stratified = {};
    ColumnNames label = {};
};

// How tables, texts and images are split: sizes first, then which sample goes where.

namespace detail {

/// The same with nothing to validate.
SplitInThreeOptions in_three(SplitOptions const& options);

struct PartSizes {
    std::size_t validation, test;
};
/// What each part of n samples gets; Error where one would be left without. `noun`: "row".
PartSizes part_sizes(std::size_t n, char const* noun, SplitInThreeOptions const& options);

struct Parts {
    std::vector<std::size_t> train, validation, test;
};
/// Which of n samples go where: shuffled if asked for, and with its share of each class where
/// class_of is not empty.
Parts cut(std::size_t n, PartSizes const& sizes, SplitInThreeOptions const& options,
          std::vector<std::size_t> const& class_of);

/// The same of samples with labels: stratified unless that was declined. Labels from 0 to below
/// `classes` are classes.
Parts cut_labelled(std::size_t n, char const* noun, SplitInThreeOptions const& options,
                   Span<std::int32_t const> labels, std::size_t classes);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE SplitInThreeOptions in_three(SplitOptions const& options) {
    return {.validation = 0,
            .test = options.test,
            .test_rows = options.test_rows,
            .seed = options.seed,
            .shuffle = options.shuffle,
            .stratified = options.stratified,
            .label = options.label};
}

/// Takes the last `count` of the rows, or as many of each class as is its share (largest remainders
/// first, and never the whole of a class of several rows if it can be helped). Both parts keep
/// their order.
[[gnu::cold]] LAMINA_INLINE std::vector<std::size_t>
take_part(std::vector<std::size_t>& rows, std::size_t count,
          std::vector<std::size_t> const& class_of_row) {
    std::vector<std::size_t> sizes(1), part(count);
    for (std::size_t row : rows) {
        std::size_t const k = class_of_row.empty() ? 0 : class_of_row[row];
        if (k >= sizes.size()) sizes.resize(k + 1);
        ++sizes[k];
    }
    std::vector<std::size_t> quota(sizes.size());
    std::size_t given = 0;
    auto const share = [&](std::size_t k) {
        return double(count) * double(sizes[k]) / double(rows.size());
    };
    for (std::size_t k = 0; k < sizes.size(); ++k) given += quota[k] = std::size_t(share(k));
    for (; given < count; ++given) {
        // What is left of its share; less for a class that would be used up, so that it comes last.
        double most = -8;
        std::size_t best = 0;
        for (std::size_t k = 0; k < sizes.size(); ++k) {
            double left = share(k) - double(quota[k]);
            if (quota[k] + 1 == sizes[k]) left -= 4;
            if (quota[k] < sizes[k] && left > most) {
                most = left;
                best = k;
            }
        }
        ++quota[best];
    }
    // From the end, and what is not taken moves up there.
    std::size_t left = count, kept = rows.size();
    for (std::size_t i = rows.size(); i-- > 0;) {
        std::size_t& wanted = quota[class_of_row.empty() ? 0 : class_of_row[rows[i]]];
        if (wanted == 0) rows[--kept] = rows[i];
        else {
            --wanted;
            part[--left] = rows[i];
        }
    }
    rows.erase(rows.begin(), rows.begin() + std::ptrdiff_t(kept));
    return part;
}

/// How many of `rows` rows a part gets.
[[gnu::cold]] LAMINA_INLINE std::size_t part_size(float share, std::size_t number, std::size_t rows,
                                                  char const* noun, char const* option) {
    if (number == 0 && (!is_finite(share) || share < 0 || share >= 1)) {
        fail(Error::Kind::argument, {"split"},
             {option, " = ", double(share), " is no share of the ", noun,
              "s. It is from 0 to less than 1; a number of ", noun, "s is ", option, "_rows."});
    }
    std::size_t const n = number ? number : std::size_t(double(share) * double(rows) + 0.5);
    if ((n == 0 && share > 0) || n >= rows) {
        fail(Error::Kind::argument, {"split"},
             {option, " would get ", n, " of ", Counted{rows, noun},
              ", and every part needs at least one."});
    }
    return n;
}

[[gnu::cold]] LAMINA_INLINE PartSizes part_sizes(std::size_t n, char const* noun,
                                                 SplitInThreeOptions const& options) {
    PartSizes sizes{};
    sizes.test = part_size(options.test, options.test_rows, n, noun, ".test");
    sizes.validation =
        part_size(options.validation, options.validation_rows, n, noun, ".validation");
    if (sizes.test + sizes.validation >= n) {
        refuse("split", {sizes.validation, " ", noun, "s to validate and ", sizes.test,
                         " to test leave none of ", Counted{n, noun}, " to train."});
    }
    return sizes;
}

[[gnu::cold]] LAMINA_INLINE Parts cut(std::size_t n, PartSizes const& sizes,
                                      SplitInThreeOptions const& options,
                                      std::vector<std::size_t> const& class_of) {
    Parts parts;
    parts.train.resize(n);
    for (std::size_t i = 0; i < n; ++i) parts.train[i] = i;
    if (options.shuffle) shuffle(parts.train, Random{options.seed});
    parts.test = take_part(parts.train, sizes.test, class_of);
    parts.validation = take_part(parts.train, sizes.validation, class_of);
    return parts;
}

[[gnu::cold]] LAMINA_INLINE Parts cut_labelled(std::size_t n, char const* noun,
                                               SplitInThreeOptions const& options,
                                               Span<std::int32_t const> labels,
                                               std::size_t classes) {
    if (!options.label.empty())
        refuse("split", {".label is a table's. The labels of ", noun, "s are known."});
    if (labels.size() != n) {
        refuse("split",
               {"there are ", Counted{n, noun}, " and ", Counted{labels.size(), "label"}, "."});
    }
    PartSizes const sizes = part_sizes(n, noun, options);
    std::vector<std::size_t> class_of;
    if (options.stratified.value_or(true)) {
        class_of.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            if (labels[i] < 0 || std::size_t(labels[i]) >= classes) {
                refuse("split", {"the label ", labels[i], " is no class from 0 to below ", classes,
                                 ". Use .stratified = false."});
            }
            class_of[i] = std::size_t(labels[i]);
        }
    }
    return cut(n, sizes, options, class_of);
}

#endif

} // namespace detail

} // namespace lamina
