// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace lamina {

/// Neighbouring numbers in a model's block of parameters.
struct Stretch {
    std::size_t from = 0, size = 0;
};

} // namespace lamina
