// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/error.hpp>
#include <lamina/core/raise.hpp>
#include <lamina/core/span.hpp>

#if LAMINA_BODIES
#include <charconv>
#endif

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

// Messages are put together by one function out of plain pieces: that is less for the compiler to
// do, at every place that may throw, than adding strings up. For the same reason what runs seldom
// is marked cold: it is then compiled for size.

namespace lamina::detail {

/// Text that a message shows in quotes, on one line and not too long: of more than `most`
/// characters the first.
struct Quoted {
    std::string_view text;
    std::size_t most = 40;
};

/// "1 row", "2 rows".
struct Counted {
    std::size_t n;
    std::string_view noun;
};

/// "(100, 3)"; "(n, 3)" where `first` stands for the first axis.
struct Dims {
    Span<std::size_t const> dims;
    std::string_view first = {};
};

/// A part of a message: a text, a number, or one of the above.
struct Piece {
    enum class Kind { text, quoted, whole, number, counted, dims } kind = Kind::text;
    std::string_view text = {};
    union {
        std::uint64_t whole = 0;
        double number;
        std::size_t const* dims;
    };
    std::size_t count = 0;

    Piece(char const* t) : text(t) {}
    Piece(std::string_view t) : text(t) {}
    Piece(std::string const& t) : text(t) {}
    Piece(Quoted q) : kind(Kind::quoted), text(q.text), count(q.most) {}
    Piece(Counted c) : kind(Kind::counted), text(c.noun), whole(c.n) {}
    Piece(Dims d) : kind(Kind::dims), text(d.first), dims(d.dims.data()), count(d.dims.size()) {}
    Piece(std::unsigned_integral auto n) : kind(Kind::whole), whole(n) {}
    Piece(std::signed_integral auto n)
        : kind(Kind::whole), text(n < 0 ? "-" : ""),
          whole(n < 0 ? std::uint64_t{0} - std::uint64_t(n) : std::uint64_t(n)) {}
    Piece(double d) : kind(Kind::number), number(d) {}
};

void append_quoted(std::string& to, Quoted q);
/// Numbers are written with six digits.
void append(std::string& to, Piece const& piece);
void append(std::string& to, std::initializer_list<Piece> pieces);
std::string message(std::initializer_list<Piece> pieces);
[[noreturn]] void fail(Error::Kind kind, std::initializer_list<Piece> where,
                       std::initializer_list<Piece> what);
/// An argument of a call does not fit.
[[noreturn]] void refuse(char const* where, std::initializer_list<Piece> what);

#if LAMINA_BODIES

[[gnu::cold]] LAMINA_INLINE void append_quoted(std::string& to, Quoted q) {
    auto const [text, most] = q;
    constexpr char hex[] = "0123456789abcdef";
    std::size_t size = text.size() <= most ? text.size() : most - 3;
    if (size < text.size()) { // not within a UTF-8 character
        while (size > most - 7 && (text[size] & 0xc0) == 0x80) --size;
    }
    to += '"';
    for (char const c : text.substr(0, size)) {
        char const* const code = c == '\n'   ? "\\n"
                                 : c == '\r' ? "\\r"
                                 : c == '\t' ? "\\t"
                                             : nullptr;
        if (code) to += code;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            to += "\\x";
            to += hex[c >> 4 & 15];
            to += hex[c & 15];
        } else {
            if (c == '"' || c == '\\') to += '\\';
            to += c;
        }
    }
    to += size < text.size() ? "...\"" : "\"";
}

[[gnu::cold, gnu::noinline]] inline void append_whole(std::string& to, std::uint64_t n) {
    char digits[24];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
}

[[gnu::cold]] LAMINA_INLINE void append(std::string& to, Piece const& piece) {
    char digits[32];
    char* const end = digits + sizeof digits;
    switch (piece.kind) {
    case Piece::Kind::text:
        to += piece.text;
        break;
    case Piece::Kind::quoted:
        append_quoted(to, {piece.text, piece.count});
        break;
    case Piece::Kind::number:
        to.append(digits,
                  std::to_chars(digits, end, piece.number, std::chars_format::general, 6).ptr);
        break;
    case Piece::Kind::dims: {
        to += '(';
        to += piece.text;
        char const* between = piece.text.empty() ? "" : ", ";
        for (std::size_t i = 0; i < piece.count; ++i, between = ", ") {
            to += between;
            append_whole(to, piece.dims[i]);
        }
        to += ')';
        break;
    }
    case Piece::Kind::whole:
        to += piece.text;
        append_whole(to, piece.whole);
        break;
    case Piece::Kind::counted:
        append_whole(to, piece.whole);
        to += ' ';
        to += piece.text;
        if (piece.whole != 1) to += 's';
    }
}

[[gnu::cold]] LAMINA_INLINE void append(std::string& to, std::initializer_list<Piece> pieces) {
    for (Piece const& piece : pieces) append(to, piece);
}

[[gnu::cold]] LAMINA_INLINE std::string message(std::initializer_list<Piece> pieces) {
    std::string text;
    append(text, pieces);
    return text;
}

[[noreturn, gnu::cold]] LAMINA_INLINE void
fail(Error::Kind kind, std::initializer_list<Piece> where, std::initializer_list<Piece> what) {
    raise(Error(kind, message(where), message(what)));
}
[[noreturn, gnu::cold]] LAMINA_INLINE void refuse(char const* where,
                                                  std::initializer_list<Piece> what) {
    fail(Error::Kind::argument, {where}, what);
}

#endif

} // namespace lamina::detail
