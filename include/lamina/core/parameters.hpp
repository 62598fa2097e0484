// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/settings.hpp>
#include <lamina/core/shape.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lamina {

class Threads;

/// A string as a template argument: Parameter<"kernel", ...>.
template <std::size_t N>
struct Name {
    char text[N]{};
    constexpr Name(char const (&s)[N]) {
        for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
    }
    constexpr std::string_view view() const { return {text, N - 1}; }
};

/// One tensor that a layer owns: its name, its shape and how it begins.
template <Name N, class S, class Init>
struct Parameter {
    using Shape = S;
    using Initializer = Init;
    static constexpr std::string_view name = N.view();
};

/// The same once its types are gone: for names, summaries and files.
template <class T>
struct TensorInfo {
    std::string_view name;
    Extents extents;
    void (*fill)(T* values, Extents, Random);
    void (*describe)(Settings const& out); // the initializer: its class_name and options
};

namespace detail {

/// An initializer of one's own may have no name; one that fits another to a layer says
/// `using InFiles = ...`, the one that files name.
template <class Init>
[[gnu::cold]] void describe_initializer([[maybe_unused]] Settings const& out) {
    if constexpr (requires { Init::describe(out); }) {
        Init::describe(out);
    } else if constexpr (requires { typename Init::InFiles; }) {
        describe_initializer<typename Init::InFiles>(out);
    } else if constexpr (requires { Init::name; }) {
        out("class_name", Init::name);
        if constexpr (requires { Init::config(out); }) Init::config(out);
    }
}

} // namespace detail

/// A layer's tensors, one after another in the model's block. Said once, it serves offsets, initial
/// values, names, summary and files, for what is trained (Parameters) and for what is kept (State)
/// alike.
template <class... P>
struct Parameters {
    static constexpr std::size_t size = (P::Shape::size + ... + 0);
    static constexpr std::size_t count = sizeof...(P);
    /// Whether any obeys a constraint (layers/constraints.hpp).
    static constexpr bool constrained = (requires { typename P::Constraint; } || ...);

    template <class T>
    static constexpr std::array<TensorInfo<T>, count + 1> tensors{
        // one more: there is no array of none
        TensorInfo<T>{P::name,
                      {P::Shape::dims.data(), P::Shape::rank, P::Shape::size},
                      &P::Initializer::template fill<T>,
                      &detail::describe_initializer<typename P::Initializer>}...};

    /// Where each begins: `auto const [kernel, bias] = c.parameters();`. Bare pointers, so that a
    /// hundred shapes share a type.
    template <class T>
    static constexpr std::array<T*, count> split([[maybe_unused]] T* at) {
        return {std::exchange(at, at + P::Shape::size)...};
    }

    /// Makes them obey; `rows`: the first ones of a table, 0: all there is.
    template <class T>
    static void constrain(T* at, std::size_t rows, Threads* threads) {
        auto const each = [&]<class One>(std::type_identity<One>) {
            if constexpr (requires { typename One::Constraint; }) One::constrain(at, rows, threads);
            at += One::Shape::size;
        };
        (each(std::type_identity<P>{}), ...);
    }
};

} // namespace lamina
