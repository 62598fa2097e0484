// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/convolution.hpp>
#include <lamina/kernels/pooling.hpp>

#include "support/guard_pages.hpp"

#include <doctest/doctest.h>

#include <lamina/core/random.hpp>
#include <lamina/kernels/reference_images.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::kernels;
using lamina::testing::GuardPages;

namespace {

/// Windows of every kind, the i-th of them, with `channels` a multiple of `groups`; `wide_rows`: as
/// those that are not written out.
Windows some_windows(std::size_t i, std::size_t groups, bool wide_rows = false) {
    Random const random = Random{17}.child(i);
    auto draw = [&, k = std::size_t{0}](std::size_t most) mutable {
        return 1 + random.below(k++, most);
    };
    while (true) {
        Windows w{};
        w.height = draw(9);
        w.width = draw(11);
        w.channels = groups * draw(i % 3 == 0 ? 40 : 5);
        w.kernel_height = draw(4);
        w.kernel_width = draw(4);
        w.stride_y = draw(3);
        w.stride_x = draw(3);
        w.dilation_y = draw(2);
        w.dilation_x = draw(2);
        if (wide_rows) {
            w.width += i % 2 ? 24 : 48;
            w.channels = groups * (12 + draw(40));
            if (i % 25 == 1) w.channels = groups * 650; // longer than one part of the sum
        }
        std::size_t const top = draw(3) - 1, left = draw(3) - 1, more = draw(3) - 1;
        w.top = static_cast<std::ptrdiff_t>(top);
        w.left = static_cast<std::ptrdiff_t>(left);
        std::size_t const high = w.height + 2 * top, wide = w.width + left + more,
                          tall = (w.kernel_height - 1) * w.dilation_y + 1,
                          broad = (w.kernel_width - 1) * w.dilation_x + 1;
        if (high < tall || wide < broad) continue;
        w.out_height = (high - tall) / w.stride_y + 1;
        w.out_width = (wide - broad) / w.stride_x + 1;
        return w;
    }
}

/// An operand between guard pages, and the same with more digits: of float in double, in which its
/// products are exact.
template <class T>
struct Operand {
    using Exact = std::conditional_t<std::is_same_v<T, float>, double, long double>;
    GuardPages pages;
    std::size_t size;
    T* at;
    std::vector<Exact> exact;
    Operand(std::size_t n, std::uint64_t seed, bool at_end)
        : pages(n * sizeof(T)), size(n), at(pages.array<T>(n, at_end)), exact(n) {
        for (std::size_t i = 0; i < n; ++i) {
            at[i] = T(2 * Random{seed}.uniform(i) - 1);
            exact[i] = at[i];
        }
    }
    void clear(T value) {
        std::fill_n(at, size, value);
        std::fill(exact.begin(), exact.end(), Exact(0));
    }
    /// Of sums of `terms` products of numbers up to 1 (Higham, 2002, section 3.1).
    bool near(std::size_t terms) const {
        for (std::size_t i = 0; i < size; ++i)
            if (!(std::fabs(at[i] - exact[i]) <=
                  double(terms + 4) * std::numeric_limits<T>::epsilon() * double(terms)))
                return false;
        return true;
    }
};

/// Forward, and the gradients of kernel and x, against the plain twin, between guard pages. i tells
/// where the pages lie, and whether threads are at work, which must give the same bits.
template <class T>
void check_convolution(Convolution const& c, std::size_t batch, std::size_t i, Threads& pool) {
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    Windows const& w = c.windows;
    INFO("case " << i);
    bool const at_end = i % 2;
    Operand<T> x(batch * w.pixels() * w.channels, 1, at_end),
        kernel(c.depth() * c.filters, 2, at_end), bias(c.filters, 3, at_end),
        y(batch * w.out_pixels() * c.filters, 4, at_end), dy(y.size, 5, at_end),
        dkernel(kernel.size, 6, at_end), dx(x.size, 7, at_end);
    Block<T> scratch(3 * c.template scratch<T>() + 1);
    y.clear(nan); // must be overwritten
    dx.clear(nan);
    for (std::size_t k = 0; k < y.size; ++k) y.exact[k] = bias.exact[k % c.filters];
    reference::convolution(w, c.filters, c.groups, batch, x.exact.data(), kernel.exact.data(),
                           y.exact.data(), dy.exact.data(), dkernel.exact.data(), dx.exact.data());
    Threads* const threads = i % 4 == 3 ? &pool : nullptr;
    convolve(c, batch, x.at, kernel.at, bias.at, y.at, NoEpilogue{}, scratch.data(), threads);
    CHECK(y.near(c.depth() + 1));
    if (std::size_t const size = kernels::prepared_kernel<T>(c); size > 0) { // turned before
        GuardPages pages(size * sizeof(T));
        T* const prepared = pages.array<T>(size, at_end);
        kernels::prepare_kernel(c, kernel.at, prepared);
        std::fill_n(y.at, y.size, nan);
        convolve(c, batch, x.at, kernel.at, bias.at, y.at, NoEpilogue{}, scratch.data(), threads,
                 prepared);
        CHECK(y.near(c.depth() + 1));
    }
    T* const none = nullptr;
    std::vector<T> const start(dkernel.at, dkernel.at + dkernel.size);
    convolve_gradients(c, batch, x.at, dy.at, dkernel.at, none, scratch.data(), threads);
    CHECK(dkernel.near(batch * w.out_pixels() + 1));
    convolve_dx(c, batch, dy.at, kernel.at, dx.at, x.at, NoEpilogue{}, scratch.data(), threads);
    CHECK(dx.near(w.taps() * c.group_filters()));
    if (!threads) return;
    std::vector<T> const y_before(y.at, y.at + y.size), dx_before(dx.at, dx.at + dx.size),
        dkernel_before(dkernel.at, dkernel.at + dkernel.size);
    std::copy(start.begin(), start.end(), dkernel.at);
    convolve(c, batch, x.at, kernel.at, bias.at, y.at, NoEpilogue{}, scratch.data(), nullptr);
    convolve_gradients(c, batch, x.at, dy.at, dkernel.at, none, scratch.data(), nullptr);
    convolve_dx(c, batch, dy.at, kernel.at, dx.at, x.at, NoEpilogue{}, scratch.data(), nullptr);
    CHECK(std::equal(y_before.begin(), y_before.end(), y.at));
    CHECK(std::equal(dx_before.begin(), dx_before.end(), dx.at));
    CHECK(std::equal(dkernel_before.begin(), dkernel_before.end(), dkernel.at));
}

/// An activation, to see that each pixel is finished, and once.
struct Twice {
    template <class V>
    V value(V v) const {
        return v + v;
    }
    template <class V>
    V slope(V v) const {
        return v + v;
    }
};

} // namespace

TEST_CASE_TEMPLATE("convolution of random windows, against the plain twin, between guard pages", T,
                   float, double) {
    Threads pool{3};
    std::size_t direct = 0, direct_dx = 0, strips = 0, strips_dx = 0;
    for (std::size_t i = 0; i < 250; ++i) {
        bool const wide = i >= 150;
        std::size_t const groups = i % 5 == 0 ? 2 : 1;
        std::size_t const filters = groups * ((!wide        ? 1
                                               : i % 4 == 1 ? 17
                                                            : 65) +
                                              i * 7 % (wide ? 67 : 33));
        Convolution const c{some_windows(i, groups, wide), filters, groups};
        direct += c.direct();
        direct_dx += c.direct_dx();
        strips += c.in_strips();
        strips_dx += c.in_strips_dx();
        check_convolution<T>(c, 1 + i % 3, i, pool);
    }
    CHECK(direct > 70);
    CHECK(direct_dx > 2);
    CHECK(strips > 70);
    CHECK(strips_dx > 30);
}

TEST_CASE_TEMPLATE("convolution by Winograd's products, against the plain twin", T, float, double) {
    Threads pool{3};
    std::size_t forward = 0, back = 0;
    for (std::size_t i = 0; i < 20; ++i) {
        Random const random = Random{29}.child(i);
        Windows w{};
        w.height = 6 + random.below(0, 9);
        w.width = 6 + random.below(1, 12);
        w.channels = i == 7 ? 150 : 20 + random.below(2, 30);
        w.kernel_height = w.kernel_width = 3;
        std::size_t const top = random.below(3, 3), left = random.below(4, 3);
        w.top = static_cast<std::ptrdiff_t>(top);
        w.left = static_cast<std::ptrdiff_t>(left);
        w.out_height = w.height + top + random.below(5, 3) - 2;
        w.out_width = w.width + left + random.below(6, 3) - 2;
        std::size_t const filters = i == 8 ? 140 : 20 + random.below(7, 50);
        Convolution const c{w, filters};
        std::size_t const batch = 1 + 70 / kernels::detail::WinogradTiles(w).count();
        forward += c.winograd() && kernels::detail::winograd_pays(c.direct_size(), batch);
        back += c.winograd_dx() && kernels::detail::winograd_pays(c.direct_dx_size(), batch);
        check_convolution<T>(c, batch, i, pool);
    }
    CHECK(forward > 12);
    CHECK(back > 12);
}

TEST_CASE("whole numbers go through Winograd's products exactly, and are finished once") {
    Windows const w{.height = 17,
                    .width = 15,
                    .channels = 32,
                    .out_height = 17,
                    .out_width = 15,
                    .kernel_height = 3,
                    .kernel_width = 3,
                    .top = 1,
                    .left = 1};
    Convolution const c{w, 70};
    REQUIRE(c.winograd());
    std::vector<float> x(2 * w.pixels() * 32), kernel(c.depth() * 70), bias(70),
        y(2 * w.out_pixels() * 70), exact(y.size());
    auto const whole = [](std::vector<float>& v, std::uint64_t seed) {
        for (std::size_t i = 0; i < v.size(); ++i) v[i] = float(Random{seed}.below(i, 17)) - 8;
    };
    whole(x, 1), whole(kernel, 2), whole(bias, 3);
    for (std::size_t k = 0; k < y.size(); ++k) exact[k] = bias[k % 70];
    std::vector<float> dy(y.size()), dkernel(kernel.size()), dx(x.size());
    reference::convolution(w, 70, 1, 2, x.data(), kernel.data(), exact.data(), dy.data(),
                           dkernel.data(), dx.data());
    Block<float> scratch(c.scratch<float>() + 1);
    convolve(c, 2, x.data(), kernel.data(), bias.data(), y.data(), Twice{}, scratch.data(),
             nullptr);
    for (float& v : exact) v *= 2;
    CHECK(y == exact);

    REQUIRE(c.winograd_dx());
    whole(dy, 4);
    std::fill(dx.begin(), dx.end(), 0.0f);
    reference::convolution(w, 70, 1, 2, x.data(), kernel.data(), exact.data(), dy.data(),
                           dkernel.data(), dx.data());
    std::vector<float> got(dx.size());
    convolve_dx(c, 2, dy.data(), kernel.data(), got.data(), x.data(), Twice{}, scratch.data(),
                nullptr);
    for (std::size_t i = 0; i < dx.size(); ++i) dx[i] *= 2 * x[i];
    CHECK(got == dx);

    std::vector<float> got_kernel(kernel.size(), 3.0f), dbias(70, 2.0f), sums(70, 2.0f);
    convolve_gradients(c, 2, x.data(), dy.data(), got_kernel.data(), dbias.data(), scratch.data(),
                       nullptr);
    for (float& v : dkernel) v += 3;
    CHECK(got_kernel == dkernel);
    for (std::size_t k = 0; k < dy.size(); ++k) sums[k % 70] += dy[k];
    CHECK(dbias == sums);
}

TEST_CASE("the bits of Winograd's way do not depend on the threads, whatever they share out") {
    struct {
        std::size_t side, channels, filters, batch;
    } const cases[]{{8, 40, 130, 4}, {17, 32, 33, 1}, {9, 130, 40, 8}, {20, 24, 24, 9}};
    for (auto const& [side, channels, filters, batch] : cases) {
        Windows const w{side, side, channels, side, side, 3, 3, 1, 1, 1, 1, 1, 1};
        Convolution const c{w, filters};
        REQUIRE(kernels::detail::winograd_pays(c.direct_size(), batch));
        std::vector<float> x(batch * w.pixels() * channels), kernel(c.depth() * filters);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = Random{1}.uniform(i) - 0.5f;
        for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i] = Random{2}.uniform(i) - 0.5f;
        std::vector<float> y(batch * w.out_pixels() * filters), dx(x.size()), one_y, one_dx;
        for (std::size_t count = 1; count <= 3; ++count) {
            Threads pool{count};
            Block<float> scratch(count * c.scratch<float>());
            convolve(c, batch, x.data(), kernel.data(), kernel.data(), y.data(), NoEpilogue{},
                     scratch.data(), &pool);
            convolve_dx(c, batch, y.data(), kernel.data(), dx.data(), x.data(), Twice{},
                        scratch.data(), &pool);
            if (count == 1) one_y = y, one_dx = dx;
            CHECK(y == one_y);
            CHECK(dx == one_dx);
        }
    }
}

TEST_CASE_TEMPLATE("convolution in many groups, against the plain twin, between guard pages", T,
                   float, double) {
    Threads pool{3};
    std::size_t in_lanes = 0; // with few lanes larger groups go strip by strip
    for (std::size_t i = 0; i < 150; ++i) {
        std::size_t const channels = i % 3 == 0 ? 1 : 1 + i % 7, filters = 1 + i * 5 % 15,
                          groups = 2 + i * 11 % (i % 2 ? 40 : 9);
        Windows w = some_windows(i, 1);
        w.channels = groups * channels;
        Convolution const c{w, groups * (i % 6 == 0 ? 1 : filters), groups};
        if (lanes<float> >= 16) REQUIRE(c.in_lanes());
        in_lanes += c.in_lanes();
        check_convolution<T>(c, 1 + i % 2, i, pool);
    }
    CHECK(in_lanes > 50);
}

TEST_CASE_TEMPLATE("depthwise windows that read the image itself, against the plain twin", T, float,
                   double) {
    Threads pool{3};
    std::size_t inside = 0;
    for (std::size_t i = 0; i < 60; ++i) {
        std::size_t const stride = 1 + i % 3, taps = i % 5, width = stride * (34 + i * 7 % 30),
                          height = i % 7 == 0 ? 1 : 3 + i * 5 % 33, channels = 2 + i * 11 % 37;
        Windows const w{.height = height,
                        .width = width,
                        .channels = channels,
                        .out_height = (height - 1) / stride + 1,
                        .out_width = (width - 1) / stride + 1,
                        .kernel_height = height == 1 ? 1 : taps + 1,
                        .kernel_width = taps + 1,
                        .stride_y = stride,
                        .stride_x = stride,
                        .dilation_x = 1 + i % 2,
                        .top = static_cast<std::ptrdiff_t>(height == 1 ? 0 : taps - taps / 2),
                        .left = static_cast<std::ptrdiff_t>(taps / 2)};
        Convolution const c{w, channels, channels};
        kernels::detail::LaneCut<T> const cut(c.direct_size(), 2);
        inside += cut.first < cut.last;
        check_convolution<T>(c, 1 + i % 2, i, pool);
    }
    CHECK(inside > 25);
}

TEST_CASE_TEMPLATE("strips of groups, against the plain twin", T, float, double) {
    Threads pool{3};
    for (std::size_t i = 0; i < 40; ++i) {
        std::size_t const groups = 2 + i % 4, channels = 1 + i * 7 % 24;
        Windows w = some_windows(i, 1);
        w.channels = groups * channels;
        Convolution const c{w, groups * (16 + i * 5 % 17), groups};
        REQUIRE(c.in_strips());
        check_convolution<T>(c, 1 + i % 2, i, pool);
    }
}

TEST_CASE_TEMPLATE("strips of every width under windows that slide, against the plain twin", T,
                   float, double) {
    Threads pool{3};
    for (std::size_t i = 0; i < 90; ++i) {
        std::size_t const wide = 1 + i % 7, width = 8 + i * 5 % 44, depthwise = i % 2,
                          channels = depthwise ? 3 + i % 31 : 1 + i % 9;
        Windows const w{.height = 5,
                        .width = width,
                        .channels = channels,
                        .out_height = 4,
                        .out_width = width + 3 - wide,
                        .kernel_height = 3,
                        .kernel_width = wide,
                        .top = 1,
                        .left = 1};
        Convolution const c{w, depthwise ? channels : 4 + i % 20, depthwise ? channels : 1};
        REQUIRE((depthwise ? c.in_lanes() : c.in_strips()));
        check_convolution<T>(c, 2, i, pool);
    }
}

TEST_CASE("strips: each pixel is finished once, with the same bits whatever the threads") {
    struct {
        std::size_t height, width, groups, channels, filters, stride;
    } const cases[]{{30, 30, 40, 1, 1, 1},  {31, 29, 40, 1, 1, 2},   {1, 4000, 20, 1, 1, 1},
                    {24, 40, 10, 4, 4, 2},  {40, 20, 12, 1, 3, 1},   {70, 50, 1, 12, 40, 1},
                    {50, 41, 1, 12, 20, 2}, {1, 3000, 1, 16, 16, 1}, {40, 60, 9, 1, 1, 1},
                    {33, 21, 3, 17, 20, 1}, {29, 30, 5, 8, 8, 1}};
    for (auto const& [height, width, groups, channels, filters, stride] : cases) {
        bool const flat = height == 1;
        Windows w{height,
                  width,
                  groups * channels,
                  (height - 1) / stride + 1,
                  (width - 1) / stride + 1,
                  flat ? 1u : 3u,
                  3,
                  stride,
                  stride,
                  1,
                  1,
                  flat ? 0 : 1,
                  1};
        Convolution const c{w, groups * filters, groups};
        REQUIRE((c.in_lanes() || (c.in_strips() && c.in_strips_dx())));
        std::vector<float> x(2 * w.pixels() * w.channels), kernel(c.depth() * c.filters);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = Random{1}.uniform(i) - 0.5f;
        for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i] = Random{2}.uniform(i) - 0.5f;
        std::vector<float> y(2 * w.out_pixels() * c.filters), dx(x.size()), plain_y(y.size()),
            plain_dx(x.size()), one_dkernel;
        Block<float> scratch(3 * c.scratch<float>());
        convolve(c, 2, x.data(), kernel.data(), kernel.data(), plain_y.data(), NoEpilogue{},
                 scratch.data(), nullptr);
        convolve_dx(c, 2, plain_y.data(), kernel.data(), plain_dx.data(), x.data(), NoEpilogue{},
                    scratch.data(), nullptr);
        std::vector<float> const dy = plain_y;
        for (float& v : plain_y) v += v;
        for (std::size_t i = 0; i < x.size(); ++i) plain_dx[i] *= x[i] + x[i];
        for (std::size_t count = 1; count <= 3; ++count) {
            Threads pool{count};
            convolve(c, 2, x.data(), kernel.data(), kernel.data(), y.data(), Twice{},
                     scratch.data(), &pool);
            convolve_dx(c, 2, dy.data(), kernel.data(), dx.data(), x.data(), Twice{},
                        scratch.data(), &pool);
            std::vector<float> dkernel(kernel.size());
            convolve_gradients(c, 2, x.data(), dy.data(), dkernel.data(),
                               static_cast<float*>(nullptr), scratch.data(), &pool);
            if (count == 1) one_dkernel = dkernel;
            CHECK(y == plain_y);
            CHECK(dx == plain_dx);
            CHECK(dkernel == one_dkernel);
        }
    }
}

TEST_CASE_TEMPLATE("pooling, against the plain twin, between guard pages", T, float, double) {
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    std::size_t seen = 0;
    for (std::size_t i = 0; i < 200; ++i) {
        Windows w = some_windows(i, 1);
        w.top = std::min(w.top, static_cast<std::ptrdiff_t>(w.kernel_height) - 1);
        w.left = std::min(w.left, static_cast<std::ptrdiff_t>(w.kernel_width) - 1);
        INFO("case " << i);
        std::size_t const batch = 1 + i % 3;
        bool const at_end = i % 2;
        Operand<T> x(batch * w.pixels() * w.channels, 1, at_end),
            y(batch * w.out_pixels() * w.channels, 4, at_end), mean(y.size, 4, at_end);
        y.clear(nan);
        mean.clear(nan);
        std::vector<typename Operand<T>::Exact> count(y.size);
        std::fill(y.exact.begin(), y.exact.end(), -2);
        reference::pool(w, batch, x.exact.data(), y.exact.data(), mean.exact.data(), count.data());
        if (std::find(count.begin(), count.end(), 0.0L) != count.end()) continue;
        ++seen;
        for (std::size_t k = 0; k < y.size; ++k) mean.exact[k] /= count[k];
        max_pool(nullptr, w, batch, x.at, y.at);
        CHECK(y.near(0));
        average_pool(nullptr, w, {}, batch, x.at, mean.at);
        CHECK(mean.near(w.taps()));
    }
    CHECK(seen > 90);
}
