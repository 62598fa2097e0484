// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/span.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/optimizers/stretch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace lamina::detail {

/// Whether row i of a network has parameters of its own that are trained.
template <class Net>
constexpr bool owns_trained(int i) {
    auto const& row = Net::table[std::size_t(i)];
    return row.owner == i && !row.frozen && row.op->parameters > 0 && row.arity > 0;
}
/// ... which are a table of which a batch touches few rows.
template <class Net>
constexpr bool is_sparse(int i) {
    return owns_trained<Net>(i) && Net::training.rows[i].sparse;
}

/// The rows of a network's tables that a batch touches, which alone have a gradient in its step. A
/// value.
template <class Net>
class TouchedRows {
    static constexpr std::size_t width_of(int i) {
        return Net::table[std::size_t(i)].op->parameter_tensors[0].extents.dims[1];
    }
    static constexpr std::size_t rows_of(int i) {
        return Net::table[std::size_t(i)].op->parameters / width_of(i);
    }
    static constexpr std::size_t marks_of(std::size_t rows) { return (rows + 63) / 64 * 64; }
    static constexpr std::size_t all_rows = [] {
        std::size_t n = 0;
        for (int i = 0; i < Net::size; ++i)
            if (is_sparse<Net>(i)) n += rows_of(i);
        return n;
    }();
    static constexpr std::size_t all_marks = [] {
        std::size_t n = 0;
        for (int i = 0; i < Net::size; ++i)
            if (is_sparse<Net>(i)) n += marks_of(rows_of(i));
        return n;
    }();

public:
    /// Whether the network has such tables.
    static constexpr bool any = all_rows > 0;
    static constexpr std::size_t tables = [] {
        std::size_t n = 0;
        for (int i = 0; i < Net::size; ++i) n += is_sparse<Net>(i);
        return n;
    }();

    /// Room, so that find() allocates nothing. `dense`: how many stretches are used densely.
    void reserve(std::size_t dense) {
        if constexpr (any) {
            marks_.reserve(all_marks);
            stretches_.reserve(dense + all_rows);
        }
    }
    /// What was found: the dense stretches, then the touched ones.
    Span<Stretch const> stretches() const { return {stretches_.data(), size_}; }
    /// Of it, the rows of the k-th table.
    Span<Stretch const> rows_of_table(std::size_t k) const {
        return {stretches_.data() + ends_[k], ends_[k + 1] - ends_[k]};
    }

    /// Finds the rows that the batch touches, each once: in their order, neighbours merged, where
    /// the batch has tokens enough to look at every row of the table; else in the tokens' order.
    void find([[maybe_unused]] Span<Stretch const> dense, [[maybe_unused]] BatchView const& batch) {
        if constexpr (any) {
            std::copy(dense.begin(), dense.end(), stretches_.data());
            size_ = ends_[0] = dense.size();
            std::size_t table = 0;
            std::uint8_t* marks = marks_.data(); // all 0 between two calls
            for (int i = 0; i < Net::size; ++i) {
                if (!is_sparse<Net>(i)) continue;
                std::size_t const width = width_of(i), at = Net::training.rows[i].parameters,
                                  rows = rows_of(i), first = size_;
                bool const in_order = rows <= 8 * tokens_of(i, batch.size);
                for (int u = i; u < Net::size; ++u) {
                    if (Net::table[std::size_t(u)].owner != i) continue;
                    int const from = Net::table[std::size_t(u)].inputs[0];
                    auto const* const token = static_cast<std::int32_t const*>(batch.x[from]);
                    std::size_t const n =
                        batch.size * Net::table[std::size_t(from)].op->output.size;
                    for (std::size_t t = 0; t < n; ++t) {
                        auto const row = static_cast<std::size_t>(token[t]);
                        if (!in_order && !marks[row])
                            stretches_[size_++] = {at + row * width, width};
                        marks[row] = 1;
                    }
                }
                if (in_order) add_marked(marks, rows, at, width);
                else
                    for (std::size_t k = first; k < size_; ++k)
                        marks[(stretches_[k].from - at) / width] = 0;
                marks += marks_of(rows);
                ends_[++table] = size_;
            }
        }
    }

    /// Finds the rows in which some number is not 0, in their order, neighbours merged.
    template <class T>
    void find_used(Span<Stretch const> dense, T const* numbers) {
        std::copy(dense.begin(), dense.end(), stretches_.data());
        size_ = ends_[0] = dense.size();
        std::size_t table = 0;
        for (int i = 0; i < Net::size; ++i) {
            if (!is_sparse<Net>(i)) continue;
            std::size_t const width = width_of(i), first = size_;
            Stretch row{Net::training.rows[i].parameters, width};
            for (std::size_t r = 0; r < rows_of(i); ++r, row.from += width) {
                T const* const its = numbers + row.from;
                if (std::all_of(its, its + width, [](T value) { return value == 0; })) continue;
                add(first, row);
            }
            ends_[++table] = size_;
        }
    }

private:
    /// The marked rows of a table, neighbours as one stretch; the marks are gone then. Which have
    /// one is chance, and a branch on it would be foretold wrongly: so bits of a word say it.
    void add_marked(std::uint8_t* marks, std::size_t rows, std::size_t at, std::size_t width) {
        std::size_t const first = size_;
        for (std::size_t r = 0; r < rows; r += 64, marks += 64) {
            std::uint64_t word = 0;
            for (std::size_t k = 0; k < 64; ++k) word |= std::uint64_t{marks[k]} << k;
            std::fill_n(marks, 64, std::uint8_t{0});
            while (word != 0) {
                auto const skip = static_cast<std::size_t>(std::countr_zero(word));
                auto const count = static_cast<std::size_t>(std::countr_one(word >> skip));
                Stretch const s{at + (r + skip) * width, count * width};
                // one that begins a word may go on with the last of the word before
                if (skip == 0) add(first, s);
                else stretches_[size_++] = s;
                word &= word + (std::uint64_t{1} << skip); // without its first ones
            }
        }
    }
    /// Another stretch of a table whose first is the `first`-th: where it adjoins, as one with it.
    void add(std::size_t first, Stretch s) {
        if (size_ > first && stretches_[size_ - 1].from + stretches_[size_ - 1].size == s.from)
            stretches_[size_ - 1].size += s.size;
        else stretches_[size_++] = s;
    }
    /// The tokens of a batch that are looked up in row i's table.
    static std::size_t tokens_of(int i, std::size_t batch) {
        std::size_t n = 0;
        for (int u = i; u < Net::size; ++u)
            if (auto const& row = Net::table[std::size_t(u)]; row.owner == i)
                n += batch * Net::table[std::size_t(row.inputs[0])].op->output.size;
        return n;
    }

    Block<std::uint8_t> marks_;
    Block<Stretch> stretches_;
    std::size_t size_ = 0;
    std::array<std::size_t, tables + 1> ends_{}; // of the dense stretches, then of each table's
};

} // namespace lamina::detail
