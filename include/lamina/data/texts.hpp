// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/span.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

/// Texts, or gaps, one behind the other in one block: 8 bytes and its characters for each.
class Texts {
public:
    std::size_t size() const { return ends_.size(); }
    bool missing(std::size_t i) const { return ends_[i] & gap; }
    /// Empty for a gap.
    std::string_view operator[](std::size_t i) const {
        std::size_t const begin = i == 0 ? 0 : ends_[i - 1] & ~gap;
        return {bytes_.data() + begin, (ends_[i] & ~gap) - begin};
    }

    void reserve(std::size_t texts, std::size_t bytes);
    void push_back(std::string_view text);
    void push_missing();
    /// These texts, in this order.
    Texts take(Span<std::size_t const> from) const;

    bool operator==(Texts const&) const = default;

private:
    static constexpr std::size_t gap = ~(~std::size_t{0} >> 1);
    std::string bytes_;
    std::vector<std::size_t> ends_; // where each text ends; the highest bit marks a gap
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void Texts::reserve(std::size_t texts, std::size_t bytes) {
    ends_.reserve(texts);
    bytes_.reserve(bytes);
}

[[gnu::noinline]] LAMINA_INLINE void Texts::push_back(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
}

[[gnu::noinline]] LAMINA_INLINE void Texts::push_missing() { ends_.push_back(bytes_.size() | gap); }

[[gnu::cold]] LAMINA_INLINE Texts Texts::take(Span<std::size_t const> from) const {
    std::size_t bytes = 0;
    for (std::size_t i : from) bytes += (*this)[i].size();
    Texts taken;
    taken.reserve(from.size(), bytes);
    for (std::size_t i : from) {
        if (missing(i)) taken.push_missing();
        else taken.push_back((*this)[i]);
    }
    return taken;
}

#endif

} // namespace lamina
