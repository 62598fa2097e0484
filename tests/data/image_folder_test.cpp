// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/image_folder.hpp>

#include "support/complaint.hpp"
#include "support/folder.hpp"

#include <lamina/data/image_file.hpp>
#include <lamina/data/resize_images.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <stb_image_write.h>

using namespace lamina;
using namespace std::literals;
using testing::complaint;
using testing::Folder;

namespace {

using Strings = std::vector<std::string>;
using Bytes = std::vector<unsigned char>;

enum class Kind { png, jpeg, bmp };

std::string encoded(Kind kind, int width, int height, int channels, Bytes const& pixels) {
    std::string out;
    auto const put = [](void* to, void* data, int size) {
        static_cast<std::string*>(to)->append(static_cast<char const*>(data), std::size_t(size));
    };
    int ok = 0;
    if (kind == Kind::png)
        ok = stbi_write_png_to_func(put, &out, width, height, channels, pixels.data(), 0);
    if (kind == Kind::jpeg)
        ok = stbi_write_jpg_to_func(put, &out, width, height, channels, pixels.data(), 95);
    if (kind == Kind::bmp)
        ok = stbi_write_bmp_to_func(put, &out, width, height, channels, pixels.data());
    REQUIRE(ok != 0);
    return out;
}

/// 2 x 1 pixels, red and white, of 24 bits, by hand: rows are padded to four bytes, blue is first.
constexpr std::string_view bmp =
    "BM\x3e\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x08\0\0\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0"sv;

std::vector<float> values(Tensor<float, 4> const& t) { return {t.begin(), t.end()}; }

} // namespace

TEST_CASE("An image, in colours and gray") {
    Folder const folder("image");
    auto const path = folder.put("a.bmp", bmp);
    auto const image = read_image(path);
    CHECK(image.shape()[0] == 1);
    CHECK(image.shape()[1] == 1);
    CHECK(image.shape()[2] == 2);
    CHECK(values(image) == std::vector<float>{1, 0, 0, 1, 1, 1});
    auto const gray = values(read_image(path, {.channels = 1}));
    REQUIRE(gray.size() == 2);
    CHECK(gray[0] == doctest::Approx(0.299).epsilon(0.01)); // the luma of red
    CHECK(gray[1] == 1);

    Bytes const pixels{0, 51, 102, 153, 204, 255};
    auto const png = folder.put("a.png", encoded(Kind::png, 3, 2, 1, pixels));
    auto const one = read_image(png, {.channels = 1});
    CHECK(one.shape()[1] == 2);
    CHECK(one(0, 1, 0, 0) == doctest::Approx(0.6));
    CHECK(read_image(png)(0, 1, 0, 2) == doctest::Approx(0.6)); // gray in three channels
    // transparency is left out
    auto const clear = folder.put("clear.png", encoded(Kind::png, 1, 1, 4, {255, 0, 51, 0}));
    CHECK(values(read_image(clear)) == std::vector<float>{1, 0, 51 * (1.0f / 255)});
    // JPEG loses a little
    Bytes smooth;
    for (int i = 0; i < 16 * 24; ++i) smooth.push_back(static_cast<unsigned char>(60 + i % 16 * 4));
    auto const jpeg = folder.put("a.jpg", encoded(Kind::jpeg, 16, 24, 1, smooth));
    auto const back = read_image(jpeg, {.channels = 1});
    CHECK(back.shape()[1] == 24);
    float most = 0;
    for (std::size_t i = 0; i < smooth.size(); ++i)
        most = std::max(most, std::abs(back.data()[i] - float(smooth[i]) / 255));
    CHECK(most < 0.03f);
    // and of another size
    CHECK(values(read_image(path, {.height = 2, .width = 1, .channels = 3})) ==
          std::vector<float>{1, 0.5f, 0.5f, 1, 0.5f, 0.5f});
    CHECK(complaint([&] { read_image(path, {.channels = 4}); }) ==
          "read_image: .channels is 4. It is 1, gray, or 3, colours.");
}

TEST_CASE("Bilinear: the middles of the pixels lie as they lay") {
    Tensor<float, 4> const row{{{{0}, {10}}}};
    CHECK(values(resize_images(row, 1, 4)) == std::vector<float>{0, 2.5f, 7.5f, 10});
    Tensor<float, 4> const four{{{{0}, {10}, {20}, {30}}}};
    CHECK(values(resize_images(four, 1, 2)) == std::vector<float>{5, 25});
    CHECK(values(resize_images(four, 2, 4)) == std::vector<float>{0, 10, 20, 30, 0, 10, 20, 30});
    CHECK(values(resize_images(four, 1, 4)) == values(four));
    // two images of two channels, tall
    Tensor<float, 4> const two{{{{0, 1}}, {{4, 5}}}, {{{8, 0}}, {{0, 8}}}};
    CHECK(values(resize_images(two, 1, 1)) == std::vector<float>{2, 3, 4, 4});
    CHECK(complaint([&] { resize_images(two, 0, 1); }) ==
          "resize_images: images of 2 x 1 cannot become 0 x 1: there has to be a pixel.");
}

TEST_CASE("A folder for each class, a file for each image") {
    Folder const folder("image_folder");
    folder.put("dog/2.PNG", encoded(Kind::png, 2, 2, 1, {255, 255, 255, 255}));
    folder.put("dog/10.jpeg", encoded(Kind::jpeg, 8, 8, 3, Bytes(192, 128)));
    folder.put("dog/more/1.bmp", bmp);
    folder.put("dog/notes.txt", "no image");
    folder.put("cat/x.bmp", encoded(Kind::bmp, 1, 1, 3, {0, 0, 0}));
    folder.put("cat/.hidden.png", "no image");
    folder.put("README.png", "no class");

    auto const all = read_image_folder(folder.path, {.height = 1, .width = 2, .channels = 1});
    CHECK(all.classes == Strings{"cat", "dog"});
    CHECK(all.labels == std::vector<std::int32_t>{0, 1, 1, 1});
    CHECK(all.size() == 4);
    CHECK(all.height() == 1);
    CHECK(all.width() == 2);
    auto const v = values(all.images);
    CHECK(v[0] == 0);
    CHECK(v[1] == 0);
    CHECK(v[2] == doctest::Approx(0.5).epsilon(0.02)); // 10.jpeg is before 2.PNG
    CHECK(v[4] == 1);
    CHECK(v[6] == doctest::Approx(0.3).epsilon(0.02));
    CHECK(v[7] == 1);
    auto const dogs = read_image_folder(
        folder.path, {.height = 2, .width = 2, .suffixes = {".Png"}, .classes = {"dog"}});
    CHECK(dogs.size() == 1);
    CHECK(dogs.channels() == 3);
    CHECK(dogs.labels == std::vector<std::int32_t>{0});

    CHECK(complaint([&] { read_image_folder(folder.path, {.suffixes = {".gif"}}); }) ==
          folder.path + "/cat: there are no images in it (files that end with .gif). Set "
                        ".suffixes, or name the classes in .classes.");
    CHECK(complaint([&] { read_image_folder(folder.path + "/cat"); }) ==
          folder.path + "/cat: there are no folders in it. Each class has one with its images.");
    CHECK(complaint([&] {
              read_image_folder(folder.path, {.classes = {"bird"}});
          }).find("/bird: cannot read the folder") != std::string::npos);
    CHECK(complaint([&] { read_image_folder(folder.path, {.height = 0}); }) ==
          "read_image_folder: .height and .width are at least 1.");
}

TEST_CASE("A file that is no image is named") {
    Folder const folder("image_bad");
    Bytes noise;
    for (int i = 0; i < 64 * 64; ++i) noise.push_back(static_cast<unsigned char>(i * i * 31 >> 3));
    std::string const png = encoded(Kind::png, 64, 64, 1, noise);
    folder.put("a/1.png", png);
    auto const bad = [&](std::string_view bytes) {
        auto const path = folder.put("a/2.png", bytes);
        std::string const text =
            complaint([&] { read_image_folder(folder.path, {.height = 2, .width = 2}); });
        CHECK(text.starts_with(path + ": "));
        return text.size() < path.size() ? text : text.substr(path.size() + 2);
    };
    CHECK(bad("hello").starts_with("this is no PNG, JPEG or BMP that can be read ("));
    CHECK(bad("").starts_with("this is no PNG, JPEG or BMP that can be read ("));
    CHECK(bad(png.substr(0, png.size() / 2)).starts_with("this is no PNG"));
    // another format of stb's, which begins with nothing of its own: one pixel of a Targa file
    CHECK(bad("\0\0\x02\0\0\0\0\0\0\0\0\0\x01\0\x01\0\x18\0\x01\x02\x03"sv) ==
          "this is no PNG, JPEG or BMP that can be read (it begins as none of them does).");
    // a header of 65535 x 32767 pixels, and one of negative width
    std::string wide(bmp);
    wide.replace(18, 8, "\xff\xff\0\0\xff\x7f\0\0"sv);
    CHECK(bad(wide) ==
          "it says it is 32767 pixels high and 65535 wide, which 62 bytes do not hold, "
          "or no machine should.");
    wide.replace(18, 8, "\xff\xff\xff\xff\x01\0\0\0"sv);
    CHECK(bad(wide) != "");
    CHECK(complaint([&] { read_image(folder.path + "/gone.png"); }) ==
          folder.path + "/gone.png: cannot be opened: No such file or directory.");
}
