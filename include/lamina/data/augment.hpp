// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/augment_options.hpp>
#include <lamina/data/augmented_batch.hpp>
#include <lamina/data/augmenter.hpp>
#include <lamina/data/batch.hpp>
#include <lamina/data/labelled_images.hpp>
#include <lamina/data/order.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

namespace lamina {

/// Batches of augmented images that are in memory, in a new order each epoch. What becomes of a
/// sample is a function of (seed, epoch, sample) alone, whatever the order, the batches and the
/// threads. Looks at contiguous images and labels of float where they lie, so they must live as
/// long; others are written out once. Allocates nothing per batch.
class AugmentedImages {
public:
    AugmentedImages(Array const& images, Array const& labels, AugmentOptions const& options,
                    BatchOptions const& batch_options);
    AugmentedImages(AugmentedImages const&) = delete;
    AugmentedImages(AugmentedImages&&) = default;
    AugmentedImages& operator=(AugmentedImages const&) = delete;
    AugmentedImages& operator=(AugmentedImages&&) = default;

    void restart(std::size_t epoch);
    std::size_t steps() const;
    bool next(Batch<float>& batch);

private:
    Array images_, labels_;
    Block<float> images_room_, labels_room_;
    float const* x_ = nullptr;
    float const* y_ = nullptr;
    std::size_t targets_ = 0, position_ = 0, step_ = 0;
    BatchOptions options_;
    std::vector<std::size_t> order_;
    Random random_;
    detail::AugmentedBatch batch_;
};

/// Batches from elsewhere, their images augmented: what becomes of a sample is a function of (seed,
/// epoch, its place in the epoch) and, with mixup, of its batch. Allocates for the first batch and
/// then never, if the source does not.
template <class B>
class AugmentedBatches {
public:
    AugmentedBatches(B batches, std::array<std::size_t, 3> shape, AugmentOptions const& options)
        : batches_(std::forward<B>(batches)), batch_(shape, options) {
        restart_draws(0);
    }

    void restart(std::size_t epoch) {
        batches_.restart(epoch);
        restart_draws(epoch);
    }
    std::size_t steps() const { return batches_.steps(); }

    bool next(Batch<float>& batch) {
        if (!batches_.next(batch)) return false;
        std::size_t const n = batch.n, numbers = batch_.augmenter().taken();
        if (n == 0 || batch.x.size() != n * numbers || batch.y.size() % n != 0) {
            detail::fail(Error::Kind::data, {"augment"},
                         {"a batch of ", n, " samples has ", batch.x.size(), " numbers of x and ",
                          batch.y.size(), " of y, the images have ", numbers, " each."});
        }
        std::size_t const targets = batch.y.size() / n;
        batch_.check_targets(batch.y, targets);
        batch_.reserve(n, targets);
        for (std::size_t i = 0; i < n; ++i) {
            Random const random = random_.child(place_++);
            std::size_t const other = random.below(12, n);
            batch_.job(i) = {batch.x.data() + i * numbers, batch.y.data() + i * targets,
                             batch.x.data() + other * numbers, batch.y.data() + other * targets,
                             random};
        }
        batch_.run(n, targets, batch);
        return true;
    }

private:
    void restart_draws(std::size_t epoch) {
        random_ = Random{batch_.augmenter().options().seed}.child(epoch);
        place_ = 0;
    }

    B batches_;
    detail::AugmentedBatch batch_;
    Random random_;
    std::size_t place_ = 0;
};

/// Augments images while they are trained on. Images are (n, height, width, channels), labels (n)
/// classes or (n, classes) rows.
///
///     model.fit(augment(train.images, train.labels,
///                       {.rotation = 10, .width_shift = 0.1f, .horizontal_flip = true},
///                       {.batch_size = 64}),
///               {.epochs = 5, .validation_data = {test.images, test.labels}});
///
/// With {.crop_height = 24, .crop_width = 24} pieces of larger images are trained on, each time
/// others: the network begins with Input<24, 24, 3>, and center_crop(test.images, 24, 24) are the
/// images to test on.
///
/// Errors      (run time) the images have not four axes, or there are more of them than labels; an
///             option is negative or makes no sense
/// Source      keras.preprocessing.image.ImageDataGenerator; DeVries and Taylor (2017), "Improved
///             regularization of convolutional neural networks with cutout"; Zhang et al. (2018),
///             "mixup: beyond empirical risk minimization"
inline AugmentedImages augment(Array const& images, Array const& labels,
                               AugmentOptions const& options,
                               BatchOptions const& batch_options = {}) {
    return {images, labels, options, batch_options};
}
inline AugmentedImages augment(LabelledImages const& data, AugmentOptions const& options,
                               BatchOptions const& batch_options = {}) {
    return {data.images, data.labels, options, batch_options};
}
/// The same for batches from elsewhere, batches(generator, {...}), of images of this height, width
/// and channels. They are kept by reference if they have a name.
template <class B>
requires(Batches<std::remove_cvref_t<B>>) AugmentedBatches<B> augment(
    B&& batches, std::array<std::size_t, 3> shape, AugmentOptions const& options) {
    return {std::forward<B>(batches), shape, options};
}

/// The images as augment gives them in an epoch, without mixup: to look at.
Tensor<float, 4> augmented(Tensor<float, 4> const& images, AugmentOptions const& options,
                           std::size_t epoch = 0);

/// The middle of each image: what is tested on where random pieces were trained on.
Tensor<float, 4> center_crop(Tensor<float, 4> const& images, std::size_t height, std::size_t width);
/// The same with the labels.
LabelledImages center_crop(LabelledImages const& data, std::size_t height, std::size_t width);

#if LAMINA_BODIES

namespace detail {

[[gnu::cold]] LAMINA_INLINE std::array<std::size_t, 3> image_shape(Array const& images) {
    if (images.rank() != 4) {
        refuse("augment", {"the images are ", Dims{images.shape()},
                           ". They should be (n, height, width, channels)."});
    }
    return {images.extent(1), images.extent(2), images.extent(3)};
}

} // namespace detail

[[gnu::cold]] LAMINA_INLINE
AugmentedImages::AugmentedImages(Array const& images, Array const& labels,
                                 AugmentOptions const& options, BatchOptions const& batch_options)
    : images_(images), labels_(labels), options_(batch_options),
      batch_(detail::image_shape(images), options) {
    detail::check(batch_options);
    std::size_t const n = images.rows();
    if (n == 0 || labels.rows() != n) {
        detail::refuse("augment", {"there are ", detail::Counted{n, "image"}, " and ",
                                   detail::Counted{labels.rows(), "label"}, "."});
    }
    x_ = images_.as(images_room_, "augment");
    y_ = labels_.as(labels_room_, "augment");
    targets_ = labels.size() / n;
    batch_.check_targets({y_, labels.size()}, targets_);
    order_.resize(n);
    batch_.reserve(std::min(n, batch_options.batch_size), targets_);
    restart(0);
}

LAMINA_INLINE void AugmentedImages::restart(std::size_t epoch) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    if (options_.shuffle) detail::shuffle(order_, Random{options_.seed}.child(epoch));
    random_ = Random{batch_.augmenter().options().seed}.child(epoch);
    position_ = step_ = 0;
}

LAMINA_INLINE std::size_t AugmentedImages::steps() const {
    std::size_t const n = order_.size(), size = options_.batch_size;
    std::size_t const all = options_.drop_last ? n / size : n / size + (n % size != 0);
    return options_.steps ? std::min(all, options_.steps) : all;
}

LAMINA_INLINE bool AugmentedImages::next(Batch<float>& batch) {
    if (step_ == steps()) return false;
    ++step_;
    std::size_t const n = std::min(options_.batch_size, order_.size() - position_);
    std::size_t const numbers = batch_.augmenter().taken();
    for (std::size_t i = 0; i < n; ++i) {
        std::size_t const sample = order_[position_ + i];
        Random const random = random_.child(sample);
        std::size_t const other = random.below(12, order_.size());
        batch_.job(i) = {x_ + sample * numbers, y_ + sample * targets_, x_ + other * numbers,
                         y_ + other * targets_, random};
    }
    batch_.run(n, targets_, batch);
    position_ += n;
    return true;
}

[[gnu::cold]] LAMINA_INLINE Tensor<float, 4>
augmented(Tensor<float, 4> const& images, AugmentOptions const& options, std::size_t epoch) {
    auto const s = images.shape();
    detail::Augmenter const augmenter({s[1], s[2], s[3]}, options);
    auto out =
        Tensor<float, 4>::from_shape({s[0], augmenter.new_height(), augmenter.new_width(), s[3]});
    Random const random = Random{options.seed}.child(epoch);
    for (std::size_t i = 0; i < s[0]; ++i)
        augmenter.apply(images.data() + i * augmenter.taken(), out.data() + i * augmenter.size(),
                        random.child(i));
    return out;
}

[[gnu::cold]] LAMINA_INLINE Tensor<float, 4> center_crop(Tensor<float, 4> const& images,
                                                         std::size_t height, std::size_t width) {
    if (height == 0 || width == 0)
        detail::refuse("center_crop", {"a piece of ", height, " x ", width, " has no pixel."});
    return augmented(images, {.crop_height = height, .crop_width = width, .crop_center = true});
}
[[gnu::cold]] LAMINA_INLINE LabelledImages center_crop(LabelledImages const& data,
                                                       std::size_t height, std::size_t width) {
    return {center_crop(data.images, height, width), data.labels, data.classes, data.scaling};
}

#endif

} // namespace lamina
