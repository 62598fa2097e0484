// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/block.hpp>
#include <lamina/core/compilation.hpp>
#include <lamina/core/finite.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/core/tensor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace lamina {

/// What fit, evaluate and predict take: an xtensor container, view or expression (row- or
/// column-major, strided, lazy), a std::vector, array or span, a vector of rows (arrays or
/// vectors), or a plain pointer and a shape: Array{pointer, {n, 28, 28, 1}}. The first axis counts
/// the samples.
///
/// A contiguous row-major container is only looked at, so it must live as long as the Array;
/// anything else is written out once into memory that the Array owns. Numbers may be of any
/// arithmetic type.
class Array {
public:
    static constexpr std::size_t max_rank = 6;

    Array();
    Array(Array const&);
    Array(Array&&) noexcept;
    Array& operator=(Array const&);
    Array& operator=(Array&&) noexcept;
    ~Array();

    template <TensorExpression E>
    Array(E const& expression) {
        using V =
            std::remove_cvref_t<decltype(*expression.template begin<xt::layout_type::row_major>())>;
        for (std::size_t const n : expression.shape()) add_axis(std::size_t(n));
        constexpr bool stored = requires {
            expression.storage();
            expression.data() + expression.data_offset(); // a view's numbers begin further on
            expression.layout();
        };
        if constexpr (stored && E::static_layout == xt::layout_type::row_major) {
            look_at(expression.data() + expression.data_offset());
        } else if constexpr (stored) {
            if (expression.layout() == xt::layout_type::row_major)
                look_at(expression.data() + expression.data_offset());
            else write_out<V>(expression);
        } else {
            write_out<V>(expression);
        }
    }
    template <class V>
    Array(V const* data, std::initializer_list<std::size_t> shape) {
        for (std::size_t const n : shape) add_axis(n);
        look_at(data);
    }
    template <class V>
    Array(Span<V> values) : Array(static_cast<V const*>(values.data()), {values.size()}) {}
    template <class V>
    Array(std::span<V> values) : Array(static_cast<V const*>(values.data()), {values.size()}) {}
    template <class V>
    Array(std::vector<V> const& values) : Array(values.data(), {values.size()}) {}
    template <class V, std::size_t N>
    Array(std::array<V, N> const& values) : Array(values.data(), {N}) {}
    Array(std::vector<bool> const& values);
    /// A sample in each row: looked at where all rows are of one length by their type, else written
    /// out. Error where one is longer than another.
    template <class V, std::size_t N>
    Array(std::vector<std::array<V, N>> const& rows)
        : Array(rows.empty() ? nullptr : rows.front().data(), {rows.size(), N}) {}
    template <class V>
    Array(std::vector<std::vector<V>> const& rows) {
        std::size_t const width = rows.empty() ? 0 : rows.front().size();
        for (std::size_t const n : {rows.size(), width}) add_axis(n);
        auto const room = std::make_shared<Block<V>>(size() + 1);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i].size() != width) refuse_row(i, rows[i].size(), width);
            std::copy(rows[i].begin(), rows[i].end(), room->data() + i * width);
        }
        own(room);
    }

    std::size_t rank() const { return rank_; }
    std::size_t extent(std::size_t axis) const { return dims_[axis]; }
    /// Samples; 0 of a default-constructed Array.
    std::size_t rows() const { return rank_ ? dims_[0] : 0; }
    std::size_t size() const {
        std::size_t n = rank_ ? 1 : 0;
        for (std::size_t i = 0; i < rank_; ++i) n *= dims_[i];
        return n;
    }
    bool empty() const { return size() == 0; }
    Span<std::size_t const> shape() const { return {dims_.data(), rank_}; }

    /// The numbers as T, row-major: where they lie if they are of this type, else converted into
    /// `room`. To whole numbers only what is whole converts: Error says which number is not.
    template <class T>
    T const* as(Block<T>& room, char const* where) const {
        if (kind_ == kind_of<T>()) return static_cast<T const*>(data_);
        convert(room, where);
        return room.data();
    }

private:
    enum class Kind : unsigned char { f32, f64, i8, u8, i16, u16, i32, u32, i64, u64 };

    template <class V>
    static constexpr Kind kind_of() {
        static_assert(std::is_arithmetic_v<V>, "lamina takes tensors of numbers.");
        if constexpr (std::is_same_v<V, float>) return Kind::f32;
        else if constexpr (std::is_same_v<V, double>) return Kind::f64;
        else {
            static_assert(sizeof(V) <= 8 || !std::is_arithmetic_v<V>,
                          "lamina takes float, double and integers of up to 64 bits.");
            constexpr Kind s[]{Kind::i8, Kind::i16, Kind::i32, Kind::i64},
                u[]{Kind::u8, Kind::u16, Kind::u32, Kind::u64};
            constexpr int log = sizeof(V) == 1 ? 0 : sizeof(V) == 2 ? 1 : sizeof(V) == 4 ? 2 : 3;
            return std::is_signed_v<V> ? s[log] : u[log];
        }
    }
    template <class V, class E>
    void write_out(E const& expression) {
        auto const room = std::make_shared<Block<V>>(size() + 1);
        std::copy(expression.template begin<xt::layout_type::row_major>(),
                  expression.template end<xt::layout_type::row_major>(), room->data());
        own(room);
    }
    template <class V>
    void own(std::shared_ptr<Block<V>> const& room) {
        look_at(static_cast<V const*>(room->data()));
        owner_ = room;
    }
    void add_axis(std::size_t n) {
        if (rank_ == max_rank) refuse_rank();
        dims_[rank_++] = n;
    }
    [[noreturn, gnu::cold]] static void refuse_rank() {
        detail::refuse("Array", {"a tensor of more than 6 axes. Reshape it."});
    }
    [[noreturn, gnu::cold]] static void refuse_row(std::size_t row, std::size_t size,
                                                   std::size_t width) {
        detail::refuse("Array", {"row ", row, " has ", detail::Counted{size, "number"},
                                 ", row 0 has ", width, ". Give rows of one length."});
    }
    template <class V>
    void look_at(V const* data) {
        kind_ = kind_of<V>();
        data_ = data;
    }
    /// A number as double: exact but for whole numbers beyond 2^53.
    double number(std::size_t i) const {
        switch (kind_) {
        case Kind::f32:
            return double(static_cast<float const*>(data_)[i]);
        case Kind::f64:
            return static_cast<double const*>(data_)[i];
        case Kind::i8:
            return double(static_cast<std::int8_t const*>(data_)[i]);
        case Kind::u8:
            return double(static_cast<std::uint8_t const*>(data_)[i]);
        case Kind::i16:
            return double(static_cast<std::int16_t const*>(data_)[i]);
        case Kind::u16:
            return double(static_cast<std::uint16_t const*>(data_)[i]);
        case Kind::i32:
            return double(static_cast<std::int32_t const*>(data_)[i]);
        case Kind::u32:
            return double(static_cast<std::uint32_t const*>(data_)[i]);
        case Kind::i64:
            return double(static_cast<std::int64_t const*>(data_)[i]);
        default:
            return double(static_cast<std::uint64_t const*>(data_)[i]);
        }
    }
    template <class T>
    [[gnu::cold]] void convert(Block<T>& room, char const* where) const {
        std::size_t const n = size();
        room.reserve(n + 1);
        for (std::size_t i = 0; i < n; ++i) {
            double const v = number(i);
            if constexpr (std::is_integral_v<T>) {
                bool const fits = detail::is_finite(v) &&
                                  v >= double(std::numeric_limits<T>::min()) &&
                                  v <= double(std::numeric_limits<T>::max());
                if (!fits || double(static_cast<T>(v)) != v) refuse(v, i / (n / dims_[0]), where);
            }
            room[i] = static_cast<T>(v);
        }
    }
    [[noreturn, gnu::cold]] static void refuse(double value, std::size_t row, char const* where) {
        detail::refuse(where, {value, " at row ", row,
                               " is not a whole number of 32 bits: classes and tokens are 0, 1, "
                               "2, ..."});
    }

    void const* data_ = nullptr;
    Kind kind_ = Kind::f32;
    std::size_t rank_ = 0;
    std::array<std::size_t, max_rank> dims_{};
    std::shared_ptr<void const> owner_;
};

/// One Array, or several in braces for a network with several inputs or outputs: fit({a, b}, {c,
/// d}).
class Arrays {
public:
    Arrays();
    Arrays(Arrays const&);
    Arrays& operator=(Arrays const&);
    ~Arrays();
    template <class X>
    requires(!std::is_same_v<std::remove_cvref_t<X>, Arrays> &&
             std::is_constructible_v<Array, X const&>) Arrays(X const& one)
        : count_(1) {
        each_[0] = Array(one);
    }
    Arrays(std::initializer_list<Array> several) : count_(several.size()) {
        if (count_ > most) refuse_count();
        std::copy(several.begin(), several.end(), each_.begin());
    }

    std::size_t count() const { return count_; }
    Array const& operator[](std::size_t i) const { return each_[i]; }
    bool empty() const { return count_ == 0; }

private:
    static constexpr std::size_t most = 8;
    [[noreturn, gnu::cold]] static void refuse_count() {
        detail::refuse("Arrays", {"more than 8 tensors in braces."});
    }
    std::array<Array, most> each_;
    std::size_t count_ = 0;
};

#if LAMINA_BODIES

// Out of line, and with them what shared pointers do: networks are given Arrays at every call.
#define LAMINA_OUT_OF_LINE [[gnu::cold]] LAMINA_INLINE
LAMINA_OUT_OF_LINE Array::Array() = default;
LAMINA_OUT_OF_LINE Array::Array(Array const&) = default;
LAMINA_OUT_OF_LINE Array::Array(std::vector<bool> const& values) {
    add_axis(values.size());
    auto const room = std::make_shared<Block<std::uint8_t>>(size() + 1);
    for (std::size_t i = 0; i < values.size(); ++i) (*room)[i] = values[i];
    own(room);
}
LAMINA_OUT_OF_LINE Array::Array(Array&&) noexcept = default;
LAMINA_OUT_OF_LINE Array& Array::operator=(Array const&) = default;
LAMINA_OUT_OF_LINE Array& Array::operator=(Array&&) noexcept = default;
LAMINA_OUT_OF_LINE Array::~Array() = default;
LAMINA_OUT_OF_LINE Arrays::Arrays() = default;
LAMINA_OUT_OF_LINE Arrays::Arrays(Arrays const&) = default;
LAMINA_OUT_OF_LINE Arrays& Arrays::operator=(Arrays const&) = default;
LAMINA_OUT_OF_LINE Arrays::~Arrays() = default;
#undef LAMINA_OUT_OF_LINE

#endif

} // namespace lamina
