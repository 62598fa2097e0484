// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/cosine_similarity.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("CosineSimilarity: values and gradients") {
    check_rows(CosineSimilarity{}, apart, [](double const* y, double const* t, std::size_t n) {
        long double yt = 0, yy = 0, tt = 0;
        for (std::size_t i = 0; i < n; ++i) {
            yt += static_cast<long double>(y[i]) * t[i];
            yy += static_cast<long double>(y[i]) * y[i];
            tt += static_cast<long double>(t[i]) * t[i];
        }
        return -yt / std::sqrt(yy * tt);
    });
}

TEST_CASE("CosineSimilarity by hand; nothing points nowhere") {
    double* const none = nullptr;
    std::vector<double> dy(2);
    auto const at = [&](std::vector<double> y, std::vector<double> t) {
        return loss_of<CosineSimilarity, Shape<2>>({}, y, t, none, dy.data(), 1.0);
    };
    CHECK(relative(at({3, 4}, {6, 8}), -1.0) < 1e-14);
    CHECK(relative(at({3, 4}, {-3, -4}), 1.0) < 1e-14);
    CHECK(relative(at({1, 0}, {1, 1}), -std::sqrt(0.5)) < 1e-14);
    CHECK(std::abs(dy[0]) < 1e-15);   // turning is all that helps
    CHECK(relative(dy[1], -std::sqrt(0.5)) < 1e-14);
    CHECK(relative(at({3e-7, 4e-7}, {1, 0}), -0.6) < 1e-14);
    CHECK(relative(at({3e-8, 4e-8}, {1, 0}), -0.3) < 1e-14);   // no vector is shorter than 1e-7
    CHECK(at({0, 0}, {1, 1}) == 0.0);
    CHECK(at({1, 1}, {0, 0}) == 0.0);
    CHECK(dy == std::vector<double>{0, 0});
}
