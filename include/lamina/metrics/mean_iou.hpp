// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/metrics/counts.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace lamina {

/// How well areas lie on one another: for each class intersection over union, of the vectors that
/// are of it and those that are answered so, and the mean of that over the classes that appear in
/// the targets or the answers. What is counted is vectors: pixels of a segmentation. One output:
/// the class "yes" alone, against a threshold.
///
/// Options  threshold: above it the answer is yes, as of Accuracy; average, multi_label: as of
///          Precision
/// Source   keras.metrics.MeanIoU and its kin (OneHotMeanIoU, BinaryIoU of the class 1);
///          sklearn.metrics.jaccard_score
struct MeanIoU {
    Averaging average = Averaging::macro;
    std::optional<float> threshold{};
    std::optional<bool> multi_label{};

    void check() const { detail::check_threshold("MeanIoU", threshold); }
    static constexpr std::string_view name = "mean_io_u";
    template <class Y, class Target>
    using On = CountsOn<MeanIoU, Y, Target>;

    static constexpr double of(double hit, double predicted, double actual) {
        return detail::ratio(hit, predicted + actual - hit);
    }
};

} // namespace lamina
