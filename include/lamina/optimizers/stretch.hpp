// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/parallel.hpp>

#include <cstddef>
#include <span>
#include <type_traits>

namespace lamina {

/// Neighbouring numbers in a model's block of parameters.
struct Stretch {
    std::size_t from = 0, size = 0;
};

namespace detail {

/// work(i, threads) for each stretch i. Large ones, one after the other, share themselves out among
/// the threads. Small ones that hold much together, as the rows of a table that a batch touched,
/// are shared out, some to each thread at a time; they get no threads.
template <PoolOrNone P, class Work>
void each_stretch(std::span<Stretch const> all, P threads, Work const& work) {
    if constexpr (std::is_pointer_v<P>) {
        constexpr std::size_t large = 16384, worth = 32768, pieces = 16;
        std::size_t small = 0;
        for (std::size_t i = 0; threads && i < all.size() && small < worth; ++i)
            if (all[i].size <= large) small += all[i].size;
        if (small >= worth) {
            for (std::size_t i = 0; i < all.size(); ++i)
                if (all[i].size > large) work(i, threads);
            auto const piece = [&](std::size_t i, std::size_t end, std::size_t) {
                for (; i < end; ++i)
                    if (all[i].size <= large) work(i, P{nullptr});
            };
            return parallel_for(threads, all.size(), (all.size() + pieces - 1) / pieces, piece);
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) work(i, threads);
}

} // namespace detail

} // namespace lamina
