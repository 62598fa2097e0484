// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/dtype.hpp>

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace lamina;

TEST_CASE("the table is in the order of the enumerators, and names are those of the format") {
    for (std::size_t i = 0; i < dtypes.size(); ++i) CHECK(std::size_t(dtypes[i].type) == i);
    CHECK(info(DType::bf16).code() == "BF16");
    CHECK(info(DType::f8_e4m3).bits == 8);
    CHECK(info(DType::f4).bits == 4);
    CHECK(info(DType::c64).bits == 64);
    CHECK(name_of(DType::f32) == "float32");
    static_assert(dtype_of<float>() == DType::f32 && dtype_of<double>() == DType::f64);
    static_assert(dtype_of<std::int32_t>() == DType::i32 && dtype_of<std::size_t>() == DType::u64);
    static_assert(dtype_of<bool>() == DType::boolean && dtype_of<std::uint8_t>() == DType::u8);
}

TEST_CASE("bytes of a file are little-endian") {
    std::array<std::byte, 8> bytes{};
    detail::store_little(std::uint64_t{0x0102030405060708u}, bytes.data());
    CHECK(bytes[0] == std::byte{8});
    CHECK(bytes[7] == std::byte{1});
    CHECK(detail::load_little<std::uint64_t>(bytes.data()) == 0x0102030405060708u);
    CHECK(detail::load_little<std::uint16_t>(bytes.data()) == 0x0708);
}

TEST_CASE("every half-precision number is exact") {
    for (std::uint32_t h = 0; h < 0x10000; ++h) {
        bool const negative = h & 0x8000u;
        int const exponent = int(h >> 10) & 31, fraction = int(h) & 1023;
        float const got = detail::from_half(std::uint16_t(h));
        if (exponent == 31 && fraction != 0) {
            CHECK(std::isnan(got));
            continue;
        }
        double expected = exponent == 31 ? std::numeric_limits<double>::infinity()
                          : exponent == 0 ? std::ldexp(fraction, -24)
                                          : std::ldexp(1024 + fraction, exponent - 25);
        if (negative) expected = -expected;
        bool const same = double(got) == expected && std::signbit(got) == negative;
        if (!same) CHECK(h == 0);   // says which
    }
}

TEST_CASE("numbers are converted one by one, and only where that has a meaning") {
    std::vector<double> const from{1.5, -0.1, 1e300, 1e-300};
    std::vector<float> to(4);
    convert(DType::f64, reinterpret_cast<std::byte const*>(from.data()), to.data(), 4);
    CHECK(to == std::vector<float>{1.5f, -0.1f, std::numeric_limits<float>::infinity(), 0.0f});
    std::vector<double> back(4);
    convert(DType::f32, reinterpret_cast<std::byte const*>(to.data()), back.data(), 2);
    CHECK(back[1] == double(-0.1f));
    static_assert(converts<float>(DType::bf16) && converts<double>(DType::f16));
    static_assert(!converts<float>(DType::i32) && !converts<std::int32_t>(DType::f32));
    static_assert(converts<std::int32_t>(DType::i32) && !converts<std::int32_t>(DType::u32));
}
