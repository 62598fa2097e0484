// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/batch.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/sample_source.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace lamina {

/// Batches of samples that a source hands out one by one, or a Dataset at a time: data that need
/// not fit in memory. They are shuffled by a buffer: a batch takes samples from random places of
/// it, and new ones move in there (as tf.data.Dataset.shuffle does). Without .steps the order is
/// that of (seed, epoch) alone. Allocates for the first batch and then never, if the source does
/// not.
template <class Source>
class SampleBatches {
public:
    SampleBatches(Source source, BatchOptions const& options)
        : source_(std::move(source)), options_(options) {
        detail::check(options);
        if constexpr (requires { requires Source::endless; }) {
            if (options.steps == 0) {
                detail::fail(Error::Kind::argument, {"batches"},
                             {"these samples have no end. Say with .steps how many batches are an "
                              "epoch, or return a std::optional that is empty at the end."});
            }
        }
        random_ = Random{options.seed}.child(0);
    }

    void restart(std::size_t epoch) {
        random_ = Random{options_.seed}.child(epoch);
        draws_ = 0;
        step_ = 0;
        ended_ = false;
        if (options_.steps) return; // goes on where it is
        if constexpr (detail::HasRewind<Source>) {
            if (touched_) source_.rewind();
            rows_ = {};
            row_ = 0;
            waiting_ = 0;
            sample_ = 0;
        }
    }

    std::size_t steps() const { return options_.steps; }

    bool next(Batch<float>& batch) {
        if (options_.steps && step_ == options_.steps) return false;
        std::size_t n = 0;
        while (n < options_.batch_size && draw(n)) ++n;
        if (n == 0 || (options_.drop_last && n < options_.batch_size)) return false;
        ++step_;
        batch.x = Span<float const>(batch_x_).first(n * features_);
        batch.y = Span<float const>(batch_y_).first(n * targets_);
        batch.n = n;
        return true;
    }

private:
    using Sample = std::remove_cvref_t<decltype(*std::declval<Source&>().next())>;
    static constexpr bool blocks = std::is_same_v<Sample, Dataset>;

    /// Puts a sample into row n of the batch.
    bool draw(std::size_t n) {
        if (!options_.shuffle) {
            return pull([&] {
                return std::pair(batch_x_.data() + n * features_, batch_y_.data() + n * targets_);
            });
        }
        auto const slot = [&](std::size_t i) {
            float* const first = buffer_.data() + i * (features_ + targets_);
            return std::pair(first, first + features_);
        };
        while (waiting_ < options_.shuffle_buffer && pull([&] { return slot(waiting_); }))
            ++waiting_;
        if (waiting_ == 0) return false;
        std::size_t const chosen = random_.below(draws_++, waiting_);
        auto const [x, y] = slot(chosen);
        std::copy_n(x, features_, batch_x_.data() + n * features_);
        std::copy_n(y, targets_, batch_y_.data() + n * targets_);
        if (pull([&] { return slot(chosen); })) return true;
        std::copy_n(slot(--waiting_).first, features_ + targets_, x);
        return true;
    }

    /// Copies the next sample to where place() says. false at the end.
    template <class Place>
    bool pull(Place place) {
        if (ended_) return false;
        for (int begun = 0; begun < 2; ++begun) {
            touched_ = true;
            if constexpr (blocks) {
                while (!rows_ || row_ == rows_->rows()) {
                    rows_ = source_.next();
                    row_ = 0;
                    if (!rows_) break;
                }
                if (rows_) {
                    std::size_t const f = rows_->x.shape()[1], t = rows_->y.shape()[1];
                    store(Span<float const>(rows_->x.data() + row_ * f, f),
                          Span<float const>(rows_->y.data() + row_ * t, t), place);
                    ++row_;
                    return true;
                }
            } else {
                if (auto sample = source_.next()) {
                    auto const& [x, y] = *sample;
                    store(x, y, place);
                    return true;
                }
            }
            // With .steps an epoch may hold the samples more than once; an empty source has none.
            if (options_.steps == 0 || begun || sample_ == 0) break;
            if constexpr (detail::HasRewind<Source>) source_.rewind();
        }
        ended_ = true;
        return false;
    }

    template <class X, class Y, class Place>
    void store(X const& x, Y const& y, Place place) {
        std::size_t const features = detail::count_numbers(x), targets = detail::count_numbers(y);
        if (batch_x_.empty()) {
            if (features == 0) {
                detail::fail(Error::Kind::data, {"batches"}, {"the first sample has no numbers."});
            }
            features_ = features;
            targets_ = targets;
            batch_x_.resize(options_.batch_size * features);
            batch_y_.resize(options_.batch_size * targets);
            if (options_.shuffle) buffer_.resize(options_.shuffle_buffer * (features + targets));
        }
        if (features != features_ || targets != targets_) {
            detail::fail(Error::Kind::data, {"batches"},
                         {"sample ", sample_, " has ", detail::Counted{features, "feature"},
                          " and ", detail::Counted{targets, "target"}, ", the first had ",
                          features_, " and ", targets_, "."});
        }
        auto const [to_x, to_y] = place();
        detail::copy_numbers(x, to_x);
        detail::copy_numbers(y, to_y);
        ++sample_;
    }

    Source source_;
    BatchOptions options_;
    Random random_;
    // Of a source that hands out Datasets.
    std::conditional_t<blocks, std::optional<Dataset>, std::nullptr_t> rows_{};
    std::size_t row_ = 0;
    std::vector<float> buffer_, batch_x_, batch_y_;
    std::size_t features_ = 0, targets_ = 0;
    std::size_t waiting_ = 0; // samples in the buffer
    std::size_t draws_ = 0, step_ = 0, sample_ = 0;
    bool touched_ = false, ended_ = false;
};

} // namespace lamina
