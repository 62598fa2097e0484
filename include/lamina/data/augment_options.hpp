// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace lamina {

/// What is seen beyond an image's edge: the pixel at the edge (aaaa|abcd|dddd), one value
/// (kkkk|abcd|kkkk), or the image in a mirror (dcba|abcd|dcba).
enum class FillMode { nearest, constant, reflect };

/// How augment changes images, each time anew; 0 and false leave a thing as it is. A number from
/// -a to a is drawn for "up to a either way". The place of each pixel is changed first, by one
/// transform for all of it, then the values, in the order below.
struct AugmentOptions {
    float rotation = 0;           ///< up to so many degrees either way
    float zoom = 0;               ///< size times a number from 1 - zoom to 1 + zoom
    float height_shift = 0;       ///< up to this share of the height either way
    float width_shift = 0;        ///< up to this share of the width either way
    bool horizontal_flip = false; ///< left becomes right, every second time
    bool vertical_flip = false;   ///< upper becomes lower, every second time
    /// So many pixels are put around, and a piece of the image's size is cut out anywhere: a shift
    /// by whole pixels.
    std::size_t random_crop = 0;
    /// Of the image that came of it a piece of this height and width, from anywhere: what is
    /// trained on is smaller than the images. 0: all of it. Keras' RandomCrop.
    std::size_t crop_height = 0, crop_width = 0;
    bool crop_center = false; ///< ... from the middle. Keras' CenterCrop
    FillMode fill_mode = FillMode::nearest;
    float fill_value = 0; ///< of FillMode::constant and of cutout

    float contrast = 0;   ///< distance from the image's mean times a number from 1 - c to 1 + c
    float brightness = 0; ///< plus up to so much either way
    float noise = 0;      ///< plus normal noise of this standard deviation at each number
    /// No number becomes smaller or larger: 0 and 1 where images are from 0 to 1.
    float lowest = -std::numeric_limits<float>::infinity();
    float highest = std::numeric_limits<float>::infinity();
    /// A square so many pixels wide, its middle anywhere in the image, becomes fill_value.
    std::size_t cutout = 0;
    /// Mixes with another image, and their targets, which should be one-hot: l a + (1 - l) b with l
    /// from the distribution Beta(mixup, mixup).
    float mixup = 0;

    std::uint64_t seed = 0;
    Threads* threads = nullptr; ///< who works; null: the caller alone. The bits are the same.
};

} // namespace lamina
