// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/kernels/simd.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

/// Elementary functions of a batch, for float and double. They are right within a few units in the
/// last place (ulp; how many stands at each) from the smallest denormal to the largest number, take
/// their limits at infinities, hand a NaN on and flush nothing to zero. Say kernels::exp: xsimd has
/// functions of the same names that are less exact at the ends of the range.
///
/// Ranges are reduced as in Cody and Waite (1980), "Software manual for the elementary functions".
/// The polynomials were fitted for the least largest relative error of the function with Remez'
/// exchange (1934) in 60 digits, the one quotient of two with Lawson's weights (1961); the error
/// they leave stands beside each.
namespace lamina::kernels {

namespace detail {

/// What the format of T says, and the polynomials in its precision.
template <class T>
struct Fit;

template <>
struct Fit<float> {
    static constexpr int mantissa = 23, bias = 127, half_bits = 12;
    static constexpr float shift = 0x1.8p23f;             // x + shift - shift is x rounded to whole
    static constexpr float ln2_high = 0x1.62e4p-1f;       // 15 bits: times a whole n it is exact
    static constexpr float ln2_low = 1.42860682030942e-6f;
    static constexpr float exp_least = -104, exp_most = 89, expm1_least = -20, expm1_most = 88.73f;
    static constexpr float tail_most = 15.5f;

    // (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2: 2^-28
    static constexpr float exp[] = {0.499999934525951947f, 0.166665206962444891f,
                                    0.041668387241841566f, 0.0083687092434534619f,
                                    0.00138146165441592549f};
    // (2 artanh(s) / s - 2) / z of z = s^2 on s <= 1/5, for log: 2^-28; on s <= 1/3: 2^-33
    static constexpr float log[] = {0.666669473475940278f, 0.399578257624166862f,
                                    0.303605625435752979f};
    static constexpr float log1p_unit[] = {0.666666756218889283f, 0.39998877749024358f,
                                           0.28616884670745893f, 0.214276589523458755f,
                                           0.243009312718249403f};
    // erf(x) / x - 1 of z = x^2 on |x| <= 1: 2^-30
    static constexpr float erf[] = {0.12837916572671987f,    -0.37612625824265281f,
                                    0.112835851488892651f,   -0.026853811944919591f,
                                    0.00518832770198300024f, -0.000801019375646353444f,
                                    0.00007853861758552855f};
    // exp(x^2 / 2) Phi(-x) = over(x) / under(x) on 0 <= x <= 15.5: 2^-27
    static constexpr float over[] = {0.500000003342238107f, 0.440222281709794202f,
                                     0.184668081447293937f, 0.0411176572343049722f,
                                     0.0041885720451656158f};
    static constexpr float under[] = {1.0f,
                                      1.6783295958252879f,
                                      1.20844411092822543f,
                                      0.473254505865583631f,
                                      0.103072496839764899f,
                                      0.0104990887194806047f};
};

template <>
struct Fit<double> {
    static constexpr int mantissa = 52, bias = 1023, half_bits = 27;
    static constexpr double shift = 0x1.8p52;
    static constexpr double ln2_high = 0.6931471805596629565116018;   // 41 bits
    static constexpr double ln2_low = 2.823529056303157712258845e-13;
    static constexpr double exp_least = -746, exp_most = 710, expm1_least = -40,
                            expm1_most = 709.79;
    static constexpr double tail_most = 39.5;

    // 2^-57.9
    static constexpr double exp[] = {
        0.500000000000001061,   0.166666666666664128,    0.0416666666665303187,
        0.00833333333349432437, 0.0013888888943585751,   0.000198412695067725733,
        2.48014931471730193e-5, 2.75575862891808935e-6,  2.76302303747070789e-7,
        2.50000612119880235e-8};
    // 2^-62.7, 2^-59.4
    static constexpr double log[] = {0.666666666666665973, 0.400000000000559409,
                                     0.285714285560074118, 0.222222242761781866,
                                     0.18181667089883694,  0.15391072384919631,
                                     0.131742625692564573, 0.138385620598574299};
    static constexpr double log1p_unit[] = {
        0.666666666666663038, 0.400000000001572419, 0.285714285478539468, 0.222222239697292001,
        0.181817439249419109, 0.153865599235364648, 0.133009735723731482, 0.121060864051167112,
        0.0834010071531213161, 0.170185769642637881};
    // 2^-62.7
    static constexpr double erf[] = {
        0.128379167095512574,     -0.376126389031837476,    0.112837916709548575,
        -0.0268661706450728942,   0.00522397762478085935,   -0.000854832697874174687,
        0.000120553310368819429,  -1.49255935064473623e-5,  1.64609728097153497e-6,
        -1.63500251438279957e-7,  1.46578793080454292e-8,   -1.1365663897562765e-9,
        5.94525827930620914e-11};
    // on 0 <= x <= 39.5: 2^-59.8
    static constexpr double over[] = {
        0.5,                     0.828285807050011691,    0.680173148677991981,
        0.357780694098919618,    0.132260107025609936,    0.0357406293360601833,
        0.00714063494511470975,  0.00104281784792594378,  0.000106948572594127431,
        7.00487254939183127e-6,  2.25275873991379711e-7};
    static constexpr double under[] = {
        1.0,                     2.45445617490288895,     2.81871898447824829,
        2.00330717997126013,     0.98135948696321437,     0.348895320445797759,
        0.0921673118118083626,   0.0181658683937139533,   0.00263151531469096741,
        0.00026864499886816224,  0.000017558611592520615, 5.64682875338880982e-7};
};

/// c[From] + c[From + 1] x + ..., in halves (Estrin, 1960): a chain of few steps that wait for each
/// other. power[k] is x^(2^k).
template <std::size_t From, std::size_t Count, class V, class T>
[[gnu::always_inline]] inline V polynomial(V const (&power)[5], T const* c) noexcept {
    if constexpr (Count == 1) {
        return V(c[From]);
    } else {
        constexpr int k = Count > 16 ? 4 : Count > 8 ? 3 : Count > 4 ? 2 : Count > 2 ? 1 : 0;
        constexpr std::size_t half = std::size_t{1} << k;
        return kernels::fma(polynomial<From + half, Count - half>(power, c), power[k],
                            polynomial<From, half>(power, c));
    }
}
template <class V, class T, std::size_t N>
[[gnu::always_inline]] inline V polynomial(V const& x, T const (&c)[N]) noexcept {
    V const x2 = x * x, x4 = x2 * x2, x8 = x4 * x4;
    V const power[5]{x, x2, x4, x8, x8 * x8};
    return polynomial<0, N>(power, c);
}

/// The same with c0 added last: exact to a rounding where x is small.
template <class V, class T, std::size_t N>
[[gnu::always_inline]] inline V polynomial_from(V const& x, T const (&c)[N]) noexcept {
    V const x2 = x * x, x4 = x2 * x2, x8 = x4 * x4;
    V const power[5]{x, x2, x4, x8, x8 * x8};
    return kernels::fma(polynomial<1, N - 1>(power, c), x, V(c[0]));
}

/// x = n ln(2) + r with a whole n and |r| <= ln(2) / 2; exp(x) = 2^n (1 + r + r^2 q).
template <class V>
struct Reduced {
    V shifted;   // its last bits are n plus the exponent's bias
    V n, r;
};
template <class V>
[[gnu::always_inline]] inline Reduced<V> reduce(V const& x) noexcept {
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
[[gnu::always_inline]] inline V expm1_reduced(V const& r) noexcept {
    return kernels::fma(polynomial(r, Fit<typename V::value_type>::exp), r * r, r);
}
/// 2^(n - less), where that is a normal number.
template <unsigned less = 0, class V>
[[gnu::always_inline]] inline V power_of_two(Reduced<V> const& a) noexcept {
    auto const bits = as_bits(a.shifted);
    return from_bits((bits - decltype(bits + bits)(less)) << Fit<typename V::value_type>::mantissa);
}
/// p 2^n rounded once, for p near 1: in two steps, as 2^n alone may be too small or too large.
template <class V>
[[gnu::always_inline]] inline V scaled(V const& p, Reduced<V> const& a) noexcept {
    using T = typename V::value_type;
    using F = Fit<T>;
    if constexpr (has_exponents<V>) {
        return kernels::scale(p, a.n);
    } else {
        auto const half = as_bits(kernels::fma(a.n, V(T(0.5)), V(F::shift))) << F::mantissa;
        V const rest = from_bits((as_bits(a.shifted) << F::mantissa) - half);
        return from_bits(as_bits(p) + half) * rest;
    }
}

/// x = m 2^k with 0.75 <= m < 1.5, for x > 0.
template <class V>
struct Parts {
    V m, k;
};
template <class V>
[[gnu::always_inline]] inline Parts<V> parts(V const& x) noexcept {
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
        constexpr T whole = F::shift / T(1.5);   // its last bit counts ones
        constexpr U last = U(F::bias + F::mantissa) << F::mantissa;
        return {m, from_bits(biased | B(last)) - V(whole + T(F::bias))};
    }
}
/// The same, for denormal x too.
template <class V>
[[gnu::always_inline]] inline Parts<V> parts_of_any(V const& x) noexcept {
    if constexpr (has_exponents<V>) {
        return parts(x);
    } else {
        using T = typename V::value_type;
        constexpr T up = Fit<T>::shift;   // 1.5 2^mantissa
        auto const small = x < V(std::numeric_limits<T>::min());
        Parts<V> a = parts(kernels::select(small, x * V(up / T(1.5)), x));
        a.k = a.k - kernels::select(small, V(T(Fit<T>::mantissa)), V(T(0)));
        return a;
    }
}

/// log(1 + f) + k ln(2), -1/4 <= f < 1/2: with s = f / (2 + f) it is 2 artanh(s) = f - s (f - ...).
template <class V>
[[gnu::always_inline]] inline V log_of_parts(V const& f, V const& k) noexcept {
    using T = typename V::value_type;
    using F = Fit<T>;
    V const s = f / (f + V(T(2))), z = s * s;
    V const u = kernels::fnma(s, kernels::fnma(z, polynomial(z, F::log), f), f);
    return kernels::fma(k, V(F::ln2_high), kernels::fma(k, V(F::ln2_low), u));
}

/// r for lowest < x < inf; -inf at lowest; NaN below; inf and NaN as they are.
template <class V>
[[gnu::always_inline]] inline V with_limits(V const& r, V const& x,
                                            typename V::value_type lowest) noexcept {
    using T = typename V::value_type;
    using L = std::numeric_limits<T>;
    V const below = kernels::select(x == V(lowest), V(-L::infinity()), V(L::quiet_NaN()));
    V const inside = kernels::select(x < V(L::infinity()), r, x);
    return kernels::select(x > V(lowest), inside, below);
}

} // namespace detail

/// e^x. 1.1 ulp.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> exp(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    using F = detail::Fit<T>;
    auto const a = detail::reduce(kernels::min(V(F::exp_most), kernels::max(V(F::exp_least), x)));
    return detail::scaled(V(T(1)) + detail::expm1_reduced(a.r), a);
}

/// e^x - 1, exact to the last bits for small x. 2.5 ulp.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> expm1(xsimd::batch<T, A> const& x) noexcept {
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
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> log(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    auto const a = detail::parts_of_any(x);
    V const y = detail::log_of_parts(a.m - V(T(1)), a.k);
    if constexpr (has_exponents<V>) return y;
    else return detail::with_limits(y, x, T(0));
}

/// log(1 + x), exact to the last bits for small x; of -1 -inf, below NaN. 1.5 ulp.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> log1p(xsimd::batch<T, A> const& x) noexcept {
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
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> log1p_unit(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    V const s = x / (x + V(T(2))), z = s * s;
    V const p = detail::polynomial(z, detail::Fit<T>::log1p_unit);
    return kernels::fnma(s, kernels::fnma(z, p, x), x);
}

/// The hyperbolic tangent: -m / (2 + m) with m = exp(-2 |x|) - 1. 3 ulp.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> tanh(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    using F = detail::Fit<T>;
    auto const a = detail::reduce(kernels::max(V(F::expm1_least), kernels::abs(x) * V(T(-2))));
    V const power = detail::power_of_two(a);
    V const m = kernels::fma(power, detail::expm1_reduced(a.r), power - V(T(1)));
    return kernels::copysign(m / (m + V(T(2))), x);
}

/// 1 / (1 + exp(-x)), as e / (1 + e) or 1 / (1 + e) with e = exp(-|x|). 3 ulp.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> sigmoid(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    V const one(T(1)), e = kernels::exp(-kernels::abs(x));
    return kernels::select(x < V(T(0)), e, one) / (one + e);
}

/// The logistic distribution at x: the probability of less, sigmoid(x), and of more, sigmoid(-x),
/// without the loss that 1 - sigmoid(x) would have. 3.5 ulp.
template <class V>
struct Logistic {
    V below, above;
};
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Logistic<Batch<T, A>> logistic(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    V const one(T(1)), e = kernels::exp(-kernels::abs(x)), larger = one / (one + e);
    V const smaller = e * larger;
    auto const negative = x < V(T(0));
    return {kernels::select(negative, smaller, larger), kernels::select(negative, larger, smaller)};
}

/// log(1 + exp(x)), as max(x, 0) + log(1 + exp(-|x|)). 2 ulp.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> softplus(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    return kernels::max(V(T(0)), x) + kernels::log1p_unit(kernels::exp(-kernels::abs(x)));
}

/// The normal distribution at x: its density (3 ulp) and the probability of less, Phi(x) (6 ulp),
/// without the loss that 1 + erf would have far below 0.
template <class V>
struct Normal {
    V density, below;
};
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Normal<Batch<T, A>> normal(xsimd::batch<T, A> const& x) noexcept {
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
    V const e = V(T(1)) + detail::expm1_reduced(a.r);
    V const over = detail::polynomial_from(size, F::over);
    V const tail = detail::scaled(e * (over / detail::polynomial_from(size, F::under)), a);
    return {detail::scaled(e * V(T(0.398942280401432677939946L)), a),
            kernels::select(x < V(T(0)), tail, V(T(1)) - tail)};
}

/// The error function. 2 ulp.
template <class T, class A>
    requires Real<T>
[[gnu::always_inline]] inline Batch<T, A> erf(xsimd::batch<T, A> const& x) noexcept {
    using V = Batch<T, A>;
    V const size = kernels::abs(x), root(T(1.41421356237309504880168872L));
    V const near = kernels::fma(detail::polynomial(x * x, detail::Fit<T>::erf), x, x);
    V const far = kernels::fnma(V(T(2)), kernels::normal(-size * root).below, V(T(1)));
    return kernels::select(size < V(T(1)), near, kernels::copysign(far, x));
}

} // namespace lamina::kernels
