// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/span.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/scaling.hpp>

#if LAMINA_BODIES
#include <lamina/core/error.hpp>
#include <lamina/core/message.hpp>

#include <algorithm>
#include <array>
#endif

#include <cstddef>
#include <string>
#include <vector>

namespace lamina {

/// Samples ready for fit, evaluate and predict: the numbers of a table, already scaled, and what
/// they were.
struct Dataset {
    /// (rows, features)
    Tensor<float, 2> x;
    /// (rows, targets): numbers, class indices in one column, or one-hot rows
    Tensor<float, 2> y;
    /// What was done to x; Scaling::apply does the same to new rows.
    Scaling scaling = {};
    /// What was done to y; Scaling::invert brings predictions back to the table's unit.
    Scaling target_scaling = {};
    /// The text of class 0, 1, ... where the label was text, otherwise empty.
    std::vector<std::string> classes = {};

    /// Names of the columns of x, and of y, if it comes from a table.
    std::vector<std::string> const& features() const { return scaling.names; }
    std::vector<std::string> const& targets() const { return target_scaling.names; }
    std::size_t rows() const { return x.shape()[0]; }

    /// These rows, in this order.
    Dataset take(Span<std::size_t const> rows) const;
};

/// What Table::split gives: `auto [train, test] = table.split({.test = 0.2f});`
struct Split {
    Dataset train, test;
};

/// What Table::split_in_three gives.
struct SplitInThree {
    Dataset train, validation, test;
};

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Dataset Dataset::take(Span<std::size_t const> rows) const {
    auto const gather = [&](Tensor<float, 2> const& from) {
        std::size_t const width = from.shape()[1];
        auto to = Tensor<float, 2>::from_shape(std::array<std::size_t, 2>{rows.size(), width});
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i] >= from.shape()[0]) {
                detail::fail(Error::Kind::argument, {"Dataset::take"},
                             {"row ", rows[i], " of ", from.shape()[0], "."});
            }
            std::copy_n(from.data() + rows[i] * width, width, to.data() + i * width);
        }
        return to;
    };
    return {gather(x), gather(y), scaling, target_scaling, classes};
}

#endif

} // namespace lamina
