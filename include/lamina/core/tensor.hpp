// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The one header that includes xtensor: the tensors that users hold. Releases since 0.26 keep their
// headers in sub-folders.
#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#include <cstddef>

namespace lamina {

/// A row-major xtensor of rank R: what read_csv gives and predict returns. The first axis counts
/// the samples.
template <class T, std::size_t R>
using Tensor = xt::xtensor<T, R, xt::layout_type::row_major>;

/// Any xtensor expression: a container, a view, an adapted pointer, a sum not yet computed.
template <class E>
concept TensorExpression = xt::is_xexpression<E>::value;

} // namespace lamina
