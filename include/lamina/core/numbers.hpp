// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>

#include <cstddef>

namespace lamina::detail {

/// Where the numbers of a container or view begin that lie one after another, the last axis
/// fastest. Error (argument) says so if they do not.
template <class X>
auto const* numbers_of(X const& x, char const* where) {
    if constexpr (requires {
                      x.data_offset();
                      x.strides();
                  }) {
        bool dense = true;
        std::size_t expected = 1;
        for (std::size_t axis = x.dimension(); axis-- > 0; expected *= std::size_t(x.shape()[axis]))
            dense = dense && (x.shape()[axis] == 1 || std::size_t(x.strides()[axis]) == expected);
        if (!dense)
            refuse(where,
                   {"the numbers of a view or column-major tensor do not lie one after "
                    "another. Give a copy: xt::xtensor<float, 1>(view), or xt::eval of it."});
        return x.data() + x.data_offset();
    } else {
        return x.data();
    }
}

} // namespace lamina::detail
