// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/metrics/mean_iou.hpp>

#include <lamina/metrics/confusion_matrix.hpp>

#include "check_metric.hpp"

using namespace lamina;
using namespace lamina::testing;

namespace {

// Two images of 2 x 2 pixels and 4 classes, of which the last appears nowhere.
Doubles const y{1, 0, 0, 0, /**/ 0, 1, 0, 0, /**/ 0, 1, 0, 0, /**/ 0, 0, 1, 0,
                1, 0, 0, 0, /**/ 1, 0, 0, 0, /**/ 0, 1, 0, 0, /**/ 0, 0, 1, 0};
Classes const t{0, 0, 1, 2, 0, 1, 1, 1};
using Image = Shape<2, 2, 4>;

} // namespace

TEST_CASE("MeanIoU by hand: 2 of 4, 2 of 5, 1 of 2; the class that is nowhere has no word") {
    double const mean = (2.0 / 4 + 2.0 / 5 + 1.0 / 2) / 3;
    CHECK(near(evaluate_metric<Image>(MeanIoU{}, y, t), mean));
    CHECK(near(in_batches<Image>(MeanIoU{}, y, t, 1), mean)); // not the mean of two images'
    auto const m = evaluate_metric<Image>(ConfusionMatrix{}, y, t);
    CHECK(near((m.iou(0) + m.iou(1) + m.iou(2)) / 3, mean));
    CHECK(near(evaluate_metric<Image>(MeanIoU{.average = Averaging::micro}, y, t), 5.0 / 11));
    CHECK(MeanIoU::name == "mean_io_u");
}

TEST_CASE("MeanIoU: pixels that weigh nothing are in no area") {
    Doubles const weight{1, 0, 1, 1, 1, 0, 1, 0};
    CHECK(near(in_batches<Image>(MeanIoU{}, y, t, 2, weight), 1.0));
    Classes const none(8, -1);
    CHECK(in_batches<Image>(MeanIoU{}, y, none, 2, Doubles(8)) == 0.0);
}

TEST_CASE("MeanIoU: a pixel of no class is in no area, whatever is answered") {
    // keras.metrics.MeanIoU: of the answers 0 and 1 the second is of no class
    Doubles const answers{1, 0, /**/ 0, 1};
    for (std::int32_t const none : {-1, 2, 255})
        CHECK(in_batches<Shape<2>>(MeanIoU{}, answers, Classes{0, none}, 2) == 1.0);
}

TEST_CASE("MeanIoU of one output: of what is answered yes or is") {
    Floats const p{0.9f, 0.8f, 0.7f, 0.6f, 0.1f}, truth{1, 0, 1, 0, 1};
    CHECK(near(evaluate_metric(MeanIoU{}, p, truth), 2.0 / 5));
    CHECK(near(evaluate_metric(MeanIoU{.threshold = 0.75f}, p, truth), 1.0 / 4));
}
