// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lamina::detail {

/// A .keras file is a zip archive of stored members. Finds one of them in the archive's bytes.
///
/// Errors      (run time) Kind::data: it is damaged, compressed, or has no such member
/// Source      PKWARE, APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16
class KerasArchive {
public:
    KerasArchive(std::string const& path, std::span<std::byte const> bytes)
        : path_(path), bytes_(bytes) {}

    /// Does a file begin as zip archives do?
    static bool is_archive(std::span<std::byte const> bytes) {
        return bytes.size() >= 4 && little(bytes, 0, 4) == 0x04034b50;
    }

    [[gnu::cold]] std::span<std::byte const> member(std::string_view name) const {
        std::size_t const end = find_end();
        std::uint64_t at = number(end + 16, 4), count = number(end + 10, 2);
        if (at == 0xffffffff || count == 0xffff)
            refuse("is larger than 4 GiB. Save it as .h5 or .weights.h5.");
        for (; count > 0; --count) {
            if (number(at, 4) != 0x02014b50) refuse("has a damaged list of members.");
            std::uint64_t const method = number(at + 10, 2), size = number(at + 20, 4),
                                length = number(at + 28, 2);
            if (text(at + 46, length) == name) {
                if (method != 0)
                    refuse("has compressed members, which are not read. Keras stores them as they "
                           "are: unpack it and load its model.weights.h5.");
                std::uint64_t const local = number(at + 42, 4);
                if (number(local, 4) != 0x04034b50) refuse("has a damaged member.");
                std::uint64_t const begin =
                    local + 30 + number(local + 26, 2) + number(local + 28, 2);
                check(begin, size);
                return bytes_.subspan(static_cast<std::size_t>(begin),
                                      static_cast<std::size_t>(size));
            }
            at += 46 + length + number(at + 30, 2) + number(at + 32, 2);
        }
        refuse("has no model.weights.h5: it is no .keras file.");
    }

private:
    static std::uint64_t little(std::span<std::byte const> bytes, std::size_t at, std::size_t n) {
        std::uint64_t value = 0;
        while (n-- > 0) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + n]);
        return value;
    }
    [[gnu::cold]] void check(std::uint64_t at, std::uint64_t n) const {
        if (at > bytes_.size() || n > bytes_.size() - at) refuse("is cut off.");
    }
    [[gnu::cold]] std::uint64_t number(std::uint64_t at, std::size_t n) const {
        check(at, n);
        return little(bytes_, static_cast<std::size_t>(at), n);
    }
    [[gnu::cold]] std::string_view text(std::uint64_t at, std::uint64_t n) const {
        check(at, n);
        return {reinterpret_cast<char const*>(bytes_.data()) + at, static_cast<std::size_t>(n)};
    }
    /// The record that ends the archive; a comment of up to 65535 bytes may stand behind it.
    [[gnu::cold]] std::size_t find_end() const {
        constexpr std::size_t record = 22, comment = 65535;
        for (std::size_t back = record; back <= bytes_.size() && back <= record + comment; ++back)
            if (std::size_t const at = bytes_.size() - back;
                little(bytes_, at, 4) == 0x06054b50 && little(bytes_, at + 20, 2) + record == back)
                return at;
        refuse("is cut off.");
    }
    [[noreturn, gnu::cold]] void refuse(char const* what) const {
        fail(Error::Kind::data, {path_}, {what});
    }

    std::string const& path_;
    std::span<std::byte const> bytes_;
};

} // namespace lamina::detail
