// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/batch.hpp>
#include <lamina/kernels/math.hpp>
#include <lamina/kernels/polynomials.hpp>

/// The normal distribution and the error function of a batch, as kernels/math.hpp has the others.
namespace lamina::kernels {

/// The normal distribution at x: its density (3 ulp) and the probability of less, Phi(x) (6 ulp),
/// without the loss that 1 + erf would have far below 0.
template <class V>
struct Normal {
    V density, below;
};
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Normal<Batch<T, A>>
normal(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    using F = detail::Fit<T>;
    using B = decltype(as_bits(x));
    using U = typename B::value_type;
    // exp(-x^2 / 2) wants -x^2 / 2 to more places than T has: the upper half of x has a square
    // without rounding, what is missing goes into r.
    V const size = kernels::min(V(F::tail_most), kernels::abs(x)), minus_half(T(-0.5));
    V const upper = from_bits(as_bits(size) & B(~((U{1} << F::half_bits) - 1)));
    V const rest = (size - upper) * (size + upper) * minus_half;
    V const square = upper * upper * minus_half;
    auto a = detail::reduce(square + rest);
    V const r = opaque(kernels::fnma(a.n, V(F::ln2_high), square));
    a.r = kernels::fnma(a.n, V(F::ln2_low), r) + rest;
    V const e = detail::exp_reduced(a.r);
    V const over = detail::polynomial_from(size, F::over);
    V const tail = detail::scaled(e * (over / detail::polynomial_from(size, F::under)), a);
    return {detail::scaled(e * V(T(0.398942280401432677939946L)), a),
            kernels::select(x < V(T(0)), tail, V(T(1)) - tail)};
}

/// The error function. 2 ulp.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A> erf(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    V const size = kernels::abs(x), root(T(1.41421356237309504880168872L));
    V const near = kernels::fma(detail::polynomial(x * x, detail::Fit<T>::erf), x, x);
    V const far = kernels::fnma(V(T(2)), kernels::normal(-size * root).below, V(T(1)));
    return kernels::select(size < V(T(1)), near, kernels::copysign(far, x));
}

} // namespace lamina::kernels
