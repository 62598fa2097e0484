// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/texts.hpp>

#if LAMINA_BODIES
#include <lamina/core/message.hpp>
#endif

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lamina {

namespace detail {

/// Texts that live elsewhere: a vector, span or array of strings or views of them.
template <class R>
concept TextRange = requires(R const& r) {
    { *std::begin(r) } -> std::convertible_to<std::string_view>;
    std::end(r);
    requires std::is_reference_v<decltype(*std::begin(r))> ||
        std::same_as<std::remove_cvref_t<decltype(*std::begin(r))>, std::string_view>;
};

} // namespace detail

/// What functions of several texts take: {"some text", "more"}, a std::vector of strings or views,
/// the texts of a Table's column. Texts are looked at where they are, so they must live as long as
/// the list does.
///
/// Errors      (run time) a text of a Table's column is missing
class TextList {
public:
    TextList() = default;
    TextList(std::initializer_list<std::string_view> texts);
    template <detail::TextRange R>
    TextList(R const& texts) {
        for (auto const& text : texts) texts_.push_back(text);
    }
    TextList(Texts const& texts);

    std::size_t size() const { return texts_.size(); }
    bool empty() const { return texts_.empty(); }
    std::string_view operator[](std::size_t i) const { return texts_[i]; }
    auto begin() const { return texts_.begin(); }
    auto end() const { return texts_.end(); }

private:
    std::vector<std::string_view> texts_;
};

#if LAMINA_BODIES

LAMINA_INLINE TextList::TextList(std::initializer_list<std::string_view> texts) : texts_(texts) {}
[[gnu::cold]] LAMINA_INLINE TextList::TextList(Texts const& texts) : texts_(texts.size()) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (texts.missing(i)) {
            detail::refuse("TextList", {"text ", i,
                                        " is missing. Leave such rows out: "
                                        "Table::drop_missing."});
        }
        texts_[i] = texts[i];
    }
}

#endif

} // namespace lamina
