// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/batch.hpp>
#include <lamina/kernels/polynomials.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>

/// Elementary functions of a batch, for float and double. They are right within a few units in the
/// last place (ulp; how many stands at each) from the smallest denormal to the largest number, take
/// their limits at infinities, hand a NaN on and flush nothing to zero. Say kernels::exp: xsimd has
/// functions of the same names that are less exact at the ends of the range.
///
/// Ranges are reduced as in Cody and Waite (1980), "Software manual for the elementary functions".
/// Their polynomials stand in kernels/polynomials.hpp.
namespace lamina::kernels {

namespace detail {

/// x = n ln(2) + r with a whole n and |r| <= ln(2) / 2; exp(x) = 2^n (1 + r + r^2 q).
template <class V>
struct Reduced {
    V shifted; // its last bits are n plus the exponent's bias
    V n, r;
};
template <class V>
LAMINA_ALWAYS_INLINE inline Reduced<V> reduce(V const& x) noexcept {
    using T = typename V::value_type;
    using F = Fit<T>;
    V const shift(F::shift + T(F::bias));
    Reduced<V> a;
    a.shifted = opaque(kernels::fma(x, V(T(1.442695040888963407L)), shift));
    a.n = a.shifted - shift;
    a.r = kernels::fnma(a.n, V(F::ln2_low), opaque(kernels::fnma(a.n, V(F::ln2_high), x)));
    return a;
}
/// exp(r) - 1.
template <class V>
LAMINA_ALWAYS_INLINE inline V expm1_reduced(V const& r) noexcept {
    return kernels::fma(polynomial(r, Fit<typename V::value_type>::exp), r * r, r);
}
/// exp(r).
template <class V>
LAMINA_ALWAYS_INLINE inline V exp_reduced(V const& r) noexcept {
    V const one(typename V::value_type(1));
    V const q = polynomial(r, Fit<typename V::value_type>::exp);
    return kernels::fma(kernels::fma(q, r, one), r, one);
}
/// 2^(n - less), where that is a normal number.
template <unsigned less = 0, class V>
LAMINA_ALWAYS_INLINE inline V power_of_two(Reduced<V> const& a) noexcept {
    auto const bits = as_bits(a.shifted);
    return from_bits((bits - decltype(bits + bits)(less)) << Fit<typename V::value_type>::mantissa);
}
/// p 2^n rounded once, for p near 1: in two steps, as 2^n alone may be too small or too large.
template <class V>
LAMINA_ALWAYS_INLINE inline V scaled(V const& p, Reduced<V> const& a) noexcept {
    using T = typename V::value_type;
    using F = Fit<T>;
    if constexpr (has_exponents<V>) {
        return kernels::scale(p, a.n);
    } else {
        using B = decltype(as_bits(p));
        constexpr auto one = typename B::value_type(F::bias) << F::mantissa;
        auto const half = as_bits(kernels::fma(a.n, V(T(0.5)), V(F::shift + T(F::bias))))
                          << F::mantissa;
        auto const rest = (as_bits(a.shifted) << F::mantissa) - half + B(one);
        return p * from_bits(half) * from_bits(rest); // a NaN's own bits do not matter
    }
}

/// x = m 2^k with 0.75 <= m < 1.5, for x > 0.
template <class V>
struct Parts {
    V m, k;
};
template <class V>
LAMINA_ALWAYS_INLINE inline Parts<V> parts(V const& x) noexcept {
    if constexpr (has_exponents<V>) {
        V const m = kernels::mantissa(x);
        return {m, kernels::exponent(x) - kernels::exponent(m)};
    } else {
        using T = typename V::value_type;
        using F = Fit<T>;
        using B = decltype(as_bits(x));
        using U = typename B::value_type;
        constexpr U one = U(F::bias) << F::mantissa, quarter = U{1} << (F::mantissa - 1);
        B const bits = as_bits(x), biased = (bits + B(quarter)) >> F::mantissa;
        V const m = from_bits(bits - (biased << F::mantissa) + B(one));
        constexpr T whole = F::shift / T(1.5); // its last bit counts ones
        constexpr U last = U(F::bias + F::mantissa) << F::mantissa;
        return {m, from_bits(biased | B(last)) - V(whole + T(F::bias))};
    }
}
/// The same, for denormal x too.
template <class V>
LAMINA_ALWAYS_INLINE inline Parts<V> parts_of_any(V const& x) noexcept {
    if constexpr (has_exponents<V>) {
        return parts(x);
    } else {
        using T = typename V::value_type;
        constexpr T up = Fit<T>::shift; // 1.5 2^mantissa
        auto const small = x < V(std::numeric_limits<T>::min());
        Parts<V> a = parts(kernels::select(small, x * V(up / T(1.5)), x));
        a.k = a.k - kernels::select(small, V(T(Fit<T>::mantissa)), V(T(0)));
        return a;
    }
}

/// log(1 + f) + k ln(2), -1/4 <= f < 1/2: with s = f / (2 + f) it is 2 artanh(s) = f - s (f - ...).
template <class V>
LAMINA_ALWAYS_INLINE inline V log_of_parts(V const& f, V const& k) noexcept {
    using T = typename V::value_type;
    using F = Fit<T>;
    V const s = f / (f + V(T(2))), z = s * s;
    V const u = kernels::fnma(s, kernels::fnma(z, polynomial(z, F::log), f), f);
    return kernels::fma(k, V(F::ln2_high), kernels::fma(k, V(F::ln2_low), u));
}

/// r for lowest < x < inf; -inf at lowest; NaN below; inf and NaN as they are.
template <class V>
LAMINA_ALWAYS_INLINE inline V with_limits(V const& r, V const& x,
                                          typename V::value_type lowest) noexcept {
    using T = typename V::value_type;
    using L = std::numeric_limits<T>;
    V const below = kernels::select(x == V(lowest), V(-L::infinity()), V(L::quiet_NaN()));
    V const inside = kernels::select(x < V(L::infinity()), r, x);
    return kernels::select(x > V(lowest), inside, below);
}

} // namespace detail

/// e^x. 1.2 ulp.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A> exp(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    using F = detail::Fit<T>;
    auto const a = detail::reduce(kernels::min(V(F::exp_most), kernels::max(V(F::exp_least), x)));
    return detail::scaled(detail::exp_reduced(a.r), a);
}

/// e^x - 1, exact to the last bits for small x. 2.5 ulp.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
expm1(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    using F = detail::Fit<T>;
    auto const a =
        detail::reduce(kernels::min(V(F::expm1_most), kernels::max(V(F::expm1_least), x)));
    // 2^n e + (2^n - 1), in halves: 2^128 is no number, 2^128 (1 + e) may be one
    V const half = detail::power_of_two<1>(a);
    V const y = kernels::fma(half, detail::expm1_reduced(a.r), half - V(T(0.5))) * V(T(2));
    return kernels::select(kernels::abs(x) < V(std::numeric_limits<T>::epsilon() / 4), x, y);
}

/// The natural logarithm; of 0 -inf, of negatives NaN. 1.5 ulp.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A> log(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    auto const a = detail::parts_of_any(x);
    V const y = detail::log_of_parts(a.m - V(T(1)), a.k);
    if constexpr (has_exponents<V>) return y;
    else return detail::with_limits(y, x, T(0));
}

/// log(1 + x), exact to the last bits for small x; of -1 -inf, below NaN. 1.5 ulp.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
log1p(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    using F = detail::Fit<T>;
    auto const a = detail::parts(V(T(1)) + x);
    // 2^-k (1 + x) - 1 without the rounding of 1 + x
    V const k = kernels::max(V(T(-60)), kernels::min(V(T(60)), a.k));
    V const scale = from_bits(as_bits(V(F::shift + T(F::bias)) - k) << F::mantissa);
    V const f = kernels::select(k == a.k, kernels::fma(x, scale, scale - V(T(1))), a.m - V(T(1)));
    V const y = detail::with_limits(detail::log_of_parts(f, a.k), x, T(-1));
    return kernels::select(x == V(T(0)), x, y);
}

/// log(1 + x) for 0 <= x <= 1, and for nothing else: half the work. 1.5 ulp.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
log1p_unit(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    V const s = x / (x + V(T(2))), z = s * s;
    V const p = detail::polynomial(z, detail::Fit<T>::log1p_unit);
    return kernels::fnma(s, kernels::fnma(z, p, x), x);
}

namespace detail {
/// q, which is not above 1 if it was divided exactly: under -ffast-math it may be estimated.
template <class V>
LAMINA_ALWAYS_INLINE inline V at_most_one(V const& q) noexcept {
#if defined(__FAST_MATH__)
    return kernels::min(V(1), q);
#else
    return q;
#endif
}
} // namespace detail

/// The hyperbolic tangent: |x| = k + g, k = n ln(2) / 2 with a whole n and |g| <= ln(2) / 4. Then
/// tanh(k) = (1 - p) / (1 + p) with p = 2^-n, and the rest is the law of addition. What n ln(2) / 2
/// loses to rounding counts for little, as the slope of tanh goes with p. 2.6 ulp; odd; within 1.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
tanh(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    using F = detail::Fit<T>;
    V const size = kernels::min(V(T(20)), kernels::abs(x)), one(T(1));
    V const shift(F::shift + T(F::bias));
    V const shifted = opaque(kernels::fnma(size, V(T(2.885390081777926814L)), shift));
    V const g = kernels::fma(shifted - shift, V(T(0.346573590279972654709L)), size), z = g * g;
    V const t = kernels::fma(z * g, detail::polynomial(z, F::tanh), g);
    V const p = from_bits(as_bits(shifted) << F::mantissa), over = one - p, under = one + p;
    V const y = kernels::fma(t, under, over) / kernels::fma(t, over, under);
    return detail::at_most_one(y) | (x & V(T(-0.0)));
}

namespace detail {
/// e^-|x|: too small it may become, but never too large.
template <class V>
LAMINA_ALWAYS_INLINE inline V exp_of_minus_size(V const& x) noexcept {
    using T = typename V::value_type;
    auto const a = reduce(kernels::max(V(Fit<T>::exp_least), x | V(T(-0.0))));
    return scaled(exp_reduced(a.r), a);
}
} // namespace detail

/// 1 / (1 + exp(-x)): x = -n ln(2) + h with a whole n and |h| <= ln(2) / 2, and
/// exp(-h) = (2 - u) / (2 + u) with u = 2 tanh(h / 2). Above and below the line stands a small s,
/// so that s 2^n is no infinity where the result is not 0. 2.6 ulp; never above 1.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
sigmoid(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    using F = detail::Fit<T>;
    constexpr int small = F::mantissa + 3;
    constexpr T s = T(1) / T(std::uint64_t{1} << small);
    V const inside = kernels::max(V(F::exp_least), kernels::min(V(T(40)), x)), two(T(2));
    V const shift(F::shift + T(F::bias - small));
    V const shifted = opaque(kernels::fnma(inside, V(T(1.442695040888963407L)), shift));
    V const n = shifted - shift, upper = opaque(kernels::fma(n, V(F::ln2_high), inside));
    V const h = kernels::fma(n, V(F::ln2_low), upper), z = h * h;
    V const u = kernels::fma(z * h, detail::polynomial(z, F::half_tanh), h);
    V const power = from_bits(as_bits(shifted) << F::mantissa); // s 2^n
    V const up = kernels::fma(u, V(s), V(2 * s));
    return detail::at_most_one(up / kernels::fma(power, two - u, up));
}

/// The logistic distribution at x: the probability of less, sigmoid(x), and of more, sigmoid(-x),
/// without the loss that 1 - sigmoid(x) would have. 3.5 ulp.
template <class V>
struct Logistic {
    V below, above;
};
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Logistic<Batch<T, A>>
logistic(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    V const one(T(1)), e = detail::exp_of_minus_size(x), larger = one / (one + e);
    V const smaller = e * larger;
    auto const negative = x < V(T(0));
    return {kernels::select(negative, smaller, larger), kernels::select(negative, larger, smaller)};
}

/// log(1 + exp(x)), as max(x, 0) + log(1 + exp(-|x|)). 2 ulp.
template <class T, class A>
requires Real<T> LAMINA_ALWAYS_INLINE inline Batch<T, A>
softplus(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    return kernels::max(V(T(0)), x) + kernels::log1p_unit(detail::exp_of_minus_size(x));
}

} // namespace lamina::kernels
