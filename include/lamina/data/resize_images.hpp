// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace lamina {

namespace detail {

/// Between which two of n pixels, and how far from the first, the middle of the i-th of `of` pixels
/// lies.
struct BetweenPixels {
    std::size_t first, second;
    float part;

    BetweenPixels(std::size_t i, std::size_t of, std::size_t n) {
        float const at = (float(i) + 0.5f) * float(n) / float(of) - 0.5f;
        float const within = std::clamp(at, 0.0f, float(n - 1));
        first = std::min(static_cast<std::size_t>(within), n - 1);
        second = std::min(first + 1, n - 1);
        part = within - float(first);
    }
};

/// One image of h x w pixels into one of to_h x to_w, each number times `unit`.
template <class V>
void resize_bilinear(V const* from, std::size_t h, std::size_t w, std::size_t channels, float* to,
                     std::size_t to_h, std::size_t to_w, float unit) {
    for (std::size_t i = 0; i < to_h; ++i) {
        BetweenPixels const y(i, to_h, h);
        V const* const above = from + y.first * w * channels;
        V const* const below = from + y.second * w * channels;
        for (std::size_t j = 0; j < to_w; ++j) {
            BetweenPixels const x(j, to_w, w);
            for (std::size_t c = 0; c < channels; ++c) {
                std::size_t const left = x.first * channels + c, right = x.second * channels + c;
                float const a = float(above[left]), b = float(above[right]);
                float const d = float(below[left]), e = float(below[right]);
                float const top = a + (b - a) * x.part, bottom = d + (e - d) * x.part;
                *to++ = (top + (bottom - top) * y.part) * unit;
            }
        }
    }
}

} // namespace detail

/// Images (n, height, width, channels) of another size, bilinear between the four pixels around;
/// the middles of the pixels lie as they lay, as tf.image.resize has it.
Tensor<float, 4> resize_images(Tensor<float, 4> const& images, std::size_t height,
                               std::size_t width);

#if LAMINA_BODIES
LAMINA_INLINE Tensor<float, 4> resize_images(Tensor<float, 4> const& images, std::size_t height,
                                             std::size_t width) {
    auto const s = images.shape();
    if (height == 0 || width == 0 || s[1] == 0 || s[2] == 0) {
        detail::refuse("resize_images", {"images of ", s[1], " x ", s[2], " cannot become ", height,
                                         " x ", width, ": there has to be a pixel."});
    }
    auto out = Tensor<float, 4>::from_shape(std::array<std::size_t, 4>{s[0], height, width, s[3]});
    for (std::size_t i = 0; i < s[0]; ++i) {
        detail::resize_bilinear(images.data() + i * s[1] * s[2] * s[3], s[1], s[2], s[3],
                                out.data() + i * height * width * s[3], height, width, 1.0f);
    }
    return out;
}
#endif

} // namespace lamina
