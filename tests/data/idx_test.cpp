// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/idx.hpp>

#include "support/complaint.hpp"
#include "support/folder.hpp"

#include <lamina/core/error.hpp>
#include <lamina/core/tensor.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;
using namespace std::string_view_literals;
using testing::complaint;

namespace {

template <class T>
std::vector<T> numbers(auto const& tensor) {
    return std::vector<T>(tensor.begin(), tensor.end());
}

} // namespace

TEST_CASE("Every type of number, the highest byte first") {
    testing::Folder const folder("idx");
    auto const u8 = folder.put("u8", "\0\0\x08\x02\0\0\0\x02\0\0\0\x03\x00\x01\x02\x7f\x80\xff"sv);
    auto const images = read_idx<std::uint8_t, 2>(u8);
    CHECK(images.shape()[0] == 2);
    CHECK(images.shape()[1] == 3);
    CHECK(numbers<int>(images) == std::vector<int>{0, 1, 2, 127, 128, 255});
    CHECK(numbers<float>(read_idx<float, 2>(u8)) == std::vector<float>{0, 1, 2, 127, 128, 255});
    CHECK(numbers<int>(read_idx<std::int32_t, 2>(u8)) == numbers<int>(images));

    auto const i8 = folder.put("i8", "\0\0\x09\x01\0\0\0\x03\x01\xff\x80"sv);
    CHECK(numbers<int>(read_idx<std::int8_t, 1>(i8)) == std::vector<int>{1, -1, -128});
    auto const i16 = folder.put("i16", "\0\0\x0b\x01\0\0\0\x03\x01\x02\xff\xfe\x80\x00"sv);
    CHECK(numbers<int>(read_idx<std::int16_t, 1>(i16)) == std::vector<int>{258, -2, -32768});
    auto const i32 = folder.put("i32", "\0\0\x0c\x01\0\0\0\x02\x01\x02\x03\x04\xff\xff\xff\xfd"sv);
    CHECK(numbers<int>(read_idx<std::int32_t, 1>(i32)) == std::vector<int>{16909060, -3});
    auto const f32 = folder.put("f32", "\0\0\x0d\x01\0\0\0\x02\x3f\x80\0\0\xc0\x20\0\0"sv);
    CHECK(numbers<float>(read_idx<float, 1>(f32)) == std::vector<float>{1, -2.5f});
    auto const f64 = folder.put("f64", "\0\0\x0e\x01\0\0\0\x01\x40\x09\x21\xfb\x54\x44\x2d\x18"sv);
    CHECK(numbers<double>(read_idx<double, 1>(f64)) == std::vector<double>{3.141592653589793});

    // four axes, and an axis without anything
    auto const four =
        folder.put("four", "\0\0\x08\x04\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0\x01\x05\x06"sv);
    CHECK(numbers<int>(read_idx<std::uint8_t, 4>(four)) == std::vector<int>{5, 6});
    auto const none = folder.put("none", "\0\0\x08\x02\0\0\0\0\0\0\0\x05"sv);
    CHECK(read_idx<std::uint8_t, 2>(none).size() == 0);
    // nothing is lost on the way without a word
    CHECK(complaint([&] { read_idx<std::uint8_t, 1>(i8); }) ==
          i8 + ": number 1 is -1, which the type that was asked for does not hold.");
    CHECK(complaint([&] { read_idx<int, 1>(f32); }) ==
          f32 + ": number 1 is -2.5, which the type that was asked for does not hold.");
    CHECK(complaint([&] { read_idx<std::int8_t, 2>(u8); }) ==
          u8 + ": number 4 is 128, which the type that was asked for does not hold.");
    auto const large =
        folder.put("large", "\0\0\x0e\x01\0\0\0\x01\x7e\x37\xe4\x3c\x88\0\x75\x9c"sv);
    CHECK(complaint([&] { read_idx<float, 1>(large); }) ==
          large + ": number 0 is 1e+300, which the type that was asked for does not hold.");
}

TEST_CASE("What is no IDX file, or not all of it, is refused") {
    testing::Folder const folder("idx_bad");
    auto const read = [&](std::string_view bytes) {
        auto const path = folder.put("bad", bytes);
        std::string const text = complaint([&] { read_idx<std::uint8_t, 2>(path); });
        CHECK(text.starts_with(path + ": "));
        return text.substr(path.size() + 2);
    };
    std::string const no_idx =
        "this is no IDX file: it does not begin with two bytes 0 and a type of numbers.";
    CHECK(read("") == no_idx);
    CHECK(read("\0\0\x08"sv) == no_idx);
    CHECK(read("P6 3 4") == no_idx);
    CHECK(read("\0\x01\x08\x02"sv) == no_idx);
    CHECK(read("\0\0\x0a\x02\0\0\0\x01\0\0\0\x01\x01"sv) == no_idx);
    CHECK(read("\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\x01\x01"sv) ==
          "it has 3 axes, and is read with 2.");
    CHECK(read("\0\0\x08\x01\0\0\0\x01\x01"sv) == "it has 1 axis, and is read with 2.");
    CHECK(read("\0\0\x08\x02\0\0\0\x01\0\0"sv) == "it ends within its header.");
    CHECK(read("\0\0\x08\x02\0\0\0\x02\0\0\0\x02\x01\x02\x03"sv) ==
          "it is shorter than the numbers that it says it has, (2, 2).");
    CHECK(read("\0\0\x08\x02\0\0\0\x02\0\0\0\x01\x01\x02\x03"sv) ==
          "it is longer than the numbers that it says it has, (2, 1).");
    // 2^64 numbers, and 2^64 + 1 of them: no memory is asked for
    CHECK(read("\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv) ==
          "it is shorter than the numbers that it says it has, (4294967295, 4294967295).");
    CHECK(read("\x1f\x8b\x08\x00"sv)
              .starts_with("it is packed with gzip. Include "
                           "<lamina/data/gzip.hpp> and give gunzip"));
    CHECK(complaint([&] { read_idx<float, 1>(folder.path + "/gone"); }) ==
          folder.path + "/gone: cannot be opened: No such file or directory.");
    // eight bytes each, 2^61 + 1 of them: the product of all overflows
    auto const wide = folder.put("wide", "\0\0\x0e\x03\x80\0\0\0\x80\0\0\0\0\0\0\x04"sv);
    CHECK(complaint([&] { read_idx<double, 3>(wide); }).find("shorter") != std::string::npos);
}
