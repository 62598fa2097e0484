// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lamina {

/// What the numbers of a stored tensor are. All that safetensors knows; lamina computes with
/// float32 and float64.
enum class DType : std::uint8_t {
    boolean, f4, f6_e2m3, f6_e3m2, u8, i8, f8_e5m2, f8_e4m3, f8_e8m0, f8_e4m3fnuz, f8_e5m2fnuz,
    i16, u16, f16, bf16, i32, u32, f32, c64, f64, i64, u64
};

/// A type's name in safetensors, its name for a person, and how many bits a number takes.
struct DTypeInfo {
    DType type;
    unsigned char bits;
    char letters[12], words[16]; // here, not pointed to: less than half the bytes

    constexpr std::string_view code() const { return letters; }
    constexpr std::string_view name() const { return words; }
};

/// Source: safetensors/src/tensor.rs, Dtype.
inline constexpr std::array<DTypeInfo, 22> dtypes{{
    {DType::boolean, 8, "BOOL", "bool"},
    {DType::f4, 4, "F4", "float4"},
    {DType::f6_e2m3, 6, "F6_E2M3", "float6_e2m3"},
    {DType::f6_e3m2, 6, "F6_E3M2", "float6_e3m2"},
    {DType::u8, 8, "U8", "uint8"},
    {DType::i8, 8, "I8", "int8"},
    {DType::f8_e5m2, 8, "F8_E5M2", "float8_e5m2"},
    {DType::f8_e4m3, 8, "F8_E4M3", "float8_e4m3"},
    {DType::f8_e8m0, 8, "F8_E8M0", "float8_e8m0"},
    {DType::f8_e4m3fnuz, 8, "F8_E4M3FNUZ", "float8_e4m3fnuz"},
    {DType::f8_e5m2fnuz, 8, "F8_E5M2FNUZ", "float8_e5m2fnuz"},
    {DType::i16, 16, "I16", "int16"},
    {DType::u16, 16, "U16", "uint16"},
    {DType::f16, 16, "F16", "float16"},
    {DType::bf16, 16, "BF16", "bfloat16"},
    {DType::i32, 32, "I32", "int32"},
    {DType::u32, 32, "U32", "uint32"},
    {DType::f32, 32, "F32", "float32"},
    {DType::c64, 64, "C64", "complex64"},
    {DType::f64, 64, "F64", "float64"},
    {DType::i64, 64, "I64", "int64"},
    {DType::u64, 64, "U64", "uint64"},
}};

constexpr DTypeInfo const& info(DType type) { return dtypes[std::size_t(type)]; }
constexpr std::string_view name_of(DType type) { return info(type).name(); }

/// The DType of a C++ number.
template <class T>
constexpr DType dtype_of() {
    static_assert(std::is_arithmetic_v<T>, "dtype_of takes a number.");
    constexpr bool is_signed = std::is_signed_v<T>;
    if constexpr (std::is_same_v<T, bool>) return DType::boolean;
    else if constexpr (std::is_same_v<T, float>) return DType::f32;
    else if constexpr (std::is_same_v<T, double>) return DType::f64;
    else if constexpr (sizeof(T) == 1) return is_signed ? DType::i8 : DType::u8;
    else if constexpr (sizeof(T) == 2) return is_signed ? DType::i16 : DType::u16;
    else if constexpr (sizeof(T) == 4) return is_signed ? DType::i32 : DType::u32;
    else return is_signed ? DType::i64 : DType::u64;
}

namespace detail {

template <std::size_t N>
constexpr void to_native(std::array<std::byte, N>& little) {
    if constexpr (std::endian::native == std::endian::big)
        for (std::size_t i = 0; i < N / 2; ++i) std::swap(little[i], little[N - 1 - i]);
}
/// A number from, or to, the little-endian bytes of a file.
template <class T>
T load_little(std::byte const* from) {
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), from, sizeof(T));
    to_native(bytes);
    return std::bit_cast<T>(bytes);
}
template <class T>
void store_little(T value, std::byte* to) {
    auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    to_native(bytes);
    std::memcpy(to, bytes.data(), sizeof(T));
}

/// IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. Exact.
inline float from_half(std::uint16_t h) {
    std::uint32_t const sign = std::uint32_t(h & 0x8000u) << 16, fraction = h & 0x3ffu;
    std::uint32_t const exponent = (h >> 10) & 0x1fu;
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
    if (exponent != 0)
        return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
    float const tiny = float(fraction) * 0x1p-24f;   // zero or subnormal
    return sign ? -tiny : tiny;
}
/// bfloat16 is the upper half of a float.
inline float from_bfloat(std::uint16_t b) { return std::bit_cast<float>(std::uint32_t(b) << 16); }

/// to[i] = the i-th number that `from` holds as type T.
template <class T, class To, class F>
void convert_each(std::byte const* from, To* to, std::size_t n, F f) {
    for (std::size_t i = 0; i < n; ++i, from += sizeof(T))
        to[i] = static_cast<To>(f(load_little<T>(from)));
}

} // namespace detail

/// Can a tensor stored as `from` be read as `To`? Floating-point numbers are read as floating-point
/// numbers, rounded to the nearest where `To` is narrower; whole numbers only as what they are.
template <class To>
constexpr bool converts(DType from) {
    if constexpr (std::is_floating_point_v<To>)
        return from == DType::f16 || from == DType::bf16 || from == DType::f32 ||
               from == DType::f64;
    else
        return from == dtype_of<To>();
}

/// n numbers, stored little-endian at `from`, to `to`. converts<To>(type) must be true.
template <class To>
void convert(DType type, std::byte const* from, To* to, std::size_t n) {
    if (n == 0) return;
    if (type == dtype_of<To>()) {
        if constexpr (std::endian::native == std::endian::big)
            detail::convert_each<To>(from, to, n, [](To v) { return v; });
        else
            std::memcpy(to, from, n * sizeof(To));
        return;
    }
    if constexpr (std::is_floating_point_v<To>) {
        using detail::convert_each;
        auto const same = [](auto v) { return v; };
        if (type == DType::f16) convert_each<std::uint16_t>(from, to, n, detail::from_half);
        if (type == DType::bf16) convert_each<std::uint16_t>(from, to, n, detail::from_bfloat);
        if (type == DType::f32) convert_each<float>(from, to, n, same);
        if (type == DType::f64) convert_each<double>(from, to, n, same);
    }
}

} // namespace lamina
