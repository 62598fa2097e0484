// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/data/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

/// Words and a whole number for each, in the order in which they came: Python's dict.
///
///     tokenizer.word_index()["the"]
///     for (auto [word, count] : tokenizer.word_counts()) ...
///
/// Errors      (run time) operator[]: the word is not there
class WordMap {
public:
    std::size_t size() const { return values_.size(); }
    bool empty() const { return values_.empty(); }
    bool contains(std::string_view word) const { return words_.contains(word); }
    /// Null if it is not there.
    std::int64_t const* find(std::string_view word) const {
        auto const place = words_.find(word);
        return place ? &values_[std::size_t(*place)] : nullptr;
    }
    std::int64_t operator[](std::string_view word) const {
        std::int64_t const* const value = find(word);
        if (!value) detail::refuse("WordMap", {"there is no word ", detail::Quoted{word}, "."});
        return *value;
    }

    /// The word's place, a new one with the value 0 if it was not there.
    std::size_t place(std::string_view word) {
        auto const place = std::size_t(words_.add(word));
        if (place == values_.size()) values_.push_back(0);
        return place;
    }
    std::string_view word(std::size_t place) const {
        return words_.token(static_cast<std::int32_t>(place));
    }
    std::int64_t& value(std::size_t place) { return values_[place]; }
    std::int64_t value(std::size_t place) const { return values_[place]; }
    void set(std::string_view word, std::int64_t number) { values_[place(word)] = number; }

    struct Iterator {
        WordMap const* map;
        std::size_t place;
        std::pair<std::string_view, std::int64_t> operator*() const {
            return {map->word(place), map->value(place)};
        }
        Iterator& operator++() {
            ++place;
            return *this;
        }
        bool operator==(Iterator const&) const = default;
    };
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, size()}; }

private:
    Vocabulary words_;
    std::vector<std::int64_t> values_;
};

} // namespace lamina
