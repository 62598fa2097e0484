// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/raise.hpp>

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace lamina {

/// `numbers` of four bytes as whole cache lines: what begins behind them begins on one too.
constexpr std::size_t whole_lines(std::size_t numbers) { return (numbers + 15) / 16 * 16; }

/// A zero-filled array of numbers that begins on a cache line. A value: it copies and moves.
/// reserve() only ever makes it larger, and what was in it is then gone.
template <class T>
class Block {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    static constexpr std::size_t alignment = 64;

    Block() = default;
    explicit Block(std::size_t n) { reserve(n); }
    Block(Block const& other) : Block(other.size_) { std::copy_n(other.data(), size_, data()); }
    Block(Block&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Block& operator=(Block other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Block() { release(); }

    T* data() { return data_; }
    T const* data() const { return data_; }
    std::size_t size() const { return size_; }
    T& operator[](std::size_t i) { return data_[i]; }
    T const& operator[](std::size_t i) const { return data_[i]; }

    void reserve(std::size_t n) {
        if (n > size_) grow(n);
    }

private:
    [[gnu::cold, gnu::noinline]] void grow(std::size_t n) {
        if (n > static_cast<std::size_t>(-1) / sizeof(T))
            detail::raise(std::bad_array_new_length());
        T* const grown =
            static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{alignment}));
        release();
        data_ = grown;
        size_ = n;
        std::fill_n(data_, n, T{});
    }
    void release() { ::operator delete (data_, std::align_val_t{alignment}); }

    T* data_ = nullptr; // a unique_ptr of each T would cost the compiler ten times as much
    std::size_t size_ = 0;
};

} // namespace lamina
