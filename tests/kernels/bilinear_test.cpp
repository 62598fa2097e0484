// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/bilinear.hpp>

#include "support/guard_pages.hpp"

#include <doctest/doctest.h>

#include <lamina/core/block.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/reference_images.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace lamina;
using namespace lamina::kernels;
using lamina::testing::GuardPages;

TEST_CASE("where the centres of enlarged pixels lie") {
    using B = Between<double>;
    auto const is = [](B b, std::size_t first, std::size_t second, double share) {
        return b.first == first && b.second == second && b.share == share;
    };
    CHECK(is(B::of(3, 1, 1), 1, 2, 0)); // nothing in between
    CHECK(is(B::of(3, 2, 1), 0, 1, 0.25));
    CHECK(is(B::of(3, 2, 2), 0, 1, 0.75));
    CHECK(is(B::of(3, 3, 4), 1, 2, 0)); // the centre of an odd block is its pixel's
    CHECK(B::of(3, 2, 0).first == B::of(3, 2, 0).second); // before the first centre
    CHECK(B::of(3, 4, 11).first == 2);
    CHECK(B::of(3, 4, 11).second == 2);
    for (std::size_t times = 1; times < 6; ++times)
        for (std::size_t o = 0; o < 4 * times; ++o) {
            double sum = 0;
            for (std::size_t i = 0; i < 4; ++i) {
                double const w = B::of(4, times, o).weight(i);
                Reach const reach{4, times, i};
                CHECK((w == 0) == (o < reach.begin || o >= reach.end));
                CHECK(reach.end - reach.begin <= 2 * times);
                sum += w;
            }
            CHECK(sum == doctest::Approx(1));
        }
}

TEST_CASE_TEMPLATE("enlarged images, against the plain twin, between guard pages", T, float,
                   double) {
    Threads pool{3};
    for (std::size_t i = 0; i < 120; ++i) {
        INFO("case " << i);
        auto const draw = [&, random = Random{23}.child(i)](std::size_t k, std::size_t most) {
            return 1 + random.below(k, most);
        };
        ImageSize const in{draw(0, 6), draw(1, 7), draw(2, i % 3 == 0 ? 40 : 5)};
        std::size_t const down = draw(3, 4), across = draw(4, 4), batch = draw(5, 3),
                          n = batch * in.size(), m = n * down * across;
        bool const at_end = i % 2;
        GuardPages pages[4]{GuardPages{n * sizeof(T)}, GuardPages{m * sizeof(T)},
                            GuardPages{n * sizeof(T)}, GuardPages{m * sizeof(T)}};
        T* const x = pages[0].template array<T>(n, at_end);
        T* const y = pages[1].template array<T>(m, at_end);
        T* const dx = pages[2].template array<T>(n, at_end);
        T* const dy = pages[3].template array<T>(m, at_end);
        std::vector<long double> exact_x(n), exact_y(m), exact_dx(n), exact_dy(m);
        for (std::size_t k = 0; k < n; ++k) exact_x[k] = x[k] = T(2 * Random{1}.uniform(k) - 1);
        for (std::size_t k = 0; k < m; ++k) exact_dy[k] = dy[k] = T(2 * Random{2}.uniform(k) - 1);
        constexpr T nan = std::numeric_limits<T>::quiet_NaN();
        std::fill_n(y, m, nan);
        std::fill_n(dx, n, nan);
        Block<T> scratch(3 * bilinear_scratch(in, down, across));
        Threads* const threads = i % 4 == 3 ? &pool : nullptr;
        enlarge_bilinear(threads, batch, in, down, across, x, y, scratch.data());
        enlarge_bilinear_dx(threads, batch, in, down, across, dy, dx, scratch.data());
        reference::enlarge_bilinear(batch, in.height, in.width, in.channels, down, across,
                                    exact_x.data(), exact_y.data(), exact_dy.data(),
                                    exact_dx.data());
        long double worst = 0;
        for (std::size_t k = 0; k < m; ++k) worst = std::max(worst, std::abs(y[k] - exact_y[k]));
        CHECK(worst <= 8 * std::numeric_limits<T>::epsilon());
        worst = 0;
        for (std::size_t k = 0; k < n; ++k) worst = std::max(worst, std::abs(dx[k] - exact_dx[k]));
        CHECK(worst <= 8 * double(down * across) * std::numeric_limits<T>::epsilon());
    }
}
