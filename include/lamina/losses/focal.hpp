// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/math.hpp>
#include <lamina/kernels/simd.hpp>

#include <limits>

namespace lamina::detail {

/// u^gamma for 0 <= u <= 1: what the focal losses weigh with. Where gamma is negative, u = 0 counts
/// as the least number.
template <class T>
struct FocalPower {
    T gamma;

    template <class V>
    V operator()(V u) const {
        if (gamma == T(2)) return u * u;
        if (gamma == T(1)) return u;
        if (gamma == T(0)) return V(T(1));
        V const some = kernels::max(V(std::numeric_limits<T>::min()), u);
        V const power = kernels::exp(V(gamma) * kernels::log(some));
        if (gamma < T(0)) return power;
        return kernels::select(u > V(T(0)), power, V(T(0)));
    }
};

} // namespace lamina::detail
