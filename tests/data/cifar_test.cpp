// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/cifar.hpp>

#include "support/complaint.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

using Labels = std::vector<std::int32_t>;

/// The labels, then a red, a green and a blue plane of 32 x 32, each of one value but for the pixel
/// in row 2, column 1.
std::string image(std::string labels, int red, int green, int blue) {
    for (int const value : {red, green, blue}) {
        std::string plane(1024, char(value));
        plane[2 * 32 + 1] = char(value + 1);
        labels += plane;
    }
    return labels;
}

struct Cifar10 : testing::Folder {
    Cifar10() : Folder("cifar10") {
        for (char k = '1'; k <= '5'; ++k)
            put(std::string("data_batch_") + k + ".bin",
                image({char(k - '0')}, 10, 20, k) + image({'\x09'}, 100, 200, 250));
        put("test_batch.bin", image({'\0'}, 0, 51, 102));
        put("batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\n"
                                "truck\n\n");
    }
};

} // namespace

TEST_CASE("CIFAR-10: planes become pixels, batches one data set") {
    Cifar10 const folder;
    auto const [train, test] = read_cifar10(folder.path);
    CHECK(train.size() == 10);
    CHECK(train.height() == 32);
    CHECK(train.width() == 32);
    CHECK(train.channels() == 3);
    CHECK(train.labels == Labels{1, 9, 2, 9, 3, 9, 4, 9, 5, 9});
    CHECK(train.classes[9] == "truck");
    CHECK(test.labels == Labels{0});
    CHECK(test.images(0, 0, 0, 0) == 0.0f);
    CHECK(test.images(0, 0, 0, 1) == 0.2f);
    CHECK(test.images(0, 31, 31, 2) == 0.4f);
    CHECK(test.images(0, 2, 1, 1) == 52.0f / 255);
    CHECK(test.images(0, 1, 2, 1) == 0.2f);
    CHECK(train.images(4, 0, 0, 2) == float('3') / 255);
    CHECK(train.images(5, 2, 1, 2) == 251.0f / 255);

    auto const scaled = read_cifar10(folder.path, {.standardize = true});
    double sum = 0;
    for (std::size_t i = 1; i < scaled.train.images.size(); i += 3)
        sum += double(scaled.train.images.data()[i]);
    CHECK(std::abs(sum) < 1e-2);
    CHECK(scaled.test.scaling.columns() == 3);
    // names are not needed
    std::filesystem::remove(folder.path + "/batches.meta.txt");
    CHECK(read_cifar10(folder.path).test.classes.empty());
}

TEST_CASE("CIFAR-100: coarse and fine classes") {
    testing::Folder const folder("cifar100");
    folder.put("train.bin", image("\x13\x63", 1, 2, 3) + image({'\0', '\x05'}, 1, 2, 3));
    folder.put("test.bin", image("\x01\x02", 1, 2, 3));
    std::string fine, coarse;
    for (int i = 0; i < 100; ++i) fine += "f" + std::to_string(i) + "\r\n";
    for (int i = 0; i < 20; ++i) coarse += "c" + std::to_string(i) + "\n";
    folder.put("fine_label_names.txt", fine);
    folder.put("coarse_label_names.txt", coarse);
    auto const by_fine = read_cifar100(folder.path);
    CHECK(by_fine.train.labels == Labels{99, 5});
    CHECK(by_fine.train.classes[99] == "f99");
    CHECK(by_fine.train.images(1, 0, 0, 2) == 3.0f / 255);
    auto const by_coarse = read_cifar100(folder.path, {.coarse = true});
    CHECK(by_coarse.train.labels == Labels{19, 0});
    CHECK(by_coarse.test.classes[19] == "c19");
}

namespace {

/// What byte k of image i of file f says, in both sets: a label is below its classes, a pixel any.
unsigned char byte_of(std::size_t f, std::size_t i, std::size_t k) {
    return static_cast<unsigned char>((f * 131 + i * 31 + k * 7 + k / 1024 * 13) & 255);
}
/// A file of so many images as the data sets' own program writes it: labels, then 1024 red, 1024
/// green and 1024 blue bytes, row by row.
std::string file_of(std::size_t f, std::size_t images, std::vector<unsigned> const& classes) {
    std::string bytes;
    bytes.reserve(images * (classes.size() + 3072));
    for (std::size_t i = 0; i < images; ++i) {
        for (std::size_t l = 0; l < classes.size(); ++l)
            bytes += char((f + i * (l + 1)) % classes[l]);
        for (std::size_t k = 0; k < 3072; ++k) bytes += char(byte_of(f, i, k));
    }
    return bytes;
}
/// Are all pixels of image `at` of a set those of image i of file f, channels last?
bool same_pixels(LabelledImages const& set, std::size_t at, std::size_t f, std::size_t i) {
    bool same = true;
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t y = 0; y < 32; ++y)
            for (std::size_t x = 0; x < 32; ++x)
                same = same && set.images(at, y, x, c) ==
                                   float(byte_of(f, i, c * 1024 + y * 32 + x)) / 255.0f;
    return same;
}

} // namespace

TEST_CASE("CIFAR-10 in files as they are given out: images of 3073 bytes") {
    testing::Folder const folder("cifar10_whole"); // a tenth of the images
    for (std::size_t f = 0; f < 5; ++f) {
        auto const bytes = file_of(f, 1000, {10});
        REQUIRE(bytes.size() == 3'073'000);
        folder.put("data_batch_" + std::to_string(f + 1) + ".bin", bytes);
    }
    folder.put("test_batch.bin", file_of(5, 1000, {10}));
    auto const [train, test] = read_cifar10(folder.path);
    CHECK(train.images.shape()[0] == 5000);
    CHECK(test.images.shape()[0] == 1000);
    for (std::size_t const f : {0u, 2u, 4u})
        for (std::size_t const i : {0u, 1u, 499u, 999u}) {
            CHECK(train.labels[f * 1000 + i] == std::int32_t((f + i) % 10));
            CHECK(same_pixels(train, f * 1000 + i, f, i));
        }
    CHECK(test.labels[999] == std::int32_t((5 + 999) % 10));
    CHECK(same_pixels(test, 999, 5, 999));
}

TEST_CASE("CIFAR-100 in files as they are given out: 3074 bytes, the coarse label first") {
    testing::Folder const folder("cifar100_whole");
    auto const bytes = file_of(0, 5000, {20, 100});
    REQUIRE(bytes.size() == 15'370'000);
    folder.put("train.bin", bytes);
    folder.put("test.bin", file_of(1, 1000, {20, 100}));
    for (bool const coarse : {false, true}) {
        auto const [train, test] = read_cifar100(folder.path, {.coarse = coarse});
        REQUIRE(train.size() == 5000);
        REQUIRE(test.size() == 1000);
        for (std::size_t i = 0; i < 5000; ++i)
            REQUIRE(train.labels[i] == std::int32_t(coarse ? i % 20 : 2 * i % 100));
        for (std::size_t const i : {0u, 17u, 4999u}) CHECK(same_pixels(train, i, 0, i));
        CHECK(test.labels[123] == std::int32_t(coarse ? (1 + 123) % 20 : (1 + 246) % 100));
        CHECK(same_pixels(test, 999, 1, 999));
    }
    // one byte too many, or a coarse label beyond its 20: the file and the image are named
    folder.put("test.bin", file_of(1, 2, {20, 100}) + "x");
    CHECK(complaint([&] { read_cifar100(folder.path); }) ==
          folder.path + "/test.bin: it has 6149 bytes. Images of CIFAR-100 have 3074 each.");
    folder.put("test.bin", file_of(1, 2, {256, 100}).replace(3074, 1, 1, '\x14'));
    CHECK(read_cifar100(folder.path).test.labels == Labels{1, 3}); // the fine ones are what counts
    CHECK(complaint([&] { read_cifar100(folder.path, {.coarse = true}); }) ==
          folder.path + "/test.bin: image 1 is of class 20, and there are 20, from 0 on.");
}

TEST_CASE("CIFAR: files that are not what they should be") {
    Cifar10 const folder;
    auto const test = folder.path + "/test_batch.bin";
    folder.put("test_batch.bin", image({'\0'}, 0, 51, 102) + "x");
    CHECK(complaint([&] { read_cifar10(folder.path); }) ==
          test + ": it has 3074 bytes. Images of CIFAR-10 have 3073 each.");
    folder.put("test_batch.bin", "");
    CHECK(complaint([&] { read_cifar10(folder.path); }).starts_with(test + ": it has 0 bytes"));
    folder.put("test_batch.bin", image({'\0'}, 0, 51, 102) + image({'\x0a'}, 0, 51, 102));
    CHECK(complaint([&] { read_cifar10(folder.path); }) ==
          test + ": image 1 is of class 10, and there are 10, from 0 on.");
    folder.put("batches.meta.txt", "cat\ndog\n");
    CHECK(complaint([&] { read_cifar10(folder.path); }) ==
          folder.path + "/batches.meta.txt: it has 2 names of classes, and there are 10.");
    std::filesystem::remove(folder.path + "/batches.meta.txt");
    std::filesystem::remove(folder.path + "/data_batch_3.bin");
    CHECK(complaint([&] { read_cifar10(folder.path); }) ==
          folder.path + "/data_batch_3.bin: cannot be opened: No such file or directory.");
    CHECK(complaint([&] { read_cifar10(folder.path, {.coarse = true}); }) ==
          "read_cifar10: .coarse is for CIFAR-100 alone.");
    CHECK(complaint([&] {
              read_cifar100(folder.path);
          }).starts_with(folder.path + "/train.bin: cannot be opened"));
}
