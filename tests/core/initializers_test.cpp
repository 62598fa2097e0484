// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/initializers.hpp>

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace lamina;

namespace {

template <class Init, class T = float, std::size_t R>
std::vector<T> filled(std::array<std::size_t, R> const& dims, std::uint64_t key = 42) {
    std::size_t size = 1;
    for (std::size_t d : dims) size *= d;
    std::vector<T> w(size, T(99));
    Init::fill(w.data(), Extents{dims.data(), R, size}, Random{key});
    return w;
}

std::uint64_t hash(std::vector<double> const& v) {
    std::uint64_t h = 0xcbf29ce484222325u;
    for (double x : v)
        for (int byte = 0; byte < 8; ++byte) {
            h ^= (std::bit_cast<std::uint64_t>(x) >> (8 * byte)) & 0xff;
            h *= 0x100000001b3u;
        }
    return h;
}

struct Summary {
    double mean = 0, variance = 0, largest = 0;
};
template <class T>
Summary summary(std::vector<T> const& w) {
    Summary s;
    for (T x : w) s.mean += double(x);
    s.mean /= double(w.size());
    for (T x : w) {
        s.variance += (double(x) - s.mean) * (double(x) - s.mean);
        s.largest = std::max(s.largest, std::fabs(double(x)));
    }
    s.variance /= double(w.size());
    return s;
}

/// Mean 0, this variance, nothing beyond the limit but something close to it (0: no limit).
template <class Init>
void check(double variance, double limit, std::array<std::size_t, 2> const& dims = {400, 250}) {
    for (std::uint64_t key : {1u, 2u}) {
        Summary const s = summary(filled<Init>(dims, key));
        CHECK(std::fabs(s.mean) < 5 * std::sqrt(variance / double(dims[0] * dims[1])));
        CHECK(s.variance == doctest::Approx(variance).epsilon(0.02));
        if (limit > 0) {
            CHECK(s.largest <= limit * (1 + 1e-6));
            CHECK(s.largest > 0.999 * limit);
        } else {
            CHECK(s.largest > 3.5 * std::sqrt(variance));
        }
    }
}

constexpr double cut = 0.87962566103423978;   // standard deviation of a normal number cut at 2

} // namespace

TEST_CASE("constants") {
    std::array<std::size_t, 1> const dims{5};
    CHECK(filled<Zeros>(dims) == std::vector<float>(5, 0.0f));
    CHECK(filled<Ones>(dims) == std::vector<float>(5, 1.0f));
    CHECK(filled<Constant<-3>>(dims) == std::vector<float>(5, -3.0f));
    CHECK(filled<Constant<1, 10>>(dims) == std::vector<float>(5, 0.1f));
    CHECK(filled<Constant<1, 10>, double>(dims) == std::vector<double>(5, 0.1));
}

TEST_CASE("fans as Keras counts them") {
    std::array<std::size_t, 4> const dims{3, 5, 7, 11};
    CHECK(Extents{dims.data(), 4, 1155}.fan_in() == 105);
    CHECK(Extents{dims.data(), 4, 1155}.fan_out() == 165);
    CHECK(Extents{dims.data() + 2, 2, 77}.fan_in() == 7);
    CHECK(Extents{dims.data() + 2, 2, 77}.fan_out() == 11);
    CHECK(Extents{dims.data(), 1, 3}.fan_in() == 3);
    CHECK(Extents{dims.data(), 1, 3}.fan_out() == 3);
    CHECK(Extents{dims.data(), 4, 1155}.rows() == 105);
    CHECK(Extents{dims.data(), 4, 1155}.columns() == 11);
}

TEST_CASE("variance and range of each") {
    // 400 in, 250 out
    check<GlorotUniform>(2.0 / 650, std::sqrt(6.0 / 650));
    check<GlorotNormal>(2.0 / 650, 2 * std::sqrt(2.0 / 650) / cut);
    check<HeUniform>(2.0 / 400, std::sqrt(6.0 / 400));
    check<HeNormal>(2.0 / 400, 2 * std::sqrt(2.0 / 400) / cut);
    check<LecunUniform>(1.0 / 400, std::sqrt(3.0 / 400));
    check<LecunNormal>(1.0 / 400, 2 * std::sqrt(1.0 / 400) / cut);
    check<VarianceScaling<Fan::out, Draw::normal, 1, 3>>(1.0 / 750, 0);
    check<RandomUniform<-5, 5, 100>>(0.01 / 12, 0.05);
    check<RandomUniform<-3, 3>>(3.0, 3.0);
    check<RandomNormal<0, 5, 100>>(0.0025, 0);
    check<RandomNormal<0, 2>>(4.0, 0);
    check<TruncatedNormal<0, 5, 100>>(0.0025 * cut * cut, 0.1);
}

TEST_CASE("a mean, a range that is not symmetric") {
    std::array<std::size_t, 2> const dims{400, 250};
    Summary s = summary(filled<RandomUniform<1, 3>>(dims));
    CHECK(s.mean == doctest::Approx(2).epsilon(0.01));
    CHECK(s.largest <= 3);
    s = summary(filled<RandomNormal<3, 1, 2>>(dims));
    CHECK(s.mean == doctest::Approx(1.5).epsilon(0.01));
    CHECK(s.variance == doctest::Approx(0.25).epsilon(0.02));
    s = summary(filled<TruncatedNormal<3, 1, 2>>(dims));
    CHECK(s.mean == doctest::Approx(1.5).epsilon(0.01));
    CHECK(s.largest <= 2.5);
}

TEST_CASE("convolution kernels: the window counts") {
    std::array<std::size_t, 4> const dims{3, 3, 40, 80};
    CHECK(summary(filled<HeNormal>(dims)).variance == doctest::Approx(2.0 / 360).epsilon(0.03));
    CHECK(summary(filled<GlorotUniform>(dims)).variance ==
          doctest::Approx(2.0 / (9 * 120)).epsilon(0.03));
}

TEST_CASE("identity") {
    CHECK(filled<Identity<>>(std::array<std::size_t, 2>{2, 3}) ==
          std::vector<float>{1, 0, 0, 0, 1, 0});
    CHECK(filled<Identity<1, 2>>(std::array<std::size_t, 2>{3, 2}) ==
          std::vector<float>{0.5f, 0, 0, 0.5f, 0, 0});
}

TEST_CASE("orthogonal: the shorter side is orthonormal") {
    for (auto const& dims : {std::array<std::size_t, 2>{6, 6}, {9, 4}, {4, 9}, {1, 5}, {5, 1},
                             {64, 64}, {37, 130}}) {
        auto const w = filled<Orthogonal<>, double>(dims);
        std::size_t const rows = dims[0], columns = dims[1];
        bool const upright = rows >= columns;
        std::size_t const count = upright ? columns : rows, length = upright ? rows : columns;
        double worst = 0;
        for (std::size_t a = 0; a < count; ++a)
            for (std::size_t b = 0; b < count; ++b) {
                double sum = 0;
                for (std::size_t i = 0; i < length; ++i)
                    sum += upright ? w[i * columns + a] * w[i * columns + b]
                                   : w[a * columns + i] * w[b * columns + i];
                worst = std::max(worst, std::fabs(sum - (a == b)));
            }
        CHECK(worst < 5e-7);
    }
}

TEST_CASE("orthogonal: gain, other shapes, and the numbers of a normal sample") {
    std::array<std::size_t, 2> const dims{30, 30};
    auto const one = filled<Orthogonal<>, double>(dims);
    auto const two = filled<Orthogonal<2>, double>(dims);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(two[i] == 2 * one[i]);
    // all but the last axis are rows
    CHECK(filled<Orthogonal<>>(std::array<std::size_t, 3>{2, 3, 4}) ==
          filled<Orthogonal<>>(std::array<std::size_t, 2>{6, 4}));
    // no preferred direction: mean 0, mean square 1 / 30, entries of both signs on the diagonal
    Summary const s = summary(filled<Orthogonal<>>(std::array<std::size_t, 2>{100, 100}));
    CHECK(std::fabs(s.mean) < 0.005);
    CHECK(s.variance == doctest::Approx(0.01).epsilon(0.02));
    std::size_t positive = 0;
    for (std::uint64_t key = 0; key < 200; ++key)
        positive += filled<Orthogonal<>>(std::array<std::size_t, 2>{5, 5}, key)[0] > 0;
    CHECK(positive > 70);
    CHECK(positive < 130);
}

TEST_CASE("float weights are the double ones, rounded") {
    std::array<std::size_t, 2> const dims{20, 30};
    auto const alike = [&]<class Init>(Init) {
        auto const single = filled<Init>(dims);
        auto const twice = filled<Init, double>(dims);
        std::size_t different = 0;
        for (std::size_t i = 0; i < single.size(); ++i) different += single[i] != float(twice[i]);
        CHECK(different == 0);
    };
    alike(GlorotUniform{});
    alike(HeNormal{});
    alike(RandomNormal<1, 2, 7>{});
    alike(Orthogonal<1, 3>{});
}

TEST_CASE("the same bits from every compiler, for every processor") {
#ifdef __FAST_MATH__
    return;   // which allows other bits
#endif
    std::array<std::size_t, 2> const dims{20, 50};
    CHECK(hash(filled<GlorotUniform, double>(dims)) == 15813829834725755196u);
    CHECK(hash(filled<HeNormal, double>(dims)) == 9141243132525017555u);
    CHECK(hash(filled<RandomUniform<-1, 2, 7>, double>(dims)) == 6184519022447253312u);
    CHECK(hash(filled<RandomNormal<1, 2, 7>, double>(dims)) == 305479213853582807u);
    CHECK(hash(filled<TruncatedNormal<1, 2, 7>, double>(dims)) == 2489434816738427569u);
    using Scaling = VarianceScaling<Fan::out, Draw::normal>;
    CHECK(hash(filled<Scaling, double>(dims)) == 9575195583495559033u);
    CHECK(hash(filled<Orthogonal<>, double>(dims)) == 8883585283373554945u);
}
