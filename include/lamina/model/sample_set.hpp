// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/scaling.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace lamina {

/// Samples and what they are: a Dataset, or images with labels and the scaling of both, such as
/// LabelledImages.
template <class Data>
concept SampleSet = std::same_as<Data, Dataset> || requires(Data const& d) {
    Arrays(d.images);
    Arrays(d.labels);
    { d.scaling } -> std::convertible_to<Scaling>;
};

namespace detail {

// What networks are given of a set of samples. Of a Dataset out of line, like its scaling.
Arrays x_of(Dataset const& data);
Arrays y_of(Dataset const& data);
void keep_scaling(Scaling& to, Scaling const& from);

template <SampleSet Data>
auto const& x_of(Data const& data) {
    return data.images;
}
template <SampleSet Data>
auto const& y_of(Data const& data) {
    return data.labels;
}

#if LAMINA_BODIES
[[gnu::cold]] LAMINA_INLINE Arrays x_of(Dataset const& data) { return data.x; }
[[gnu::cold]] LAMINA_INLINE Arrays y_of(Dataset const& data) { return data.y; }
[[gnu::cold]] LAMINA_INLINE void keep_scaling(Scaling& to, Scaling const& from) {
    to = Scaling(from); // a copy is made elsewhere too, and costs no code here
}
#endif

/// The numbers of samples of shape S, one after another, as a tensor.
template <class S, class T>
auto samples_of(std::vector<T> const& numbers) {
    std::array<std::size_t, S::rank + 1> shape{numbers.size() / S::size};
    std::copy_n(S::dims.begin(), S::rank, shape.begin() + 1);
    auto out = Tensor<T, S::rank + 1>::from_shape(shape);
    std::copy(numbers.begin(), numbers.end(), out.data());
    return out;
}

} // namespace detail
} // namespace lamina
