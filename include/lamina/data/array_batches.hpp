// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/batch.hpp>

#if LAMINA_BODIES
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/data/order.hpp>

#include <algorithm>
#include <numeric>
#endif

#include <cstddef>
#include <vector>

namespace lamina {

/// Batches of rows that are in memory, in a new order each epoch. Does not own the rows.
class ArrayBatches {
public:
    /// n rows of x and of y.
    ArrayBatches(Span<float const> x, Span<float const> y, std::size_t n,
                 BatchOptions const& options = {});

    void restart(std::size_t epoch);

    std::size_t steps() const;

    bool next(Batch<float>& batch);

private:
    Span<float const> x_, y_;
    BatchOptions options_;
    std::vector<std::size_t> order_;
    std::vector<float> batch_x_, batch_y_;
    std::size_t features_ = 0, targets_ = 0, position_ = 0, step_ = 0;
};

#if LAMINA_BODIES

LAMINA_INLINE ArrayBatches::ArrayBatches(Span<float const> x, Span<float const> y, std::size_t n,
                                         BatchOptions const& options)
    : x_(x), y_(y), options_(options) {
    detail::check(options);
    if (n == 0 || x.size() % n != 0 || y.size() % n != 0) {
        detail::fail(Error::Kind::argument, {"batches"},
                     {x.size(), " numbers of x and ", y.size(), " of y are no ",
                      detail::Counted{n, "row"}, "."});
    }
    order_.resize(n);
    features_ = x.size() / n;
    targets_ = y.size() / n;
    if (options.shuffle) {
        batch_x_.resize(std::min(n, options.batch_size) * features_);
        batch_y_.resize(std::min(n, options.batch_size) * targets_);
    }
    restart(0);
}

LAMINA_INLINE void ArrayBatches::restart(std::size_t epoch) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    if (options_.shuffle) detail::shuffle(order_, Random{options_.seed}.child(epoch));
    position_ = step_ = 0;
}

LAMINA_INLINE std::size_t ArrayBatches::steps() const {
    std::size_t const n = order_.size(), size = options_.batch_size;
    std::size_t const all = options_.drop_last ? n / size : n / size + (n % size != 0);
    return options_.steps ? std::min(all, options_.steps) : all;
}

LAMINA_INLINE bool ArrayBatches::next(Batch<float>& batch) {
    if (step_ == steps()) return false;
    ++step_;
    std::size_t const n = std::min(options_.batch_size, order_.size() - position_);
    if (options_.shuffle) {
        for (std::size_t i = 0; i < n; ++i) {
            std::size_t const row = order_[position_ + i];
            std::copy_n(x_.data() + row * features_, features_, batch_x_.data() + i * features_);
            std::copy_n(y_.data() + row * targets_, targets_, batch_y_.data() + i * targets_);
        }
        batch.x = Span(batch_x_).first(n * features_);
        batch.y = Span(batch_y_).first(n * targets_);
    } else {
        batch.x = x_.subspan(position_ * features_, n * features_);
        batch.y = y_.subspan(position_ * targets_, n * targets_);
    }
    batch.n = n;
    position_ += n;
    return true;
}

#endif

} // namespace lamina
