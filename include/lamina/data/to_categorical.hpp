// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/array.hpp>
#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lamina {

/// Classes as rows of 0 with a 1 at the class: (labels, classes). Labels are whole numbers from 0
/// in a std::vector, a tensor of one axis, or of two with one column. Without `classes` there are
/// as many as the largest label asks for.
///
/// Errors      (run time) a label is negative, no whole number, or not below `classes`; there are
///             more axes
/// Source      keras.utils.to_categorical
Tensor<float, 2> to_categorical(Array const& labels, std::size_t classes = 0);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE Tensor<float, 2> to_categorical(Array const& labels,
                                                            std::size_t classes) {
    constexpr auto where = "to_categorical";
    if (labels.rank() > 2 || (labels.rank() == 2 && labels.extent(1) != 1)) {
        detail::refuse(where, {"the labels are ", detail::Dims{labels.shape()},
                               ". They should have one axis, or two with one column."});
    }
    Block<std::int32_t> room;
    std::int32_t const* const label = labels.as<std::int32_t>(room, where);
    std::size_t const n = labels.size();
    std::size_t needed = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (label[i] < 0) detail::refuse(where, {"label ", i, " is ", label[i], "."});
        needed = std::max(needed, std::size_t(label[i]) + 1);
        if (classes != 0 && needed > classes) {
            detail::refuse(where, {"label ", i, " is ", label[i], ", and there are ", classes,
                                   classes == 1 ? " class, 0." : " classes, from 0 on."});
        }
    }
    std::size_t const width = classes != 0 ? classes : needed;
    Tensor<float, 2> out = Tensor<float, 2>::from_shape({n, width});
    std::fill(out.data(), out.data() + out.size(), 0.0f);
    for (std::size_t i = 0; i < n; ++i) out.data()[i * width + std::size_t(label[i])] = 1.0f;
    return out;
}

#endif

} // namespace lamina
