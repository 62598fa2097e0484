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

/// What a rule admits, by bits, so that NaN is seen under -ffast-math too. The bits of numbers that
/// are not negative order like the numbers.
template <class T>
class Admitted {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    static constexpr Bits sign = Bits{1} << (8 * sizeof(T) - 1), one = std::bit_cast<Bits>(T(1));
    static constexpr Bits infinity = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
    Bits forbidden_, most_, between_; // a sign, a size beyond, 1: what lies between 0 and 1

public:
    constexpr explicit Admitted(TargetRule rule)
        : forbidden_(rule == TargetRule::not_negative || rule == TargetRule::probability ? sign
                                                                                         : 0),
          most_(rule == TargetRule::probability || rule == TargetRule::sign ? one : infinity - 1),
          between_(rule == TargetRule::sign) {}
    constexpr bool operator()(T value) const {
        Bits const bits = std::bit_cast<Bits>(value), size = bits & ~sign;
        Bits const between = Bits(size > 0) & Bits(size < one);
        return (((bits & forbidden_) == 0) | (size == 0)) & (size <= most_) & // -0 is 0
               ((between_ & between) == 0);
    }
};
template <class T>
constexpr bool is_admitted(TargetRule rule, T value) {
    return Admitted<T>(rule)(value);
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
template <class E>
std::size_t find_bad(TargetRule rule, std::size_t classes, E const* target, std::size_t n,
                     std::size_t from = 0, [[maybe_unused]] std::int32_t also = 0) {
    if constexpr (std::is_integral_v<E>)
        return find_first_not(target, from, n,
                              [=](E t) { return (std::uint32_t(t) < classes) | (t == also); });
    else return find_first_not(target, from, n, Admitted<E>(rule));
}

/// Says what is wrong with a target, and what to do: "label 10 at row 4213: this model has 10
/// classes, labels are 0..9 (labels starting at 1? subtract 1)". Rows count from 0; `width` targets
/// a row.
[[noreturn]] void refuse_target(TargetRule rule, std::string_view loss, std::size_t classes,
                                bool label, double value, std::size_t position, std::size_t width,
                                char const* where);

/// What the targets of a loss on one output look like, once the types are gone.
struct TargetForm {
    TargetRule rule;
    std::string_view loss;
    std::size_t classes, size, width; // numbers of a target, and of what one vector's target is
    bool label;                       // whole numbers
};
template <class Loss, class Y>
constexpr TargetForm target_form() {
    using Target = typename Loss::template On<Y>::Target;
    std::string_view title = Loss::name; // a loss of one's own need not have two
    if constexpr (requires { Loss::title; }) title = Loss::title;
    return {Loss::rule, title, Y::last, Target::size, Target::size / Y::rows, Target::integer};
}

/// As lamina::check_targets, of n numbers that are std::int32_t or T.
template <class T>
void check_targets(TargetForm const& form, void const* targets, std::size_t n, T const* weight,
                   char const* where, std::optional<std::int32_t> ignored);

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
              value == double(classes) ? " (labels starting at 1? subtract 1)"
              : value == -1 || value == -100 || value == 255
                  ? " (to be left out? say so by ignore_class)"
                  : ""});
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

template <class T>
void check_targets(TargetForm const& form, void const* targets, std::size_t n, T const* weight,
                   char const* where, std::optional<std::int32_t> ignored) {
    auto const check = [&](auto const* target) {
        for (std::size_t i = 0;
             (i = find_bad(form.rule, form.classes, target, n, i, ignored.value_or(0))) < n; ++i)
            if (!weight || weight[i / form.width] != T(0))
                refuse_target(form.rule, form.loss, form.classes, form.label, double(target[i]), i,
                              form.size, where);
    };
    if (form.label) check(static_cast<std::int32_t const*>(targets));
    else check(static_cast<T const*>(targets));
}

#endif
#ifdef LAMINA_SOURCE
template void check_targets(TargetForm const&, void const*, std::size_t, float const*, char const*,
                            std::optional<std::int32_t>);
template void check_targets(TargetForm const&, void const*, std::size_t, double const*, char const*,
                            std::optional<std::int32_t>);
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
    constexpr auto form = detail::target_form<Loss, Y>();
    detail::check_targets(form, target, samples * form.size, weight, where, ignored);
}

} // namespace lamina
