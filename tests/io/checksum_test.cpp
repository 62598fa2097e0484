// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/checksum.hpp>

#include <lamina/core/checked.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

using namespace lamina;

namespace {

std::string sum(std::string const& text) {
    Checksum s;
    s.add(text.data(), text.size());
    return s.text();
}

} // namespace

TEST_CASE("it does not matter how the bytes are cut") {
    std::string text;
    for (int i = 0; i < 100; ++i) text += char(i * 7);
    for (std::size_t a = 0; a <= text.size(); a += 3)
        for (std::size_t b = a; b <= text.size(); b += 5) {
            Checksum s;
            s.add(text.data(), a);
            s.add(text.data() + a, b - a);
            s.add(text.data() + b, text.size() - b);
            CHECK(s.text() == sum(text));
        }
}

TEST_CASE("every flipped bit, every lost or added zero and every exchange changes the sum") {
    std::string text(64, '\0');
    std::set<std::string> sums{sum(text)};
    std::size_t tried = 1;
    for (std::size_t i = 0; i < text.size(); ++i)
        for (int bit = 0; bit < 8; ++bit, ++tried) {
            auto other = text;
            other[i] = char(1 << bit);
            sums.insert(sum(other));
        }
    for (std::size_t n = 0; n < 64; ++n, ++tried) sums.insert(sum(text.substr(n + 1)));
    CHECK(sums.size() == tried);
    CHECK(sum("12345678abcdefgh") != sum("abcdefgh12345678"));
}

TEST_CASE("the sums that files carry stay what they are") {
    CHECK(sum("") == "0000000000000000");
    CHECK(sum("lamina") == "f2b1ed979cade6da");
}

TEST_CASE("products and sums of sizes from a file never wrap") {
    std::uint64_t to = 7;
    CHECK(checked_mul(1u << 31, 1u << 31, to));
    CHECK(to == std::uint64_t{1} << 62);
    CHECK(!checked_mul(std::uint64_t{1} << 32, std::uint64_t{1} << 32, to));
    CHECK(to == std::uint64_t{1} << 62);
    CHECK(checked_mul(~std::uint64_t{0}, 1, to));
    CHECK(checked_mul(0, ~std::uint64_t{0}, to));
    CHECK(to == 0);
    CHECK(checked_add(~std::uint64_t{0} - 1, 1, to));
    CHECK(!checked_add(~std::uint64_t{0}, 1, to));
    std::array<std::uint64_t, 3> const dims{std::uint64_t{1} << 32, std::uint64_t{1} << 32, 0};
    CHECK(!checked_product(dims.data(), 3, to));
    CHECK(checked_product(dims.data(), 1, to));
    CHECK(checked_product(dims.data(), 0, to));
    CHECK(to == 1);
}
