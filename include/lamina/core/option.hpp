// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>

namespace lamina::detail {

/// Which numbers make sense as an option's value.
enum class Takes {
    finite,
    not_negative, // and finite
    positive,     // and finite
    share,        // from 0 to 1
    below_one     // from 0 to below 1
};

/// Refuses a number that an option does not take.
void check_option(char const* where, char const* name, double value, Takes takes);

/// Check{"Dropout"}.share("rate", rate);
struct Check {
    char const* where;

    Check const& that(Takes takes, char const* name, double value) const {
        check_option(where, name, value, takes);
        return *this;
    }
    Check const& finite(char const* name, auto value) const {
        return that(Takes::finite, name, double(value));
    }
    Check const& not_negative(char const* name, auto value) const {
        return that(Takes::not_negative, name, double(value));
    }
    Check const& positive(char const* name, auto value) const {
        return that(Takes::positive, name, double(value));
    }
    Check const& share(char const* name, auto value) const {
        return that(Takes::share, name, double(value));
    }
    Check const& below_one(char const* name, auto value) const {
        return that(Takes::below_one, name, double(value));
    }
};

/// A layer, a loss, a metric, an optimizer or a schedule whose options may make no sense has a
/// `void check() const`. It is called before anything is computed with it.
template <class X>
void check_options([[maybe_unused]] X const& x) {
    if constexpr (requires { x.check(); }) x.check();
}

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void check_option(char const* where, char const* name, double value,
                                              Takes takes) {
    char const* what = nullptr;
    bool good = is_finite(value);
    switch (takes) {
    case Takes::finite:
        what = "finite number";
        break;
    case Takes::not_negative:
        what = "finite number that is not negative";
        good = good && value >= 0;
        break;
    case Takes::positive:
        what = "finite number above 0";
        good = good && value > 0;
        break;
    case Takes::share:
        what = "number from 0 to 1";
        good = good && value >= 0 && value <= 1;
        break;
    case Takes::below_one:
        what = "number from 0 to below 1";
        good = good && value >= 0 && value < 1;
    }
    if (!good) refuse(where, {name, " is ", value, ". Give a ", what, "."});
}

#endif

} // namespace lamina::detail
