// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace lamina {

/// One value of the log: "loss", 0.4867.
struct LogValue {
    std::string_view name;
    double value;
};

/// What fit returns: for each epoch the loss, the metrics and, with validation data, the same with
/// "val_" before the name. With several outputs the name of the output stands before the name of
/// its metric, and of its own loss: "loss", "policy_loss", "value_loss", "policy_accuracy".
class History {
public:
    History() = default;
    History(std::vector<std::string> names, std::size_t epochs);

    std::vector<std::string> const& names() const { return names_; }
    /// The epochs that were run, counted from 0.
    std::vector<std::size_t> const& epochs() const { return epochs_; }
    std::size_t size() const { return epochs_.size(); }

    bool contains(std::string_view name) const {
        return std::find(names_.begin(), names_.end(), name) != names_.end();
    }
    /// One number for each epoch. Error names what there is if there is no such name.
    std::vector<double> operator[](std::string_view name) const;
    /// The value of the last epoch; NaN if no epoch was run.
    double last(std::string_view name) const;

    void add(std::size_t epoch, Span<LogValue const> values);

private:
    std::size_t place(std::string_view name) const;

    std::vector<std::string> names_;
    std::vector<std::size_t> epochs_;
    std::vector<double> values_;
};

#if LAMINA_BODIES

LAMINA_INLINE History::History(std::vector<std::string> names, std::size_t epochs)
    : names_(std::move(names)) {
    // A run that a callback is to end may be said to have any number of epochs.
    std::size_t const foreseen = std::min<std::size_t>(epochs, 1u << 16);
    values_.reserve(names_.size() * foreseen);
    epochs_.reserve(foreseen);
}

[[gnu::cold]] LAMINA_INLINE std::size_t History::place(std::string_view name) const {
    std::string all;
    for (std::size_t k = 0; k < names_.size(); ++k) {
        if (names_[k] == name) return k;
        all += (k ? ", " : "") + names_[k];
    }
    detail::refuse("History", {"there is no ", detail::Quoted{name}, ". It has: ", all, "."});
}

LAMINA_INLINE std::vector<double> History::operator[](std::string_view name) const {
    std::vector<double> out(size());
    std::size_t const k = place(name);
    for (std::size_t e = 0; e < size(); ++e) out[e] = values_[e * names_.size() + k];
    return out;
}

LAMINA_INLINE double History::last(std::string_view name) const {
    std::size_t const k = place(name);
    return size() ? values_[(size() - 1) * names_.size() + k]
                  : std::numeric_limits<double>::quiet_NaN();
}

LAMINA_INLINE void History::add(std::size_t epoch, Span<LogValue const> values) {
    epochs_.push_back(epoch);
    for (auto const& v : values) values_.push_back(v.value);
}

#endif

} // namespace lamina
