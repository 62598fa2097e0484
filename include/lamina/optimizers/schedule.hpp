// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lamina {

/// The learning rate as a function of the step: a number, one of optimizers/schedules/, or any
/// trivially copyable callable `double(std::uint64_t step)`, such as a lambda. Steps count from 0;
/// the optimizer's first step uses rate(0). A value of fixed size: it copies with the optimizer.
///
/// Example     Adam{.learning_rate = CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 900}}
class Schedule {
public:
    static constexpr std::size_t capacity = 288;

    template <class Number>
    requires std::is_arithmetic_v<Number>
    constexpr Schedule(Number rate) : constant_(static_cast<double>(rate)) {}

    template <class F>
    requires(!std::is_same_v<F, Schedule> && !std::is_arithmetic_v<F> &&
             std::is_trivially_copyable_v<F> &&
             requires(F const& f, std::uint64_t step) { static_cast<double>(f(step)); })
        Schedule(F const& f)
        : call_(&call<F>), equal_(&equal<F>) {
        static_assert(sizeof(F) <= capacity && alignof(F) <= alignof(double),
                      "A Schedule takes a callable of at most 288 bytes. Keep its table outside "
                      "and capture a pointer to it.");
        detail::check_options(f);
        std::memcpy(bytes_, &f, sizeof(F));
    }

    double rate(std::uint64_t step) const { return call_ ? call_(bytes_, step) : constant_; }

    /// Whether it is a number, which may be replaced by another while training.
    constexpr bool is_constant() const { return call_ == nullptr; }

    friend bool operator==(Schedule const& a, Schedule const& b) {
        if (a.call_ != b.call_) return false;
        return a.call_ ? a.equal_(a.bytes_, b.bytes_) : a.constant_ == b.constant_;
    }

private:
    template <class F>
    static double call(void const* bytes, std::uint64_t step) {
        return static_cast<double>((*static_cast<F const*>(bytes))(step));
    }
    template <class F>
    static bool equal(void const* a, void const* b) {
        if constexpr (requires(F const& f) { static_cast<bool>(f == f); })
            return *static_cast<F const*>(a) == *static_cast<F const*>(b);
        else return std::memcmp(a, b, sizeof(F)) == 0;
    }

    double constant_ = 0;
    double (*call_)(void const*, std::uint64_t) = nullptr;
    bool (*equal_)(void const*, void const*) = nullptr;
    alignas(double) std::byte bytes_[capacity]{};
};

static_assert(std::is_trivially_copyable_v<Schedule>);

namespace detail {

/// How much of `whole` steps are done; of none: all.
constexpr double part(double step, double whole) {
    return whole > 0 && step < whole ? step / whole : 1.0;
}

} // namespace detail

} // namespace lamina
