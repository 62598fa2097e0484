// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/random.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/batches.hpp>
#include <lamina/graph/function.hpp>
#include <lamina/losses/target.hpp>
#include <lamina/model/batches.hpp>
#include <lamina/model/column_form.hpp>
#include <lamina/model/fit_options.hpp>
#include <lamina/model/sample_weights.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace lamina::detail {

/// The rows of a batch, each with the numbers of all columns S... one after another, column by
/// column. One column that needs no conversion is looked at where it lies.
template <class T, class... S>
class RowColumns {
public:
    static constexpr std::size_t width = (S::size + ... + 0);

    /// Where n samples of each column are. The tokens of column k lie below vocabulary(k); 0:
    /// anywhere.
    template <class Vocabulary>
    void bind(Span<float const> rows, std::size_t n, void const** to, char const* where,
              char const* what, Vocabulary vocabulary) {
        if (rows.size() != n * width)
            fail(Error::Kind::data, {where},
                 {"a batch of ", n, " samples has ", rows.size(), " numbers of ", what, ", ",
                  rows.size() / std::max<std::size_t>(n, 1), " each. The network takes ", width,
                  sizeof...(S) > 1 ? ": those of all its inputs or outputs, one after another."
                                   : " of each sample."});
        std::size_t k = 0, from = 0;
        (
            [&] {
                to[k] = take<S>(rows.data() + from, n, k, where, what, vocabulary(int(k)));
                from += S::size;
                ++k;
            }(),
            ...);
    }

private:
    template <class C>
    void const* take(float const* rows, std::size_t n, std::size_t k, char const* where,
                     char const* what, std::size_t vocabulary) {
        if constexpr (std::is_same_v<NumberOf<T, C>, float> && sizeof...(S) == 1) return rows;
        else {
            auto& room = [&]() -> auto& {
                if constexpr (C::integer) return tokens_[k];
                else return numbers_[k];
            }
            ();
            room.reserve(n * C::size);
            for (std::size_t i = 0; i < n * C::size; ++i) {
                float const v = rows[i / C::size * width + i % C::size];
                bool const whole = is_finite(v) && std::abs(v) < 0x1p31f && v == std::floor(v);
                if (C::integer && !whole)
                    fail(Error::Kind::data, {where},
                         {what, " holds ", double(v),
                          ", which is not a whole number of 32 bits: classes and tokens are 0, 1, "
                          "2, ..."});
                room[i] = static_cast<NumberOf<T, C>>(v);
            }
            if constexpr (C::integer)
                if (vocabulary > 0)
                    check_tokens(room.data(), n, C::size, vocabulary, where,
                                 sizeof...(S) > 1 ? int(k) : -1);
            return room.data();
        }
    }

    Block<T> numbers_[sizeof...(S) + 1];
    Block<std::int32_t> tokens_[sizeof...(S) + 1];
};

/// Weights of samples stand beside arrays; batches have none.
void refuse_sample_weight(Array const& sample_weight, char const* where);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void refuse_sample_weight(Array const& sample_weight,
                                                      char const* where) {
    if (sample_weight.rank() > 0)
        refuse(where, {"sample_weight is for samples in arrays, not for batches. Give "
                       "class_weight to fit, or train_on_batch each with its weights."});
}

#endif

/// Batches that come from elsewhere, one after another, as the loop takes its samples: for data
/// larger than memory. A row of x holds the network's inputs one after another, a row of y the
/// targets of its losses.
template <class T, class Inputs, class Pairing, class Outputs, class B>
class Stream;
template <class T, class... In, class Pairing, std::size_t... K, class B>
class Stream<T, Inputs<In...>, Pairing, std::index_sequence<K...>, B> final : public Source {
    using Net = typename Pairing::Network;
    using Losses = typename Pairing::Losses;
    template <std::size_t J>
    using At = typename Pairing::template At<J>;
    static constexpr std::size_t inputs = sizeof...(In);
    static constexpr ColumnForm targets[]{column_form<T, typename At<K>::Target>(
        0, target_form<typename At<K>::Stated, typename At<K>::Y>())...};

public:
    /// `where`: who wants them, for messages.
    Stream(B& batches, Losses const& losses, char const* where)
        : batches_(batches), losses_(losses), where_(where) {}
    /// What is asked of them: a FitOptions, which must outlive this, or an EvaluateOptions.
    template <class Options>
    Stream(B& batches, Losses const& losses, char const* where, Options const& options)
        : Stream(batches, losses, where) {
        refuse_sample_weight(options.sample_weight, where);
        if constexpr (requires { options.class_weight; }) class_weight_ = options.class_weight;
    }

    std::size_t batches(std::size_t) const override { return batches_.steps(); }
    std::size_t largest_batch(std::size_t batch_size) const override { return batch_size; }
    void begin_epoch(std::size_t epoch, std::size_t, bool, Random) override {
        batches_.restart(epoch);
    }
    void skip(std::size_t n) override {
        for (Batch<float> b; n > 0 && batches_.next(b); --n) {
        }
    }
    bool next(BatchView& view) override {
        Batch<float> b;
        if (!next_inputs(view, b)) return false;
        y_.bind(b.y, b.n, columns_ + inputs, where_, "y", [](int) { return std::size_t{0}; });
        (lamina::check_targets<typename At<K>::Stated, typename At<K>::Y, T>(
             static_cast<Element<T const, typename At<K>::Target>*>(columns_[inputs + K]), b.n,
             nullptr, where_, ignored_class(leaf<K>(losses_))),
         ...);
        view.weights = weigh_samples({}, class_weight_, targets, columns_[inputs], b.n, where_,
                                     weights_, ignored_class(leaf<0>(losses_)));
        if (view.weights > 0) view.weight = weights_.data();
        return true;
    }
    /// The same without the targets, which predict does not look at.
    bool next_inputs(BatchView& view) {
        Batch<float> b;
        return next_inputs(view, b);
    }

private:
    bool next_inputs(BatchView& view, Batch<float>& b) {
        if (!batches_.next(b)) return false;
        if (b.n == 0) fail(Error::Kind::data, {where_}, {"a batch has no sample. Leave it out."});
        x_.bind(b.x, b.n, columns_, where_, "x", Net::vocabulary);
        view = {columns_, columns_ + inputs, nullptr, b.n};
        return true;
    }

    B& batches_;
    Losses const& losses_;
    char const* where_;
    Span<float const> class_weight_;
    Block<T> weights_;
    void const* columns_[inputs + sizeof...(K)]{};
    RowColumns<T, typename In::Output...> x_;
    RowColumns<T, typename At<K>::Target...> y_;
};

} // namespace lamina::detail
