// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/model/callbacks/callback.hpp>

#include <limits>
#include <string>
#include <string_view>

namespace lamina {

/// Which direction is better; automatic: up for accuracy, precision, recall, F1, FBeta, AUC,
/// specificity, Matthews' correlation, kappa, R2 and cosine similarity, down for all else (Keras'
/// rule).
enum class Mode { automatic, min, max };

/// Any value is better than none.
inline constexpr double no_baseline = std::numeric_limits<double>::quiet_NaN();

namespace detail {

/// A value of the log; Error names what there is instead.
[[gnu::cold]] inline double monitored(Training const& training, std::string const& name,
                                      char const* who) {
    std::string there;
    for (auto const& l : training.logs) {
        if (l.name == name) return l.value;
        append(there, {there.empty() ? "" : ", ", l.name});
    }
    refuse(who, {"the log has no ", Quoted{name}, "; it has ", there,
                 ". Monitor one of those, or give validation data for val_ values."});
}

/// Whether larger is better.
inline bool improves_upwards(Mode mode, std::string_view name) {
    if (mode != Mode::automatic) return mode == Mode::max;
    // an output's name stands before it, and has no word in it: "accent_loss"
    if (name.ends_with("loss") || name.ends_with("error")) return false;
    for (std::string_view const word : {"acc", "auc", "precision", "recall", "f1", "fbeta",
                                        "specificity", "matthews", "kappa", "r2", "cosine"})
        if (name.find(word) != name.npos) return true;
    return false;
}

/// The best value so far.
class Best {
public:
    Best() = default;
    Best(Mode mode, std::string_view name, double min_delta = 0.0, double baseline = no_baseline)
        : delta_(min_delta), up_(improves_upwards(mode, name)) {
        best_ = up_ ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
        if (!is_nan(baseline)) best_ = baseline;
    }
    double value() const { return best_; }
    /// Whether a value is better than another one by enough. NaN never is.
    bool is_better(double now, double than) const {
        if (is_nan(now)) return false;
        return up_ ? now - delta_ > than : now + delta_ < than;
    }
    /// Takes the value if it is better than the best.
    bool better(double now) {
        bool const yes = is_better(now, best_);
        if (yes) best_ = now;
        return yes;
    }

private:
    double best_ = std::numeric_limits<double>::infinity(), delta_ = 0.0;
    bool up_ = false;
};

} // namespace detail

} // namespace lamina
