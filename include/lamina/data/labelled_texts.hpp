// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/split.hpp>
#include <lamina/data/table.hpp>

#if LAMINA_BODIES
#include <lamina/data/column.hpp>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

struct LabelledTexts;
struct TextSplit;
struct TextSplitInThree;

/// Texts and the class of each: what a classifier of texts learns from.
///
///     auto [train, test] = labelled_texts(read_csv("imdb.csv"), "review", "sentiment")
///                              .split({.test = 0.2f, .seed = 42});
///     tokenizer.fit_on_texts(train.texts);
struct LabelledTexts {
    std::vector<std::string> texts;
    /// The number of each text's class, from 0.
    std::vector<std::int32_t> labels;
    /// The names of class 0, 1, ...
    std::vector<std::string> classes;

    std::size_t size() const { return texts.size(); }
    /// These texts, in this order.
    LabelledTexts take(Span<std::size_t const> which) const;
    /// Texts to train and texts to test, shuffled; every part gets its share of every class unless
    /// `stratified` is false.
    TextSplit split(SplitOptions const& options = {}) const;
    /// Texts to train, to validate and to test.
    TextSplitInThree split_in_three(SplitInThreeOptions const& options = {}) const;
};

struct TextSplit {
    LabelledTexts train, test;
};

struct TextSplitInThree {
    LabelledTexts train, validation, test;
};

/// The texts of one column of a table, with another one as their classes: texts in alphabetical
/// order, or whole numbers from 0 (as map and encode leave them).
///
///     auto sms = labelled_texts(read_csv("SMSSpamCollection", {.separator = '\t', .quote = '\0',
///                                        .header = false, .names = {"label", "text"}}),
///                               "text", "label");
///
/// Errors      (run time) there is no such column; a text or a label is missing; a label is no
///             whole number from 0
LabelledTexts labelled_texts(Table const& table, std::string_view text, std::string_view label);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE LabelledTexts LabelledTexts::take(Span<std::size_t const> which) const {
    LabelledTexts out{{}, {}, classes};
    for (std::size_t const i : which) {
        if (i >= size()) detail::refuse("LabelledTexts::take", {"text ", i, " of ", size(), "."});
        out.texts.push_back(texts[i]);
        out.labels.push_back(labels[i]);
    }
    return out;
}

[[gnu::cold]] LAMINA_INLINE TextSplitInThree
LabelledTexts::split_in_three(SplitInThreeOptions const& options) const {
    auto const parts = detail::cut_labelled(size(), "text", options, labels, classes.size());
    return {take(parts.train), take(parts.validation), take(parts.test)};
}

[[gnu::cold]] LAMINA_INLINE TextSplit LabelledTexts::split(SplitOptions const& options) const {
    TextSplitInThree sets = split_in_three(detail::in_three(options));
    return {std::move(sets.train), std::move(sets.test)};
}

[[gnu::cold]] LAMINA_INLINE LabelledTexts labelled_texts(Table const& table, std::string_view text,
                                                         std::string_view label) {
    Texts const& texts = table.texts(text);
    Column const& column = table[label];
    for (std::size_t i = 0; i < table.rows(); ++i) {
        if (!texts.missing(i) && !column.missing(i)) continue;
        detail::fail(Error::Kind::data, {table.where(i, texts.missing(i) ? text : label)},
                     {"a gap where a ", texts.missing(i) ? "text" : "class",
                      " is needed. Use drop_missing()."});
    }
    LabelledTexts out;
    for (std::size_t i = 0; i < table.rows(); ++i) out.texts.emplace_back(texts[i]);
    if (column.is_text()) {
        for (std::size_t i = 0; i < table.rows(); ++i) out.classes.emplace_back(column.texts()[i]);
        std::sort(out.classes.begin(), out.classes.end());
        out.classes.erase(std::unique(out.classes.begin(), out.classes.end()), out.classes.end());
        for (std::size_t i = 0; i < table.rows(); ++i) {
            auto const at =
                std::lower_bound(out.classes.begin(), out.classes.end(), column.texts()[i]);
            out.labels.push_back(static_cast<std::int32_t>(at - out.classes.begin()));
        }
        return out;
    }
    constexpr double most_classes = 1 << 20;
    out.classes = column.classes();
    for (std::size_t i = 0; i < table.rows(); ++i) {
        double const value = column.numbers()[i];
        if (!(value >= 0 && value < most_classes) || value != double(std::int32_t(value))) {
            detail::fail(Error::Kind::data, {table.where(i, label)},
                         {value,
                          " is no class. Classes are whole numbers from 0; use map or encode "
                          "before."});
        }
        auto const k = static_cast<std::int32_t>(value);
        out.labels.push_back(k);
        while (out.classes.size() <= std::size_t(k))
            out.classes.push_back(std::to_string(out.classes.size()));
    }
    return out;
}

#endif

} // namespace lamina
