// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace lamina {

/// The shape of one sample of numbers: Shape<3>, a vector; Shape<40, 64>, 40 moments of 64
/// features; Shape<28, 28, 1>, an image. The batch is known at run time only and is never part of a
/// Shape.
template <std::size_t... Dims>
struct Shape {
    static_assert(((Dims > 0) && ...), "A shape has no axis of length 0.");
    static constexpr bool integer = false;
    static constexpr std::size_t rank = sizeof...(Dims);
    static constexpr std::size_t size = (Dims * ... * std::size_t{1});
    static constexpr std::array<std::size_t, rank> dims{Dims...};
    static constexpr std::size_t last =
        rank ? dims[rank ? rank - 1 : 0] : 1;        // features of one vector
    static constexpr std::size_t rows = size / last; // vectors per sample
};

/// The shape of one sample of whole numbers (std::int32_t): tokens, classes. No gradient flows
/// through it.
template <std::size_t... Dims>
struct Indices : Shape<Dims...> {
    static constexpr bool integer = true;
};

/// What a sample of shape S is made of: whole numbers or the network's own scalar T.
template <class T, class S>
using Element = std::conditional_t<S::integer, std::int32_t const, T>;

namespace detail {

/// Whether a sample of shape S is a sequence of vectors, Shape<Time, Features>.
template <class S>
inline constexpr bool is_sequence = S::rank == 2 && !S::integer;
/// Whether it is an image, Shape<Height, Width, Channels>.
template <class S>
inline constexpr bool is_image = S::rank == 3 && !S::integer;

template <class S>
struct MomentOf {
    using type = S;
};
template <std::size_t Time, std::size_t Features>
struct MomentOf<Shape<Time, Features>> {
    using type = Shape<1, Features>;
};
template <std::size_t Time>
struct MomentOf<Indices<Time>> {
    using type = Indices<1>;
};

template <class S>
constexpr auto index_per_vector() {
    if constexpr (S::rank < 2) return Indices<1>{};
    else return []<std::size_t... I>(std::index_sequence<I...>) {
            return Indices<S::dims[I]...>{};
        }
    (std::make_index_sequence<S::rank - 1>{});
}

} // namespace detail

/// One moment of a sequence: what token-by-token inference gives a layer in place of S.
template <class S>
using Moment = typename detail::MomentOf<S>::type;

/// A whole number for each vector of a sample of shape S: Indices<40> of Shape<40, 64>,
/// Indices<28, 28> of Shape<28, 28, 3>, Indices<1> of Shape<10>.
template <class S>
using IndexPerVector = decltype(detail::index_per_vector<S>());

/// `batch` contiguous samples of shape S, row-major; owns nothing.
template <class T, class S>
struct View {
    using Shape = S;
    T* data = nullptr;
    std::size_t batch = 1;

    constexpr std::size_t size() const { return batch * S::size; }
    constexpr std::size_t rows() const { return batch * S::rows; }
    constexpr T& operator[](std::size_t i) const { return data[i]; }
    constexpr T* sample(std::size_t n) const { return data + n * S::size; }
};

} // namespace lamina
