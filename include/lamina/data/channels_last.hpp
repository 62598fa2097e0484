// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace lamina {

/// Images (n, channels, height, width), as PyTorch has them, as lamina and Keras have them: (n,
/// height, width, channels). Takes any xtensor expression; the numbers keep their type.
///
/// Errors      (run time) the images have not four axes
template <TensorExpression E>
auto channels_last(E const& images) {
    using V = std::remove_cvref_t<decltype(*images.template begin<xt::layout_type::row_major>())>;
    auto const& shape = images.shape();
    std::array<std::size_t, 4> s{};
    std::size_t axes = 0;
    for (auto const n : shape) {
        if (axes < 4) s[axes] = static_cast<std::size_t>(n);
        ++axes;
    }
    if (axes != 4) {
        detail::refuse("channels_last",
                       {"the images have ", axes,
                        " axes. They should have four: n, channels, height, width."});
    }
    std::size_t const channels = s[1], pixels = s[2] * s[3];
    auto out = Tensor<V, 4>::from_shape(std::array<std::size_t, 4>{s[0], s[2], s[3], channels});
    auto from = images.template begin<xt::layout_type::row_major>();
    for (std::size_t i = 0; i < s[0]; ++i)
        for (std::size_t c = 0; c < channels; ++c) {
            V* const to = out.data() + i * channels * pixels + c;
            for (std::size_t p = 0; p < pixels; ++p, ++from) to[p * channels] = *from;
        }
    return out;
}

} // namespace lamina
