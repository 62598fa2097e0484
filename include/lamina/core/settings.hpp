// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>
#include <type_traits>

namespace lamina {

/// Receives the options of a layer, a loss, a metric or an optimizer, one by one: for files.
struct Settings {
    enum class Kind { flag, whole, single_precision, double_precision };
    void* to;
    void (*add)(void* to, std::string_view name, double value, Kind kind);

    template <class V>
    void operator()(std::string_view name, V value) const {
        if constexpr (std::is_same_v<V, bool>) add(to, name, double(value), Kind::flag);
        else if constexpr (std::is_same_v<V, float>)
            add(to, name, double(value), Kind::single_precision);
        else if constexpr (std::is_floating_point_v<V>)
            add(to, name, double(value), Kind::double_precision);
        else if constexpr (std::is_integral_v<V>) add(to, name, double(value), Kind::whole);
    }
};

/// Tells an object's options. An option whose member is called as in Keras (or as in the list
/// below) is found by that name; an object with others says them itself:
/// `void config(auto const& out) const { out("power", power); }`.
template <class L>
void describe([[maybe_unused]] L const& object, [[maybe_unused]] Settings const& out) {
    if constexpr (requires { object.config(out); }) {
        object.config(out);
    } else if constexpr (!std::is_empty_v<L>) {
#define LAMINA_SETTING(name) \
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

} // namespace lamina
