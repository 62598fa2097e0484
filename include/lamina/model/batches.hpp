// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>

namespace lamina::detail {

/// One batch as the engine takes it: where each input, target and weight lies.
template <class T>
struct BatchView {
    void const* const* x;
    void const* const* y;
    T const* weight; // one for each sample; null: all 1
    std::size_t size;
};

/// Bytes of one sample, known to the compiler: small ones are copied without a call.
template <std::size_t Bytes>
inline void gather(std::byte* to, std::byte const* from, std::uint32_t const* order,
                   std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) std::memcpy(to + i * Bytes, from + order[i] * Bytes, Bytes);
}

/// Samples in memory: columns of `Sizes` bytes each, cut into batches, shuffled anew for each
/// epoch. The order of an epoch is a function of (seed, epoch): a run that goes on from a
/// checkpoint sees what it would have seen.
template <class T, class Inputs, class Targets>
class Samples;
template <class T, std::size_t... X, std::size_t... Y>
class Samples<T, std::index_sequence<X...>, std::index_sequence<Y...>> {
public:
    static constexpr std::size_t inputs = sizeof...(X), columns = sizeof...(X) + sizeof...(Y);

    void const* data[columns]{};
    T const* weight = nullptr;
    std::size_t count = 0;

    /// Those from `begin` on: what validation_split keeps apart.
    Samples part(std::size_t begin, std::size_t end) const {
        Samples s;
        for (std::size_t k = 0; k < columns; ++k) s.data[k] = bytes(k) + begin * size[k];
        s.weight = weight ? weight + begin : nullptr;
        s.count = end - begin;
        return s;
    }

    std::size_t batches(std::size_t batch_size) const {
        return (count + batch_size - 1) / batch_size;
    }

    void begin_epoch(std::size_t epoch, std::size_t batch_size, bool shuffle, Random random) {
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
        for (std::size_t k = 0; k <= columns;
             ++k) { // each column on its own cache line; the weights last
            place_[k] = at;
            at +=
                ((k < columns ? size[k] : sizeof(T)) * std::min(batch_size, count) + 63) / 64 * 64;
        }
        room_.reserve(at + 1);
    }
    void skip(std::size_t batches) { next_ += batches * batch_size_; }

    bool next(BatchView<T>& batch) {
        if (next_ >= count) return false;
        std::size_t const n = std::min(batch_size_, count - next_);
        batch = {where_, where_ + inputs, weight ? weight + next_ : nullptr, n};
        if (shuffled_) {
            std::uint32_t const* const order = order_.data() + next_;
            std::size_t k = 0;
            (gather_column<X>(k++, order, n), ...);
            (gather_column<Y>(k++, order, n), ...);
            if (weight) {
                auto* const to = room_.data() + place_[columns];
                gather<sizeof(T)>(to, reinterpret_cast<std::byte const*>(weight), order, n);
                batch.weight = reinterpret_cast<T const*>(to);
            }
        } else {
            for (std::size_t k = 0; k < columns; ++k) where_[k] = bytes(k) + next_ * size[k];
        }
        next_ += n;
        return true;
    }

private:
    static constexpr std::size_t size[columns]{X..., Y...};
    std::byte const* bytes(std::size_t k) const { return static_cast<std::byte const*>(data[k]); }
    template <std::size_t Bytes>
    void gather_column(std::size_t k, std::uint32_t const* order, std::size_t n) {
        std::byte* const to = room_.data() + place_[k];
        gather<Bytes>(to, bytes(k), order, n);
        where_[k] = to;
    }

    std::size_t batch_size_ = 1, next_ = 0, place_[columns + 1]{};
    bool shuffled_ = false;
    void const* where_[columns]{};
    Block<std::uint32_t> order_;
    Block<std::byte> room_;
};

} // namespace lamina::detail
