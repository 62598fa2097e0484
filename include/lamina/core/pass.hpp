// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/leaves.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/parameters.hpp>

#include <cstddef>
#include <type_traits>

namespace lamina {

/// The most inputs that one layer may join: each call of a layer carries as many pointers. A
/// network may have more, and so may a block.
inline constexpr int max_inputs = 8;

/// One layer's work in one pass, as the engine hands it over: bare pointers, no shapes.
template <class T>
struct Call {
    void const* layer;
    void const* epilogue; // the layer fused behind (forward) or before (backward) this one
    std::size_t batch, position;
    int row;
    bool one, training, trains, needs_dx[max_inputs];
    void const* x[max_inputs];
    T const *mask[max_inputs], *dy, *parameters, *prepared, *state;
    T *y, *dx[max_inputs], *gradients, *next_state, *cache, *batch_cache, *memory, *mask_out;
    T *scratch, *loss;
    Threads* threads;
    Random random;
};

/// Stands where nothing is fused.
struct NoEpilogue {
    template <class V>
    static constexpr V value(V v) {
        return v;
    }
    template <class V>
    static constexpr V slope(V) {
        return V(1);
    }
};

/// Stands there in the backward of a layer that reads the network's inputs, whose gradients nobody
/// wants.
struct NoInputGradient : NoEpilogue {};

namespace detail {

template <class B>
constexpr auto parameters_of() {
    if constexpr (requires { typename B::Parameters; })
        return std::type_identity<typename B::Parameters>{};
    else return std::type_identity<Parameters<>>{};
}
template <class B>
constexpr auto state_of() {
    if constexpr (requires { typename B::State; }) return std::type_identity<typename B::State>{};
    else return std::type_identity<Parameters<>>{};
}

} // namespace detail

/// What a bound layer declares; what it does not declare it does not have.
template <class B>
using ParametersOf = typename decltype(detail::parameters_of<B>())::type;
template <class B>
using StateOf = typename decltype(detail::state_of<B>())::type;
/// Whether what it declares are such lists.
template <class B>
concept ListsTensors = requires {
    ParametersOf<B>::count;
    StateOf<B>::count;
};

/// The same work with its types: what `forward(c)` and `backward(c)` of a layer L, bound as B on
/// inputs X, More..., receive.
template <class T, class L, class B, class Epilogue, class X, class... More>
struct Pass {
    using Scalar = T;
    using Output = typename B::Output;

    Call<T> const& call;
    L const& layer = *static_cast<L const*>(call.layer);
    std::size_t const batch = call.batch;
    bool const one = call.one; // one sample: said where the walk was compiled for it
    std::size_t const position = call.position; // of this moment, when stepping token by token
    bool const training = call.training;
    bool const trains = call.trains; // not frozen
    bool const needs_dx = call.needs_dx[0];
    /// False where the compiler may leave out what makes dx.
    static constexpr bool may_need_dx = !std::is_same_v<Epilogue, NoInputGradient>;

    View<Element<T const, X>, X> x{static_cast<Element<T const, X>*>(call.x[0]), batch};
    View<T, X> dx{call.dx[0], batch}; // to be overwritten
    View<T, Output> y{call.y, batch};
    View<T const, Output> dy{call.dy, batch};

    T const* mask = call.mask[0];      // [batch, time], 1 keep, 0 skip; null: all count
    T const* prepared = call.prepared; // B::prepared numbers of B::prepare; null: not made
    T* mask_out = call.mask_out;       // what B::makes_mask promised to write
    T* cache = call.cache;             // B::cache numbers for each sample, kept for backward
    T* batch_cache = call.batch_cache; // B::batch_cache numbers for the whole batch
    T* memory = call.memory;           // B::memory numbers for each sample, kept from step to step
    T* scratch = call.scratch;         // B::scratch numbers for each worker, for the moment only
    Threads* threads = call.threads;   // for the kernels; null: the caller alone

    /// This row's own numbers: the same draws in forward and backward.
    Random random() const { return call.random.child(std::uint64_t(call.row)); }
    /// A share of the loss that comes from this layer; nothing where nobody asks for the loss.
    void add_loss(T value) const {
        if (call.loss) *call.loss += value;
    }

    // Layers with several inputs.
    auto inputs() const {
        int i = 0;
        auto const next = [&] { return call.x[i++]; };
        using First = Element<T const, X>;
        return detail::LeavesOf<View<First, X>, View<Element<T const, More>, More>...>{
            {View<First, X>{static_cast<First*>(next()), batch}},
            {View<Element<T const, More>, More>{static_cast<Element<T const, More>*>(next()),
                                                batch}}...};
    }
    auto dinputs() const {
        int i = 0;
        auto const next = [&] { return call.dx[i++]; };
        return detail::LeavesOf<View<T, X>, View<T, More>...>{{View<T, X>{next(), batch}},
                                                              {View<T, More>{next(), batch}}...};
    }
    T const* mask_of(int input) const { return call.mask[input]; }

    auto parameters() const { return ParametersOf<B>::split(call.parameters); }
    auto gradients() const { return ParametersOf<B>::split(call.gradients); } // to be added to
    auto state() const { return StateOf<B>::split(call.state); }
    auto next_state() const { return StateOf<B>::split(call.next_state); } // training only

    /// Not where a prediction is drawn as while training.
    bool has_next_state() const { return call.next_state != nullptr; }

    /// What is fused: forward stores value(y); backward stores dx slope(x).
    Epilogue const& epilogue() const {
        if constexpr (std::is_empty_v<Epilogue>) {
            static constexpr Epilogue none{};
            return none;
        } else {
            return *static_cast<Epilogue const*>(call.epilogue);
        }
    }
};

} // namespace lamina
