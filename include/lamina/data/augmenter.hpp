// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/data/augment_options.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>

namespace lamina::detail {

/// Changes images of one shape, height x width x channels; what comes out may be smaller. What
/// becomes of an image is a function of the image and of `random` alone.
class Augmenter {
public:
    Augmenter(std::array<std::size_t, 3> shape, AugmentOptions const& options);

    std::size_t taken() const { return height_ * width_ * channels_; } ///< numbers of an image
    std::size_t size() const { return new_height_ * new_width_ * channels_; } ///< of a new one
    std::size_t new_height() const { return new_height_; }
    std::size_t new_width() const { return new_width_; }
    AugmentOptions const& options() const { return options_; }

    /// All but mixup. `to` is another place than `from`.
    void apply(float const* from, float* to, Random random) const;

private:
    /// The pixel of the image that is seen at pixel (i, j) of the new one: y = y0 + yi i + yj j.
    struct Affine {
        float y0, yi, yj, x0, xi, xj;
    };
    /// Where the piece that is kept begins.
    struct Corner {
        std::size_t top, left;
    };
    Corner corner(Random random) const;
    Affine draw(Random random) const;
    template <std::size_t Channels>
    void warp(float const* from, float* to, Affine const& at) const;
    void change_values(float* to, Random random) const;

    std::size_t height_, width_, channels_, new_height_, new_width_;
    AugmentOptions options_;
    bool moves_ = false;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Augmenter::Augmenter(std::array<std::size_t, 3> shape,
                                                 AugmentOptions const& o)
    : height_(shape[0]), width_(shape[1]), channels_(shape[2]),
      new_height_(o.crop_height ? o.crop_height : height_),
      new_width_(o.crop_width ? o.crop_width : width_), options_(o) {
    constexpr auto where = "augment";
    if (taken() == 0) refuse(where, {"images of ", Dims{shape}, " have no pixel."});
    if (new_height_ > height_ || new_width_ > width_) {
        refuse(where, {"no piece of ", new_height_, " x ", new_width_, " pixels is in images of ",
                       height_, " x ", width_, ". Make .crop_height and .crop_width smaller."});
    }
    struct Named {
        char const* name;
        float value, below;
    };
    constexpr float any = std::numeric_limits<float>::infinity();
    for (Named const n :
         {Named{".rotation", o.rotation, any}, Named{".zoom", o.zoom, 1},
          Named{".height_shift", o.height_shift, 1}, Named{".width_shift", o.width_shift, 1},
          Named{".contrast", o.contrast, any}, Named{".brightness", o.brightness, any},
          Named{".noise", o.noise, any}, Named{".mixup", o.mixup, any}}) {
        if (n.value >= 0 && n.value < n.below) continue;
        refuse(where, {n.name, " is ", double(n.value), ". It is at least 0",
                       n.below == 1 ? " and less than 1." : "."});
    }
    constexpr std::size_t most = 1 << 16;
    if (o.random_crop > most || o.cutout > most) {
        refuse(where, {o.random_crop > most ? ".random_crop" : ".cutout", " is ",
                       std::max(o.random_crop, o.cutout), " pixels. It is at most ", most, "."});
    }
    if (!detail::is_finite(o.fill_value))
        refuse(where, {".fill_value is ", double(o.fill_value), ", which is no pixel's."});
    if (!(o.lowest <= o.highest)) {
        refuse(where, {".lowest is ", double(o.lowest), " and .highest ", double(o.highest),
                       ": no number is between them."});
    }
    moves_ = o.rotation > 0 || o.zoom > 0 || o.height_shift > 0 || o.width_shift > 0 ||
             o.horizontal_flip || o.vertical_flip || o.random_crop > 0;
}

LAMINA_INLINE Augmenter::Affine Augmenter::draw(Random random) const {
    AugmentOptions const& o = options_;
    auto const either_way = [&](std::uint64_t i, float most) {
        return most * (2 * random.uniform(i) - 1);
    };
    float const angle = either_way(0, o.rotation) * (std::numbers::pi_v<float> / 180);
    float const size = 1 + either_way(1, o.zoom);
    auto const crop = [&](std::uint64_t i) {
        return float(random.below(i, 2 * o.random_crop + 1)) - float(o.random_crop);
    };
    float const down = either_way(2, o.height_shift) * float(height_) + crop(6);
    float const right = either_way(3, o.width_shift) * float(width_) + crop(7);
    bool const mirrored = o.horizontal_flip && random.uniform(4) < 0.5f;
    bool const upside_down = o.vertical_flip && random.uniform(5) < 0.5f;
    // The image is flipped, turned and zoomed about its middle, then shifted. So the other way
    // round: from the new pixel p to middle + flip turn'(p - middle - shift) / size.
    float const middle_y = 0.5f * float(height_ - 1), middle_x = 0.5f * float(width_ - 1);
    float const c = std::cos(angle) / size, s = std::sin(angle) / size;
    float const fy = upside_down ? -1.0f : 1.0f, fx = mirrored ? -1.0f : 1.0f;
    Affine at{0, fy * c, fy * s, 0, -fx * s, fx * c};
    auto const [top, left] = corner(random);
    float const from_y = middle_y + down - float(top), from_x = middle_x + right - float(left);
    at.y0 = middle_y - at.yi * from_y - at.yj * from_x;
    at.x0 = middle_x - at.xi * from_y - at.xj * from_x;
    return at;
}

LAMINA_INLINE Augmenter::Corner Augmenter::corner(Random random) const {
    std::size_t const down = height_ - new_height_, right = width_ - new_width_;
    if (options_.crop_center) return {down / 2, right / 2};
    return {random.below(13, down + 1), random.below(14, right + 1)};
}

/// Channels: how many, or 0 if the compiler does not know.
template <std::size_t Channels>
void Augmenter::warp(float const* from, float* to, Affine const& at) const {
    std::size_t const channels = Channels ? Channels : channels_;
    auto const h = static_cast<std::ptrdiff_t>(height_), w = static_cast<std::ptrdiff_t>(width_);
    FillMode const mode = options_.fill_mode;
    // The index of what is seen at index i of n; -1: the fill value.
    auto const index = [mode](std::ptrdiff_t i, std::ptrdiff_t n) {
        if (i >= 0 && i < n) return i;
        if (mode == FillMode::constant) return std::ptrdiff_t{-1};
        if (mode == FillMode::nearest) return i < 0 ? std::ptrdiff_t{0} : n - 1;
        i = i < 0 ? -1 - i : i;
        i %= 2 * n;
        return i < n ? i : 2 * n - 1 - i;
    };
    float const fill = options_.fill_value;
    auto const rows = static_cast<std::ptrdiff_t>(new_height_),
               columns = static_cast<std::ptrdiff_t>(new_width_);
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
        for (std::ptrdiff_t j = 0; j < columns; ++j, to += channels) {
            float const y = at.y0 + at.yi * float(i) + at.yj * float(j);
            float const x = at.x0 + at.xi * float(i) + at.xj * float(j);
            float const below = std::floor(y), left = std::floor(x);
            float const py = y - below, px = x - left;
            auto const iy = static_cast<std::ptrdiff_t>(below);
            auto const ix = static_cast<std::ptrdiff_t>(left);
            if (iy >= 0 && iy + 1 < h && ix >= 0 && ix + 1 < w) {
                float const* const p = from + std::size_t(iy * w + ix) * channels;
                float const* const q = p + width_ * channels;
                for (std::size_t c = 0; c < channels; ++c) {
                    float const top = p[c] + (p[channels + c] - p[c]) * px;
                    float const bottom = q[c] + (q[channels + c] - q[c]) * px;
                    to[c] = top + (bottom - top) * py;
                }
                continue;
            }
            std::ptrdiff_t const ys[2]{index(iy, h), index(iy + 1, h)};
            std::ptrdiff_t const xs[2]{index(ix, w), index(ix + 1, w)};
            for (std::size_t c = 0; c < channels; ++c) {
                float row[2];
                for (int k = 0; k < 2; ++k) {
                    float v[2];
                    for (int l = 0; l < 2; ++l)
                        v[l] = ys[k] < 0 || xs[l] < 0
                                   ? fill
                                   : from[std::size_t(ys[k] * w + xs[l]) * channels + c];
                    row[k] = v[0] + (v[1] - v[0]) * px;
                }
                to[c] = row[0] + (row[1] - row[0]) * py;
            }
        }
    }
}

LAMINA_INLINE void Augmenter::change_values(float* to, Random random) const {
    AugmentOptions const& o = options_;
    std::size_t const n = size();
    if (o.contrast > 0 || o.brightness > 0) {
        float mean = 0, times = 1;
        if (o.contrast > 0) {
            double sum = 0;
            for (std::size_t i = 0; i < n; ++i) sum += double(to[i]);
            mean = float(sum / double(n));
            times = 1 + o.contrast * (2 * random.uniform(8) - 1);
        }
        float const plus = mean + o.brightness * (2 * random.uniform(9) - 1);
        for (std::size_t i = 0; i < n; ++i) to[i] = (to[i] - mean) * times + plus;
    }
    if (o.noise > 0) {
        Random const noise = random.child(0);
        for (std::size_t i = 0; i < n; ++i) to[i] += o.noise * float(noise.normal(i));
    }
    if (detail::is_finite(o.lowest) || detail::is_finite(o.highest))
        for (std::size_t i = 0; i < n; ++i) to[i] = std::clamp(to[i], o.lowest, o.highest);
    if (o.cutout > 0) {
        // From `before` pixels before its middle on, as far as it is in the image.
        std::size_t const before = o.cutout / 2, after = o.cutout - before;
        std::size_t const h = new_height_, w = new_width_;
        std::size_t const y = random.below(10, h), x = random.below(11, w);
        std::size_t const first = y - std::min(y, before), last = std::min(y + after, h);
        std::size_t const left = x - std::min(x, before), right = std::min(x + after, w);
        for (std::size_t i = first; i < last; ++i)
            std::fill(to + (i * w + left) * channels_, to + (i * w + right) * channels_,
                      o.fill_value);
    }
}

LAMINA_INLINE void Augmenter::apply(float const* from, float* to, Random random) const {
    if (!moves_) {
        auto const [top, left] = corner(random);
        for (std::size_t i = 0; i < new_height_; ++i)
            std::copy_n(from + ((top + i) * width_ + left) * channels_, new_width_ * channels_,
                        to + i * new_width_ * channels_);
    } else if (channels_ == 1) warp<1>(from, to, draw(random));
    else if (channels_ == 3) warp<3>(from, to, draw(random));
    else warp<0>(from, to, draw(random));
    change_values(to, random);
}

#endif

} // namespace lamina::detail
