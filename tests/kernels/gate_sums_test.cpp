// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/gate_sums.hpp>

#include "support/guard_pages.hpp"

#include <doctest/doctest.h>

#include <lamina/core/random.hpp>
#include <lamina/kernels/gate_weights.hpp>
#include <lamina/kernels/gru_cells.hpp>
#include <lamina/kernels/lstm_cell.hpp>
#include <lamina/kernels/reference_recurrent.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::kernels;

namespace {

/// What the kernel reads, each between guard pages, and the memory it packs into.
template <class T>
struct Operands {
    static constexpr std::size_t room = sizeof(T) * 4 * 80 * 80;
    testing::GuardPages pages[7]{testing::GuardPages(room),    testing::GuardPages(room),
                                 testing::GuardPages(room),    testing::GuardPages(room),
                                 testing::GuardPages(room),    testing::GuardPages(room),
                                 testing::GuardPages(4 * room)};
    T *x, *h, *kernel, *recurrent, *bias, *recurrent_bias, *packed;

    T* filled(std::size_t which, std::size_t n, bool at_end) {
        T* const p = pages[which].template array<T>(n, at_end);
        for (std::size_t i = 0; i < n; ++i) p[i] = T(Random{which}.uniform(i) - 0.5f);
        return p;
    }
};

template <class Sums, class T>
void check(Operands<T>& o, std::size_t rows, std::size_t features, std::size_t units,
           std::size_t gates, bool at_end) {
    o.x = o.filled(0, rows * features, at_end);
    o.h = o.filled(1, rows * units, at_end);
    o.kernel = o.filled(2, features * gates * units, at_end);
    o.recurrent = o.filled(3, units * gates * units, at_end);
    o.bias = o.filled(4, gates * units, at_end);
    o.recurrent_bias = o.filled(5, gates * units, at_end);
    std::size_t const size = packed_sums<Sums, T>(features, units);
    o.packed = o.pages[6].template array<T>(size, at_end);
    std::fill_n(o.packed, size, std::numeric_limits<T>::quiet_NaN());
    pack_sums<Sums>(features, units, gates, static_cast<T const*>(o.kernel),
                    static_cast<T const*>(o.recurrent), static_cast<T const*>(o.bias),
                    static_cast<T const*>(o.recurrent_bias), o.packed);

    std::vector<T> expected(rows * Sums::sums * units), got(expected.size());
    auto const compare = [&](bool with_x, bool with_h, bool turned) {
        reference::gate_sums<Sums>(
            rows, features, units, gates, static_cast<T const*>(o.kernel),
            static_cast<T const*>(o.recurrent), static_cast<T const*>(o.bias),
            static_cast<T const*>(o.recurrent_bias), with_x ? static_cast<T const*>(o.x) : nullptr,
            with_h ? static_cast<T const*>(o.h) : nullptr, expected.data());
        std::fill(got.begin(), got.end(), std::numeric_limits<T>::quiet_NaN());
        // once as they come; once what `gates` leaves in z for `more`
        auto const put = [&](auto at, std::size_t r, T const* z, T sign) {
            for (std::size_t s = 0; s < Sums::sums; ++s)
                at(got.data() + (r * Sums::sums + s) * units,
                   load<Batch<T>>(z + s * lanes<T>) * Batch<T>(sign));
        };
        auto const turn = [](auto, std::size_t, T* z) {
            for (std::size_t s = 0; s < Sums::sums * lanes<T>; ++s) z[s] = -z[s];
        };
        Rows<T const> const x{with_x ? o.x : nullptr, features}, h{with_h ? o.h : nullptr, units};
        T const* const packed = o.packed;
        if (turned)
            for_gates<Sums>(rows, features, units, packed, x, Rows<T const>{}, h, turned,
                            [&](auto at, std::size_t r, T const* z) { put(at, r, z, T(1)); });
        else
            for_gates<Sums>(rows, features, units, packed, x, Rows<T const>{}, h, turned, turn,
                            [&](auto at, std::size_t r, T const* z) { put(at, r, z, T(-1)); });
        double worst = 0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            double const d = std::abs(double(got[i]) - double(expected[i]));
            worst = std::max(worst, std::isnan(d) ? HUGE_VAL : d);
        }
        INFO(rows << " rows, " << features << " features, " << units << " units");
        CHECK(worst < 100 * double(std::numeric_limits<T>::epsilon()));
    };
    compare(true, true, false);
    compare(true, false, true);
    compare(false, true, true);
}

template <class T>
void check_all() {
    Operands<T> o;
    for (bool const at_end : {false, true}) {
        for (std::size_t units = 1; units <= 70; ++units) {
            check<LSTMCell::Sums>(o, 1 + units % 3, 1 + units % 5, units, 4, at_end);
            check<GRUCell::Sums>(o, 1 + units % 7, 1 + units % 2, units, 3, at_end);
        }
        for (std::size_t rows = 1; rows <= 40; ++rows) {
            check<LSTMCell::Sums>(o, rows, 3, 17, 4, at_end);
            check<GRUCell::Sums>(o, rows, 70, 5, 3, at_end);
            check<GRUResetBeforeCell::ZR>(o, rows, 2, 33, 3, at_end);
            check<GRUResetBeforeCell::N>(o, rows, 5, 16, 3, at_end);
        }
    }
}

} // namespace

TEST_CASE("gate sums are those of the plain twin, and touch nothing beyond their operands") {
    check_all<float>();
    check_all<double>();
}

TEST_CASE("gate sums: a row's bits do not depend on the rows beside it, but for a row alone") {
    constexpr std::size_t u = 19, f = 6;
    Operands<float> o;
    o.x = o.filled(0, 40 * f, false);
    o.h = o.filled(1, 40 * u, false);
    o.packed = o.pages[6].array<float>(packed_sums<LSTMCell::Sums, float>(f, u), false);
    LSTMCell::pack<float>(f, u, o.filled(2, f * 4 * u, false), o.filled(3, u * 4 * u, false),
                          o.filled(4, 4 * u, false), o.packed);
    auto const last_of = [&](std::size_t rows) {
        std::vector<float> z;
        std::size_t const first = 40 - rows;
        for_gates<LSTMCell::Sums>(rows, f, u, static_cast<float const*>(o.packed),
                                  Rows<float const>{o.x + first * f, f}, Rows<float const>{},
                                  Rows<float const>{o.h + first * u, u}, false,
                                  [&](auto, std::size_t r, float const* sums) {
                                      if (r + 1 == rows) z.insert(z.end(), sums, sums + 4);
                                  });
        return z;
    };
    auto const two = last_of(2);
    for (std::size_t rows = 3; rows <= 40; ++rows)
        CHECK(std::memcmp(last_of(rows).data(), two.data(), two.size() * sizeof(float)) == 0);
}
