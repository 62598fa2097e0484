// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/model/refused_model.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace lamina {

/// Token-by-token inference: the same network over one moment at a time, with a memory for each
/// layer that looks back. The outputs are those of the full pass, moment by moment.
///
///     Stepper step{model};                          // or its weights; all inputs are stepped
///     float const* y = step(&token);                // output 0 after this moment
///
///     Stepper<N, 1> decode{weights};                // input 1 is; input 0 is there at once
///     decode.start(sentence);                       // what needs no stepped input: computed once
///     float const* words = decode(&word);
///
/// Stepped are the inputs whose numbers stand behind N, or all. The weights must outlive the
/// stepper. Nothing is allocated after its construction.
///
/// Errors      (compile time) a layer behind a stepped input looks along time and has no Step;
///             a stepped input has no time axis
///             (run time) more moments than the input's Time, unless the network is endless; inputs
///             that were not given by start()
template <class N, int... Stepped>
class Stepper {
    using T = typename N::Scalar;
    using D = typename N::Definition;
    static constexpr std::uint32_t all = (std::uint32_t{1} << N::inputs) - 1;
    static constexpr std::uint32_t mask =
        sizeof...(Stepped) ? ((std::uint32_t{1} << Stepped) | ... | 0u) : all;
    static_assert(((Stepped >= 0 && Stepped < N::inputs) && ...),
                  "Stepper: a number behind the network is not the number of one of its inputs.");

    static constexpr bool is_stepped(int input) { return (mask >> input) & 1; }
    static constexpr auto& input_op(int input) { return *N::table[std::size_t(input)].op; }
    static constexpr int stepped_count = [] {
        int n = 0;
        for (int i = 0; i < N::inputs; ++i) n += is_stepped(i);
        return n;
    }();
    static constexpr int whole_count = N::inputs - stepped_count;

    static constexpr auto extent = detail::extent<T, mask, D>();
    static constexpr auto graph = detail::table<extent, T, mask>(D{});
    static constexpr bool no_logits[N::output_count + 1]{};
    static constexpr auto plan = detail::plan<N::size, N::output_count>(
        graph.rows.data(), graph.outputs.data(), no_logits, {});

    static constexpr bool same_blocks = [] {
        for (int i = 0; i < N::size; ++i)
            if (plan.rows[i].parameters != N::inference.rows[i].parameters ||
                plan.rows[i].state != N::inference.rows[i].state)
                return false;
        return true;
    }();
    static_assert(same_blocks,
                  "Stepper: a layer's Step must declare the Parameters and State of the layer.");

    static constexpr std::size_t bytes_of(int input) {
        auto const& op = input_op(input);
        return op.output.size * (op.integer ? sizeof(std::int32_t) : sizeof(T));
    }
    // Where each input that is there at once is kept, in bytes for each sample; the end.
    static constexpr auto kept_at = [] {
        std::array<std::size_t, std::size_t(N::inputs) + 1> at{};
        for (int i = 0; i < N::inputs; ++i)
            at[std::size_t(i) + 1] =
                at[std::size_t(i)] + (is_stepped(i) ? 0 : whole_lines(bytes_of(i)));
        return at;
    }();

public:
    /// Whether it goes on as long as its input does: nothing in it counts moments (positions) or
    /// keeps them all (attention). A stream through recurrent and causal layers is endless.
    static constexpr bool endless = [] {
        for (auto const& row : graph.rows)
            if (row.stepped && row.arity > 0 && !row.op->endless) return false;
        return true;
    }();
    /// The moments that there are: the shortest Time of the stepped inputs; ~0: no end.
    static constexpr std::size_t limit = [] {
        if (endless) return ~std::size_t{0};
        std::size_t time = ~std::size_t{0};
        for (int i = 0; i < N::inputs; ++i)
            if (is_stepped(i)) time = std::min(time, input_op(i).output.dims[0]);
        return time;
    }();
    static constexpr bool timed = [] {
        for (int i = 0; i < N::inputs; ++i)
            if (is_stepped(i) && input_op(i).output.rank != (input_op(i).integer ? 1 : 2))
                return false;
        return true;
    }();
    static_assert(timed, "Stepper: a stepped input has no time axis. Step inputs of "
                         "Tokens<Time> or Input<Time, Features>: Stepper<N, 1> steps input 1.");

    /// Ready for `batch` sequences side by side.
    ///
    /// Errors: the weights were moved from.
    explicit Stepper(Weights<N> const& weights, std::size_t batch = 1, Threads* threads = nullptr)
        : weights_(&weights), threads_(threads), batch_(batch),
          arena_(plan.per_batch + plan.per_sample * batch + 1), memory_(plan.memory * batch + 1),
          scratch_(plan.scratch * workers_of(threads) + 1), kept_(kept_at.back() * batch + 1) {
        weights.check("Stepper");
        if constexpr (whole_count == 0) start();
    }

    /// The same with a model's weights.
    template <class Model>
    requires(std::is_same_v<decltype(Model::weights), Weights<N>>) explicit Stepper(
        Model const& model, std::size_t batch = 1, Threads* threads = nullptr)
        : Stepper(model.weights, batch, threads) {}
    // Weights that would be gone behind the semicolon.
    explicit Stepper(Weights<N> const&&, std::size_t = 1, Threads* = nullptr) = delete;
    template <class Model>
    requires(std::is_same_v<decltype(Model::weights), Weights<N>>) explicit Stepper(
        Model const&&, std::size_t = 1, Threads* = nullptr) = delete;

    /// Begins again. Takes the inputs that are not stepped, in their order, and runs all that
    /// depends on none of the others; they are not needed afterwards.
    template <class... X>
    void start(X const*... whole) {
        static_assert(sizeof...(X) == whole_count,
                      "Stepper::start takes the inputs that are not stepped, in their order.");
        static_assert(sizeof...(X) != whole_count || fit<false, X...>(),
                      "Stepper::start: tokens are std::int32_t, numbers are "
                      "the network's own (float unless it says double).");
        [[maybe_unused]] int given = 0;
        (keep(nth<false>(given++), whole), ...);
        std::fill_n(memory_.data(), memory_.size(), T{});
        position_ = 0;
        started_ = true;
        void const* inputs[N::inputs]{};
        run(inputs, [](int row) { return !graph.rows[std::size_t(row)].stepped; });
    }

    /// One moment of each stepped input, `batch` samples of it, in the order of the inputs. Gives
    /// output 0 after this moment; the others: output(k).
    template <class... X>
    T const* operator()(X const*... moment) {
        static_assert(sizeof...(X) == stepped_count,
                      "Stepper: give one moment of each stepped input, in their order.");
        static_assert(sizeof...(X) != stepped_count || fit<true, X...>(),
                      "Stepper: tokens are std::int32_t, numbers are the "
                      "network's own (float unless it says double).");
        if (!started_)
            detail::refuse("Stepper", {"the inputs that are there at once were not given. Call "
                                       "start(...) first."});
        if (position_ == limit)
            detail::refuse("Stepper",
                           {"the network was made for ", limit,
                            " moments, and all of them were stepped. Call start() to begin again, "
                            "or make the network's input longer."});
        detail::InputsOf<N> inputs{};
        int given = 0;
        ((inputs.each[nth<true>(given++)] = moment), ...);
        if (written_out && batch_ == 1 && position_ > 0) step_one(inputs);
        else step_all(inputs);
        ++position_;
        return output(0);
    }

    /// Output k after the last moment; until the next.
    T const* output(int k) const {
        return arena_.data() + plan.per_batch + plan.rows[plan.outputs[k]].y * batch_;
    }
    /// The moments stepped since the start.
    std::size_t position() const { return position_; }

private:
    /// The input that is the n-th of the stepped ones, or of the others.
    template <bool AmongStepped>
    static constexpr int nth(int n) {
        int input = 0;
        while (is_stepped(input) != AmongStepped || n-- > 0) ++input;
        return input;
    }
    template <bool AmongStepped, class... X>
    static constexpr bool fit() {
        int n = 0;
        [[maybe_unused]] auto const fits = [&]<class Y>(Y const*) {
            bool const integer = input_op(nth<AmongStepped>(n++)).integer;
            return integer ? std::is_same_v<Y, std::int32_t> : std::is_same_v<Y, T>;
        };
        return (fits(static_cast<X const*>(nullptr)) && ...);
    }
    void keep(int input, void const* x) {
        std::copy_n(static_cast<std::byte const*>(x), bytes_of(input) * batch_,
                    kept_.data() + kept_at[std::size_t(input)] * batch_);
    }
    Work<T> work(void const** inputs) {
        for (int i = 0; i < N::inputs; ++i)
            if (!is_stepped(i)) inputs[i] = kept_.data() + kept_at[std::size_t(i)] * batch_;
        return {.layers = weights_->layers.data(),
                .values = weights_->values.data(),
                .state = weights_->state.data(),
                .arena = arena_.data(),
                .scratch = scratch_.data(),
                .memory = memory_.data(),
                .inputs = inputs,
                .batch = batch_,
                .position = position_,
                .one = batch_ == 1,
                .threads = threads_};
    }
    template <class Which>
    void run(void const** inputs, Which which) {
        detail::forward_loop(graph.rows.data(), plan.rows, N::size, plan.per_batch, work(inputs),
                             which);
    }

    /// The rows that are stepped, for the walk that is written out.
    struct Moments {
        static constexpr auto written = [] {
            auto g = graph;
            for (auto& row : g.rows)
                if (!row.stepped) row.arity = 0;
            return g;
        }();
        static constexpr auto& table = written.rows;
        template <bool>
        static constexpr auto& plan_for() {
            return plan;
        }
    };
    static constexpr bool written_out = N::size <= 24 && N::parameters <= 65536;
    /// A moment of one sequence, not its first: as the audio thread of a plug-in wants it.
    LAMINA_FLATTEN void step_one(detail::InputsOf<N> inputs) {
        if constexpr (written_out) {
            Work<T> w = work(inputs.each);
            w.batch = 1;
            if (w.position == 0) return; // never: nothing that begins is compiled here
            detail::forward_rows<Moments, false, true>(w,
                                                       std::make_integer_sequence<int, N::size>{});
        }
    }
    [[gnu::noinline]] void step_all(detail::InputsOf<N> inputs) {
        run(inputs.each, [](int row) { return graph.rows[std::size_t(row)].stepped; });
    }

    Weights<N> const* weights_;
    Threads* threads_;
    std::size_t batch_, position_ = 0;
    bool started_ = false;
    Block<T> arena_, memory_, scratch_;
    Block<std::byte> kept_;
};

/// Of a network that was refused at compile time.
template <IsRefused N, int... Stepped>
class Stepper<N, Stepped...> {
    using T = typename N::Scalar;

public:
    static constexpr bool endless = true, timed = true;
    static constexpr std::size_t limit = ~std::size_t{0};

    explicit Stepper(auto const&, std::size_t = 1, Threads* = nullptr) {}
    void start(auto const*...) {}
    T const* operator()(auto const*...) { return nullptr; }
    T const* output(int) const { return nullptr; }
    std::size_t position() const { return 0; }
};

template <class N>
Stepper(Weights<N> const&, std::size_t = 1, Threads* = nullptr) -> Stepper<N>;
template <class Model>
requires requires(Model const& m) { m.weights; }
Stepper(Model const&, std::size_t = 1, Threads* = nullptr)->Stepper<typename Model::Network>;
template <std::size_t Metrics>
Stepper(RefusedModel<Metrics> const&, std::size_t = 1, Threads* = nullptr)
    -> Stepper<RefusedNetwork>;

} // namespace lamina
