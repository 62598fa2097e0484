// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/error.hpp>
#include <lamina/data/batches.hpp>
#include <lamina/losses/target.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/columns.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

namespace lamina::detail {

/// Batches that come from elsewhere, one after another, as the loop takes its samples: for data
/// larger than memory. X and Y are the shapes of the network's input and target, Loss says which
/// targets are admitted on outputs of shape Out.
template <class T, class X, class Y, class Loss, class Out, class B>
class Stream {
public:
    /// Targets of the class `ignored` are admitted: the loss leaves them out.
    explicit Stream(B& batches, std::optional<std::int32_t> ignored = {})
        : batches_(batches), ignored_(ignored) {}

    std::size_t batches(std::size_t) const { return batches_.steps(); }
    void begin_epoch(std::size_t epoch, std::size_t, bool, Random) { batches_.restart(epoch); }
    void skip(std::size_t n) {
        for (Batch<float> b; n > 0 && batches_.next(b); --n) {
        }
    }
    bool next(BatchView<T>& view) {
        Batch<float> b;
        if (!batches_.next(b)) return false;
        where_[0] = take<X>(b.x, b.n, x_, "x");
        where_[1] = take<Y>(b.y, b.n, y_, "y");
        check_targets<Loss, Out, T>(static_cast<Element<T const, Y>*>(where_[1]), b.n, nullptr,
                                    "fit", ignored_);
        view = {where_, where_ + 1, nullptr, b.n};
        return true;
    }

private:
    template <class S>
    void const* take(std::span<float const> values, std::size_t n, Block<NumberOf<T, S>>& room,
                     char const* what) {
        if (values.size() != n * S::size)
            fail(Error::Kind::data, {"fit"},
                 {"a batch of ", n, " samples has ", values.size(), " numbers of ", what,
                  ", the network takes ", S::size, " for each sample."});
        if constexpr (std::is_same_v<NumberOf<T, S>, float>) return values.data();
        else {
            room.reserve(values.size());
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (S::integer && values[i] != std::floor(values[i]))
                    fail(Error::Kind::data, {"fit"},
                         {what, " holds ", double(values[i]),
                          ", which is not a whole number: classes and tokens are 0, 1, 2, ..."});
                room[i] = static_cast<NumberOf<T, S>>(values[i]);
            }
            return room.data();
        }
    }

    B& batches_;
    std::optional<std::int32_t> ignored_;
    void const* where_[2]{};
    Block<NumberOf<T, X>> x_;
    Block<NumberOf<T, Y>> y_;
};

} // namespace lamina::detail
