// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/model/layer_view.hpp>
#include <lamina/model/network.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lamina {

namespace detail {

[[noreturn, gnu::cold]] inline void refuse_moved(char const* where) {
    refuse(where, {"this model was moved from: its numbers are where they were moved to. Use that "
                   "one, or copy it."});
}

/// All parameters and state of n rows as they begin, for a seed.
template <class T>
void initialize(Row<T> const* rows, Place const* places, int n, std::uint64_t seed, T* values,
                T* state) {
    for (int i = 0; i < n; ++i) {
        auto const& row = rows[i];
        if (!row.arity || row.owner != i) continue;
        Random const random = Random{seed}.child(std::uint64_t(i));
        auto const fill = [&](T* at, TensorInfo<T> const* tensor, std::size_t count) {
            for (std::size_t k = 0; k < count; at += tensor[k].extents.size, ++k)
                tensor[k].fill(at, tensor[k].extents, random.child(k));
        };
        fill(values + places[i].parameters, row.op->parameter_tensors, row.op->parameter_count);
        fill(state + places[i].state, row.op->state_tensors, row.op->state_count);
    }
}
#ifdef LAMINA_SOURCE
template void initialize(Row<float> const*, Place const*, int, std::uint64_t, float*, float*);
#elif !LAMINA_BODIES
extern template void initialize(Row<float> const*, Place const*, int, std::uint64_t, float*,
                                float*);
#endif

} // namespace detail

/// The numbers of a network: layers' options, parameters, state, each one aligned block. A value:
/// it copies, it moves, it is shared by const reference among threads that predict.
template <class N>
struct Weights {
    using Network = N;
    using T = typename N::Scalar;
    Block<std::byte> layers;
    Block<T> values, state;

    explicit Weights(typename N::Definition const& definition = {}, std::uint64_t seed = 42)
        : layers(N::graph.value_bytes + 1), values(N::parameters + 1),
          state(N::training.state + 1) {
        write_layers(definition);
        initialize(seed);
    }

    /// Refuses weights whose numbers were moved elsewhere.
    void check(char const* where) const {
        if (!values.data()) detail::refuse_moved(where);
    }

    /// All parameters and state as they begin, for a seed.
    void initialize(std::uint64_t seed) {
        check("initialize");
        detail::initialize(N::table.data(), N::training.rows, N::size, seed, values.data(),
                           state.data());
    }

    /// f(row, path, tensor, numbers) for each parameter, in the order in which they lie:
    /// "encoder/dense_1/kernel".
    template <class F>
    void for_each_parameter(F&& f) {
        check("weights");
        walk<false>(values.data(), f);
    }
    template <class F>
    void for_each_parameter(F&& f) const {
        check("weights");
        walk<false>(values.data(), f);
    }
    /// The same for what is kept but not trained.
    template <class F>
    void for_each_state(F&& f) {
        check("weights");
        walk<true>(state.data(), f);
    }
    template <class F>
    void for_each_state(F&& f) const {
        check("weights");
        walk<true>(state.data(), f);
    }

    /// A layer by its path, "encoder/dense_1", or by its place in summary() (the first input is 0):
    /// `weights.layer("dense")["kernel"].numbers[0] = 1`.
    ///
    /// Errors: there is no such layer.
    LayerView<T> layer(std::string_view path) { return layer(find(path)); }
    LayerView<T const> layer(std::string_view path) const { return layer(find(path)); }
    LayerView<T> layer(std::size_t index) {
        check("layer");
        return view(index, values.data(), state.data());
    }
    LayerView<T const> layer(std::size_t index) const {
        check("layer");
        return view(index, values.data(), state.data());
    }

    /// The path of each row of the table.
    static Paths<T> paths() {
        return {N::table.data(), N::size, N::graph.scopes.data(), N::graph.scopes.size()};
    }

private:
    static std::size_t find(std::string_view path) {
        return std::size_t(detail::row_of(N::table.data(), N::size, paths(), path));
    }
    template <class V>
    static LayerView<V> view(std::size_t index, V* values, V* state) {
        if (index >= std::size_t(N::size))
            detail::refuse("layer", {"the network has ", std::size_t(N::size),
                                     " layers, inputs included, and no ", index, "."});
        return detail::layer_view(N::table.data(), N::training.rows, paths(), int(index), values,
                                  state);
    }
    void write_layers(typename N::Definition const& definition) {
        if constexpr (detail::WritesLayers<typename N::Definition> &&
                      detail::is_chain(N::written)) {
            std::byte* at = layers.data();
            definition.write_layers(at);
        } else {
            Block<std::byte> raw(N::extent.value_bytes + 1);
            if (!detail::same_structure(
                    detail::table<N::extent, T, 0>(definition, raw.data(), layers.data()),
                    N::graph))
                detail::refuse("graph",
                               {"an option given at run time changes which layers there are. The "
                                "compiler laid the network out for the default options: make that "
                                "option a template argument."});
        }
    }

    template <bool State>
    static void walk(auto* block, auto&& f) {
        auto const names = paths();
        for (int i = 0; i < N::size; ++i) {
            auto const& row = N::table[std::size_t(i)];
            if (!row.arity || row.owner != i) continue;
            auto const& at = N::training.rows[i];
            auto* numbers = block + (State ? at.state : at.parameters);
            auto const* tensor = State ? row.op->state_tensors : row.op->parameter_tensors;
            std::size_t const count = State ? row.op->state_count : row.op->parameter_count;
            for (std::size_t k = 0; k < count; ++k, ++tensor) {
                f(i, names[i] + "/" + std::string(tensor->name), *tensor, numbers);
                numbers += tensor->extents.size;
            }
        }
    }
};

namespace detail {

/// Room to work in, of whatever network.
template <class T>
struct Room {
    Block<T> arena, scratch;
};

} // namespace detail

/// Room to work in: activations, caches and their gradients. One for each thread that predicts.
template <class N>
struct Workspace : detail::Room<typename N::Scalar> {
    using T = typename N::Scalar;

    T* reserve(std::size_t batch, bool with_gradients = false, Threads* threads = nullptr) {
        reserve(*this, batch, with_gradients, threads);
        return this->arena.data();
    }
    void reserve_scratch() { this->scratch.reserve(N::training.scratch + 1); }
    static void reserve(detail::Room<T>& room, std::size_t batch, bool with_gradients,
                        Threads* threads) {
        room.arena.reserve(N::arena(batch, with_gradients));
        room.scratch.reserve(N::training.scratch * workers_of(threads) + 1);
    }
};

namespace detail {

/// What a pass without gradients works on; the room is there already.
template <class N, class T = typename N::Scalar>
LAMINA_ALWAYS_INLINE inline Work<T> inference(Weights<N> const& weights, Room<T>& work,
                                              void const* const* x, std::size_t batch,
                                              Threads* threads, T const* prepared = nullptr) {
    return {.layers = weights.layers.data(),
            .values = weights.values.data(),
            .state = weights.state.data(),
            .arena = work.arena.data(),
            .scratch = work.scratch.data(),
            .prepared = prepared,
            .inputs = x,
            .batch = batch,
            .one = batch == 1,
            .threads = threads};
}
/// Whether one sample's pass over N is written out, its memory on the stack: of somewhat longer
/// networks too than those whose every walk is.
template <class N>
inline constexpr bool passes_on_stack = N::size <= 24 && N::parameters <= 8192 &&
                                        N::arena(1, false) * sizeof(typename N::Scalar) <= 16384;
/// The network's inputs, by value: a few of them come in registers.
template <class N>
struct InputsOf {
    void const* each[N::inputs];
};
/// A small network as one function: what the pass works on stays in registers. One sample has a
/// function of its own: nothing is left to be decided, and the next call may begin before this one
/// has ended. What its layers hand on lies on the stack: the compiler need not write it down. y:
/// the k-th output.
template <class N, class T = typename N::Scalar>
LAMINA_FLATTEN inline void infer_one(Weights<N> const& weights, Room<T>& work, InputsOf<N> x, T* y,
                                     int k) {
    alignas(64) T arena[N::arena(1, false)];
    Work<T> w = inference(weights, work, x.each, 1, nullptr);
    w.arena = arena;
    forward_rows<N, false, true>(w, std::make_integer_sequence<int, N::size>{});
    auto const give = [&]<int K>(std::integral_constant<int, K>) {
        constexpr int row = N::inference.outputs[K];
        if (N::output_count == 1 || k == K)
            std::copy_n(N::y_of(row, arena, 1, false), N::written.rows[row].op->output.size, y);
    };
    [&]<int... K>(std::integer_sequence<int, K...>) {
        (give(std::integral_constant<int, K>{}), ...);
    }
    (std::make_integer_sequence<int, N::output_count>{});
}
template <class N>
LAMINA_FLATTEN inline void infer_small(Weights<N> const& weights, Room<typename N::Scalar>& work,
                                       void const* const* x, std::size_t batch) {
    forward_rows<N, false, false>(inference(weights, work, x, batch, nullptr),
                                  std::make_integer_sequence<int, N::size>{});
}
/// The k-th output of a batch, in the room until its next use: of several samples, or where it does
/// not matter how fast one is.
template <class N, class T = typename N::Scalar>
T const* infer(void const* of, [[maybe_unused]] T const* prepared, Room<T>& work,
               void const* const* x, std::size_t batch, int k, [[maybe_unused]] Threads* threads) {
    auto const& weights = *static_cast<Weights<N> const*>(of);
    Workspace<N>::reserve(work, batch, false, threads);
    if constexpr (N::small) infer_small(weights, work, x, batch);
    else N::template forward<false>(inference(weights, work, x, batch, threads, prepared));
    return N::y_of(N::inference.outputs[k], work.arena.data(), batch, false);
}

} // namespace detail

/// The k-th output of N for a batch, in the workspace until its next use. Reads the weights only:
/// any number of threads may, each with a workspace of its own. Allocates only while the workspace
/// still grows. prepared: what N::prepare made of these weights (Predictor).
template <class N>
requires(!IsRefused<N>)
typename N::Scalar const* predict(Weights<N> const& weights, Workspace<N>& work,
                                  void const* const* x, std::size_t batch, int k = 0,
                                  [[maybe_unused]] Threads* threads = nullptr,
                                  [[maybe_unused]] typename N::Scalar const* prepared = nullptr) {
    work.reserve(batch, false, threads);
    auto* const y = N::y_of(N::inference.outputs[k], work.arena.data(), batch, false);
    if constexpr (detail::passes_on_stack<N>)
        if (batch == 1) {
            detail::InputsOf<N> all;
            std::copy_n(x, N::inputs, all.each);
            detail::infer_one(weights, work, all, y, k);
            return y;
        }
    if constexpr (N::small) detail::infer_small(weights, work, x, batch);
    else N::template forward<false>(detail::inference(weights, work, x, batch, threads, prepared));
    return y;
}

/// Weights weights{Sequential{Input<3>{}, Dense<1>{}}}: of a network that is written there.
template <class D>
requires requires { typename D::Inputs; }
Weights(D const&)->Weights<Network<D>>;
template <class D>
requires requires { typename D::Inputs; }
Weights(D const&, std::uint64_t)->Weights<Network<D>>;

} // namespace lamina
