// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/checked.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/tensor.hpp>
#include <lamina/data/byte_source.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {

/// What an IDX file holds: its numbers as they stand in the file, first byte first.
struct IdxFile {
    enum class Type : unsigned char {
        u8 = 0x08,
        i8 = 0x09,
        i16 = 0x0b,
        i32 = 0x0c,
        f32 = 0x0d,
        f64 = 0x0e
    } type = Type::u8;
    std::vector<std::size_t> shape;
    std::size_t size = 0;           // numbers
    unsigned char* bytes = nullptr; // its own; a bare pointer, see core/span.hpp

    IdxFile() = default;
    IdxFile(IdxFile&& other) noexcept
        : type(other.type), shape(std::move(other.shape)), size(other.size),
          bytes(std::exchange(other.bytes, nullptr)) {}
    ~IdxFile() { delete[] bytes; }
};

/// axes: how many are expected.
IdxFile read_idx_file(std::string const& path, OpenBytes unpack, std::size_t axes);

[[noreturn]] void refuse_idx_number(std::string const& path, double number, std::size_t i);

/// The i-th number, of `sizeof(V)` bytes, the highest first.
template <class V>
V idx_number(unsigned char const* bytes, std::size_t i) {
    using Bits = std::conditional_t<
        sizeof(V) == 8, std::uint64_t,
        std::conditional_t<sizeof(V) == 4, std::uint32_t,
                           std::conditional_t<sizeof(V) == 2, std::uint16_t, std::uint8_t>>>;
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < sizeof(V); ++k) bits = bits << 8 | bytes[i * sizeof(V) + k];
    return std::bit_cast<V>(static_cast<Bits>(bits));
}

template <class V, class T>
void convert_idx(std::string const& path, IdxFile const& file, T* to) {
    for (std::size_t i = 0; i < file.size; ++i) {
        V const v = idx_number<V>(file.bytes, i);
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, V>) {
            double const d = double(v);
            bool const fits = is_finite(d) && d >= double(std::numeric_limits<T>::min()) &&
                              d < double(std::numeric_limits<T>::max()) + 1.0;
            if (!fits || double(static_cast<T>(v)) != d) refuse_idx_number(path, d, i);
        }
        to[i] = static_cast<T>(v);
        if constexpr (std::is_same_v<T, float> && std::is_same_v<V, double>)
            if (is_finite(v) && !is_finite(to[i])) refuse_idx_number(path, v, i);
    }
}

} // namespace detail

/// Reads a file of the IDX format, in which MNIST comes: numbers of one type along Axes axes. T is
/// the file's type or another one that holds its numbers. The formats of MNIST are
/// read_idx<std::uint8_t, 3> for images and read_idx<std::int32_t, 1> for labels; read_mnist reads
/// all of it.
///
/// Errors      (run time) Kind::file: it cannot be read; Kind::data: it is no IDX file, is packed,
///             is longer or shorter than it says, has other axes, or a number that T does not hold
/// Source      LeCun, Cortes and Burges, "The MNIST database of handwritten digits"
template <class T, std::size_t Axes>
Tensor<T, Axes> read_idx(std::string const& path, OpenBytes unpack = open_bytes) {
    static_assert(std::is_arithmetic_v<T> && Axes > 0, "read_idx<T, Axes>: T is a number.");
    using Type = detail::IdxFile::Type;
    detail::IdxFile const file = detail::read_idx_file(path, unpack, Axes);
    std::array<std::size_t, Axes> shape;
    std::copy_n(file.shape.begin(), Axes, shape.begin());
    auto out = Tensor<T, Axes>::from_shape(shape);
    switch (file.type) {
    case Type::u8:
        detail::convert_idx<std::uint8_t>(path, file, out.data());
        break;
    case Type::i8:
        detail::convert_idx<std::int8_t>(path, file, out.data());
        break;
    case Type::i16:
        detail::convert_idx<std::int16_t>(path, file, out.data());
        break;
    case Type::i32:
        detail::convert_idx<std::int32_t>(path, file, out.data());
        break;
    case Type::f32:
        detail::convert_idx<float>(path, file, out.data());
        break;
    case Type::f64:
        detail::convert_idx<double>(path, file, out.data());
    }
    return out;
}

#if LAMINA_BODIES

namespace detail {

[[noreturn, gnu::cold]] LAMINA_INLINE void refuse_idx_number(std::string const& path, double number,
                                                             std::size_t i) {
    fail(Error::Kind::data, {path},
         {"number ", i, " is ", number, ", which the type that was asked for does not hold."});
}

[[gnu::cold]] LAMINA_INLINE IdxFile read_idx_file(std::string const& path, OpenBytes unpack,
                                                  std::size_t axes) {
    ByteSource const source = unpack(path);
    auto const bad = [&](std::initializer_list<Piece> what) {
        fail(Error::Kind::data, {path}, what);
    };
    unsigned char head[4] = {};
    std::size_t const got = source.read(reinterpret_cast<char*>(head), 4);
    if (got >= 2 && head[0] == 0x1f && head[1] == 0x8b) {
        bad({"it is packed with gzip. Include <lamina/data/gzip.hpp> and give gunzip to unpack it, "
             "or unpack it before."});
    }
    IdxFile file;
    file.type = IdxFile::Type(head[2]);
    std::size_t const width = head[2] == 0x08 || head[2] == 0x09   ? 1
                              : head[2] == 0x0b                    ? 2
                              : head[2] == 0x0c || head[2] == 0x0d ? 4
                              : head[2] == 0x0e                    ? 8
                                                                   : 0;
    if (got < 4 || head[0] != 0 || head[1] != 0 || width == 0) {
        bad({"this is no IDX file: it does not begin with two bytes 0 and a type of numbers."});
    }
    if (head[3] != axes) {
        bad({"it has ", unsigned(head[3]), head[3] == 1 ? " axis" : " axes", ", and is read with ",
             axes, "."});
    }
    std::size_t const most = source.most / width;
    // Where one axis is 0 the others may say anything, but the steps along them must be numbers.
    constexpr std::size_t widest = std::numeric_limits<std::size_t>::max() / 16;
    std::uint64_t stride = 1, numbers = 1, bytes = 0;
    bool absurd = false;
    for (std::size_t k = 0; k < axes; ++k) {
        unsigned char b[4] = {};
        if (source.read(reinterpret_cast<char*>(b), 4) != 4) bad({"it ends within its header."});
        std::size_t const n = idx_number<std::uint32_t>(b, 0);
        file.shape.push_back(n);
        absurd = absurd || !checked_mul(stride, n == 0 ? 1 : n, stride) || stride > widest ||
                 !checked_mul(numbers, n, numbers) || numbers > most;
    }
    // Before any room is made for it: a damaged header must not ask for all there is.
    if (absurd || !checked_mul(numbers, width, bytes)) {
        bad({"it is shorter than the numbers that it says it has, ", Dims{file.shape}, "."});
    }
    file.size = static_cast<std::size_t>(numbers);
    file.bytes = new unsigned char[bytes + 1];
    std::size_t const have = source.read(reinterpret_cast<char*>(file.bytes), bytes + 1);
    if (have != bytes) {
        bad({"it is ", have < bytes ? "shorter" : "longer",
             " than the numbers that it says it has, ", Dims{file.shape}, "."});
    }
    return file;
}

} // namespace detail

#endif

} // namespace lamina
