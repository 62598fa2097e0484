// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/option.hpp>
#include <lamina/metrics/metric.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace lamina {

/// The peak signal-to-noise ratio of images, in decibels: the mean over the samples of
/// 10 log10(max_value^2 / the mean of (y - t)^2 over a sample's numbers). No sample counts with
/// more than 100, so that one without an error leaves the mean finite. Where vectors have weights
/// these weigh their errors, and a sample counts as their sum.
///
/// Options  max_value: from the smallest number that a pixel may be to the largest: 1, or 255
/// Errors   (compile time) targets of another shape; (run time) max_value is not above 0
/// Source   tf.image.psnr
struct PSNR {
    float max_value = 1.0f;

    void check() const { detail::Check{"PSNR"}.positive("max_value", max_value); }
    static constexpr std::string_view name = "psnr";

    template <class Y, class Target>
    struct On {
        static constexpr bool fits = std::is_same_v<Y, Target>;
        static void otherwise() {
            static_assert(fits, "PSNR takes targets of the output's shape.");
        }

        double sum = 0, weights = 0;

        template <class T>
        void update(PSNR const& metric, View<T const, Y> y, T const* target, T const* weight) {
            double const peak = double(metric.max_value) * double(metric.max_value);
            for (std::size_t n = 0; n < y.batch; ++n) {
                double squares = 0, all = 0;
                for (std::size_t r = n * Y::rows; r < (n + 1) * Y::rows; ++r) {
                    double row = 0;
                    for (std::size_t i = r * Y::last; i < (r + 1) * Y::last; ++i) {
                        double const e = double(y[i]) - double(target[i]);
                        row += e * e;
                    }
                    double const w = detail::weight_at(weight, r);
                    squares += w * row;
                    all += w;
                }
                if (all <= 0) continue;
                double const error = squares / (all * double(Y::last)) / peak;
                sum += all * -10 * std::log10(std::max(error, 1e-10));
                weights += all;
            }
        }
        double value() const { return detail::ratio(sum, weights); }
    };
};

} // namespace lamina
