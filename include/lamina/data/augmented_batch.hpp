// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/augment_options.hpp>
#include <lamina/data/augmenter.hpp>
#include <lamina/data/batch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lamina::detail {

/// A number of Beta(alpha, alpha).
double beta_draw(Random random, double alpha);

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
    void check_targets(Span<float const> y, std::size_t targets) const;

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

[[gnu::cold]] LAMINA_INLINE void AugmentedBatch::reserve(std::size_t n, std::size_t targets) {
    AugmentOptions const& o = augmenter_.options();
    if (jobs_.size() < n) jobs_.resize(n);
    x_.reserve(n * augmenter_.size());
    y_.reserve(n * targets);
    if (o.mixup > 0) scratch_.reserve(workers_of(o.threads) * augmenter_.size());
}

[[gnu::cold]] LAMINA_INLINE void AugmentedBatch::check_targets(Span<float const> y,
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
