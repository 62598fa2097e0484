// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#if LAMINA_BODIES
#include <numeric>
#endif
#include <utility>

namespace lamina::detail {

/// One batch as the engine takes it: where each input, target and weight lies.
struct BatchView {
    void const* const* x;
    void const* const* y;
    void const* weight; // the network's scalars, `weights` for each sample; null: all 1
    std::size_t size, weights = 1;
};

/// What a run takes its batches from.
class Source {
public:
    /// How many batches an epoch has; 0: that is not known.
    virtual std::size_t batches(std::size_t batch_size) const = 0;
    /// The samples of a batch, at most; of what comes from elsewhere what is asked for.
    virtual std::size_t largest_batch(std::size_t batch_size) const = 0;
    virtual void begin_epoch(std::size_t epoch, std::size_t batch_size, bool shuffle,
                             Random random) = 0;
    virtual void skip(std::size_t batches) = 0;
    virtual bool next(BatchView& batch) = 0;

protected:
    Source() = default;
    Source(Source const&) = default;
    Source& operator=(Source const&) = default;
    ~Source() = default;
};

/// Samples in memory, cut into batches, shuffled anew for each epoch. The order of an epoch is a
/// function of (seed, epoch): a run that goes on from a checkpoint sees what it would have seen.
class Samples final : public Source {
public:
    static constexpr std::size_t most = 16; // columns: Arrays hold 8 inputs and 8 targets

    /// Where the samples of a column are, and how many bytes each takes.
    struct Column {
        void const* data = nullptr;
        std::size_t bytes = 0, place = 0; // place: in the room for what is shuffled
    };
    Column column[most + 1]{}; // inputs, targets; then, if there are any, the weights
    std::size_t inputs = 0, columns = 0, count = 0;
    std::size_t weights = 0; // of each sample: 1, or one for each vector; 0: there are none

    Samples() = default;
    Samples(Samples const&) = delete;
    Samples& operator=(Samples const&) = delete;

    /// To be those of another from `begin` to `end`: what validation_split keeps apart. Copies
    /// nothing.
    void look_at(Samples const& from, std::size_t begin, std::size_t end);

    std::size_t batches(std::size_t batch_size) const override;
    std::size_t largest_batch(std::size_t batch_size) const override;
    void begin_epoch(std::size_t epoch, std::size_t batch_size, bool shuffle,
                     Random random) override;
    void skip(std::size_t batches) override;
    bool next(BatchView& batch) override;

private:
    std::size_t batch_size_ = 1, next_ = 0;
    bool shuffled_ = false;
    void const* where_[most + 1]{};
    Block<std::uint32_t> order_;
    Block<std::byte> room_;
};

#if LAMINA_BODIES

/// Samples of Part to 2 Part bytes, each as its first and its last Part bytes, without a call.
template <std::size_t Part>
void gather_parts(std::byte* to, std::byte const* from, std::uint32_t const* order, std::size_t n,
                  std::size_t bytes) {
    std::size_t const last = bytes - Part;
    for (std::size_t i = 0; i < n; ++i, to += bytes) {
        std::byte const* const sample = from + order[i] * bytes;
        std::byte a[Part], b[Part];
        std::memcpy(a, sample, Part);
        std::memcpy(b, sample + last, Part);
        std::memcpy(to, a, Part);
        std::memcpy(to + last, b, Part);
    }
}
inline void gather(std::byte* to, std::byte const* from, std::uint32_t const* order, std::size_t n,
                   std::size_t bytes) {
    if (bytes < 4 || bytes > 32)
        for (std::size_t i = 0; i < n; ++i)
            std::memcpy(to + i * bytes, from + order[i] * bytes, bytes);
    else if (bytes <= 8) gather_parts<4>(to, from, order, n, bytes);
    else if (bytes <= 16) gather_parts<8>(to, from, order, n, bytes);
    else gather_parts<16>(to, from, order, n, bytes);
}

[[gnu::cold]] LAMINA_INLINE void Samples::look_at(Samples const& from, std::size_t begin,
                                                  std::size_t end) {
    inputs = from.inputs;
    columns = from.columns;
    weights = from.weights;
    count = end - begin;
    for (std::size_t k = 0; k < columns + (weights > 0); ++k) {
        auto const& its = from.column[k];
        column[k] = {static_cast<std::byte const*>(its.data) + begin * its.bytes, its.bytes};
    }
}
LAMINA_INLINE std::size_t Samples::batches(std::size_t batch_size) const {
    return count / batch_size + (count % batch_size != 0);
}
[[gnu::cold]] LAMINA_INLINE std::size_t Samples::largest_batch(std::size_t batch_size) const {
    return std::min(batch_size, count);
}
LAMINA_INLINE void Samples::begin_epoch(std::size_t epoch, std::size_t batch_size, bool shuffle,
                                        Random random) {
    batch_size_ = batch_size;
    next_ = 0;
    shuffled_ = shuffle;
    if (!shuffle) return;
    random = random.child(epoch);
    order_.reserve(count + 1);
    std::iota(order_.data(), order_.data() + count, std::uint32_t{0});
    for (std::size_t i = count; i > 1; --i) // Fisher and Yates
        std::swap(order_[i - 1], order_[random.below(i, i)]);
    std::size_t at = 0;
    for (std::size_t k = 0; k < columns + (weights > 0); ++k) { // each on its own cache line
        column[k].place = at;
        at += (column[k].bytes * largest_batch(batch_size) + 63) / 64 * 64;
    }
    room_.reserve(at + 1);
}
LAMINA_INLINE void Samples::skip(std::size_t batches) { next_ += batches * batch_size_; }
LAMINA_INLINE bool Samples::next(BatchView& batch) {
    if (next_ >= count) return false;
    std::size_t const n = std::min(batch_size_, count - next_), all = columns + (weights > 0);
    for (std::size_t k = 0; k < all; ++k) {
        auto const& its = column[k];
        auto const* const from = static_cast<std::byte const*>(its.data);
        if (shuffled_) {
            std::byte* const to = room_.data() + its.place;
            gather(to, from, order_.data() + next_, n, its.bytes);
            where_[k] = to;
        } else where_[k] = from + next_ * its.bytes;
    }
    batch = {where_, where_ + inputs, weights > 0 ? where_[columns] : nullptr, n, weights};
    next_ += n;
    return true;
}

#endif

} // namespace lamina::detail
