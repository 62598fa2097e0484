// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

// What hands samples out one by one: ranges and functions; and the numbers of a sample.

namespace lamina {

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class S>
concept HasNext = requires(S& s) {
    {s.next()};
    requires IsOptional<std::remove_cvref_t<decltype(s.next())>>::value;
};

template <class S>
concept HasRewind = requires(S& s) {
    s.rewind();
};

template <class S>
concept Iterable = requires(S& s) {
    { std::begin(s) } -> std::input_iterator;
    { std::begin(s) != std::end(s) } -> std::convertible_to<bool>;
};

template <class S>
concept Callable = std::invocable<S&>;

/// A range as a source of samples. R is a reference for a range that lives elsewhere.
template <class R>
class RangeSource {
    using Iterator = decltype(std::begin(std::declval<R&>()));

public:
    explicit RangeSource(R&& range) : range_(std::forward<R>(range)) {}

    /// Points to a sample, or to nothing at the end; only what a range makes up as it goes is
    /// copied.
    auto next() {
        using Reference = std::iter_reference_t<Iterator>;
        if (!at_) at_.emplace(std::begin(range_));
        else if (*at_ != std::end(range_)) ++*at_;
        bool const end = *at_ == std::end(range_);
        if constexpr (std::is_lvalue_reference_v<Reference>) return end ? nullptr : &**at_;
        else return end ? std::nullopt : std::optional<std::iter_value_t<Iterator>>(**at_);
    }
    void rewind() {
        if (at_ && !std::forward_iterator<Iterator>) {
            fail(Error::Kind::argument, {"batches"},
                 {"this range can be walked only once. Train for one epoch, or give a function "
                  "that begins again."});
        }
        at_.reset();
    }

private:
    R range_;
    std::optional<Iterator> at_;
};

/// A function as a source of samples: it returns a std::optional, empty at the end (the call after
/// that begins again), or samples without end.
template <class F>
class CallSource {
public:
    static constexpr bool endless = !IsOptional<std::invoke_result_t<F&>>::value;
    explicit CallSource(F f) : f_(std::move(f)) {}

    auto next() {
        if constexpr (endless) return std::optional(f_());
        else return f_();
    }

private:
    F f_;
};

/// f(v) for each number of a sample: a number, a range, or several of them in a tuple or a range,
/// one after another.
template <class T, class F>
void each_number(T const& sample, F const& f) {
    if constexpr (std::is_arithmetic_v<T>) f(sample);
    else if constexpr (Iterable<T const>) {
        for (auto const& value : sample) each_number(value, f);
    } else {
        std::apply([&](auto const&... part) { (each_number(part, f), ...); }, sample);
    }
}
template <class T>
std::size_t count_numbers(T const& sample) {
    std::size_t n = 0;
    if constexpr (std::is_arithmetic_v<T>) return 1;
    else if constexpr (Iterable<T const>) {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(*std::begin(sample))>>)
            return static_cast<std::size_t>(std::distance(std::begin(sample), std::end(sample)));
    }
    each_number(sample, [&](auto) { ++n; });
    return n;
}
template <class T>
void copy_numbers(T const& sample, float* to) {
    each_number(sample, [&](auto value) { *to++ = static_cast<float>(value); });
}

} // namespace detail

} // namespace lamina
