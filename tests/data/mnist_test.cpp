// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/mnist.hpp>

#include "support/complaint.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;
using namespace std::string_view_literals;
using testing::complaint;

namespace {

using Labels = std::vector<std::int32_t>;

/// Three images of 1 x 2 to train on, two to test.
struct Mnist : testing::Folder {
    Mnist() : Folder("mnist") {
        put("train-images-idx3-ubyte",
            "\0\0\x08\x03\0\0\0\x03\0\0\0\x01\0\0\0\x02\x00\x33\x66\x99\xcc\xff"sv);
        put("train-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\x03\x02\x00\x01"sv);
        put("t10k-images-idx3-ubyte",
            "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02\xff\x00\x33\x33"sv);
        put("t10k-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\x02\x01\x02"sv);
    }
};

} // namespace

TEST_CASE("Images from 0 to 1, channels last, and their labels") {
    Mnist const folder;
    auto const [train, test] = read_mnist(folder.path, {.classes = {"a", "b", "c"}});
    CHECK(train.size() == 3);
    CHECK(train.height() == 1);
    CHECK(train.width() == 2);
    CHECK(train.channels() == 1);
    CHECK(train.images(0, 0, 1, 0) == 51.0f / 255);
    CHECK(train.images(2, 0, 1, 0) == 1.0f);
    CHECK(train.labels == Labels{2, 0, 1});
    CHECK(train.classes[2] == "c");
    CHECK(test.images(0, 0, 0, 0) == 1.0f);
    CHECK(test.labels == Labels{1, 2});
    CHECK(train.scaling.empty());
    CHECK(fashion_mnist_classes().size() == 10);

    // named with a point, as some unpack them
    folder.put("t10k-images.idx3-ubyte", "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x01\xff\x00"sv);
    std::filesystem::remove(folder.path + "/t10k-images-idx3-ubyte");
    CHECK(read_mnist(folder.path).test.width() == 1);
}

TEST_CASE("Standardized by the images to train on") {
    Mnist const folder;
    auto const [train, test] = read_mnist(folder.path, {.standardize = true});
    // 0, 0.2, ... 1: mean 0.5, variance (0.25 + 0.09 + 0.01) / 3
    double const deviation = std::sqrt(0.35 / 3);
    REQUIRE(train.scaling.columns() == 1);
    CHECK(train.scaling.offset[0] == doctest::Approx(0.5));
    CHECK(train.scaling.scale[0] == doctest::Approx(deviation));
    CHECK(train.images(0, 0, 0, 0) == doctest::Approx(-0.5 / deviation));
    CHECK(test.images(0, 0, 0, 0) == doctest::Approx(0.5 / deviation));
    CHECK(test.scaling == train.scaling);
    auto const by_hand = read_mnist(folder.path, {.scaling = {{}, {0.2}, {0.5}}});
    CHECK(by_hand.test.images(0, 0, 0, 0) == doctest::Approx(1.6));
    CHECK(complaint([&] {
              read_mnist(folder.path, {.standardize = true, .scaling = {{}, {0.2}, {0.5}}});
          }) == "read_mnist: give .standardize or .scaling, not both.");
    CHECK(complaint([&] {
              read_mnist(folder.path, {.scaling = {{}, {0.2, 0}, {0.5, 1}}});
          }) == "LabelledImages::scale: the scaling is of 2 channels, the images have 1.");
    CHECK(complaint([&] {
              LabelledImages twice = by_hand.train;
              twice.scale(twice.scaling);
          }) == "LabelledImages::scale: the images are scaled already.");
}

TEST_CASE("Files that are not there, or do not belong together") {
    Mnist const folder;
    auto const labels = folder.path + "/train-labels-idx1-ubyte";
    folder.put("train-labels-idx1-ubyte", "\0\0\x08\x01\0\0\0\x02\x02\x00"sv);
    CHECK(complaint([&] { read_mnist(folder.path); }) ==
          folder.path + "/train-images-idx3-ubyte: it has 3 images, and " + labels +
              " has 2 labels.");
    folder.put("train-labels-idx1-ubyte", "\0\0\x08\x03\0\0\0\x02\x02\x00"sv);
    CHECK(complaint([&] { read_mnist(folder.path); }) ==
          labels + ": it has 3 axes, and is read with 1.");
    folder.put("train-labels-idx1-ubyte", "\x1f\x8b\x08"sv);
    CHECK(complaint([&] { read_mnist(folder.path); }).starts_with(labels + ": it is packed"));
    std::filesystem::remove(labels);
    CHECK(complaint([&] { read_mnist(folder.path); }) ==
          labels + ": there is no such file, nor the same with .gz.");
}

TEST_CASE("Labelled images are taken, split and scaled by channel") {
    LabelledImages all{Tensor<float, 4>::from_shape({20, 1, 2, 2}), {}, {"even", "odd"}};
    for (std::size_t i = 0; i < all.images.size(); ++i) all.images.data()[i] = float(i);
    for (int i = 0; i < 20; ++i) all.labels.push_back(i % 2);
    std::vector<std::size_t> const which{3, 0};
    auto const two = all.take(which);
    CHECK(two.size() == 2);
    CHECK(two.labels == Labels{1, 0});
    CHECK(two.images(0, 0, 1, 1) == 15);
    CHECK(two.images(1, 0, 0, 0) == 0);
    CHECK(all.first(3).images(2, 0, 0, 1) == 9);
    CHECK(two.classes == all.classes);

    auto const [train, test] = all.split({.test = 0.3f, .seed = 1});
    CHECK(train.size() == 14);
    CHECK(test.labels.size() == 6);
    int odd = 0;
    for (std::size_t i = 0; i < test.size(); ++i) {
        odd += test.labels[i];
        CHECK(int(test.images(i, 0, 0, 0)) / 4 % 2 == test.labels[i]); // kept together
    }
    CHECK(odd == 3);
    auto const parts = all.split_in_three({.validation = 0.2f, .test = 0.2f});
    CHECK(parts.train.size() + parts.validation.size() + parts.test.size() == 20);

    Scaling const by = standard_scaling(all.images);
    CHECK(by.offset == std::vector<double>{39, 40});
    all.scale(by);
    CHECK(all.images(0, 0, 0, 0) == doctest::Approx(-all.images(19, 0, 1, 0)));
    Tensor<float, 4> const constant({2, 1, 1, 3}, 0.5f);
    CHECK(standard_scaling(constant).offset[2] == 0.5);
    CHECK(standard_scaling(constant).scale == std::vector<double>{1, 1, 1});

    CHECK(complaint([&] { all.first(21); }) == "LabelledImages::first: 21 of 20 images.");
    std::vector<std::size_t> const beyond{20};
    CHECK(complaint([&] { all.take(beyond); }) == "LabelledImages::take: image 20 of 20.");
    CHECK(complaint([&] { all.split_in_three({.validation = 0.5f, .test = 0.5f}); }) ==
          "split: 10 images to validate and 10 to test leave none of 20 images to train.");
    all.labels[4] = -1;
    CHECK(complaint([&] { all.split(); }).find("the label -1") != std::string::npos);
    CHECK(all.split({.stratified = false}).test.size() == 4);
    all.labels.pop_back();
    CHECK(complaint([&] { all.split(); }) == "split: there are 20 images and 19 labels.");
    CHECK(complaint([&] {
              standard_scaling(Tensor<float, 4>::from_shape({0, 1, 1, 3}));
          }) == "standard_scaling: there are no images.");
}
