// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/layers/options.hpp>

/// What is said of the layers of a Transformer behind their numbers.
namespace lamina {

/// Each sublayer works on the norm of what comes in: x + f(norm(x)). PyTorch's norm_first=True.
struct PreNorm {};
/// The sum is normalised: norm(x + f(x)), as Vaswani et al. (2017). PyTorch's default.
struct PostNorm {};
/// Dropout between the two layers of the feed-forward network too, as in PyTorch. (Vaswani et al.
/// and Keras' Hub have it behind each sublayer only.)
struct InnerDropout {};

} // namespace lamina
