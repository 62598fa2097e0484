// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>
#include <lamina/model/touched_rows.hpp>

#include <array>
#include <cstddef>

namespace lamina::detail {

/// What a network's weights obey after every step. Known to the compiler: a network without
/// constraints has nothing of it.
template <class Net>
class WeightConstraints {
    using T = typename Net::Scalar;

    struct Constraint {
        void (*run)(T* parameters, std::size_t rows, Threads* threads);
        std::size_t at, width; // of its parameters; of a row, where it is a table
        std::size_t table;     // which of those with sparse gradients; none: no such table
    };
    static constexpr std::size_t none = ~std::size_t{0};
    static constexpr bool constrains(int i) {
        return owns_trained<Net>(i) && Net::table[std::size_t(i)].op->constrains;
    }
    static constexpr std::size_t count = [] {
        std::size_t n = 0;
        for (int i = 0; i < Net::size; ++i) n += constrains(i);
        return n;
    }();
    static constexpr auto all() {
        std::array<Constraint, count> each{};
        std::size_t n = 0, table = 0;
        for (int i = 0; i < Net::size; ++i) {
            bool const sparse = is_sparse<Net>(i);
            if (constrains(i)) {
                auto const& row = Net::written.rows[std::size_t(i)];
                each[n++] = {row.runs->constrain, Net::training.rows[i].parameters,
                             sparse ? row.op->parameter_tensors[0].extents.dims[1] : 0,
                             sparse ? table : none};
            }
            table += sparse;
        }
        return each;
    }

public:
    static constexpr bool any = count > 0;

    /// Makes them hold: of tables whose gradients are sparse, for the rows that the batch touched.
    static void apply(T* weights, [[maybe_unused]] TouchedRows<Net> const& touched,
                      Threads* threads) {
        static constexpr auto each = all();
        for (auto const& c : each) {
            if (c.table == none) c.run(weights + c.at, 0, threads);
            else if constexpr (TouchedRows<Net>::any)
                for (auto const& s : touched.rows_of_table(c.table))
                    c.run(weights + s.from, s.size / c.width, threads);
        }
    }
};

} // namespace lamina::detail
