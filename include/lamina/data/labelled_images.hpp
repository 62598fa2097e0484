// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/scaling.hpp>
#include <lamina/data/split.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

struct ImageSplit;
struct ImageSplitInThree;

/// Images and the class of each: what a classifier of images learns from.
///
///     auto [train, test] = read_mnist("/usr/share/datasets/fashion-mnist", {.unpack = gunzip});
///     model.fit(train.images, train.labels, {.epochs = 5});
struct LabelledImages {
    /// (images, height, width, channels): channels last; numbers from 0 to 1 unless scaled.
    Tensor<float, 4> images;
    /// The number of each image's class, from 0.
    std::vector<std::int32_t> labels;
    /// The names of class 0, 1, ..., if they are known.
    std::vector<std::string> classes = {};
    /// What scale() did to each channel; Scaling::apply does the same to other images.
    Scaling scaling = {};

    std::size_t size() const { return images.shape()[0]; }
    std::size_t height() const { return images.shape()[1]; }
    std::size_t width() const { return images.shape()[2]; }
    std::size_t channels() const { return images.shape()[3]; }

    /// Scales each channel: by what standard_scaling says of the images to train on, and the
    /// images to test on by the same.
    void scale(Scaling const& by);
    /// These images, in this order.
    LabelledImages take(Span<std::size_t const> which) const;
    /// The first n of them.
    LabelledImages first(std::size_t n) const;
    /// Images to train and images to test, shuffled; every part gets its share of every class
    /// unless `stratified` is false.
    ImageSplit split(SplitOptions const& options = {}) const;
    /// Images to train, to validate and to test.
    ImageSplitInThree split_in_three(SplitInThreeOptions const& options = {}) const;
};

struct ImageSplit {
    LabelledImages train, test;
};

struct ImageSplitInThree {
    LabelledImages train, validation, test;
};

/// The mean and the standard deviation of each channel of images: (v - mean) / deviation. A channel
/// that is the same everywhere is only moved.
Scaling standard_scaling(Tensor<float, 4> const& images);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Scaling standard_scaling(Tensor<float, 4> const& images) {
    std::size_t const channels = images.shape()[3];
    if (images.size() == 0) detail::refuse("standard_scaling", {"there are no images."});
    Scaling out{{}, std::vector<double>(channels), std::vector<double>(channels)};
    double const n = double(images.size() / channels);
    float const* const v = images.data();
    for (std::size_t i = 0; i < images.size(); i += channels)
        for (std::size_t c = 0; c < channels; ++c) out.offset[c] += double(v[i + c]);
    for (double& mean : out.offset) mean /= n;
    for (std::size_t i = 0; i < images.size(); i += channels)
        for (std::size_t c = 0; c < channels; ++c) {
            double const d = double(v[i + c]) - out.offset[c];
            out.scale[c] += d * d;
        }
    for (double& deviation : out.scale) {
        deviation = std::sqrt(deviation / n);
        if (!(deviation > 0)) deviation = 1;
    }
    return out;
}

[[gnu::cold]] LAMINA_INLINE void LabelledImages::scale(Scaling const& by) {
    constexpr auto where = "LabelledImages::scale";
    if (by.empty()) return;
    if (by.columns() != channels()) {
        detail::refuse(where, {"the scaling is of ", detail::Counted{by.columns(), "channel"},
                               ", the images have ", channels(), "."});
    }
    if (!scaling.empty()) detail::refuse(where, {"the images are scaled already."});
    by.apply(std::span<float>(images.data(), images.size()));
    scaling = by;
}

[[gnu::cold]] LAMINA_INLINE LabelledImages
LabelledImages::take(Span<std::size_t const> which) const {
    auto const shape = images.shape();
    std::size_t const numbers = shape[1] * shape[2] * shape[3];
    if (labels.size() != size()) {
        detail::refuse("LabelledImages", {"there are ", detail::Counted{size(), "image"}, " and ",
                                          detail::Counted{labels.size(), "label"}, "."});
    }
    LabelledImages out{Tensor<float, 4>::from_shape(
                           std::array<std::size_t, 4>{which.size(), shape[1], shape[2], shape[3]}),
                       {},
                       classes,
                       scaling};
    out.labels.reserve(which.size());
    for (std::size_t i = 0; i < which.size(); ++i) {
        if (which[i] >= size()) {
            detail::refuse("LabelledImages::take", {"image ", which[i], " of ", size(), "."});
        }
        std::copy_n(images.data() + which[i] * numbers, numbers, out.images.data() + i * numbers);
        out.labels.push_back(labels[which[i]]);
    }
    return out;
}

[[gnu::cold]] LAMINA_INLINE LabelledImages LabelledImages::first(std::size_t n) const {
    if (n > size()) {
        detail::refuse("LabelledImages::first", {n, " of ", detail::Counted{size(), "image"}, "."});
    }
    std::vector<std::size_t> which(n);
    std::iota(which.begin(), which.end(), std::size_t{0});
    return take(which);
}

[[gnu::cold]] LAMINA_INLINE ImageSplitInThree
LabelledImages::split_in_three(SplitInThreeOptions const& options) const {
    constexpr std::size_t most_classes = 1 << 20; // where they have no names
    auto const parts = detail::cut_labelled(size(), "image", options, labels,
                                            classes.empty() ? most_classes : classes.size());
    return {take(parts.train), take(parts.validation), take(parts.test)};
}

[[gnu::cold]] LAMINA_INLINE ImageSplit LabelledImages::split(SplitOptions const& options) const {
    ImageSplitInThree sets = split_in_three(detail::in_three(options));
    return {std::move(sets.train), std::move(sets.test)};
}

#endif

} // namespace lamina
