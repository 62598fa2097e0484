// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/numbers.hpp>

#include <lamina/core/array.hpp>
#include <lamina/metrics/accuracy.hpp>
#include <lamina/metrics/roc_auc.hpp>

#include <doctest/doctest.h>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xview.hpp>
#endif

#include <vector>

using namespace lamina;

TEST_CASE("numbers are taken from where a view begins") {
    Tensor<float, 2> const x{{1, 2}, {3, 4}, {5, 6}};
    CHECK(detail::numbers_of(x, "test") == x.data());
    CHECK(detail::numbers_of(xt::view(x, xt::range(1, 3), xt::all()), "test") == x.data() + 2);
    auto const last = xt::view(x, xt::range(2, 3), xt::range(1, 2));
    CHECK(detail::numbers_of(last, "test") == x.data() + 5);
    std::vector<float> const plain{1, 2};
    CHECK(detail::numbers_of(plain, "test") == plain.data());
}

TEST_CASE("numbers that do not lie one after another are refused, not misread") {
    Tensor<float, 2> const x{{0, 1}, {0, 1}, {1, 0}};
    xt::xtensor<float, 2, xt::layout_type::column_major> const columns = x;
    CHECK_THROWS_AS(detail::numbers_of(columns, "test"), Error);
    CHECK_THROWS_AS(detail::numbers_of(xt::view(x, xt::all(), 1), "test"), Error);

    Tensor<float, 1> const scores{0.9f, 0.1f, 0.8f, 0.7f, 0.2f, 0.6f};
    Tensor<float, 1> const labels{0, 1, 1, 1, 0, 1};
    auto const behind = [](auto const& t) { return xt::view(t, xt::range(2, 6)); };
    CHECK(evaluate_metric(Accuracy{}, behind(scores), behind(labels)) == doctest::Approx(1));
    CHECK(roc_auc(behind(scores), behind(labels)) == doctest::Approx(1));
    auto const second = [](auto const& t) { return xt::view(t, xt::range(0, 6, 2)); };
    CHECK_THROWS_AS(evaluate_metric(Accuracy{}, second(scores), second(labels)), Error);
    CHECK_THROWS_AS(roc_auc(second(scores), second(labels)), Error);
}
