// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/augment.hpp>

#include "support/kernels.hpp"
#include "support/samples.hpp"

#include <lamina/lamina.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace lamina;

namespace {

auto small_network() {
    return compile(Sequential{Input<6, 6, 1>{}, Conv2D<4, 3, ReLU, Same>{}, MaxPooling2D<2>{},
                              Flatten{}, Dense<2, Softmax>{}},
                   Adam{.learning_rate = 0.01f}, SparseCategoricalCrossentropy{}, Accuracy{});
}

/// A bright line: class 0 across, class 1 down.
LabelledImages lines(std::size_t n) {
    LabelledImages out{Tensor<float, 4>({n, 6, 6, 1}, 0.0f), {}};
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t const at = k / 2 % 6;
        out.labels.push_back(std::int32_t(k % 2));
        for (std::size_t i = 0; i < 6; ++i)
            (k % 2 ? out.images(k, i, at, 0) : out.images(k, at, i, 0)) = 1;
    }
    return out;
}

} // namespace

TEST_CASE("A model learns from augmented images, the same with any number of threads") {
    LabelledImages const data = lines(60);
    AugmentOptions const options{.rotation = 10,
                                 .width_shift = 0.1f,
                                 .horizontal_flip = true,
                                 .vertical_flip = true,
                                 .noise = 0.05f};
    auto model = small_network();
    History const history =
        model.fit(augment(data, options, {.batch_size = 10}),
                  {.epochs = 20, .validation_data = {data.images, data.labels}, .verbose = 0});
    CHECK(history["loss"].size() == 20);
    CHECK(history["val_accuracy"].back() > 0.95);
    CHECK(history["loss"].back() < 0.5 * history["loss"].front());

    Threads pool(2);
    AugmentOptions shared = options;
    shared.threads = &pool;
    auto again = small_network();
    again.fit(augment(data, shared, {.batch_size = 10}),
              {.epochs = 20, .verbose = 0, .threads = pool});
    auto const p = model.predict(data.images), q = again.predict(data.images);
    CHECK(p == q);
    // what was stopped between two epochs goes on with the batches it would have seen
    auto resumed = small_network();
    auto batches = augment(data, options, {.batch_size = 10});
    resumed.fit(batches, {.epochs = 7, .verbose = 0});
    resumed.fit(augment(data, options, {.batch_size = 10}),
                {.epochs = 20, .resume = true, .verbose = 0});
    CHECK(resumed.predict(data.images) == p);
}

TEST_CASE("Convolution, moving statistics, dropout: the same bits each time, by any threads") {
    LabelledImages const data = lines(144);
    auto const run = [&](std::size_t threads) {
        auto model = compile(Sequential{Input<6, 6, 1>{}, Conv2D<8, 3, Same>{},
                                        BatchNormalization{}, ReLU{}, Dropout{.rate = 0.3f},
                                        Flatten{}, Dense<64>{}, Tanh{}, Dense<2, Softmax>{}},
                             Adam{}, SparseCategoricalCrossentropy{});
        static_assert(decltype(model)::flops(128) * 3 > 12'000'000); // worth several threads
        model.fit(data.images, data.labels,
                  {.epochs = 3, .batch_size = 128, .verbose = 0, .threads = threads});
        return testing::numbers_of(model);
    };
    auto const alone = run(1);
    for (int again = 0; again < 3; ++again)
        for (std::size_t const threads : {1u, 2u, 3u, 4u, 7u, 8u, 16u}) {
            CAPTURE(threads);
            CHECK(run(threads) == alone);
        }
}

TEST_CASE("Mixed targets train a model on rows") {
    LabelledImages const data = lines(60);
    auto model = compile(Sequential{Input<6, 6, 1>{}, Conv2D<4, 3, ReLU, Same>{}, MaxPooling2D<2>{},
                                    Flatten{}, Dense<2, Softmax>{}},
                         Adam{.learning_rate = 0.01f}, CategoricalCrossentropy{}, Accuracy{});
    model.fit(augment(data.images, to_categorical(data.labels), {.mixup = 0.2f}),
              {.epochs = 30, .verbose = 0});
    auto const [loss, accuracy] = model.evaluate(data.images, to_categorical(data.labels));
    CHECK(accuracy > 0.9);
}

TEST_CASE("A network learns from pieces that are smaller than the images") {
    LabelledImages const data = lines(120);
    auto model = compile(Sequential{Input<5, 5, 1>{}, Conv2D<4, 3, ReLU, Same>{}, MaxPooling2D<2>{},
                                    Flatten{}, Dense<2, Softmax>{}},
                         Adam{.learning_rate = 0.01f}, SparseCategoricalCrossentropy{}, Accuracy{});
    auto const middle = center_crop(data, 5, 5);
    auto const history =
        model.fit(augment(data, {.crop_height = 5, .crop_width = 5}, {.batch_size = 10}),
                  {.epochs = 20, .validation_data = {middle.images, middle.labels}, .verbose = 0});
    CHECK(history["loss"].back() < 0.5 * history["loss"].front());
    CHECK(history["val_accuracy"].back() > 0.8); // some lines lie outside the middle
}
