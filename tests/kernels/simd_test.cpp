// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/some_lanes.hpp>

#include "support/guard_pages.hpp"
#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

template <class T>
struct Batches {
    using V = kernels::Batch<T>;
    static constexpr std::size_t n = kernels::lanes<T>;
    T a[n], b[n], c[n];

    Batches() {
        for (std::size_t i = 0; i < n; ++i) {
            a[i] = T(i * i % 7) - T(2.5);
            b[i] = T(1.5) - T(i % 5);
            c[i] = T(i % 3);
        }
    }
    V va() const { return kernels::load<V>(a); }
    V vb() const { return kernels::load<V>(b); }
    V vc() const { return kernels::load<V>(c); }

    template <class F>
    void same(V const& v, F const& of_lane) const {
        T got[n];
        kernels::store(got, v);
        for (std::size_t i = 0; i < n; ++i) CHECK(bits_of(got[i]) == bits_of(T(of_lane(i))));
    }
};

} // namespace

TEST_CASE_TEMPLATE("lane by lane", T, float, double) {
    Batches<T> const k;
    using V = typename Batches<T>::V;
    V const a = k.va(), b = k.vb(), c = k.vc();
    k.same(kernels::fma(a, b, c), [&](auto i) { return std::fma(k.a[i], k.b[i], k.c[i]); });
    k.same(kernels::fnma(a, b, c), [&](auto i) { return std::fma(-k.a[i], k.b[i], k.c[i]); });
    k.same(kernels::max(a, b), [&](auto i) { return k.a[i] > k.b[i] ? k.a[i] : k.b[i]; });
    k.same(kernels::min(a, b), [&](auto i) { return k.a[i] < k.b[i] ? k.a[i] : k.b[i]; });
    k.same(kernels::abs(a), [&](auto i) { return std::fabs(k.a[i]); });
    k.same(kernels::sqrt(c), [&](auto i) { return std::sqrt(k.c[i]); });
    k.same(kernels::copysign(a, b), [&](auto i) { return std::copysign(k.a[i], k.b[i]); });
    k.same(kernels::copysign(a, V(T(-0.0))), [&](auto i) { return -std::fabs(k.a[i]); });
    k.same(kernels::select(a > b, b, c), [&](auto i) { return k.a[i] > k.b[i] ? k.b[i] : k.c[i]; });
    k.same(kernels::opaque(a), [&](auto i) { return k.a[i]; });
    k.same(kernels::from_bits(kernels::as_bits(a)), [&](auto i) { return k.a[i]; });
}

TEST_CASE_TEMPLATE("quotients and roots are rounded once, to the ends of the range", T, float,
                   double) {
    using V = kernels::Batch<T>;
    using L = std::numeric_limits<T>;
    T const numbers[]{T(0),  L::min(), T(1e-30),     T(0.1),   T(1),         T(3),
                      T(49), T(1e30),  L::max() / 3, L::max(), L::infinity()};
    for (T const a : numbers) {
        T const root = kernels::first(kernels::sqrt(V(a)));
        CHECK(bits_of(root) == bits_of(T(std::sqrt(a))));
        for (T const b : numbers) {
            T const exact = a / b, found = kernels::first(V(a) / V(b));
            INFO(double(a) << " / " << double(b));
            CHECK((exact != exact ? found != found : bits_of(found) == bits_of(exact)));
        }
    }
}

TEST_CASE_TEMPLATE("NaN and equal numbers in max and min: the second", T, float, double) {
    using V = kernels::Batch<T>;
    V const one(T(1)), none(std::numeric_limits<T>::quiet_NaN());
    V const zero(T(0)), minus_zero(T(-0.0));
    CHECK(std::isnan(kernels::first(kernels::max(one, none))));
    CHECK(std::isnan(kernels::first(kernels::min(one, none))));
    CHECK(kernels::first(kernels::max(none, one)) == 1);
    CHECK(kernels::first(kernels::min(none, one)) == 1);
    CHECK(std::signbit(kernels::first(kernels::max(zero, minus_zero))));
    CHECK(!std::signbit(kernels::first(kernels::min(minus_zero, zero))));
}

TEST_CASE_TEMPLATE("bits mean what IEEE 754 says", T, float, double) {
    using V = kernels::Batch<T>;
    constexpr int mantissa = std::numeric_limits<T>::digits - 1;
    auto const bits = kernels::as_bits(V(T(1)));
    using U = typename decltype(kernels::as_bits(V(T(1))))::value_type;
    CHECK(U(bits.get(0)) == (U(std::numeric_limits<T>::max_exponent - 1) << mantissa));
    CHECK(kernels::first(kernels::from_bits(bits + (decltype(bits + bits)(U(5)) << mantissa)))
          == 32);
    CHECK((kernels::as_bits(V(T(-1))).get(0) >> mantissa) > 0);   // no sign of its own
    CHECK((kernels::as_bits(V(T(-0.0))) >> (mantissa + (sizeof(T) == 4 ? 8 : 11))).get(0) == 1);
}

TEST_CASE_TEMPLATE("from a batch to a number", T, float, double) {
    Batches<T> k;
    constexpr std::size_t n = Batches<T>::n;
    for (std::size_t place = 0; place < n; ++place) {
        k.a[place] += 10;
        T sum = 0, most = k.a[0];
        for (T const v : k.a) {
            sum += v;
            most = v > most ? v : most;
        }
        CHECK(kernels::reduce_add(k.va()) == sum);   // halves of small numbers: exact
        CHECK(kernels::reduce_max(k.va()) == most);
        CHECK(kernels::first(k.va()) == k.a[0]);
        k.a[place] -= 10;
    }
    using V = kernels::Batch<T>;
    CHECK(kernels::reduce_max(V(T(-3))) == -3);
    CHECK(kernels::reduce_max(V(-std::numeric_limits<T>::infinity()))
          == -std::numeric_limits<T>::infinity());
}

TEST_CASE_TEMPLATE("the first lanes touch no memory beyond them", T, float, double) {
    using V = kernels::Batch<T>;
    GuardPages from(4096), to(4096);
    for (bool const at_end : {false, true})
        for (std::size_t count = 0; count <= V::size; ++count) {
            T* const x = from.array<T>(count, at_end);
            T* const y = to.array<T>(count, at_end);
            for (std::size_t i = 0; i < count; ++i) x[i] = T(i + 1);
            V const v = kernels::load<V>(x, count);
            T all[V::size];
            kernels::store(all, v);
            for (std::size_t i = 0; i < V::size; ++i)
                CHECK(all[i] == (i < count ? T(i + 1) : T(0)));
            kernels::store(y, v + V(T(1)), count);
            for (std::size_t i = 0; i < count; ++i) CHECK(y[i] == T(i + 2));
            kernels::store(all, kernels::select(kernels::first_lanes<V>(count), V(T(1)), V(T(0))));
            for (std::size_t i = 0; i < V::size; ++i) CHECK(all[i] == (i < count ? T(1) : T(0)));
        }
}

TEST_CASE_TEMPLATE("the first lanes leave the others in memory alone", T, float, double) {
    using V = kernels::Batch<T>;
    for (std::size_t count = 0; count <= V::size; ++count) {
        std::vector<T> y(3 * V::size, T(7));
        kernels::store(y.data() + V::size, V(T(1)), count);
        for (std::size_t i = 0; i < y.size(); ++i)
            CHECK(y[i] == (i >= V::size && i < V::size + count ? T(1) : T(7)));
    }
}

TEST_CASE_TEMPLATE("a constant number of the first lanes, in one part and in several", T, float,
                   double) {
    using V = kernels::Batch<T>;
    GuardPages from(4096), to(4096);
    auto const check = [&]<std::size_t Count>(std::integral_constant<std::size_t, Count>) {
        for (bool const at_end : {false, true}) {
            T* const x = from.array<T>(Count, at_end);
            T* const y = to.array<T>(Count, at_end);
            for (std::size_t i = 0; i < Count; ++i) x[i] = T(i + 1);
            for (bool const parts : {false, true}) {
                V const v = parts ? kernels::detail::load_parts<Count, V>(x)
                                  : kernels::detail::load_lanes<Count, V>(x);
                T all[V::size];
                kernels::store(all, v);
                for (std::size_t i = 0; i < V::size; ++i)
                    CHECK(all[i] == (i < Count ? T(i + 1) : T(0)));
                if (parts) kernels::detail::store_parts<Count>(y, v + V(T(1)));
                else kernels::detail::store_lanes<Count>(y, v + V(T(2)));
                for (std::size_t i = 0; i < Count; ++i) CHECK(y[i] == T(i + (parts ? 2 : 3)));
                std::vector<T> around(3 * V::size, T(7));
                T* const middle = around.data() + V::size;
                if (parts) kernels::detail::store_parts<Count>(middle, V(T(1)));
                else kernels::detail::store_lanes<Count>(middle, V(T(1)));
                for (std::size_t i = 0; i < around.size(); ++i)
                    CHECK(around[i] == (i >= V::size && i < V::size + Count ? T(1) : T(7)));
            }
            V const v = kernels::load<V>(x, Count);
            CHECK(kernels::first(kernels::sum_in_lanes<Count>(v)) == T(Count * (Count + 1) / 2));
            V const low(-std::numeric_limits<T>::infinity());
            auto const there = kernels::first_lanes<V>(Count);
            CHECK(kernels::first(kernels::max_in_lanes<Count>(
                      V(kernels::select(there, v, low)))) == T(Count));
        }
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (check(std::integral_constant<std::size_t, I + 1>{}), ...);
    }
    (std::make_index_sequence<V::size>{});
}
