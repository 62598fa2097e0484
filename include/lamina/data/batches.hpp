// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/data/array_batches.hpp>
#include <lamina/data/batch.hpp>
#include <lamina/data/dataset.hpp>
#include <lamina/data/sample_batches.hpp>
#include <lamina/data/sample_source.hpp>

#include <type_traits>
#include <utility>

namespace lamina {

/// Batches of a data set in memory, which must outlive them.
ArrayBatches batches(Dataset const& data, BatchOptions const& options = {});
ArrayBatches batches(Dataset&&, BatchOptions const& = {}) = delete;

/// Batches of samples from
///   a range, walked again each epoch (kept by reference if it has a name);
///   a function that returns std::optional<Sample>, empty at the end of an epoch;
///   a function that returns samples without end, with .steps;
///   an object with such a function next() and, to begin again, rewind() - a CsvStream::each.
/// A sample is two things that `auto& [x, y]` takes apart, each a number or a range of numbers, the
/// same sizes every time, or for a network with several inputs or outputs a tuple of such; or it is
/// a Dataset, which stands for all its rows.
///
///     batches([&] { return std::pair{std::tuple{question, answer}, label}; }, {.steps = 100})
template <class Source>
requires(!std::is_same_v<std::remove_cvref_t<Source>, Dataset> &&
         (detail::HasNext<Source> || detail::Iterable<Source> ||
          detail::Callable<Source>)) auto batches(Source&& source,
                                                  BatchOptions const& options = {}) {
    using S = std::remove_cvref_t<Source>;
    if constexpr (detail::HasNext<S>)
        return SampleBatches<S>(std::forward<Source>(source), options);
    else if constexpr (detail::Iterable<S>) {
        using Range = detail::RangeSource<Source>;
        return SampleBatches<Range>(Range(std::forward<Source>(source)), options);
    } else {
        using Call = detail::CallSource<S>;
        return SampleBatches<Call>(Call(std::forward<Source>(source)), options);
    }
}

#if LAMINA_BODIES

LAMINA_INLINE ArrayBatches batches(Dataset const& data, BatchOptions const& options) {
    return {{data.x.data(), data.x.size()}, {data.y.data(), data.y.size()}, data.rows(), options};
}

#endif

} // namespace lamina
