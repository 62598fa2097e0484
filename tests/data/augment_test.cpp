// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/augment.hpp>

#include "data/allocations.hpp"
#include "support/complaint.hpp"
#include "support/folder.hpp"

#include <lamina/core/inlining.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/data/batches.hpp>
#include <lamina/data/to_categorical.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <new>
#include <numbers>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

std::atomic<std::size_t> lamina::testing::allocations{0};

#if !LAMINA_SANITIZED // a sanitizer has them of its own; nothing is counted then

namespace {
void* counted(std::size_t n, std::size_t alignment) {
    ++lamina::testing::allocations;
    void* const p = std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment);
    if (!p) throw std::bad_alloc();
    return p;
}
} // namespace

[[gnu::noinline]] void* operator new(std::size_t n) { return counted(n ? n : 1, 16); }
[[gnu::noinline]] void* operator new(std::size_t n, std::align_val_t a) {
    return counted(n ? n : 1, std::size_t(a));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
    std::free(p);
}

#endif

using namespace lamina;
using testing::complaint;

namespace {

using Images = Tensor<float, 4>;
using Floats = std::vector<float>;

Images noise_images(std::size_t n, std::size_t h, std::size_t w, std::size_t c) {
    Images t = Images::from_shape({n, h, w, c});
    for (std::size_t i = 0; i < t.size(); ++i) t.data()[i] = Random{7}.uniform(i);
    return t;
}

/// n times an image whose pixel (y, x) is (y, x): what comes out says where it was seen.
Images places(std::size_t n, std::size_t h, std::size_t w) {
    Images t = Images::from_shape({n, h, w, 2});
    for (std::size_t k = 0; k < n; ++k)
        for (std::size_t i = 0; i < h; ++i)
            for (std::size_t j = 0; j < w; ++j) {
                t(k, i, j, 0) = float(i);
                t(k, i, j, 1) = float(j);
            }
    return t;
}

Floats values(Images const& t) { return {t.begin(), t.end()}; }

/// What augmentation did to the k-th of places(): y = y0 + yi i + yj j, read off three pixels in
/// the middle.
struct Map {
    double y0, yi, yj, x0, xi, xj;
    Map(Images const& t, std::size_t k) {
        std::size_t const i = t.shape()[1] / 2, j = t.shape()[2] / 2;
        auto const at = [&](std::size_t a, std::size_t b, std::size_t c) {
            return double(t(k, a, b, c));
        };
        yi = at(i + 1, j, 0) - at(i, j, 0);
        yj = at(i, j + 1, 0) - at(i, j, 0);
        xi = at(i + 1, j, 1) - at(i, j, 1);
        xj = at(i, j + 1, 1) - at(i, j, 1);
        y0 = at(i, j, 0) - yi * double(i) - yj * double(j);
        x0 = at(i, j, 1) - xi * double(i) - xj * double(j);
    }
};

} // namespace

TEST_CASE("Without options images stay as they are") {
    Images const images = noise_images(5, 4, 6, 3);
    CHECK(values(augmented(images, {})) == values(images));
    // a warp that does nothing changes no bit
    CHECK(values(augmented(images, {.rotation = std::numeric_limits<float>::min()})) ==
          values(images));
}

TEST_CASE("Flips") {
    Images const images = noise_images(200, 3, 4, 2);
    int counts[2][2]{};
    Images const out = augmented(images, {.horizontal_flip = true, .vertical_flip = true});
    for (std::size_t k = 0; k < 200; ++k) {
        int found = 0;
        for (std::size_t v = 0; v < 2; ++v)
            for (std::size_t h = 0; h < 2; ++h) {
                bool same = true;
                for (std::size_t i = 0; i < 3; ++i)
                    for (std::size_t j = 0; j < 4; ++j)
                        for (std::size_t c = 0; c < 2; ++c)
                            same = same &&
                                   out(k, i, j, c) == images(k, v ? 2 - i : i, h ? 3 - j : j, c);
                counts[v][h] += same;
                found += same;
            }
        CHECK(found == 1);
    }
    for (auto const& row : counts)
        for (int const n : row) CHECK((n > 25 && n < 75));
    Images const across = augmented(images, {.horizontal_flip = true});
    CHECK(std::count(across.begin(), across.end(), images(0, 0, 0, 0)) == 1);
    CHECK((across(0, 0, 0, 0) == images(0, 0, 0, 0) || across(0, 0, 3, 0) == images(0, 0, 0, 0)));
}

TEST_CASE("Rotation, zoom and shift are one transform about the middle, within their limits") {
    constexpr std::size_t n = 300, h = 41, w = 31;
    Images const images = places(n, h, w);
    auto const spread = [](std::vector<double> const& v, double low, double high) {
        auto const [least, most] = std::minmax_element(v.begin(), v.end());
        CHECK(*least >= low - 1e-4);
        CHECK(*most <= high + 1e-4);
        CHECK(*least < low + 0.05 * (high - low)); // all of the range is used
        CHECK(*most > high - 0.05 * (high - low));
    };
    SUBCASE("rotation") {
        Images const out = augmented(images, {.rotation = 30});
        std::vector<double> angles;
        for (std::size_t k = 0; k < n; ++k) {
            Map const m(out, k);
            CHECK(m.yi == doctest::Approx(m.xj).epsilon(1e-3));
            CHECK(m.yj + m.xi == doctest::Approx(0).epsilon(1e-3));
            CHECK(m.yi * m.xj - m.yj * m.xi == doctest::Approx(1).epsilon(1e-3));
            CHECK(out(k, 20, 15, 0) == doctest::Approx(20));
            CHECK(out(k, 20, 15, 1) == doctest::Approx(15));
            angles.push_back(std::atan2(m.yj, m.yi) * 180 / std::numbers::pi);
        }
        spread(angles, -30, 30);
    }
    SUBCASE("zoom") {
        Images const out = augmented(images, {.zoom = 0.25f});
        std::vector<double> sizes;
        for (std::size_t k = 0; k < n; ++k) {
            Map const m(out, k);
            CHECK(m.yi == doctest::Approx(m.xj).epsilon(1e-3));
            CHECK(m.yj == doctest::Approx(0));
            CHECK(m.y0 + m.yi * 20 == doctest::Approx(20).epsilon(1e-3));
            CHECK(m.x0 + m.xj * 15 == doctest::Approx(15).epsilon(1e-3));
            sizes.push_back(1 / m.yi);
        }
        spread(sizes, 0.75, 1.25);
    }
    SUBCASE("shift") {
        Images const out = augmented(images, {.height_shift = 0.2f, .width_shift = 0.1f});
        std::vector<double> down, right;
        for (std::size_t k = 0; k < n; ++k) {
            Map const m(out, k);
            CHECK(m.yi == doctest::Approx(1).epsilon(1e-3));
            down.push_back(-m.y0 / double(h));
            right.push_back(-m.x0 / double(w));
        }
        spread(down, -0.2, 0.2);
        spread(right, -0.1, 0.1);
    }
    SUBCASE("all of it") {
        Images const out = augmented(images, {.rotation = 20,
                                              .zoom = 0.1f,
                                              .height_shift = 0.1f,
                                              .width_shift = 0.1f,
                                              .horizontal_flip = true});
        int mirrored = 0;
        for (std::size_t k = 0; k < n; ++k) {
            Map const m(out, k);
            double const area = m.yi * m.xj - m.yj * m.xi; // of a new pixel in the image
            CHECK(std::abs(area) > 1 / (1.1 * 1.1) - 1e-3);
            CHECK(std::abs(area) < 1 / (0.9 * 0.9) + 1e-3);
            mirrored += area < 0;
            // where the middle of the image went is the shift: solve for the new pixel
            double const dy = 20 - m.y0, dx = 15 - m.x0;
            double const i = (m.xj * dy - m.yj * dx) / area, j = (m.yi * dx - m.xi * dy) / area;
            CHECK(std::abs(i - 20) < 0.1 * h + 1e-2);
            CHECK(std::abs(j - 15) < 0.1 * w + 1e-2);
            // every pixel that lies within follows the same transform
            for (std::size_t a = 0; a < h; ++a)
                for (std::size_t b = 0; b < w; ++b) {
                    double const y = m.y0 + m.yi * double(a) + m.yj * double(b);
                    double const x = m.x0 + m.xi * double(a) + m.xj * double(b);
                    if (y < 0 || x < 0 || y > h - 1 || x > w - 1) continue;
                    CHECK(std::abs(double(out(k, a, b, 0)) - y) < 1e-2);
                    CHECK(std::abs(double(out(k, a, b, 1)) - x) < 1e-2);
                }
        }
        CHECK(mirrored > 100);
        CHECK(mirrored < 200);
    }
}

TEST_CASE("A random crop is a shift by whole pixels, in every fill mode") {
    Images const images = noise_images(300, 4, 5, 3);
    auto const index = [](FillMode mode, int i, int n) {
        if (i >= 0 && i < n) return i;
        if (mode == FillMode::constant) return -1;
        if (mode == FillMode::nearest) return i < 0 ? 0 : n - 1;
        // dcba|abcd|dcba, by walking
        while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
        return i;
    };
    for (FillMode const mode : {FillMode::nearest, FillMode::constant, FillMode::reflect}) {
        // 7 pixels around: more than the image is high, so that the mirror is mirrored
        Images const out =
            augmented(images, {.random_crop = 7, .fill_mode = mode, .fill_value = 0.5f});
        std::set<std::pair<int, int>> seen;
        bool all = true;
        for (std::size_t k = 0; k < 300; ++k) {
            int found = 0;
            for (int dy = -7; dy <= 7; ++dy)
                for (int dx = -7; dx <= 7; ++dx) {
                    bool same = true;
                    for (int i = 0; i < 4 && same; ++i)
                        for (int j = 0; j < 5 && same; ++j) {
                            int const y = index(mode, i + dy, 4), x = index(mode, j + dx, 5);
                            float const expected =
                                y < 0 || x < 0 ? 0.5f
                                               : images(k, std::size_t(y), std::size_t(x), 1);
                            same = out(k, std::size_t(i), std::size_t(j), 1) == expected;
                        }
                    if (same) seen.insert({dy, dx});
                    found += same;
                }
            all = all && found >= 1;
        }
        CHECK(all);
        CHECK(seen.size() > 60);
    }
}

TEST_CASE("Between two pixels is between their values, and beyond the edge what fills") {
    // one row, shifted only across; the shift is read off a ramp
    Images ramp = Images::from_shape({50, 1, 9, 1}), step = ramp;
    for (std::size_t k = 0; k < 50; ++k)
        for (std::size_t j = 0; j < 9; ++j) {
            ramp(k, 0, j, 0) = float(j);
            step(k, 0, j, 0) = j == 4 ? 1.0f : 0.0f;
        }
    AugmentOptions options{.width_shift = 0.3f};
    Images const places_now = augmented(ramp, options), out = augmented(step, options);
    for (FillMode const mode : {FillMode::nearest, FillMode::constant}) {
        options.fill_mode = mode;
        options.fill_value = -1;
        Images const filled = augmented(ramp, options);
        for (std::size_t k = 0; k < 50; ++k) {
            double const shift = double(places_now(k, 0, 4, 0)) - 4;
            for (std::size_t j = 0; j < 9; ++j) {
                double const x = double(j) + shift;
                CHECK(double(out(k, 0, j, 0)) ==
                      doctest::Approx(std::max(0.0, 1 - std::abs(x - 4))).epsilon(1e-4));
                double expected = std::clamp(x, 0.0, 8.0);
                if (mode == FillMode::constant) { // half way to the edge it is half -1
                    if (x < -1 || x > 9) expected = -1;
                    else if (x < 0) expected = x;
                    else if (x > 8) expected = 8 - 9 * (x - 8);
                }
                CHECK(double(filled(k, 0, j, 0)) == doctest::Approx(expected).epsilon(1e-3));
            }
        }
    }
}

TEST_CASE("Contrast, brightness and noise") {
    constexpr std::size_t n = 300, numbers = 6 * 7 * 3;
    Images const images = noise_images(n, 6, 7, 3);
    auto const mean_of = [&](Images const& t, std::size_t k) {
        double sum = 0;
        for (std::size_t i = 0; i < numbers; ++i) sum += double(t.data()[k * numbers + i]);
        return sum / double(numbers);
    };
    Images const out = augmented(images, {.contrast = 0.5f, .brightness = 0.2f});
    double least = 9, most = 0, dark = 9, light = -9;
    for (std::size_t k = 0; k < n; ++k) {
        double const before = mean_of(images, k), plus = mean_of(out, k) - before;
        float const* const a = images.data() + k * numbers;
        float const* const b = out.data() + k * numbers;
        double const times = double(b[1] - b[0]) / double(a[1] - a[0]);
        for (std::size_t i = 0; i < numbers; ++i)
            CHECK(double(b[i]) ==
                  doctest::Approx((double(a[i]) - before) * times + before + plus).epsilon(1e-2));
        least = std::min(least, times);
        most = std::max(most, times);
        dark = std::min(dark, plus);
        light = std::max(light, plus);
    }
    CHECK((least > 0.499 && least < 0.55 && most > 1.45 && most < 1.501));
    CHECK((dark > -0.2001 && dark < -0.18 && light > 0.18 && light < 0.2001));

    Images const noisy = augmented(images, {.noise = 0.1f});
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < noisy.size(); ++i) {
        double const d = double(noisy.data()[i] - images.data()[i]);
        sum += d;
        squares += d * d;
    }
    CHECK(std::abs(sum / double(noisy.size())) < 0.002);
    CHECK(std::sqrt(squares / double(noisy.size())) == doctest::Approx(0.1).epsilon(0.02));

    Images const within =
        augmented(images, {.brightness = 1, .noise = 1, .lowest = 0.25f, .highest = 0.75f});
    CHECK(*std::min_element(within.begin(), within.end()) == 0.25f);
    CHECK(*std::max_element(within.begin(), within.end()) == 0.75f);
}

TEST_CASE("Cutout: a square anywhere, cut at the edges") {
    for (std::size_t const side : {1ul, 4ul, 5ul, 40ul}) {
        constexpr std::size_t n = 200, h = 10, w = 12;
        Images const images = noise_images(n, h, w, 3);
        Images const out = augmented(images, {.fill_value = -7, .cutout = side});
        std::size_t full = 0;
        for (std::size_t k = 0; k < n; ++k) {
            std::size_t top = h, bottom = 0, left = w, right = 0, count = 0;
            bool others = true;
            for (std::size_t i = 0; i < h; ++i)
                for (std::size_t j = 0; j < w; ++j) {
                    bool const gone = out(k, i, j, 0) == -7;
                    for (std::size_t c = 0; c < 3; ++c)
                        others = others && out(k, i, j, c) == (gone ? -7 : images(k, i, j, c));
                    if (!gone) continue;
                    ++count;
                    top = std::min(top, i);
                    bottom = std::max(bottom, i + 1);
                    left = std::min(left, j);
                    right = std::max(right, j + 1);
                }
            CHECK(others);
            REQUIRE(count > 0);
            CHECK(count == (bottom - top) * (right - left));
            CHECK((bottom - top == side || top == 0 || bottom == h));
            CHECK((right - left == side || left == 0 || right == w));
            CHECK(bottom - top <= side);
            full += count == side * side;
        }
        if (side < 40) CHECK(full > n / 4);
    }
}

namespace {

/// All samples of an epoch: x, then y. Samples are told apart by the second number of y.
std::map<float, Floats> epoch(auto& batches, std::size_t which) {
    batches.restart(which);
    std::map<float, Floats> out;
    Batch<float> batch;
    std::size_t steps = 0;
    while (batches.next(batch)) {
        ++steps;
        std::size_t const f = batch.x.size() / batch.n, t = batch.y.size() / batch.n;
        for (std::size_t i = 0; i < batch.n; ++i) {
            Floats row(batch.x.begin() + long(i * f), batch.x.begin() + long(i * f + f));
            row.insert(row.end(), batch.y.begin() + long(i * t), batch.y.begin() + long(i * t + t));
            out[batch.y[i * t]] = row;
        }
    }
    CHECK(steps == batches.steps());
    return out;
}

AugmentOptions everything() {
    return {.rotation = 15,
            .zoom = 0.1f,
            .height_shift = 0.1f,
            .width_shift = 0.2f,
            .horizontal_flip = true,
            .vertical_flip = true,
            .random_crop = 2,
            .fill_mode = FillMode::reflect,
            .contrast = 0.2f,
            .brightness = 0.1f,
            .noise = 0.05f,
            .lowest = 0,
            .highest = 1,
            .cutout = 3,
            .seed = 5};
}

} // namespace

TEST_CASE("A sample's draw depends on seed, epoch and sample alone") {
    constexpr std::size_t n = 37;
    Images const images = noise_images(n, 8, 6, 3);
    std::vector<std::int32_t> labels(n);
    for (std::size_t i = 0; i < n; ++i) labels[i] = std::int32_t(i);
    auto plain = augment(images, labels, everything(), {.batch_size = 8});
    CHECK(plain.steps() == 5);
    auto const first = epoch(plain, 0), second = epoch(plain, 1);
    CHECK(first.size() == n);
    CHECK(first != second);
    CHECK(epoch(plain, 0) == first);

    Images const shown = augmented(images, everything(), 1);
    for (std::size_t i = 0; i < n; ++i) {
        Floats row(shown.data() + i * 144, shown.data() + (i + 1) * 144);
        row.push_back(float(i));
        CHECK(second.at(float(i)) == row);
    }

    Threads pool(4);
    AugmentOptions threaded = everything();
    threaded.threads = &pool;
    for (std::size_t const size : {1ul, 8ul, 37ul, 100ul}) {
        auto other = augment(images, labels, threaded,
                             {.batch_size = size, .shuffle = size != 8, .seed = size});
        CHECK(epoch(other, 1) == second);
    }
    AugmentOptions reseeded = everything();
    reseeded.seed = 6;
    auto other = augment(images, labels, reseeded, {.batch_size = 8});
    CHECK(epoch(other, 0) != first);

    // whole batches only, and so many of them
    auto dropped = augment(images, labels, {}, {.batch_size = 8, .steps = 3, .drop_last = true});
    CHECK(dropped.steps() == 3);
    CHECK(epoch(dropped, 0).size() == 24);
    // moved, with images that were converted
    Tensor<std::uint8_t, 4> bytes({2, 2, 2, 1}, 9);
    std::vector<double> const y{1, 2};
    auto const made = [&] {
        auto batches = augment(bytes, y, {.horizontal_flip = true});
        return batches;
    };
    auto moved = made();
    CHECK(epoch(moved, 0).at(2) == Floats{9, 9, 9, 9, 2});
    LabelledImages const set{images, labels};
    auto of_set = augment(set, everything(), {.batch_size = 8});
    CHECK(epoch(of_set, 1) == second);
}

TEST_CASE("Batches from elsewhere are augmented as they come") {
    constexpr std::size_t n = 21;
    Images const images = noise_images(n, 8, 6, 3);
    Floats labels(n);
    for (std::size_t i = 0; i < n; ++i) labels[i] = float(i);
    std::span<float const> const x(images.data(), images.size());
    ArrayBatches rows(x, labels, n, {.batch_size = 4, .shuffle = false});
    auto stream = augment(rows, {8, 6, 3}, everything());
    auto whole = augment(images, labels, everything());
    // not shuffled, the place in the epoch is the sample's number
    for (std::size_t const e : {0ul, 3ul, 0ul}) CHECK(epoch(stream, e) == epoch(whole, e));
    static_assert(Batches<decltype(stream)> && Batches<decltype(whole)>);

    std::size_t at = 0;
    auto samples = batches(
        [&] {
            at = (at + 1) % n;
            return std::pair(std::span(x).subspan(at * 144, 144), labels[at]);
        },
        {.batch_size = 4, .shuffle = false, .steps = 3});
    auto of_samples = augment(std::move(samples), {8, 6, 3}, {.horizontal_flip = true});
    CHECK(of_samples.steps() == 3);
    CHECK(epoch(of_samples, 0).size() == 12);
    auto wrong = augment(rows, {8, 6, 1}, everything());
    Batch<float> batch;
    wrong.restart(0);
    CHECK(complaint([&] { wrong.next(batch); }) ==
          "augment: a batch of 4 samples has 576 numbers of x and 4 of y, the images have 48 "
          "each.");
}

TEST_CASE("Mixup mixes images and targets alike") {
    constexpr std::size_t n = 400, classes = 5;
    // an image of class k is k everywhere but for one pixel that says which image it is
    Images images = Images::from_shape({n, 2, 2, 1});
    std::vector<std::int32_t> labels;
    for (std::size_t i = 0; i < n; ++i) {
        labels.push_back(std::int32_t(i % classes));
        for (std::size_t k = 0; k < 4; ++k) images.data()[i * 4 + k] = float(i % classes);
    }
    auto const one_hot = to_categorical(labels);
    for (float const alpha : {0.2f, 1.0f, 4.0f}) {
        auto mixed = augment(images, one_hot, {.mixup = alpha}, {.batch_size = 64});
        Batch<float> batch;
        double sum = 0, squares = 0;
        std::size_t pairs = 0;
        for (std::size_t e = 0; e < 5; ++e) {
            mixed.restart(e);
            while (mixed.next(batch))
                for (std::size_t i = 0; i < batch.n; ++i) {
                    auto const y = batch.y.subspan(i * classes, classes);
                    float total = 0, expected = 0;
                    int parts = 0;
                    for (std::size_t k = 0; k < classes; ++k) {
                        total += y[k];
                        expected += y[k] * float(k);
                        parts += y[k] != 0;
                    }
                    CHECK(total == doctest::Approx(1));
                    CHECK(parts <= 2);
                    CHECK(batch.x[i * 4 + 3] == doctest::Approx(expected));
                    if (parts != 2) continue;
                    for (std::size_t k = 0; k < classes; ++k)
                        if (y[k] != 0) {
                            double const l = double(y[k]) - 0.5;
                            sum += l;
                            squares += l * l;
                        }
                    pairs += 2;
                }
        }
        CHECK(pairs > 2000);
        CHECK(std::abs(sum) < 1e-2); // l and 1 - l
        // the variance of Beta(a, a)
        CHECK(squares / double(pairs) ==
              doctest::Approx(1 / (4 * (2 * double(alpha) + 1))).epsilon(0.1));
    }
    // the same with threads and in other batches
    AugmentOptions options = everything();
    options.mixup = 0.4f;
    Images const many = noise_images(30, 5, 5, 1);
    Tensor<float, 2> y({30, 2}, 0.5f);
    for (std::size_t i = 0; i < 30; ++i) y(i, 0) = float(i);
    auto alone = augment(many, y, options, {.batch_size = 7});
    Threads pool(3);
    options.threads = &pool;
    auto shared = augment(many, y, options, {.batch_size = 30, .shuffle = false});
    CHECK(epoch(alone, 2) == epoch(shared, 2));

    CHECK(complaint([&] { augment(images, labels, {.mixup = 0.2f}); }) ==
          "augment: .mixup mixes the labels too, and classes 0, 1, 2, ... cannot be mixed. Give "
          "rows: to_categorical(labels).");
    std::vector<std::int32_t> const yes_or_no(n, 1);
    CHECK(augment(images, yes_or_no, {.mixup = 0.2f}).steps() == 13);
    CHECK(detail::beta_draw(Random{1}, 1e-3) <= 1);
}

TEST_CASE("Nothing is allocated once batches come") {
    Images const images = noise_images(50, 8, 6, 3);
    Tensor<float, 2> const y({50, 2}, 0.5f);
    AugmentOptions options = everything();
    options.mixup = 0.4f;
    Threads pool(2);
    options.threads = &pool;
    auto whole = augment(images, y, options, {.batch_size = 8});
    ArrayBatches rows({images.data(), images.size()}, {y.data(), y.size()}, 50);
    auto stream = augment(rows, {8, 6, 3}, options);
    Batch<float> batch;
    stream.next(batch);
    std::size_t const before = testing::allocations;
    for (std::size_t e = 0; e < 3; ++e) {
        whole.restart(e);
        while (whole.next(batch)) continue;
        stream.restart(e);
        while (stream.next(batch)) continue;
    }
    CHECK(testing::allocations == before);
}

TEST_CASE("Pieces of images are cut out anywhere, and from the middle") {
    constexpr std::size_t n = 4000;
    Images const images = places(n, 5, 7);
    Images const pieces = augmented(images, {.crop_height = 3, .crop_width = 6, .seed = 5});
    CHECK(pieces.shape()[0] == n);
    CHECK(pieces.shape()[1] == 3);
    CHECK(pieces.shape()[2] == 6);
    CHECK(pieces.shape()[3] == 2);
    std::map<std::pair<int, int>, int> corners;
    for (std::size_t k = 0; k < n; ++k) {
        auto const top = pieces(k, 0, 0, 0), left = pieces(k, 0, 0, 1);
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 6; ++j) {
                REQUIRE(pieces(k, i, j, 0) == top + float(i));
                REQUIRE(pieces(k, i, j, 1) == left + float(j));
            }
        ++corners[{int(top), int(left)}];
    }
    CHECK(corners.size() == 6); // 3 x 2 places
    for (auto const& [corner, count] : corners) CHECK(std::abs(count - int(n) / 6) < 120);

    // what is moved is the same image, cut out afterwards
    AugmentOptions whole{.rotation = 20, .zoom = 0.2f, .horizontal_flip = true, .seed = 5};
    AugmentOptions cut = whole;
    cut.crop_height = 3;
    cut.crop_width = 6;
    Images const moved = augmented(images, whole), cut_out = augmented(images, cut);
    std::size_t found = 0;
    for (std::size_t k = 0; k < 200; ++k) {
        bool any = false;
        for (std::size_t top = 0; top <= 2; ++top)
            for (std::size_t left = 0; left <= 1; ++left) {
                float worst = 0;
                for (std::size_t i = 0; i < 3; ++i)
                    for (std::size_t j = 0; j < 6; ++j)
                        for (std::size_t c = 0; c < 2; ++c)
                            worst = std::max(worst, std::abs(cut_out(k, i, j, c) -
                                                             moved(k, top + i, left + j, c)));
                any = any || worst < 1e-4f;
            }
        found += any;
    }
    CHECK(found == 200);

    Images const middle = center_crop(noise_images(2, 6, 5, 3), 3, 2);
    Images const from = noise_images(2, 6, 5, 3);
    for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 2; ++j)
                CHECK(middle(k, i, j, 2) == from(k, i + 1, j + 1, 2)); // 3 / 2 and 3 / 2, as Keras
    LabelledImages const set{from, {4, 2}, {"a"}, {}};
    CHECK(values(center_crop(set, 3, 2).images) == values(middle));
    CHECK(center_crop(set, 3, 2).labels == set.labels);
    CHECK(values(center_crop(from, 6, 5)) == values(from));
    // one axis alone, through the stream; a batch is as large as its pieces
    Floats const labels{0, 1};
    auto stream = augment(from, labels, {.crop_width = 4}, {.shuffle = false});
    Batch<float> batch;
    REQUIRE(stream.next(batch));
    CHECK(batch.x.size() == 2 * 6 * 4 * 3);
    for (std::size_t i = 0; i < 6; ++i) {
        float const first = batch.x[i * 12];
        CHECK((first == from(0, i, 0, 0) || first == from(0, i, 1, 0)));
    }
    ArrayBatches rows({from.data(), from.size()}, labels, 2, {.shuffle = false});
    auto elsewhere = augment(rows, {6, 5, 3}, {.crop_width = 4});
    Batch<float> same;
    REQUIRE(elsewhere.next(same));
    CHECK(std::equal(same.x.begin(), same.x.end(), batch.x.begin(), batch.x.end()));

    auto const text = complaint([&] { center_crop(from, 7, 2); });
    CHECK(text == "augment: no piece of 7 x 2 pixels is in images of 6 x 5. Make .crop_height and "
                  ".crop_width smaller.");
    CHECK(complaint([&] { center_crop(from, 0, 2); }) ==
          "center_crop: a piece of 0 x 2 has no pixel.");
}

TEST_CASE("Pieces with mixup and cutout, the same with threads, and nothing is allocated") {
    Images const images = noise_images(30, 9, 8, 3);
    Tensor<float, 2> y({30, 2}, 0.5f);
    for (std::size_t i = 0; i < 30; ++i) y(i, 0) = float(i);
    AugmentOptions options = everything();
    options.crop_height = 5;
    options.crop_width = 6;
    options.mixup = 0.4f;
    auto alone = augment(images, y, options, {.batch_size = 7});
    Threads pool(3);
    options.threads = &pool;
    auto shared = augment(images, y, options, {.batch_size = 30, .shuffle = false});
    auto const found = epoch(alone, 2);
    CHECK(found == epoch(shared, 2));
    CHECK(found.begin()->second.size() == 5 * 6 * 3 + 2);
    std::size_t const before = testing::allocations;
    Batch<float> batch;
    alone.restart(1);
    while (alone.next(batch)) continue;
    CHECK(testing::allocations == before);
}

TEST_CASE("What makes no sense is refused") {
    Images const images = noise_images(3, 4, 4, 1);
    Floats const labels{0, 1, 1};
    auto const refused = [&](AugmentOptions const& options) {
        return complaint([&] { augment(images, labels, options); });
    };
    CHECK(refused({.rotation = -1}) == "augment: .rotation is -1. It is at least 0.");
    CHECK(refused({.zoom = 1}) == "augment: .zoom is 1. It is at least 0 and less than 1.");
    CHECK(refused({.width_shift = 1e30f}) ==
          "augment: .width_shift is 1e+30. It is at least 0 and less than 1.");
    CHECK(refused({.height_shift = -0.1f}).starts_with("augment: .height_shift is -0.1."));
    CHECK(refused({.random_crop = 1 << 17}) ==
          "augment: .random_crop is 131072 pixels. It is at most 65536.");
    CHECK(refused({.cutout = std::size_t(-1)}).starts_with("augment: .cutout is 18446744073"));
    CHECK(refused({.noise = std::nanf("")}).starts_with("augment: .noise is nan."));
    CHECK(refused({.contrast = std::numeric_limits<float>::infinity()})
              .starts_with("augment: .contrast is inf."));
    CHECK(refused({.fill_value = std::nanf("")}) ==
          "augment: .fill_value is nan, which is no pixel's.");
    CHECK(refused({.lowest = 1, .highest = 0}) ==
          "augment: .lowest is 1 and .highest 0: no number is between them.");
    Floats const two{0, 1};
    CHECK(complaint([&] { augment(images, two, {}); }) ==
          "augment: there are 3 images and 2 labels.");
    Tensor<float, 3> const flat({3, 4, 4}, 0.0f);
    CHECK(complaint([&] { augment(flat, labels, {}); }) ==
          "augment: the images are (3, 4, 4). They should be (n, height, width, channels).");
    CHECK(complaint([&] { augment(images, labels, {}, {.batch_size = 0}); }) ==
          "batches: .batch_size is 0, and it is at least 1.");
    Images const none({3, 0, 4, 1}, 0.0f);
    CHECK(complaint([&] { augment(none, labels, {}); }) ==
          "augment: images of (0, 4, 1) have no pixel.");
}
