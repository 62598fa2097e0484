// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/option.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/parameters.hpp>
#include <lamina/core/shape.hpp>
#include <lamina/kernels/columns.hpp>
#include <lamina/kernels/recurrent.hpp>
#include <lamina/kernels/recurrent_gradients.hpp>
#include <lamina/kernels/recurrent_step.hpp>
#include <lamina/layers/kernel_and_bias.hpp>
#include <lamina/layers/options.hpp>
#include <lamina/layers/returned_states.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>

/// What SimpleRNN, LSTM and GRU have in common.
namespace lamina {

/// From the last moment to the first. With ReturnSequences the outputs come in that order too,
/// while a mask stays as it is, as in Keras; Bidirectional turns them round again. Keras'
/// go_backwards=True.
struct GoBackwards {};

namespace detail {

/// Backwards, with the outputs in the order of the input: what Bidirectional wants.
struct InOrder {};
/// Zeros come out of masked moments: what Bidirectional wants.
struct ZeroMasked {};
/// The cell's state beside h in each output.
struct WithCell {};

template <class O>
inline constexpr bool is_recurrent_option =
    has_option<O, ReturnSequences, ReturnState, GoBackwards, InOrder, ZeroMasked, WithCell> ||
    is_affine_option<O> || is_kind<RecurrentInitializer, O> || is_kind<RecurrentConstraint, O>;

[[gnu::cold]] void check_recurrent(char const* where, auto const& layer) {
    check_penalty(where, layer.kernel_l1, layer.kernel_l2);
    Check{where}
        .share("dropout", layer.dropout)
        .share("recurrent_dropout", layer.recurrent_dropout)
        .not_negative("recurrent_l1", layer.recurrent_l1)
        .not_negative("recurrent_l2", layer.recurrent_l2);
}

/// A Cell, bound on a sequence and, if there are any, on the states it begins with.
template <class Cell, std::size_t Units, class BiasShape, class BiasStart, class... Options>
struct Recurrent {
    template <class In, class... States>
    struct Bound {
        static constexpr std::size_t time = In::rows, features = In::last, u = Units;
        static constexpr std::size_t gates = Cell::gates, parts = Cell::parts;
        static constexpr bool sequences = has_option<ReturnSequences, Options...>;
        static constexpr bool with_cell = has_option<WithCell, Options...>;
        static constexpr bool backwards = has_option<GoBackwards, Options...>;
        static constexpr bool has_bias = !has_option<NoBias, Options...>;
        // dy's moments are in the order of the walk, not in that of x
        static constexpr bool reversed = sequences && backwards && !has_option<InOrder, Options...>;
        static constexpr bool zero_masked = sequences && has_option<ZeroMasked, Options...>;
        static constexpr std::size_t states = Cell::has_cell ? 2 : 1, width = u * (1 + with_cell);

        static constexpr bool sequence = is_sequence<In>;
        static constexpr bool same_states =
            sizeof...(States) == 0 ||
            (sizeof...(States) == states && (std::is_same_v<States, Shape<u>> && ...));
        static constexpr bool fits = sequence && same_states;

        using Output = std::conditional_t<sequences, Shape<time, width>, Shape<width>>;
        using KernelStart = typename Chosen<KernelInitializer, GlorotUniform, Options...>::type;
        using StateStart = typename Chosen<RecurrentInitializer, Orthogonal<>, Options...>::type;
        using ShiftStart = typename Chosen<BiasInitializer, BiasStart, Options...>::type;
        using Kernel = ConstrainedBy<KernelConstraint,
                                     Parameter<"kernel", Shape<features, gates * u>, KernelStart>,
                                     1, Options...>;
        using StateKernel =
            ConstrainedBy<RecurrentConstraint,
                          Parameter<"recurrent_kernel", Shape<u, gates * u>, StateStart>, 1,
                          Options...>;
        using Bias = ConstrainedBy<BiasConstraint, Parameter<"bias", BiasShape, ShiftStart>,
                                   usual_axes(BiasShape::rank), Options...>;
        using Parameters =
            std::conditional_t<has_bias, lamina::Parameters<Kernel, StateKernel, Bias>,
                               lamina::Parameters<Kernel, StateKernel>>;

        static constexpr bool needs_y = sequences;
        static constexpr std::size_t cache =
            time * u * (parts + Cell::has_cell + 1); // parts, c, h of each moment
        static constexpr std::size_t flops = 2 * time * (features + u) * gates * u;
        static constexpr std::size_t packed =
            std::max(kernels::recurrent_packed<Cell, float>(features, u),
                     kernels::recurrent_packed<Cell, double>(features, u));
        static constexpr std::size_t batch_cache = packed;
        template <class T>
        static constexpr std::size_t prepared = Cell::template packed<T>(features, u);
        static void prepare(auto const& p, auto* to) {
            Cell::pack(features, u, p[0], p[1], bias_of(p), to);
        }
        template <class T>
        static constexpr std::size_t scratch = kernels::recurrent_scratch<Cell, T>(time, features,
                                                                                   u);

        static void forward(auto const& c) {
            auto const s = recurrence(c);
            kernels::recur(cell(c.layer), s);
            if (s.h != c.y.data) give(c, s);
        }
        static void backward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const s = recurrence(c);
            T* const dh0 = sizeof...(States) > 0 && c.call.needs_dx[1] ? c.call.dx[1] : nullptr;
            T* const dc0 = sizeof...(States) > 1 && c.call.needs_dx[2] ? c.call.dx[2] : nullptr;
            kernels::unwind(cell(c.layer), s,
                            kernels::StateGradients<T>{.dy = c.dy.data,
                                                       .width = width,
                                                       .every = sequences,
                                                       .reversed = reversed,
                                                       .with_cell = with_cell,
                                                       .mask = zero_masked ? c.mask : nullptr,
                                                       .dh0 = dh0,
                                                       .dc0 = dc0});
            if (c.needs_dx) kernels::recurrent_dx<Cell>(s, c.dx.data);
            if (!c.trains) return;
            auto const d = c.gradients();
            kernels::recurrent_gradients<Cell>(s, d[0], d[1], bias_of(d));
        }
        static void regularize(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            penalize_kernel<Kernel::Shape::size>(c);
            T* const d = c.call.gradients ? c.gradients()[1] : nullptr;
            penalize<StateKernel::Shape::size>(c, c.parameters()[1], d, c.layer.recurrent_l1,
                                               c.layer.recurrent_l2);
        }

        /// Token by token: the state survives the call, the weights are packed in the first moment.
        /// The states it begins with must be there at once.
        template <bool... Stepped>
        requires(!backwards && sizeof...(Stepped) == 1 + sizeof...(States) &&
                 (Stepped + ... + 0) == 1) struct Step {
            using Output = Moment<typename Bound::Output>;
            using Parameters = typename Bound::Parameters;
            static constexpr bool endless = true;
            static constexpr std::size_t memory = states * u, batch_cache = Bound::batch_cache;
            template <class T>
            static constexpr std::size_t scratch = kernels::recurrent_piece* u;

            static void forward(auto const& c) { step(c); }
        };

    private:
        static Cell cell([[maybe_unused]] auto const& layer) {
            if constexpr (requires { layer.activation; }) return {{}, layer.activation};
            else return {};
        }
        template <class P>
        static auto bias_of(P const& parameters) -> typename P::value_type {
            if constexpr (has_bias) return parameters[2];
            else return nullptr;
        }

        /// Whether each h may lie in y: then it need not be kept besides.
        static bool h_in_y(auto const& c) {
            return sequences && !reversed && !with_cell && !(zero_masked && c.mask);
        }
        static auto recurrence(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = c.parameters();
            kernels::Recurrence<T> s{};
            s.batch = c.batch, s.time = time, s.features = features, s.units = u;
            s.backwards = backwards;
            s.keep = c.training || sequences;
            s.x = c.x.data, s.mask = c.mask;
            if constexpr (sizeof...(States) > 0) s.h0 = static_cast<T const*>(c.call.x[1]);
            if constexpr (sizeof...(States) > 1) s.c0 = static_cast<T const*>(c.call.x[2]);
            s.kernel = p[0], s.recurrent = p[1], s.bias = bias_of(p);
            s.parts = c.cache;
            s.c = s.parts + c.batch * time * parts * u;
            s.h = h_in_y(c) ? c.y.data : s.c + c.batch * time * u * Cell::has_cell;
            s.packed = c.batch_cache, s.prepared = c.prepared;
            if (c.training) {
                s.dropout = double(c.layer.dropout);
                s.recurrent_dropout = double(c.layer.recurrent_dropout);
            }
            s.random = c.random();
            s.scratch = c.scratch, s.scratch_size = scratch<T>, s.threads = c.threads;
            return s;
        }

        /// y from the states.
        static void give(auto const& c, auto const& s) {
            for (std::size_t n = 0; n < c.batch; ++n)
                for (std::size_t step = sequences ? 0 : time - 1; step < time; ++step) {
                    std::size_t const t = s.moment(step);
                    std::size_t const row = !sequences ? 0 : reversed ? step : t;
                    auto* const y = c.y.sample(n) + row * width;
                    if (zero_masked && c.mask && c.mask[n * time + t] == 0) {
                        std::fill_n(y, width, 0);
                        continue;
                    }
                    std::copy_n(s.state(s.h, n, step).data, u, y);
                    if constexpr (with_cell) std::copy_n(s.state(s.c, n, step).data, u, y + u);
                }
        }

        // weights that the nearest cache holds beside others: their number as a constant
        static constexpr bool is_near = gates * u * (features + u) <= 8192;
        static constexpr auto step_units = [] {
            if constexpr (is_near) return kernels::few<u>;
            else return u;
        }();
        static void step(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const p = c.parameters();
            T *const h = c.memory, *const state = h + c.batch * u;
            if (c.position == 0) {
                Cell::template pack<T>(features, u, p[0], p[1], bias_of(p), c.batch_cache);
                if constexpr (sizeof...(States) > 0)
                    std::copy_n(static_cast<T const*>(c.call.x[1]), c.batch * u, h);
                if constexpr (sizeof...(States) > 1)
                    std::copy_n(static_cast<T const*>(c.call.x[2]), c.batch * u, state);
            }
            std::size_t const piece = kernels::recurrent_piece;
            // The next moment waits for h, not for y. All sums are there before the first h.
            bool const in_place = is_near && kernels::is_few<u> && c.batch == 1 && !requires {
                Cell::h_factor;
            };
            parallel_for(
                c.threads, c.batch, piece,
                [&](std::size_t first, std::size_t end, std::size_t worker) {
                    kernels::RecurrentStep<T, std::remove_const_t<decltype(step_units)>> now{};
                    now.rows = end - first, now.features = features, now.units = step_units;
                    now.packed = c.batch_cache;
                    now.x = {c.x.sample(first), features};
                    now.h_in = now.h_before = {h + first * u, u};
                    now.h = in_place ? kernels::Rows<T>{h, u}
                                     : kernels::Rows<T>{c.y.sample(first), width};
                    if constexpr (Cell::has_cell)
                        now.c_before = {state + first * u, u}, now.c = {state + first * u, u};
                    now.mask = {c.mask ? c.mask + first : nullptr, 1};
                    now.room = c.scratch + worker * piece * u;
                    now.turned = c.position % 2 == 1;
                    cell(c.layer).forward(now);
                    auto const copy = [](T const* from, T* to) {
                        kernels::each_column<T, xsimd::default_arch>(
                            step_units, [&](auto at) { at(to, at(from)); });
                    };
                    for (std::size_t n = first; n < end; ++n) {
                        T *const y = c.y.sample(n), *const kept = h + n * u;
                        copy(in_place ? kept : y, in_place ? y : kept);
                        if constexpr (with_cell) copy(state + n * u, y + u);
                    }
                });
        }
    };
};

/// Tells files what the recurrent layers have in common, in Keras' words.
template <class... Options>
void tell_recurrent(auto const& layer, std::size_t units, auto const& out) {
    out("units", units);
    out("return_sequences", has_option<ReturnSequences, Options...>);
    out("go_backwards", has_option<GoBackwards, Options...>);
    out("use_bias", !has_option<NoBias, Options...>);
    out("dropout", layer.dropout);
    out("recurrent_dropout", layer.recurrent_dropout);
    tell_penalty(layer, out);
    out("recurrent_l1", layer.recurrent_l1);
    out("recurrent_l2", layer.recurrent_l2);
    if (has_option<ZeroMasked, Options...> && has_option<ReturnSequences, Options...>)
        out("zero_output_for_mask", true);
    if (has_option<WithCell, Options...>) out("with_cell", true);
}

} // namespace detail

} // namespace lamina
