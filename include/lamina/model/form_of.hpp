// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/shape.hpp>
#include <lamina/losses/target.hpp>
#include <lamina/model/columns.hpp>
#include <lamina/model/pairing.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace lamina::detail {

/// The columns of data that a network takes: one for each of its inputs.
template <class N, class In = typename N::Definition::Inputs>
struct InputForms;
template <class N, class... In>
struct InputForms<N, Inputs<In...>> {
    static constexpr auto all = [] {
        int k = 0;
        return std::array<ColumnForm, sizeof...(In)>{
            column_form<typename N::Scalar, typename In::Output>(N::vocabulary(k++))...};
    }();
};

/// The columns of data that a model takes: one for each of its inputs, and one for the target of
/// each of its losses.
template <class T, class Pairing, class In, class Index>
struct FormOf;
template <class T, class Pairing, class... In, std::size_t... K>
struct FormOf<T, Pairing, Inputs<In...>, std::index_sequence<K...>> {
    using FirstInput = std::tuple_element_t<0, std::tuple<typename In::Output...>>;

private:
    template <std::size_t I>
    using At = typename Pairing::template At<I>;
    static constexpr auto& inputs = InputForms<typename Pairing::Network>::all;
    static constexpr std::array<ColumnForm, sizeof...(K)> targets{
        column_form<T, typename At<K>::Target>(
            0, target_form<typename At<K>::Stated, typename At<K>::Y>())...};

public:
    static constexpr DataForm data{{inputs.data(), inputs.size()},
                                   {targets.data(), targets.size()}};
    /// The classes that the losses leave out.
    static auto ignored(typename Pairing::Losses const& losses) {
        return std::array<std::optional<std::int32_t>, sizeof...(K)>{
            ignored_class(leaf<K>(losses))...};
    }
};

} // namespace lamina::detail
