// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/inlining.hpp>
#include <lamina/kernels/batch.hpp>

#include <cstddef>

/// The polynomials of kernels/math.hpp and normal.hpp. They were fitted for the least largest
/// relative error of the function with Remez' exchange (1934) in 34 to 60 digits, the one quotient
/// of two with Lawson's weights (1961); the error they leave stands beside each. Those of tanh were
/// rounded one by one, the rest fitted anew each time.
namespace lamina::kernels::detail {

/// What the format of T says, and the polynomials in its precision.
template <class T>
struct Fit;

template <>
struct Fit<float> {
    static constexpr int mantissa = 23, bias = 127, half_bits = 12;
    static constexpr float shift = 0x1.8p23f;       // x + shift - shift is x rounded to whole
    static constexpr float ln2_high = 0x1.62e4p-1f; // 15 bits: times a whole n it is exact
    static constexpr float ln2_low = 1.42860682030942e-6f;
    static constexpr float exp_least = -104, exp_most = 89, expm1_least = -20, expm1_most = 88.73f;
    static constexpr float tail_most = 15.5f;

    // (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2: 2^-28
    static constexpr float exp[] = {0.499999934525951947f, 0.166665206962444891f,
                                    0.041668387241841566f, 0.0083687092434534619f,
                                    0.00138146165441592549f};
    // (tanh(g) / g - 1) / z of z = g^2 on |g| <= ln(2) / 4: 2^-24.1
    static constexpr float tanh[] = {-0.333312690258026123f, 0.131104618310928345f};
    // (2 tanh(h / 2) / h - 1) / z of z = h^2
    static constexpr float half_tanh[] = {tanh[0] / 4, tanh[1] / 16};
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
    static constexpr double ln2_high = 0.6931471805596629565116018; // 41 bits
    static constexpr double ln2_low = 2.823529056303157712258845e-13;
    static constexpr double exp_least = -746, exp_most = 710, expm1_least = -40,
                            expm1_most = 709.79;
    static constexpr double tail_most = 39.5;

    // 2^-57.9
    static constexpr double exp[] = {0.500000000000001061,   0.166666666666664128,
                                     0.0416666666665303187,  0.00833333333349432437,
                                     0.0013888888943585751,  0.000198412695067725733,
                                     2.48014931471730193e-5, 2.75575862891808935e-6,
                                     2.76302303747070789e-7, 2.50000612119880235e-8};
    // 2^-57.7
    static constexpr double tanh[] = {-0.333333333333324822,   0.133333333327821879,
                                      -0.0539682527793236833,  0.0218693705149592618,
                                      -0.00885730210907825083, 0.00344475585129273712};
    static constexpr double half_tanh[] = {tanh[0] / 4,   tanh[1] / 16,   tanh[2] / 64,
                                           tanh[3] / 256, tanh[4] / 1024, tanh[5] / 4096};
    // 2^-62.7, 2^-59.4
    static constexpr double log[] = {
        0.666666666666665973, 0.400000000000559409, 0.285714285560074118, 0.222222242761781866,
        0.18181667089883694,  0.15391072384919631,  0.131742625692564573, 0.138385620598574299};
    static constexpr double log1p_unit[] = {
        0.666666666666663038,  0.400000000001572419, 0.285714285478539468, 0.222222239697292001,
        0.181817439249419109,  0.153865599235364648, 0.133009735723731482, 0.121060864051167112,
        0.0834010071531213161, 0.170185769642637881};
    // 2^-62.7
    static constexpr double erf[] = {
        0.128379167095512574,    -0.376126389031837476,   0.112837916709548575,
        -0.0268661706450728942,  0.00522397762478085935,  -0.000854832697874174687,
        0.000120553310368819429, -1.49255935064473623e-5, 1.64609728097153497e-6,
        -1.63500251438279957e-7, 1.46578793080454292e-8,  -1.1365663897562765e-9,
        5.94525827930620914e-11};
    // on 0 <= x <= 39.5: 2^-59.8
    static constexpr double over[] = {0.5,
                                      0.828285807050011691,
                                      0.680173148677991981,
                                      0.357780694098919618,
                                      0.132260107025609936,
                                      0.0357406293360601833,
                                      0.00714063494511470975,
                                      0.00104281784792594378,
                                      0.000106948572594127431,
                                      7.00487254939183127e-6,
                                      2.25275873991379711e-7};
    static constexpr double under[] = {1.0,
                                       2.45445617490288895,
                                       2.81871898447824829,
                                       2.00330717997126013,
                                       0.98135948696321437,
                                       0.348895320445797759,
                                       0.0921673118118083626,
                                       0.0181658683937139533,
                                       0.00263151531469096741,
                                       0.00026864499886816224,
                                       0.000017558611592520615,
                                       5.64682875338880982e-7};
};

/// c[From] + c[From + 1] x + ..., in halves (Estrin, 1960): a chain of few steps that wait for each
/// other. power[k] is x^(2^k).
template <std::size_t From, std::size_t Count, class V, class T>
LAMINA_ALWAYS_INLINE inline V polynomial(V const (&power)[5], T const* c) noexcept {
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
LAMINA_ALWAYS_INLINE inline V polynomial(V const& x, T const (&c)[N]) noexcept {
    if constexpr (N <= 5) { // few enough to wait one for the other (Horner): fewer products
        V sum(c[N - 1]);
        for (std::size_t i = N - 1; i-- > 0;) sum = kernels::fma(sum, x, V(c[i]));
        return sum;
    } else {
        V const x2 = x * x, x4 = x2 * x2, x8 = x4 * x4;
        V const power[5]{x, x2, x4, x8, x8 * x8};
        return polynomial<0, N>(power, c);
    }
}

/// The same with c0 added last: exact to a rounding where x is small.
template <class V, class T, std::size_t N>
LAMINA_ALWAYS_INLINE inline V polynomial_from(V const& x, T const (&c)[N]) noexcept {
    V const x2 = x * x, x4 = x2 * x2, x8 = x4 * x4;
    V const power[5]{x, x2, x4, x8, x8 * x8};
    return kernels::fma(polynomial<1, N - 1>(power, c), x, V(c[0]));
}

} // namespace lamina::kernels::detail
