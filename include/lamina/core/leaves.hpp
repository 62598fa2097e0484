// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace lamina::detail {

template <std::size_t I, class T>
struct Leaf {
    [[no_unique_address]] T value;
    // Constructors, because clang 15 and 16 may not survive what has no members in braces.
    constexpr Leaf() = default;
    constexpr Leaf(T const& v) : value(v) {}
};
template <std::size_t I, class T>
constexpr T const& leaf(Leaf<I, T> const& l) {
    return l.value;
}
template <std::size_t I, class T>
constexpr T& leaf(Leaf<I, T>& l) {
    return l.value;
}
template <std::size_t I, class T>
std::type_identity<T> leaf_type(Leaf<I, T> const&);

/// Values side by side: a flat base for each, since a std::tuple costs the compiler three times as
/// much. They can be taken apart: `auto const [a, b] = leaves;`.
template <class I, class... T>
struct Leaves;
template <std::size_t... I, class... T>
struct Leaves<std::index_sequence<I...>, T...> : Leaf<I, T>... {
    static constexpr std::size_t count = sizeof...(T);
    template <std::size_t K>
    constexpr auto get() const {
        return leaf<K>(*this);
    }
};
template <class... T>
using LeavesOf = Leaves<std::index_sequence_for<T...>, T...>;

/// f of all of them.
template <std::size_t... I, class... T>
constexpr decltype(auto) spread(Leaves<std::index_sequence<I...>, T...> const& l, auto&& f) {
    return f(static_cast<Leaf<I, T> const&>(l).value...);
}

} // namespace lamina::detail

template <class I, class... T>
struct std::tuple_size<lamina::detail::Leaves<I, T...>>
    : std::integral_constant<std::size_t, sizeof...(T)> {};
template <std::size_t K, class I, class... T>
struct std::tuple_element<K, lamina::detail::Leaves<I, T...>>
    : decltype(lamina::detail::leaf_type<K>(
          std::declval<lamina::detail::Leaves<I, T...> const&>())) {};
