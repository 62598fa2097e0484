// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/shape.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace lamina {

/// Which targets a loss admits: `static constexpr TargetRule rule` of the loss.
enum class TargetRule {
    number,       ///< any finite number
    not_negative, ///< 0 or more: counts
    probability,  ///< from 0 to 1
    sign,         ///< -1 or 1; 0 counts as -1
    class_index   ///< a whole number from 0 to classes - 1
};

namespace detail {

/// By bits, so that NaN is seen under -ffast-math too. The bits of numbers that are not negative
/// order like the numbers.
template <TargetRule Rule, class T>
constexpr bool is_admitted(T value) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1), one = std::bit_cast<Bits>(T(1));
    constexpr Bits infinity = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
    Bits const bits = std::bit_cast<Bits>(value), size = bits & ~sign;
    bool const positive = (bits & sign) == 0 || size == 0; // -0 is 0
    if constexpr (Rule == TargetRule::number) return size < infinity;
    else if constexpr (Rule == TargetRule::not_negative) return positive & (size < infinity);
    else if constexpr (Rule == TargetRule::probability) return positive & (size <= one);
    else return (size == 0) | (size == one);
}

/// The first i of [from, n) for which ok is false; n if there is none. Looks at blocks, which the
/// compiler turns into vectors, and then into the block that has one.
template <class E, class Ok>
std::size_t find_first_not(E const* data, std::size_t from, std::size_t n, Ok const& ok) {
    constexpr std::size_t block = 256;
    while (from < n) {
        if (n - from >= block) {
            unsigned bad = 0;
            for (std::size_t i = 0; i < block; ++i) bad |= unsigned(!ok(data[from + i]));
            if (bad == 0) {
                from += block;
                continue;
            }
        }
        std::size_t const end = std::min(n, from + block);
        for (; from < end; ++from)
            if (!ok(data[from])) return from;
    }
    return n;
}

/// The position of the first of n targets that the rule does not admit, searching from `from`; n if
/// it admits them all. Classes are std::int32_t, all others float or double. The class `also` is
/// admitted too: 0 always is.
template <TargetRule Rule, class E>
std::size_t find_bad(std::size_t classes, E const* target, std::size_t n, std::size_t from = 0,
                     [[maybe_unused]] std::int32_t also = 0) {
    if constexpr (std::is_integral_v<E>)
        return find_first_not(target, from, n,
                              [=](E t) { return (std::uint32_t(t) < classes) | (t == also); });
    else return find_first_not(target, from, n, [](E t) { return is_admitted<Rule>(t); });
}

/// Says what is wrong with a target, and what to do: "label 10 at row 4213: this model has 10
/// classes, labels are 0..9 (labels starting at 1? subtract 1)". Rows count from 0; `width` targets
/// a row.
[[noreturn]] void refuse_target(TargetRule rule, std::string_view loss, std::size_t classes,
                                bool label, double value, std::size_t position, std::size_t width,
                                char const* where);

#if LAMINA_BODIES

[[noreturn, gnu::cold]] LAMINA_INLINE void refuse_target(TargetRule rule, std::string_view loss,
                                                         std::size_t classes, bool label,
                                                         double value, std::size_t position,
                                                         std::size_t width, char const* where) {
    Piece const shown = label ? Piece(std::int64_t(value)) : Piece(value);
    std::string const before = message({label ? "label " : "target ", shown, " at row ",
                                        position / width, width > 1 ? ", position " : ""}) +
                               (width > 1 ? message({position % width}) : "") + ": ";
    auto const takes = [&](Piece what, char const* hint = "") {
        fail(Error::Kind::data, {where}, {before, loss, what, hint});
    };
    switch (rule) {
    case TargetRule::class_index:
        fail(Error::Kind::data, {where},
             {before, "this model has ", classes, " classes, labels are 0..", classes - 1,
              value == double(classes) ? " (labels starting at 1? subtract 1)" : ""});
    case TargetRule::probability:
        takes(" takes targets from 0 to 1", value == 2    ? " (labels 1 and 2? subtract 1)"
                                            : value == -1 ? " (labels -1 and 1? add 1 and halve)"
                                                          : "");
        break;
    case TargetRule::sign:
        takes(" takes the labels -1 and 1, or 0 and 1");
        break;
    case TargetRule::not_negative:
        takes(" takes finite numbers that are not negative");
        break;
    default:
        takes(" takes finite numbers (drop or fill the gaps)");
        break;
    }
    __builtin_unreachable();
}

#endif

} // namespace detail

/// The class that a loss leaves out, Keras' ignore_class: of vectors with this target neither the
/// loss nor a metric takes note.
template <class Loss>
constexpr std::optional<std::int32_t> ignored_class([[maybe_unused]] Loss const& loss) {
    if constexpr (requires { loss.ignore_class; }) return loss.ignore_class;
    else return {};
}

/// Throws lamina::Error (Kind::data) for the first of the targets of `samples` samples that Loss,
/// on outputs of shape Y, does not admit. What has the weight 0 may be anything: `weight` has one
/// number for each vector of the output; null: all count. Targets that say `ignored` are admitted.
/// To be called once, before the first step.
template <class Loss, class Y, class T>
void check_targets(Element<T const, typename Loss::template On<Y>::Target>* target,
                   std::size_t samples, T const* weight = nullptr, char const* where = "fit",
                   std::optional<std::int32_t> ignored = {}) {
    using Target = typename Loss::template On<Y>::Target;
    constexpr std::size_t width = Target::size / Y::rows;
    std::size_t const n = samples * Target::size;
    auto const next = [&](std::size_t from) {
        return detail::find_bad<Loss::rule>(Y::last, target, n, from, ignored.value_or(0));
    };
    for (std::size_t i = 0; (i = next(i)) < n; ++i)
        if (!weight || weight[i / width] != T(0))
            detail::refuse_target(Loss::rule, Loss::title, Y::last, Target::integer,
                                  double(target[i]), i, Target::size, where);
}

} // namespace lamina
