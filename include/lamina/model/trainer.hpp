// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/raise.hpp>
#include <lamina/core/span.hpp>
#include <lamina/kernels/finite.hpp>
#include <lamina/model/examiner.hpp>
#include <lamina/model/fit_loop.hpp>
#include <lamina/optimizers/apply.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace lamina::detail {

/// What training adds to a network's weights: gradients, the optimizer's numbers, room to work in,
/// and one step over a batch. A value, like the weights.
template <class Pairing, class T, class Optimizer>
class Trainer {
public:
    using Net = typename Pairing::Network;
    static constexpr auto& plan = Net::training;
    static constexpr std::size_t parameters = Net::parameters, state = plan.state,
                                 outputs = Net::output_count;

    Block<T> gradients{parameters + 1}, next_state{state + 1};
    Block<T> optimizer_slots; // the optimizer's own, then, if it is asked for, the average of the
                              // weights
    Examiner<Pairing, T> examiner;

    /// The optimizer as before its first step.
    void begin(Optimizer const& optimizer) {
        optimizer_slots = Block<T>((Optimizer::slots + has_average(optimizer)) * parameters + 1);
        start_slots(optimizer, optimizer_slots.data(), parameters);
    }
    /// At the end of a run the average takes the weights' place, as in Keras.
    void take_average(Optimizer const& optimizer, Weights<Net>& weights) {
        if (!has_average(optimizer)) return;
        T const* const average = optimizer_slots.data() + Optimizer::slots * parameters;
        for (auto const& s : trained)
            std::copy_n(average + s.from, s.size, weights.values.data() + s.from);
    }

    void reserve(std::size_t batch, Threads* threads) {
        examiner.reserve(batch, threads);
        marks_.reserve(table_marks);
        if constexpr (table_rows > 0) rows_.reserve(dense.size() + table_rows);
    }
    /// Makes the state that layers write in training the same as the one they read.
    void take_state(Weights<Net> const& weights) {
        std::copy_n(weights.state.data(), state, next_state.data());
    }

    /// One step: forward, loss, backward, one sweep of the optimizer. Steps count from 1. Returns
    /// the batch's loss. If the loss, a gradient or a weight that comes of them is not finite,
    /// nothing has changed and Diverged names the first layer that went bad.
    template <class Sums>
    T learn(Weights<Net>& weights, Optimizer const& optimizer, Sums& sums,
            typename Sums::Options const& metrics, BatchView const& batch, Random random,
            std::uint64_t step, Threads* given) {
        auto const threads = Net::threads(given);
        reserve(batch.size, threads);
        T penalty{0};
        auto w = examiner.work_on(weights, batch, threads);
        w.next_state = next_state.data();
        w.gradients = gradients.data();
        w.loss = &penalty;
        w.training = true;
        w.random = random.child(step);
        Net::template forward<true>(w);
        T const loss = examiner.template examine<true>(sums, metrics, batch);
        for (auto const& s : dense) std::fill_n(gradients.data() + s.from, s.size, T{0});
        Net::backward(w);
        Net::regularize(w);
        find_touched(batch);
        bool const usual = gradients_below(careful_gradient, threads);
        if (!is_finite(loss + penalty) ||
            (!usual && !gradients_below(std::numeric_limits<T>::infinity(), threads))) {
            take_state(weights);
            throw_diverged(w, loss + penalty);
        }
        if (!usual || rate_of<T>(optimizer.learning_rate, step) > careful_rate)
            update_carefully(weights, optimizer, step, threads);
        else update(weights, optimizer, step, threads);
        if constexpr (state > 0) std::copy_n(next_state.data(), state, weights.state.data());
        return loss + penalty;
    }

private:
    static constexpr bool owns_trained(int i) {
        auto const& row = Net::table[std::size_t(i)];
        return row.owner == i && !row.frozen && row.op->parameters > 0 && row.arity > 0;
    }
    static constexpr bool is_sparse(int i) { return owns_trained(i) && plan.rows[i].sparse; }
    enum class Cut { merged, tensors };
    template <Cut How, bool Sparse>
    static constexpr std::size_t walk_stretches(Stretch* to) {
        std::size_t n = 0, end = ~std::size_t{0};
        for (int i = 0; i < Net::size; ++i) {
            if (!owns_trained(i) || (is_sparse(i) && !Sparse)) continue;
            auto const& op = *Net::table[std::size_t(i)].op;
            std::size_t at = plan.rows[i].parameters;
            for (std::size_t k = 0; k < op.parameter_count; ++k) {
                std::size_t const size = op.parameter_tensors[k].extents.size;
                bool const joins = How == Cut::merged && at == end;
                if (to && joins) to[n - 1].size += size;
                if (to && !joins) to[n] = {at, size};
                n += !joins;
                end = at += size;
            }
        }
        return n;
    }
    template <Cut How, bool Sparse>
    static constexpr auto stretches = [] {
        std::array<Stretch, walk_stretches<How, Sparse>(nullptr)> s{};
        walk_stretches<How, Sparse>(s.data());
        return s;
    }();
    // what is trained, neighbours merged; of it, what is used densely; and all of it tensor by
    // tensor, for clipping
    static constexpr auto& trained = stretches<Cut::merged, true>;
    static constexpr auto& dense = stretches<Cut::merged, false>;
    static constexpr auto& tensors = stretches<Cut::tensors, true>;
    static constexpr std::size_t table_width(int i) {
        return Net::table[std::size_t(i)].op->parameter_tensors[0].extents.dims[1];
    }
    static constexpr std::size_t rows_of_table(int i) {
        return Net::table[std::size_t(i)].op->parameters / table_width(i);
    }
    static constexpr std::size_t table_rows = [] { // of all tables with sparse gradients together
        std::size_t n = 0;
        for (int i = 0; i < Net::size; ++i)
            if (is_sparse(i)) n += rows_of_table(i);
        return n;
    }();
    static constexpr std::size_t marks_of(std::size_t rows) { return (rows + 63) / 64 * 64; }
    static constexpr std::size_t table_marks = [] {
        std::size_t n = 0;
        for (int i = 0; i < Net::size; ++i)
            if (is_sparse(i)) n += marks_of(rows_of_table(i));
        return n;
    }();
    bool gradients_below(T limit, PoolOrNone auto threads) {
        for (auto const& s : swept())
            if (!kernels::all_below(limit, s.size, gradients.data() + s.from, threads))
                return false;
        return true;
    }
    static bool has_average([[maybe_unused]] Optimizer const& optimizer) {
        if constexpr (requires { optimizer.average; }) return optimizer.average.momentum > 0;
        else return false;
    }
    static bool is_finite(T value) { return kernels::all_finite(1, &value, nullptr); }

    [[gnu::noinline]] void update(Weights<Net>& weights, Optimizer const& optimizer,
                                  std::uint64_t step, PoolOrNone auto threads) {
        T* const w = weights.values.data();
        T* const g = gradients.data();
        T* const s = optimizer_slots.data();
        // the gradients of rows are zero again for the next step
        lamina::apply<T>(optimizer, step, w, g, s, parameters, swept(), tensors, threads,
                         dense.size());
        if constexpr (requires { optimizer.average; })
            if (has_average(optimizer))
                update_average<T>(optimizer.average, step, w, s + Optimizer::slots * parameters,
                                  trained, threads);
    }

    /// Above this learning rate a step can carry a finite weight beyond the largest number: it
    /// keeps what was before. Below, the loss or a gradient overflows first.
    static constexpr double careful_rate = 1e3;
    /// From this gradient on what an optimizer keeps of it, squares as a rule, may be infinite, and
    /// NaN the step after. Below, it would take 10^8 steps.
    static constexpr T careful_gradient = sizeof(T) == 4 ? T(1e15) : T(1e150);

    [[gnu::cold, gnu::noinline]] void update_carefully(Weights<Net>& weights,
                                                       Optimizer const& optimizer,
                                                       std::uint64_t step,
                                                       PoolOrNone auto threads) {
        Block<T> values = weights.values, slots = optimizer_slots;
        update(weights, optimizer, step, threads);
        std::string what =
            find_infinite(steps, static_cast<T const*>(weights.values.data()),
                          static_cast<T const*>(optimizer_slots.data()), Optimizer::slots,
                          parameters, rate_of<T>(optimizer.learning_rate, step));
        if (what.empty()) return;
        weights.values = std::move(values);
        optimizer_slots = std::move(slots);
        take_state(weights);
        detail::raise(Diverged{std::move(what)});
    }

    /// What has a gradient: what is used densely, and the rows of tables that the batch touched.
    Span<Stretch const> swept() const {
        if constexpr (table_rows > 0) return {rows_.data(), swept_};
        else return dense;
    }
    /// Finds the rows of tables with sparse gradients that the batch touched, each once: in their
    /// order, neighbours merged, where the batch has tokens enough to look at every row of the
    /// table; else in the tokens' order.
    void find_touched([[maybe_unused]] BatchView const& batch) {
        if constexpr (table_rows > 0) {
            std::copy(dense.begin(), dense.end(), rows_.data());
            swept_ = dense.size();
            std::uint8_t* marks = marks_.data(); // all 0 between two calls
            for (int i = 0; i < Net::size; ++i) {
                if (!is_sparse(i)) continue;
                std::size_t const width = table_width(i), at = plan.rows[i].parameters,
                                  rows = rows_of_table(i), first = swept_;
                bool const in_order = rows <= 8 * tokens_of(i, batch.size);
                for (int u = i; u < Net::size; ++u) {
                    if (Net::table[std::size_t(u)].owner != i) continue;
                    int const from = Net::table[std::size_t(u)].inputs[0];
                    auto const* const token = static_cast<std::int32_t const*>(batch.x[from]);
                    std::size_t const n =
                        batch.size * Net::table[std::size_t(from)].op->output.size;
                    for (std::size_t t = 0; t < n; ++t) {
                        auto const row = static_cast<std::size_t>(token[t]);
                        if (!in_order && !marks[row]) rows_[swept_++] = {at + row * width, width};
                        marks[row] = 1;
                    }
                }
                if (in_order) add_marked(marks, rows, at, width);
                else
                    for (std::size_t k = first; k < swept_; ++k)
                        marks[(rows_[k].from - at) / width] = 0;
                marks += marks_of(rows);
            }
        }
    }
    /// The marked rows of a table, neighbours as one stretch; the marks are gone then. Which have
    /// one is chance, and a branch on it would be foretold wrongly: so bits of a word say it.
    void add_marked(std::uint8_t* marks, std::size_t rows, std::size_t at, std::size_t width) {
        std::size_t const first = swept_;
        for (std::size_t r = 0; r < rows; r += 64, marks += 64) {
            std::uint64_t word = 0;
            for (std::size_t k = 0; k < 64; ++k) word |= std::uint64_t{marks[k]} << k;
            std::fill_n(marks, 64, std::uint8_t{0});
            while (word != 0) {
                auto const skip = static_cast<std::size_t>(std::countr_zero(word));
                auto const count = static_cast<std::size_t>(std::countr_one(word >> skip));
                Stretch const s{at + (r + skip) * width, count * width};
                // one that begins a word may go on with the last of the word before
                if (skip == 0 && swept_ > first &&
                    rows_[swept_ - 1].from + rows_[swept_ - 1].size == s.from)
                    rows_[swept_ - 1].size += s.size;
                else rows_[swept_++] = s;
                word &= word + (std::uint64_t{1} << skip); // without its first ones
            }
        }
    }
    /// The tokens of a batch that are looked up in row i's table.
    static std::size_t tokens_of(int i, std::size_t batch) {
        std::size_t n = 0;
        for (int u = i; u < Net::size; ++u)
            if (auto const& row = Net::table[std::size_t(u)]; row.owner == i)
                n += batch * Net::table[std::size_t(row.inputs[0])].op->output.size;
        return n;
    }

    /// What a step went through, for whoever looks for where it went wrong.
    static constexpr Steps<T> steps{
        Net::table.data(),   plan.rows, Net::size, plan.per_batch, &Net::template forward<true>,
        &Weights<Net>::paths};
    [[gnu::cold, gnu::noinline]] void throw_diverged(Work<T> const& w, T loss) {
        Diverged const what = find_divergence(steps, w, loss);
        if constexpr (table_rows > 0) std::fill_n(gradients.data(), parameters, T{0});
        detail::raise(what);
    }

    Block<std::uint8_t> marks_;
    Block<Stretch> rows_;
    std::size_t swept_ = 0; // of rows_
};

} // namespace lamina::detail
