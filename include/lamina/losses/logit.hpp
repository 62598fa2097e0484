// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/simd.hpp>

#include <limits>

namespace lamina::detail {

/// What a logit z says of yes and no, without a number that is too large or cancels: the
/// probability p = sigmoid(z) of yes, q = 1 - p = sigmoid(-z) of no.
template <class V>
struct Logit {
    using T = typename V::value_type;

    V size, e;           // |z|, exp(-|z|)
    decltype(e >= e) up; // z >= 0
    V p, q;

    LAMINA_ALWAYS_INLINE explicit Logit(V const& z)
        : size(kernels::abs(z)), e(kernels::exp(-size)), up(z >= V(T(0))) {
        V const one(T(1)), larger = one / (one + e), smaller = e * larger;
        p = kernels::select(up, larger, smaller);
        q = kernels::select(up, smaller, larger);
    }
    /// -yes log p - no log q, both = yes + no: the tail log(1 + exp(-|z|)) is in either logarithm,
    /// |z| in one of them; an infinity counts as the largest number.
    LAMINA_ALWAYS_INLINE V crossentropy(V const& yes, V const& no, V const& both) const {
        V const finite = kernels::min(V(std::numeric_limits<T>::max()), size);
        return kernels::select(up, no, yes) * finite + both * kernels::log1p_unit(e);
    }
};

} // namespace lamina::detail
