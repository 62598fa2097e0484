// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/order.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace lamina {

/// Some samples: n rows of x and n rows of y, one behind the other.
template <class T = float>
struct Batch {
    std::span<T const> x;
    std::span<T const> y;
    std::size_t n = 0;
};

/// What fit can take batches from. next(batch) sets the batch and returns true, or returns false at
/// the end of the epoch; the spans hold until the next call. restart(epoch) begins an epoch: the
/// same epoch has the same batches. steps() is how many batches it has, 0 if nobody knows.
template <class B>
concept Batches = requires(B& b, Batch<float>& batch, std::size_t epoch) {
    { b.next(batch) } -> std::same_as<bool>;
    { b.steps() } -> std::convertible_to<std::size_t>;
    b.restart(epoch);
};

struct BatchOptions {
    std::size_t batch_size = 32;
    bool shuffle = true;
    /// For ranges and generators: how many samples wait to be drawn from. Arrays are shuffled
    /// whole.
    std::size_t shuffle_buffer = 1024;
    std::uint64_t seed = 0;
    /// Batches in an epoch; 0: until the samples end. Ranges and generators go on in the next epoch
    /// where the last one ended, and begin again when they end.
    std::size_t steps = 0;
    /// Leave out a last batch that is short?
    bool drop_last = false;
};

namespace detail {

inline void check(BatchOptions const& options) {
    if (options.batch_size == 0) {
        fail(Error::Kind::argument, {"batches"}, {".batch_size is 0, and it is at least 1."});
    }
    if (options.shuffle && options.shuffle_buffer == 0) {
        fail(Error::Kind::argument, {"batches"},
             {".shuffle_buffer is 0. For the samples as they come set .shuffle = false."});
    }
}

} // namespace detail

/// Batches of rows that are in memory, in a new order each epoch. Does not own the rows.
class ArrayBatches {
public:
    /// n rows of x and of y.
    ArrayBatches(std::span<float const> x, std::span<float const> y, std::size_t n,
                 BatchOptions const& options = {});

    void restart(std::size_t epoch);

    std::size_t steps() const;

    bool next(Batch<float>& batch);

private:
    std::span<float const> x_, y_;
    BatchOptions options_;
    std::vector<std::size_t> order_;
    std::vector<float> batch_x_, batch_y_;
    std::size_t features_ = 0, targets_ = 0, position_ = 0, step_ = 0;
};

#if LAMINA_BODIES

LAMINA_INLINE ArrayBatches::ArrayBatches(std::span<float const> x, std::span<float const> y,
                                         std::size_t n, BatchOptions const& options)
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
        batch.x = std::span(batch_x_).first(n * features_);
        batch.y = std::span(batch_y_).first(n * targets_);
    } else {
        batch.x = x_.subspan(position_ * features_, n * features_);
        batch.y = y_.subspan(position_ * targets_, n * targets_);
    }
    batch.n = n;
    position_ += n;
    return true;
}

#endif

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class S>
concept HasNext = requires(S& s) {
    {s.next()};
    requires IsOptional<std::remove_cvref_t<decltype(s.next())>>::value;
};

template <class S>
concept HasRewind = requires(S& s) {
    s.rewind();
};

template <class S>
concept Iterable = requires(S& s) {
    { std::begin(s) } -> std::input_iterator;
    { std::begin(s) != std::end(s) } -> std::convertible_to<bool>;
};

template <class S>
concept Callable = std::invocable<S&>;

/// A range as a source of samples. R is a reference for a range that lives elsewhere.
template <class R>
class RangeSource {
    using Iterator = decltype(std::begin(std::declval<R&>()));

public:
    explicit RangeSource(R&& range) : range_(std::forward<R>(range)) {}

    /// Points to a sample, or to nothing at the end; only what a range makes up as it goes is
    /// copied.
    auto next() {
        using Reference = std::iter_reference_t<Iterator>;
        if (!at_) at_.emplace(std::begin(range_));
        else if (*at_ != std::end(range_)) ++*at_;
        bool const end = *at_ == std::end(range_);
        if constexpr (std::is_lvalue_reference_v<Reference>) return end ? nullptr : &**at_;
        else return end ? std::nullopt : std::optional<std::iter_value_t<Iterator>>(**at_);
    }
    void rewind() {
        if (at_ && !std::forward_iterator<Iterator>) {
            fail(Error::Kind::argument, {"batches"},
                 {"this range can be walked only once. Train for one epoch, or give a function "
                  "that begins again."});
        }
        at_.reset();
    }

private:
    R range_;
    std::optional<Iterator> at_;
};

/// A function as a source of samples: it returns a std::optional, empty at the end (the call after
/// that begins again), or samples without end.
template <class F>
class CallSource {
public:
    static constexpr bool endless = !IsOptional<std::invoke_result_t<F&>>::value;
    explicit CallSource(F f) : f_(std::move(f)) {}

    auto next() {
        if constexpr (endless) return std::optional(f_());
        else return f_();
    }

private:
    F f_;
};

/// f(v) for each number of a sample: a number, a range, or several of them in a tuple or a range,
/// one after another.
template <class T, class F>
void each_number(T const& sample, F const& f) {
    if constexpr (std::is_arithmetic_v<T>) f(sample);
    else if constexpr (Iterable<T const>) {
        for (auto const& value : sample) each_number(value, f);
    } else {
        std::apply([&](auto const&... part) { (each_number(part, f), ...); }, sample);
    }
}
template <class T>
std::size_t count_numbers(T const& sample) {
    std::size_t n = 0;
    if constexpr (std::is_arithmetic_v<T>) return 1;
    else if constexpr (Iterable<T const>) {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(*std::begin(sample))>>)
            return static_cast<std::size_t>(std::distance(std::begin(sample), std::end(sample)));
    }
    each_number(sample, [&](auto) { ++n; });
    return n;
}
template <class T>
void copy_numbers(T const& sample, float* to) {
    each_number(sample, [&](auto value) { *to++ = static_cast<float>(value); });
}

} // namespace detail

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
        batch.x = std::span<float const>(batch_x_).first(n * features_);
        batch.y = std::span<float const>(batch_y_).first(n * targets_);
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
                    store(std::span<float const>(rows_->x.data() + row_ * f, f),
                          std::span<float const>(rows_->y.data() + row_ * t, t), place);
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
    std::optional<Dataset> rows_; // of a source that hands out Datasets
    std::size_t row_ = 0;
    std::vector<float> buffer_, batch_x_, batch_y_;
    std::size_t features_ = 0, targets_ = 0;
    std::size_t waiting_ = 0; // samples in the buffer
    std::size_t draws_ = 0, step_ = 0, sample_ = 0;
    bool touched_ = false, ended_ = false;
};

/// Batches of a data set in memory, which must outlive them.
inline ArrayBatches batches(Dataset const& data, BatchOptions const& options = {}) {
    return {{data.x.data(), data.x.size()}, {data.y.data(), data.y.size()}, data.rows(), options};
}
ArrayBatches batches(Dataset&&, BatchOptions const& = {}) = delete;

/// Batches of samples from
///   a range, walked again each epoch (kept by reference if it has a name);
///   a function that returns std::optional<Sample>, empty at the end of an epoch;
///   a function that returns samples without end, with .steps;
///   an object with such a function next() and, to begin again, rewind() - a CsvStream::each.
/// A sample is two things that `auto& [x, y]` takes apart, each a number or a range of numbers, the
/// same sizes every time, or for a network with several inputs or outputs a tuple of such; or it is
/// a Dataset, which stands for all its rows.
///
///     batches([&] { return std::pair{std::tuple{question, answer}, label}; }, {.steps = 100})
template <class Source>
requires(!std::is_same_v<std::remove_cvref_t<Source>, Dataset> &&
         (detail::HasNext<Source> || detail::Iterable<Source> ||
          detail::Callable<Source>)) auto batches(Source&& source,
                                                  BatchOptions const& options = {}) {
    using S = std::remove_cvref_t<Source>;
    if constexpr (detail::HasNext<S>)
        return SampleBatches<S>(std::forward<Source>(source), options);
    else if constexpr (detail::Iterable<S>) {
        using Range = detail::RangeSource<Source>;
        return SampleBatches<Range>(Range(std::forward<Source>(source)), options);
    } else {
        using Call = detail::CallSource<S>;
        return SampleBatches<Call>(Call(std::forward<Source>(source)), options);
    }
}

} // namespace lamina
