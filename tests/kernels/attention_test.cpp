// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/attention.hpp>

#include <doctest/doctest.h>

#include <lamina/core/parallel.hpp>
#include <lamina/kernels/reference_attention.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <vector>

using namespace lamina;

namespace {

using Sizes = std::initializer_list<std::size_t>;

template <class T>
std::vector<T> numbers(std::size_t n, std::uint64_t key) {
    std::vector<T> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = T(2 * Random{key}.uniform(i) - 1);
    return x;
}

/// The largest distance, in units of T's last place at the largest of the exact numbers.
template <class T>
double apart(std::vector<T> const& got, std::vector<long double> const& exact) {
    long double worst = 0, size = 1;
    for (auto x : exact) size = std::max(size, std::fabs(x));
    for (std::size_t i = 0; i < exact.size(); ++i) {
        long double const d = std::fabs(got[i] - exact[i]);
        worst = std::isnan(d) ? HUGE_VALL : std::max(worst, d);
    }
    return double(worst / size / std::numeric_limits<T>::epsilon());
}

struct Case {
    std::size_t samples, queries, keys, heads, key_heads, key_dim, value_dim;
    bool causal = false, keep = false, add = false, allow = false, each_sample = false;
};

/// All operands and results of a case, every one of its own length.
template <class T>
struct Operands {
    kernels::Attention<T> a;
    kernels::AttentionGradients<T> g;
    std::vector<T> q, k, v, dy, keep, add, o, sums, dq, dk, dv, dadd, scratch;
    std::vector<std::int32_t> allow;

    explicit Operands(Case const& c, std::size_t workers = 1) {
        std::size_t const rows = c.samples * c.queries, keys = c.samples * c.keys;
        std::size_t const masks = c.each_sample ? c.samples : 1;
        T const nan = std::numeric_limits<T>::quiet_NaN();
        q = numbers<T>(rows * c.heads * c.key_dim, 1);
        k = numbers<T>(keys * c.key_heads * c.key_dim, 2);
        v = numbers<T>(keys * c.key_heads * c.value_dim, 3);
        dy = numbers<T>(rows * c.heads * c.value_dim, 4);
        keep = numbers<T>(keys, 5);
        for (std::size_t i = 0; i < keys; ++i)   // the last sample sees nothing
            keep[i] = T(keep[i] > T(-0.3) && (i / c.keys + 1 < c.samples || c.samples == 1));
        add = numbers<T>(masks * c.queries * c.keys, 6);
        for (std::size_t i = 0; i < add.size(); i += 7)
            add[i] = -std::numeric_limits<T>::infinity();
        for (T const x : numbers<T>(masks * c.queries * c.keys, 7)) allow.push_back(x > T(-0.5));
        for (T& x : q) x *= T(3);
        o.assign(rows * c.heads * c.value_dim, nan);
        sums.assign(c.samples * kernels::attention_sums(c.heads, c.queries), nan);
        dq.assign(q.size(), nan), dk.assign(k.size(), nan), dv.assign(v.size(), nan);
        dadd.assign(c.samples * c.queries * c.keys, nan);
        scratch.assign(
            workers * kernels::attention_scratch<T>(c.keys, c.key_dim, c.value_dim), nan);
        a = {.samples = c.samples, .queries = c.queries, .keys = c.keys, .heads = c.heads,
             .key_heads = c.key_heads, .key_dim = c.key_dim, .value_dim = c.value_dim,
             .scale = T(1 / std::sqrt(double(c.key_dim))), .q = q.data(), .k = k.data(),
             .v = v.data(), .o = o.data(), .sums = sums.data(), .causal = c.causal};
        if (c.keep) a.keep[c.allow] = keep.data();
        if (c.add) a.add = add.data();
        if (c.allow) a.allow = allow.data();
        if (c.each_sample) a.mask_step = c.queries * c.keys;
        g = {.dy = dy.data(), .dq = dq.data(), .dk = dk.data(), .dv = dv.data(),
             .dadd = dadd.data()};
    }
    void run(Threads* threads = nullptr) {
        kernels::attention(a, scratch.data(), threads);
        kernels::attention_gradients(a, g, scratch.data(), threads);
    }
};

template <class T, class Factor>
void compare(Operands<T> const& x, double tolerance, Factor factor) {
    kernels::reference::AttentionTwin const twin{x.a, factor};
    std::vector<long double> o(x.o.size()), dq(x.dq.size()), dk(x.dk.size()), dv(x.dv.size()),
        dadd(x.dadd.size());
    twin.forward(o.data());
    twin.backward(x.dy.data(), dq.data(), dk.data(), dv.data(), dadd.data());
    CHECK(apart(x.o, o) < tolerance);
    CHECK(apart(x.dv, dv) < tolerance);
    CHECK(apart(x.dq, dq) < tolerance);
    CHECK(apart(x.dk, dk) < tolerance);
    CHECK(apart(x.dadd, dadd) < tolerance);
}
auto const no_dropout = [](auto...) { return 1.0L; };

template <class T>
void check(Case const& c) {
    Operands<T> x(c);
    x.run();
    CAPTURE(c.queries);
    CAPTURE(c.keys);
    CAPTURE(c.heads);
    CAPTURE(c.key_dim);
    CAPTURE(c.causal);
    compare(x, 60, no_dropout);
}

} // namespace

TEST_CASE_TEMPLATE("attention: against the plain twin, lengths around those of a tile", T, float,
                   double) {
    for (std::size_t const queries : Sizes{1, 2, 5, 17, 63, 64, 65, 130})
        for (std::size_t const keys : Sizes{1, 3, 16, 33, 64, 127, 128, 129, 260})
            for (bool const causal : {false, true})
                check<T>({2, queries, keys, 2, 2, 5, 3, causal});
}

TEST_CASE_TEMPLATE("attention: every width of a head", T, float, double) {
    for (std::size_t dim = 1; dim < 70; dim += 3)
        check<T>({1, 9, 21, 2, 1, dim, 70 - dim, dim % 2 == 0});
    check<T>({1, 3, 150, 1, 1, 128, 128, true});
}

TEST_CASE_TEMPLATE("attention: masks, also such as leave a query without a key", T, float, double) {
    for (std::size_t const queries : Sizes{1, 6, 70})
        for (std::size_t const keys : Sizes{1, 7, 31, 140})
            for (int bits = 0; bits < 32; ++bits)
                check<T>({2, queries, keys, 2, 1, 4, 6, (bits & 1) != 0, (bits & 2) != 0,
                          (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0});
}

TEST_CASE_TEMPLATE("attention: heads that share keys and values", T, float, double) {
    check<T>({2, 5, 7, 6, 1, 4, 4, true});
    check<T>({2, 5, 7, 6, 2, 4, 3, false});
    check<T>({1, 130, 130, 6, 3, 4, 8, true, true});
}

TEST_CASE("attention: scores too large for an exponential, and too small") {
    Operands<float> x({1, 4, 150, 1, 1, 3, 3});
    for (float& q : x.q) q *= 300;
    x.run();
    compare(x, 3000, no_dropout);   // of scores of a thousand few digits are left
    for (float const w : x.o) CHECK(std::isfinite(w));
}

TEST_CASE_TEMPLATE("attention: dropout draws the same weights in backward", T, float, double) {
    for (Case const c : {Case{2, 5, 7, 4, 2, 3, 5}, Case{1, 70, 150, 2, 2, 4, 4, true, true}}) {
        Operands<T> x(c);
        x.a.dropout = 0.4;
        x.a.random = Random{12};
        x.run();
        // the factors: with v all ones and q all zeros a weight of 1 / keys is what it was or 0, so
        // they are read one at a time from v that is 1 at one key only
        std::size_t const rows = c.samples * c.heads * c.queries;
        std::vector<int> kept(rows * c.keys);
        for (std::size_t j = 0; j < c.keys; ++j) {
            Operands<T> y(c);
            y.a.dropout = 0.4;
            y.a.random = Random{12};
            y.a.keep[0] = nullptr;
            for (T& q : y.q) q = 0;
            for (std::size_t i = 0; i < y.v.size(); ++i)
                y.v[i] = T(i / (c.key_heads * c.value_dim) % c.keys == j);
            kernels::attention(y.a, y.scratch.data(), nullptr);
            for (std::size_t n = 0; n < c.samples; ++n)
                for (std::size_t h = 0; h < c.heads; ++h)
                    for (std::size_t i = 0; i < c.queries; ++i)
                        kept[((n * c.heads + h) * c.queries + i) * c.keys + j] =
                            y.o[((n * c.queries + i) * c.heads + h) * c.value_dim] > T{0};
        }
        compare(x, 60, [&](std::size_t n, std::size_t h, std::size_t i, std::size_t j) {
            return kept[((n * c.heads + h) * c.queries + i) * c.keys + j] / 0.6L;
        });
        double share = 0;
        std::size_t seen = 0;
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t j = 0; j < c.keys; ++j)
                if (!c.causal || j <= r % c.queries)
                    ++seen, share += kept[r * c.keys + j];
        CHECK(share / double(seen) == doctest::Approx(0.6).epsilon(0.1));
    }
}

TEST_CASE("attention: the same bits by three threads") {
    for (Case const c : {Case{7, 40, 33, 4, 2, 16, 16, true}, Case{3, 150, 150, 2, 2, 8, 8},
                         Case{3, 90, 90, 6, 2, 8, 8, false, true, true, false, true}}) {
        Operands<float> one(c), three(c, 3);
        one.a.dropout = three.a.dropout = 0.1;
        if (!c.add) one.g.dadd = three.g.dadd = nullptr;
        Threads pool{3};
        one.run();
        three.run(&pool);
        auto const same = [](std::vector<float> const& x, std::vector<float> const& y) {
            return std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
        };
        CHECK(same(one.o, three.o));
        CHECK(same(one.dq, three.dq));
        CHECK(same(one.dk, three.dk));
        CHECK(same(one.dv, three.dv));
        CHECK(same(one.dadd, three.dadd));
    }
}
