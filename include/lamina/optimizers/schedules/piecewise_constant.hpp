// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/option.hpp>

#include <cstddef>
#include <cstdint>

namespace lamina {

/// A rate from each of up to 16 steps on. The first piece begins at step 0; the steps increase.
///
/// Errors      the steps do not increase; a rate is negative or not finite
/// Source      torch.optim.lr_scheduler.MultiStepLR; keras PiecewiseConstantDecay, whose
///             boundary b is the last step of a piece: the next one is {b + 1, rate} here
/// Example     PiecewiseConstant{.pieces = {{0, 0.1}, {1000, 0.01}, {5000, 0.001}}}
struct PiecewiseConstant {
    struct Piece {
        std::uint64_t from = 0;
        double rate = 0;
        bool operator==(Piece const&) const = default;
    };
    Piece pieces[16]{};

    void check() const {
        bool ended = false; // what is not given begins at step 0, too
        for (std::size_t i = 0; i < 16; ++i) {
            detail::Check{"PiecewiseConstant"}.not_negative("rate", pieces[i].rate);
            std::uint64_t const from = pieces[i].from;
            ended = ended || (i > 0 && from == 0);
            if (ended ? pieces[i] != Piece{} : i > 0 ? from <= pieces[i - 1].from : from > 0)
                detail::refuse("PiecewiseConstant",
                               {"piece ", i, " begins at step ", from,
                                ". The first begins at step 0, each other one behind the one "
                                "before it."});
        }
    }
    double operator()(std::uint64_t step) const {
        double rate = pieces[0].rate;
        for (std::size_t i = 1; i < 16 && pieces[i].from > 0 && pieces[i].from <= step; ++i)
            rate = pieces[i].rate;
        return rate;
    }
    bool operator==(PiecewiseConstant const&) const = default;
};

} // namespace lamina
