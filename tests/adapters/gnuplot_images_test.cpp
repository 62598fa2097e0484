// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/adapters/gnuplot_images.hpp>

#include "support/complaint.hpp"
#include "support/folder.hpp"
#include "support/skip.hpp"

#include <lamina/adapters/gnuplot.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace lamina;
using testing::complaint;
using testing::Folder;

namespace {

std::string bytes(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool has_gnuplot() { return std::system("command -v gnuplot > /dev/null") == 0; }

/// How high and wide a PNG says it is.
std::size_t number_at(std::string const& png, std::size_t at) {
    std::size_t n = 0;
    for (std::size_t k = 0; k < 4; ++k) n = n << 8 | static_cast<unsigned char>(png.at(at + k));
    return n;
}

} // namespace

TEST_CASE("Pictures of images and of a confusion matrix") {
    if (!has_gnuplot()) return testing::skip("gnuplot is not installed");
    Folder const folder("gnuplot");
    Tensor<float, 4> gray = Tensor<float, 4>::from_shape({3, 4, 5, 1});
    for (std::size_t i = 0; i < gray.size(); ++i) gray.data()[i] = float(i) - 20;
    std::string const plain = folder.path + "/plain.png", titled = folder.path + "/it's.png";
    plot_images(gray, plain, {.columns = 3});
    plot_images(gray, titled, {.captions = {"a'b", "$c\n_d"}, .colors = {"red"}, .columns = 2});
    REQUIRE(bytes(plain).starts_with("\x89PNG"));
    CHECK(number_at(bytes(plain), 16) == 350);
    CHECK(number_at(bytes(plain), 20) == 130);
    CHECK(number_at(bytes(titled), 16) == 300);
    CHECK(number_at(bytes(titled), 20) == 280);

    // colours and one colour, as vectors
    Tensor<float, 4> const colours({2, 3, 3, 3}, 0.5f);
    plot_images(colours, folder.path + "/colours.svg");
    CHECK(bytes(folder.path + "/colours.svg").find("<svg") != std::string::npos);

    Confusion<3> confusion;
    confusion.counts = {{{8, 1, 0}, {0, 1234, 0}, {0, 0, 0}}};
    std::string const path = folder.path + "/confusion.svg";
    plot_confusion_matrix(confusion, path, {"cat_1", "dog"});
    std::string const picture = bytes(path);
    for (char const* const text : {">8<", ">1<", ">1234<", ">cat_1<", ">dog<", ">2<"})
        CHECK(picture.find(text) != std::string::npos);
    CHECK(picture.find(">0<") == std::string::npos);
}

TEST_CASE("A program that draws without gnuplot gets an error, not a signal") {
    std::string const path = std::getenv("PATH") ? std::getenv("PATH") : "";
    ::setenv("PATH", "/none", 1);
    Tensor<float, 4> const large({1, 200, 200, 3}, 0.5f); // more than a pipe holds
    for (int i = 0; i < 3; ++i) {
        CHECK(complaint([&] { plot_images(large, "x.png"); })
                  .starts_with("plot_images: x.png was "
                               "not drawn"));
    }
    ::setenv("PATH", path.c_str(), 1);
}

TEST_CASE("What cannot be drawn is refused") {
    Tensor<float, 4> const two({1, 2, 2, 2}, 0.0f), none({0, 2, 2, 1}, 0.0f),
        one({1, 2, 2, 1}, 0.0f);
    CHECK(complaint([&] { plot_images(two, "x.png"); }) ==
          "plot_images: the images are (1, 2, 2, 2). There should be some, of 1 channel or of 3.");
    CHECK(complaint([&] { plot_images(none, "x.png"); }).starts_with("plot_images: the images"));
    CHECK(complaint([&] { plot_images(one, "x.jpg"); }) ==
          "plot_images: \"x.jpg\" does not end in .png or .svg.");
    CHECK(complaint([&] { plot_confusion_matrix(Confusion<2>{}, "png"); }) ==
          "plot_confusion_matrix: \"png\" does not end in .png or .svg.");
    CHECK(complaint([&] { plot_history(History{}, "x.gif"); }) ==
          "plot_history: \"x.gif\" does not end in .png or .svg.");
}
