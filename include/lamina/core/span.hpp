// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace lamina {

namespace detail {

template <class C>
using DataOf = decltype(std::declval<C&>().data());
/// Whether C keeps T's in a row: T itself, or, where they are only read, T without const.
template <class C, class T>
concept RowOf = requires(C& c) {
    c.data();
    c.size();
}
&&(std::is_same_v<DataOf<C>, T*> || std::is_same_v<std::remove_pointer_t<DataOf<C>> const, T>);

} // namespace detail

/// Where numbers (or anything) lie and how many they are: std::span, which converts to it and from
/// it. Of its own because each type in a std::span is a quarter of a percent of a small program's
/// compile time: its constructors' concepts cost g++ 12 42 million instructions, 103 million where
/// it is made of a vector. Here it is one million.
template <class T>
class Span {
public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;

    constexpr Span() = default;
    constexpr Span(T* data, std::size_t size) : data_(data), size_(size) {}
    template <std::size_t N>
    constexpr Span(T (&array)[N]) : data_(array), size_(N) {}
    /// A vector, an array, a std::span: what has data() and size(). It must outlive the Span.
    template <class C>
    requires detail::RowOf<C, T>
    constexpr Span(C&& row) : data_(row.data()), size_(row.size()) {}

    constexpr T* data() const { return data_; }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr T* begin() const { return data_; }
    constexpr T* end() const { return data_ + size_; }
    constexpr T& operator[](std::size_t i) const { return data_[i]; }
    constexpr T& front() const { return data_[0]; }
    constexpr T& back() const { return data_[size_ - 1]; }

    constexpr Span first(std::size_t n) const { return {data_, n}; }
    constexpr Span last(std::size_t n) const { return {data_ + (size_ - n), n}; }
    constexpr Span subspan(std::size_t from, std::size_t n) const { return {data_ + from, n}; }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

template <class C>
Span(C&&) -> Span<std::remove_pointer_t<detail::DataOf<C>>>;

} // namespace lamina

/// What a Span shows outlives it.
template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<lamina::Span<T>> = true;
template <class T>
inline constexpr bool std::ranges::enable_view<lamina::Span<T>> = true;
