// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace lamina {

/// An end of a sequence: before its first number, or behind its last one.
enum class Side { pre, post };

struct PadOptions {
    /// How long every sequence becomes. 0: as long as the longest one.
    std::size_t maxlen = 0;
    /// Where a shorter one is filled up.
    Side padding = Side::pre;
    /// Where a longer one is cut.
    Side truncating = Side::pre;
    /// What fills it up.
    double value = 0;
};

/// Sequences of one length, as a tensor (sequences, maxlen): Keras' pad_sequences.
///
///     auto x = pad_sequences(sequences, {.maxlen = 40, .padding = Side::post});
///
/// Options     PadOptions
/// Errors      (run time) the value is no number of the sequences' type
/// Source      keras.utils.pad_sequences
template <class T>
requires std::integral<T> || std::floating_point<T> Tensor<T, 2>
pad_sequences(std::vector<std::vector<T>> const& sequences, PadOptions const& options = {}) {
    if constexpr (std::integral<T>) {
        // The limits as doubles: the upper one of 64 bits is rounded up, so it is excluded.
        bool const fits = options.value == std::trunc(options.value) &&
                          options.value >= double(std::numeric_limits<T>::min()) &&
                          options.value < double(std::numeric_limits<T>::max()) + 1;
        if (!fits) {
            detail::refuse("pad_sequences",
                           {"value is ", options.value, ", and the sequences are of whole numbers ",
                            std::is_signed_v<T> ? "of " : "from 0 on, of ", 8 * sizeof(T),
                            " bits."});
        }
    }
    std::size_t width = options.maxlen;
    if (width == 0) {
        for (auto const& s : sequences) width = std::max(width, s.size());
    }
    Tensor<T, 2> out = Tensor<T, 2>::from_shape({sequences.size(), width});
    T* row = out.data();
    for (auto const& s : sequences) {
        std::size_t const n = std::min(width, s.size());
        auto const from = s.end() - std::ptrdiff_t(n); // what is left when the front is cut
        T* const to = options.padding == Side::pre ? row + (width - n) : row;
        std::fill(row, row + width, static_cast<T>(options.value));
        std::copy_n(options.truncating == Side::pre ? from : s.begin(), n, to);
        row += width;
    }
    return out;
}

/// The same for sequences in braces: pad_sequences({{1, 2, 3}, {4}}).
Tensor<std::int32_t, 2> pad_sequences(std::vector<std::vector<std::int32_t>> const& sequences,
                                      PadOptions const& options = {});
#if LAMINA_BODIES
LAMINA_INLINE Tensor<std::int32_t, 2>
pad_sequences(std::vector<std::vector<std::int32_t>> const& sequences, PadOptions const& options) {
    return pad_sequences<std::int32_t>(sequences, options);
}
#endif

} // namespace lamina
