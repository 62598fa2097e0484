// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/span.hpp>
#include <lamina/graph/branch.hpp>
#include <lamina/model/touched_rows.hpp>
#include <lamina/optimizers/apply.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lamina::detail {

/// The parts of a network's parameters that its optimizer treats differently: with weight decay or
/// without, at its learning rate or at one that is scaled. Known to the compiler.
template <class Net, class Optimizer>
class UpdateParts {
    static constexpr bool excludes = requires { Optimizer::excludes(std::string_view{}); };
    static constexpr bool scales = requires { Optimizer::branches(Net::written); };

    /// What an optimizer has to know of a tensor.
    struct Kind {
        std::uint64_t scaled = 0;
        bool decays = true;
        constexpr bool operator==(Kind const&) const = default;
    };
    struct Tensor {
        Stretch at;
        Kind kind;
        bool sparse = false;
    };

    static constexpr auto branches = [] {
        if constexpr (scales) return Optimizer::branches(Net::written);
        else return std::array<Branch, 0>{};
    }();
    static constexpr Kind kind_of(int row, std::string_view tensor) {
        Kind kind;
        for (std::size_t k = 0; k < branches.size(); ++k)
            if (branches[k].holds(Net::written, row, tensor)) kind.scaled |= std::uint64_t{1} << k;
        if constexpr (excludes) kind.decays = !Optimizer::excludes(tensor);
        return kind;
    }
    static constexpr std::size_t count_tensors() {
        std::size_t n = 0;
        for (int i = 0; i < Net::size; ++i)
            if (owns_trained<Net>(i)) n += Net::table[std::size_t(i)].op->parameter_count;
        return n;
    }
    /// What is trained, in the order in which it lies.
    static constexpr auto tensors = [] {
        std::array<Tensor, count_tensors()> all{};
        std::size_t n = 0;
        for (int i = 0; i < Net::size; ++i) {
            if (!owns_trained<Net>(i)) continue;
            auto const& op = *Net::table[std::size_t(i)].op;
            std::size_t at = Net::training.rows[i].parameters;
            for (std::size_t k = 0; k < op.parameter_count; ++k) {
                auto const& tensor = op.parameter_tensors[k];
                all[n++] = {{at, tensor.extents.size}, kind_of(i, tensor.name), is_sparse<Net>(i)};
                at += tensor.extents.size;
            }
        }
        return all;
    }();
    /// The kinds of what is used densely, each once.
    static constexpr std::size_t find_kinds(Kind* to) {
        std::array<Kind, tensors.size()> found{};
        std::size_t n = 0;
        for (auto const& tensor : tensors)
            if (!tensor.sparse &&
                std::find(found.begin(), found.begin() + n, tensor.kind) == found.begin() + n) {
                if (to) to[n] = tensor.kind;
                found[n++] = tensor.kind;
            }
        return n;
    }
    static constexpr std::size_t kind_count = find_kinds(nullptr);
    static constexpr auto kinds = [] {
        std::array<Kind, kind_count> all{};
        find_kinds(all.data());
        return all;
    }();
    /// The dense stretches of one kind, neighbours merged.
    static constexpr std::size_t walk(Kind kind, Stretch* to) {
        std::size_t n = 0, end = ~std::size_t{0};
        for (auto const& tensor : tensors) {
            if (tensor.sparse || tensor.kind != kind) continue;
            bool const joins = tensor.at.from == end;
            if (to && joins) to[n - 1].size += tensor.at.size;
            if (to && !joins) to[n] = tensor.at;
            n += !joins;
            end = tensor.at.from + tensor.at.size;
        }
        return n;
    }
    static constexpr auto sizes = [] {
        std::array<std::size_t, kind_count> each{};
        for (std::size_t k = 0; k < kind_count; ++k) each[k] = walk(kinds[k], nullptr);
        return each;
    }();
    static constexpr std::size_t dense_count = [] {
        std::size_t n = 0;
        for (std::size_t k = 0; k < kind_count; ++k) n += sizes[k];
        return n;
    }();

public:
    /// Whether there is anything to be treated differently.
    static constexpr bool any = excludes || scales;
    /// What is used densely, kind by kind.
    static constexpr auto dense = [] {
        std::array<Stretch, dense_count> all{};
        for (std::size_t k = 0, n = 0; k < kind_count; n += sizes[k++])
            walk(kinds[k], all.data() + n);
        return all;
    }();

    /// The parts of a step: the dense kinds, and each table's rows that the batch touches.
    static auto of(TouchedRows<Net> const& touched) {
        std::array<UpdatePart, kind_count + TouchedRows<Net>::tables> parts;
        std::size_t n = 0, at = 0;
        for (; n < kind_count; at += sizes[n++])
            parts[n] = {{dense.data() + at, sizes[n]}, kinds[n].scaled, kinds[n].decays, false};
        if constexpr (TouchedRows<Net>::any)
            for (auto const& tensor : tensors) {
                if (!tensor.sparse) continue;
                parts[n] = {touched.rows_of_table(n - kind_count), tensor.kind.scaled,
                            tensor.kind.decays, true};
                ++n;
            }
        return parts;
    }
};

} // namespace lamina::detail
