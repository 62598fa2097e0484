// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>

#include <cstddef>
#include <utility>

namespace lamina::detail {

/// What all Lists share: where the elements are.
class ListPlaces {
public:
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

protected:
    struct Step {
        void* const* at;

        void operator++() { ++at; }
        bool operator!=(Step const& other) const { return at != other.at; }
    };
    void take(ListPlaces& other) noexcept {
        std::swap(at_, other.at_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
    }
    void make_room();

    void** at_ = nullptr;
    std::size_t size_ = 0, room_ = 0;
};

/// A sequence for what runs seldom: std::vector's calls, but each element has memory of its own,
/// so that a type more costs the compiler and the program a fifth of what a vector of it costs.
template <class T>
class List : public ListPlaces {
    template <class E>
    struct Iterator : Step {
        E& operator*() const { return *static_cast<E*>(*this->at); }
    };

public:
    List() = default;
    List(List&& other) noexcept { take(other); }
    [[gnu::cold]] List(List const& other) : List() {
        for (T const& element : other) push_back(element);
    }
    List& operator=(List other) noexcept {
        take(other);
        return *this;
    }
    [[gnu::cold, gnu::noinline]] ~List() {
        for (T& element : *this) delete &element;
        delete[] at_;
    }

    template <class... A>
    [[gnu::cold]] T& emplace_back(A&&... arguments) {
        make_room();
        T* const made = new T{std::forward<A>(arguments)...};
        at_[size_++] = made;
        return *made;
    }
    void push_back(T&& element) { emplace_back(std::move(element)); }
    void push_back(T const& element) { emplace_back(element); }
    void pop_back() { delete static_cast<T*>(at_[--size_]); }
    /// Elements made anew behind the others; it does not shrink.
    [[gnu::cold]] void resize(std::size_t n) {
        while (size_ < n) emplace_back();
    }

    T& operator[](std::size_t i) { return *static_cast<T*>(at_[i]); }
    T const& operator[](std::size_t i) const { return *static_cast<T const*>(at_[i]); }
    T& back() { return (*this)[size_ - 1]; }
    T const& back() const { return (*this)[size_ - 1]; }
    Iterator<T> begin() { return {{at_}}; }
    Iterator<T> end() { return {{at_ + size_}}; }
    Iterator<T const> begin() const { return {{at_}}; }
    Iterator<T const> end() const { return {{at_ + size_}}; }
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void ListPlaces::make_room() {
    if (size_ < room_) return;
    std::size_t const room = room_ ? 2 * room_ : 4;
    void** const moved = new void*[room];
    for (std::size_t i = 0; i < size_; ++i) moved[i] = at_[i];
    delete[] at_;
    at_ = moved;
    room_ = room;
}

#endif

} // namespace lamina::detail
