// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/data/augment_options.hpp>
#include <lamina/data/batches.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

namespace lamina::detail {

/// A number of Beta(alpha, alpha).
double beta_draw(Random random, double alpha);

/// Changes images of one shape, height x width x channels. What becomes of an image is a function
/// of the image and of `random` alone.
class Augmenter {
public:
    Augmenter(std::array<std::size_t, 3> shape, AugmentOptions const& options);

    std::size_t size() const { return height_ * width_ * channels_; }
    AugmentOptions const& options() const { return options_; }

    /// All but mixup. `to` is another place than `from`.
    void apply(float const* from, float* to, Random random) const;

private:
    /// The pixel of the image that is seen at pixel (i, j) of the new one: y = y0 + yi i + yj j.
    struct Affine {
        float y0, yi, yj, x0, xi, xj;
    };
    Affine draw(Random random) const;
    template <std::size_t Channels>
    void warp(float const* from, float* to, Affine const& at) const;
    void change_values(float* to, Random random) const;

    std::size_t height_, width_, channels_;
    AugmentOptions options_;
    bool moves_ = false;
};

/// A batch that is being augmented: jobs() are set by whoever knows where samples come from, and
/// run() does them.
class AugmentedBatch {
public:
    struct Job {
        float const* x;
        float const* y;
        float const* other_x; // mixed in, with mixup
        float const* other_y;
        Random random;
    };

    AugmentedBatch(std::array<std::size_t, 3> shape, AugmentOptions const& options)
        : augmenter_(shape, options) {}

    Augmenter const& augmenter() const { return augmenter_; }
    /// Room for batches of n.
    void reserve(std::size_t n, std::size_t targets);
    Job& job(std::size_t i) { return jobs_[i]; }
    void run(std::size_t n, std::size_t targets, Batch<float>& batch);
    /// Mixed targets make sense if they are one-hot, yes or no, or measured; not if they are
    /// classes 0, 1, 2, ...
    void check_targets(std::span<float const> y, std::size_t targets) const;

private:
    Augmenter augmenter_;
    std::vector<Job> jobs_;
    Block<float> x_, y_, scratch_; // scratch_: an image for each thread
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE double beta_draw(Random random, double alpha) {
    // Marsaglia and Tsang (2000), "A simple method for generating gamma variables": two of those,
    // and the first one's share of both. Below 1 a gamma variable of alpha + 1 times u^(1 / alpha).
    auto const gamma = [alpha](Random r) {
        double const d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
        for (std::uint64_t i = 1;; i += 2) {
            double const x = r.normal(i), t = 1 + c * x, v = t * t * t;
            double const u = (double(r.bits(i + 1) >> 11) + 0.5) * 0x1p-53;
            if (t > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) {
                double const w = (double(r.bits(0) >> 11) + 0.5) * 0x1p-53;
                return d * v * (alpha < 1 ? std::pow(w, 1 / alpha) : 1.0);
            }
        }
    };
    double const a = gamma(random.child(0)), b = gamma(random.child(1));
    return a + b > 0 ? a / (a + b) : 1.0;
}

[[gnu::cold]] LAMINA_INLINE Augmenter::Augmenter(std::array<std::size_t, 3> shape,
                                                 AugmentOptions const& o)
    : height_(shape[0]), width_(shape[1]), channels_(shape[2]), options_(o) {
    constexpr auto where = "augment";
    if (size() == 0) refuse(where, {"images of ", Dims{shape}, " have no pixel."});
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
    if (!std::isfinite(o.fill_value))
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
    at.y0 = middle_y - at.yi * (middle_y + down) - at.yj * (middle_x + right);
    at.x0 = middle_x - at.xi * (middle_y + down) - at.xj * (middle_x + right);
    return at;
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
    for (std::ptrdiff_t i = 0; i < h; ++i) {
        for (std::ptrdiff_t j = 0; j < w; ++j, to += channels) {
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
    if (std::isfinite(o.lowest) || std::isfinite(o.highest))
        for (std::size_t i = 0; i < n; ++i) to[i] = std::clamp(to[i], o.lowest, o.highest);
    if (o.cutout > 0) {
        // From `before` pixels before its middle on, as far as it is in the image.
        std::size_t const before = o.cutout / 2, after = o.cutout - before;
        std::size_t const y = random.below(10, height_), x = random.below(11, width_);
        std::size_t const first = y - std::min(y, before), last = std::min(y + after, height_);
        std::size_t const left = x - std::min(x, before), right = std::min(x + after, width_);
        for (std::size_t i = first; i < last; ++i)
            std::fill(to + (i * width_ + left) * channels_, to + (i * width_ + right) * channels_,
                      o.fill_value);
    }
}

LAMINA_INLINE void Augmenter::apply(float const* from, float* to, Random random) const {
    if (!moves_) std::copy_n(from, size(), to);
    else if (channels_ == 1) warp<1>(from, to, draw(random));
    else if (channels_ == 3) warp<3>(from, to, draw(random));
    else warp<0>(from, to, draw(random));
    change_values(to, random);
}

[[gnu::cold]] LAMINA_INLINE void AugmentedBatch::reserve(std::size_t n, std::size_t targets) {
    AugmentOptions const& o = augmenter_.options();
    if (jobs_.size() < n) jobs_.resize(n);
    x_.reserve(n * augmenter_.size());
    y_.reserve(n * targets);
    if (o.mixup > 0) scratch_.reserve((o.threads ? o.threads->count() : 1) * augmenter_.size());
}

[[gnu::cold]] LAMINA_INLINE void AugmentedBatch::check_targets(std::span<float const> y,
                                                               std::size_t targets) const {
    if (!(augmenter_.options().mixup > 0) || targets != 1) return;
    bool whole = true, class_beyond_1 = false;
    for (float const v : y) {
        whole = whole && v == std::floor(v);
        class_beyond_1 = class_beyond_1 || (v != 0 && v != 1);
    }
    if (whole && class_beyond_1) {
        refuse("augment", {".mixup mixes the labels too, and classes 0, 1, 2, ... cannot be mixed. "
                           "Give rows: to_categorical(labels)."});
    }
}

LAMINA_INLINE void AugmentedBatch::run(std::size_t n, std::size_t targets, Batch<float>& batch) {
    AugmentOptions const& o = augmenter_.options();
    std::size_t const numbers = augmenter_.size();
    constexpr std::size_t grain = 4;
    parallel_for(o.threads, n, grain, [&](std::size_t begin, std::size_t end, std::size_t worker) {
        for (std::size_t i = begin; i < end; ++i) {
            Job const& job = jobs_[i];
            float* const x = x_.data() + i * numbers;
            float* const y = y_.data() + i * targets;
            augmenter_.apply(job.x, x, job.random);
            if (!(o.mixup > 0)) {
                std::copy_n(job.y, targets, y);
                continue;
            }
            float* const other = scratch_.data() + worker * numbers;
            augmenter_.apply(job.other_x, other, job.random.child(1));
            float const l = float(beta_draw(job.random.child(2), double(o.mixup)));
            for (std::size_t k = 0; k < numbers; ++k) x[k] = l * x[k] + (1 - l) * other[k];
            for (std::size_t k = 0; k < targets; ++k)
                y[k] = l * job.y[k] + (1 - l) * job.other_y[k];
        }
    });
    batch.x = {x_.data(), n * numbers};
    batch.y = {y_.data(), n * targets};
    batch.n = n;
}

#endif

} // namespace lamina::detail
