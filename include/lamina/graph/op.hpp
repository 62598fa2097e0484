// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/core/pass.hpp>
#include <lamina/core/settings.hpp>
#include <lamina/graph/fusion.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace lamina {

/// What a bound layer does. Apart from Op, because what a table mentions at run time is compiled:
/// an unrolled walk calls these by name, and needs none of the pointers.
template <class T>
struct Runs {
    using Run = void (*)(Call<T> const&);
    Run forward, backward;
    Run fused_forward;  // the producer's forward with this layer as its epilogue; null: no such
                        // thing
    Run fused_backward; // this layer's backward with the slope of its input's layer; null: no such
                        // thing
    bool has_first_backward; // said in words too, see Op
    Run first_backward;      // this layer's backward without dx; null: no such thing
    Run regularize;          // adds a penalty to loss and gradients, once a step, or where there
                             // are no gradients to the loss alone; null: none
    void (*prepare)(T const* parameters, T* to); // as forward reads them best; null: they are so
    // makes parameters obey their constraints, of a table some rows; null: there are none
    void (*constrain)(T* parameters, std::size_t rows, Threads* threads);
};

/// What the engine knows of a bound layer: one constant for each (layer, shapes, scalar), shared by
/// all rows that use it.
template <class T>
struct Op {
    void (*describe)(void const* layer, Settings const& out); // tells the layer's options
    std::string_view type;
    Extents output;
    std::size_t parameters, state, cache, batch_cache, scratch, prepared, memory, mask, flops,
        layer_size, vocabulary; // its tokens are below; 0: it takes none
    TensorInfo<T> const *parameter_tensors, *state_tensors;
    std::size_t parameter_count, state_count;
    bool needs_x, needs_y, in_place, view, each_moment, moves_time, joins_time, sparse, integer;
    bool endless; // stepped, it goes on beyond its input's Time
    // Said in words too: under -fsanitize=undefined a function pointer is no constant for g++ 12.
    bool can_fuse_forward, can_fuse_backward, regularizes, constrains;
};

namespace detail {

/// "Dense<64>" of lamina::Dense<64>, as the compiler spells it.
template <class X>
constexpr std::string_view read_type_name() {
    std::string_view s = __PRETTY_FUNCTION__;
    auto const from = s.find("X = ") + 4;
    s = s.substr(from, s.find_first_of(";]", from) - from);
    for (std::string_view const scope : {"lamina::", "detail::", "along::"})
        if (s.starts_with(scope)) s.remove_prefix(scope.size());
    if (s.ends_with("<>")) s.remove_suffix(2);
    return s;
}
template <class X>
inline constexpr std::string_view type_name = read_type_name<X>();

// The declared constant of a bound layer, or what holds where it declares none.
#define LAMINA_TRAIT(name, otherwise)                                                              \
    template <class B>                                                                             \
    constexpr auto name##_of() {                                                                   \
        if constexpr (requires { B::name; }) return B::name;                                       \
        else return otherwise;                                                                     \
    }
LAMINA_TRAIT(fits, true)
LAMINA_TRAIT(cache, std::size_t{0})
LAMINA_TRAIT(batch_cache, std::size_t{0})
LAMINA_TRAIT(memory, std::size_t{0})
LAMINA_TRAIT(makes_mask, std::size_t{0})
LAMINA_TRAIT(flops, std::size_t{0})
LAMINA_TRAIT(vocabulary, std::size_t{0})
LAMINA_TRAIT(needs_x, true)
LAMINA_TRAIT(needs_y, true)
LAMINA_TRAIT(in_place, false)
LAMINA_TRAIT(view, false) // y is x in another shape: it may share x's memory with anyone
LAMINA_TRAIT(sparse, false)
LAMINA_TRAIT(each_moment, false)
LAMINA_TRAIT(moves_time, false) // its first axis is another one than its input's
LAMINA_TRAIT(joins_time, false) // its first axis is those of its inputs, one behind another
LAMINA_TRAIT(endless, each_moment_of<B>())
#undef LAMINA_TRAIT

template <class B, class T>
constexpr std::size_t scratch_of() {
    if constexpr (requires { B::template scratch<T>; }) return B::template scratch<T>;
    else return 0;
}

template <class B, class T>
constexpr std::size_t prepared_of() {
    if constexpr (requires { B::template prepared<T>; }) return B::template prepared<T>;
    else return 0;
}

/// A layer that does not fit says so from here, once, and is not looked into any further.
template <class T, class L, class B, class E, class... In>
LAMINA_FLATTEN_LAYER void forward(Call<T> const& call) {
    if constexpr (!fits_of<B>()) B::otherwise();
    else B::forward(Pass<T, L, B, E, In...>{call});
}
template <class T, class L, class B, class E, class... In>
LAMINA_FLATTEN_LAYER void backward(Call<T> const& call) {
    if constexpr (fits_of<B>()) B::backward(Pass<T, L, B, E, In...>{call});
}
template <class T, class L, class B, class... In>
void regularize(Call<T> const& call) {
    B::regularize(Pass<T, L, B, NoEpilogue, In...>{call});
}

template <class T, class B>
void prepare(T const* parameters, T* to) {
    B::prepare(ParametersOf<B>::split(parameters), to);
}

/// The bytes that a layer's value takes among those of its network.
template <class L>
inline constexpr std::size_t layer_size = (sizeof(L) + 15) / 16 * 16;

template <class L>
void describe_layer(void const* layer, Settings const& out) {
    describe(*static_cast<L const*>(layer), out);
}

/// The producer's forward with an epilogue, when the rules allow it.
template <class T, class Producer, class L, class B>
constexpr typename Runs<T>::Run fused_forward_of() {
    if constexpr (fuses_forward<typename Producer::Bound, B>)
        return Producer::template forward_with<T, L>();
    else return nullptr;
}
template <class T, class Producer, class L, class B, class... In>
constexpr typename Runs<T>::Run fused_backward_of() {
    if constexpr (fuses_backward<typename Producer::Bound, B>)
        return &backward<T, L, B, typename Producer::Layer, In...>;
    else return nullptr;
}
/// The first layer's backward need not compile what makes dx: networks whose inputs' gradients are
/// wanted have the other one.
template <class Producer, class B>
inline constexpr bool spares_dx = requires {
    requires Producer::is_input;
    requires B::spares_dx;
};
template <class T, class Producer, class L, class B, class... In>
constexpr typename Runs<T>::Run first_backward_of() {
    if constexpr (spares_dx<Producer, B>) return &backward<T, L, B, NoInputGradient, In...>;
    else return nullptr;
}
template <class T, class L, class B, class... In>
inline constexpr bool has_penalty = requires(Pass<T, L, B, NoEpilogue, In...> const& p) {
    B::regularize(p);
};
template <class T, class L, class B, class... In>
constexpr typename Runs<T>::Run regularize_of() {
    if constexpr (has_penalty<T, L, B, In...>) return &regularize<T, L, B, In...>;
    else return nullptr;
}

template <class T, class B>
constexpr auto prepare_of() -> decltype(Runs<T>::prepare) {
    if constexpr (prepared_of<B, T>() > 0) return &prepare<T, B>;
    else return nullptr;
}

template <class T, class P>
constexpr auto constrain_of() -> decltype(Runs<T>::constrain) {
    if constexpr (P::constrained) return &P::template constrain<T>;
    else return nullptr;
}

/// Stepping has no backward and no fusion: Steps says so.
template <class T, bool Steps, class Producer, class L, class B, class... In>
constexpr Runs<T> make_runs() {
    Runs<T> runs{};
    runs.forward = &forward<T, L, B, NoEpilogue, In...>;
    if constexpr (!Steps) {
        runs.backward = &backward<T, L, B, NoEpilogue, In...>;
        runs.fused_forward = fused_forward_of<T, Producer, L, B>();
        runs.fused_backward = fused_backward_of<T, Producer, L, B, In...>();
        runs.has_first_backward = spares_dx<Producer, B>;
        runs.first_backward = first_backward_of<T, Producer, L, B, In...>();
        runs.regularize = regularize_of<T, L, B, In...>();
        runs.prepare = prepare_of<T, B>();
        runs.constrain = constrain_of<T, ParametersOf<B>>();
    }
    return runs;
}
template <class T, bool Steps, class Producer, class L, class B, class... In>
inline constexpr Runs<T> runs = make_runs<T, Steps, Producer, L, B, In...>();

template <class T, bool Steps, class Producer, class L, class B, class... In>
constexpr Op<T> make_op() {
    Op<T> op{};
    if constexpr (!Steps) {
        op.can_fuse_forward = fuses_forward<typename Producer::Bound, B>;
        op.can_fuse_backward = fuses_backward<typename Producer::Bound, B>;
        op.regularizes = has_penalty<T, L, B, In...>;
        op.constrains = ParametersOf<B>::constrained;
    }
    using Y = typename B::Output;
    using P = ParametersOf<B>;
    using S = StateOf<B>;
    op.describe = &describe_layer<L>;
    op.type = type_name<L>;
    op.output = {Y::dims.data(), Y::rank, Y::size};
    op.parameters = P::size;
    op.state = S::size;
    op.cache = cache_of<B>();
    op.batch_cache = batch_cache_of<B>();
    op.scratch = scratch_of<B, T>();
    if constexpr (!Steps) op.prepared = prepared_of<B, T>();
    op.memory = memory_of<B>();
    op.mask = makes_mask_of<B>();
    op.flops = flops_of<B>();
    op.layer_size = layer_size<L>;
    op.vocabulary = vocabulary_of<B>();
    op.parameter_tensors = P::template tensors<T>.data();
    op.state_tensors = S::template tensors<T>.data();
    op.parameter_count = P::count;
    op.state_count = S::count;
    op.needs_x = needs_x_of<B>();
    op.needs_y = needs_y_of<B>();
    op.in_place = in_place_of<B>();
    op.view = view_of<B>();
    op.each_moment = each_moment_of<B>();
    op.moves_time = moves_time_of<B>();
    op.joins_time = joins_time_of<B>();
    op.endless = endless_of<B>();
    op.sparse = sparse_of<B>();
    op.integer = Y::integer;
    return op;
}

template <class T, bool Steps, class Producer, class L, class B, class... In>
inline constexpr Op<T> op = make_op<T, Steps, Producer, L, B, In...>();

template <class T, class S>
inline constexpr Op<T> input_op = [] {
    Op<T> op{};
    op.output = {S::dims.data(), S::rank, S::size};
    op.integer = S::integer;
    return op;
}();

} // namespace detail
} // namespace lamina
