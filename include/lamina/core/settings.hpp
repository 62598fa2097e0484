// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace lamina {

/// Receives the options of a layer, a loss, a metric or an optimizer, one by one: for files. A
/// value is a number, a truth value, a text, a list of whole numbers ({3, 3}), a list of such
/// lists, or with object() something that has options itself.
struct Settings {
    enum class Kind { flag, whole, single_precision, double_precision, text, list, object };
    struct Value {
        Kind kind;
        double number = 0;
        std::string_view text{};           // of an object: its type
        std::size_t const* list = nullptr; // width: of the inner lists; 0: there are none
        std::size_t size = 0, width = 0;
        void const* object = nullptr;
        void (*describe)(void const* object, Settings const& out) = nullptr;
    };
    void* to;
    void (*add)(void* to, std::string_view name, Value const& value);

    template <class V>
    void operator()(std::string_view name, V const& value) const {
        if constexpr (std::is_same_v<V, bool>) add_number(name, Kind::flag, double(value));
        else if constexpr (std::is_same_v<V, float>)
            add_number(name, Kind::single_precision, double(value));
        else if constexpr (std::is_floating_point_v<V>)
            add_number(name, Kind::double_precision, double(value));
        else if constexpr (std::is_integral_v<V>) add_number(name, Kind::whole, double(value));
        else if constexpr (std::is_convertible_v<V const&, std::string_view>) add_text(name, value);
    }
    template <std::size_t N>
    void operator()(std::string_view name, std::array<std::size_t, N> const& list) const {
        add(to, name, {.kind = Kind::list, .list = list.data(), .size = N});
    }
    /// Lists of Width numbers, one after another.
    template <std::size_t N>
    void lists(std::string_view name, std::size_t width,
               std::array<std::size_t, N> const& all) const {
        add(to, name, {.kind = Kind::list, .list = all.data(), .size = N, .width = width});
    }
    /// Something that tells its own options, and the name of its type.
    template <class O>
    void object(std::string_view name, std::string_view type, O const& its) const;

private:
    // Out of line: a value takes a dozen instructions, and a layer has many.
    void add_number(std::string_view name, Kind kind, double number) const;
    void add_text(std::string_view name, std::string_view text) const;
};

#if LAMINA_BODIES
[[gnu::cold]] LAMINA_INLINE void Settings::add_number(std::string_view name, Kind kind,
                                                      double number) const {
    add(to, name, {kind, number});
}
[[gnu::cold]] LAMINA_INLINE void Settings::add_text(std::string_view name,
                                                    std::string_view text) const {
    add(to, name, {.kind = Kind::text, .text = text});
}
#endif

/// Tells an object's options. An option whose member is called as in Keras (or as in the list
/// below) is found by that name; an object with others says them itself:
/// `void config(auto const& out) const { out("power", power); }`.
template <class L>
void describe([[maybe_unused]] L const& object, [[maybe_unused]] Settings const& out) {
    if constexpr (requires { object.config(out); }) {
        object.config(out);
    } else if constexpr (!std::is_empty_v<L>) {
#define LAMINA_SETTING(name)                                                                       \
    if constexpr (requires { object.name; }) out(#name, object.name);
        LAMINA_SETTING(rate)
        LAMINA_SETTING(stddev)
        LAMINA_SETTING(momentum)
        LAMINA_SETTING(epsilon)
        LAMINA_SETTING(alpha)
        LAMINA_SETTING(negative_slope)
        LAMINA_SETTING(approximate)
        LAMINA_SETTING(l1)
        LAMINA_SETTING(l2)
        LAMINA_SETTING(kernel_l1)
        LAMINA_SETTING(kernel_l2)
        LAMINA_SETTING(gamma)
        LAMINA_SETTING(delta)
        LAMINA_SETTING(label_smoothing)
        LAMINA_SETTING(from_logits)
        LAMINA_SETTING(threshold)
        LAMINA_SETTING(k)
        LAMINA_SETTING(beta_1)
        LAMINA_SETTING(beta_2)
        LAMINA_SETTING(rho)
        LAMINA_SETTING(nesterov)
        LAMINA_SETTING(centered)
        LAMINA_SETTING(amsgrad)
        LAMINA_SETTING(weight_decay)
        LAMINA_SETTING(initial_accumulator_value)
        LAMINA_SETTING(dampening)
        LAMINA_SETTING(momentum_decay)
#undef LAMINA_SETTING
    }
}

template <class O>
void Settings::object(std::string_view name, std::string_view type, O const& its) const {
    auto const tell = [](void const* o, Settings const& out) {
        describe(*static_cast<O const*>(o), out);
    };
    add(to, name, {.kind = Kind::object, .text = type, .object = &its, .describe = tell});
}

} // namespace lamina
