// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/data/atomic_file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace lamina::detail {

/// The checksum of zip archives. Source: ISO 3309; PKWARE, APPNOTE.TXT, section 4.4.7
[[gnu::cold]] inline std::uint32_t crc32(Span<std::byte const> bytes) {
    // (Made anew for each member, in microseconds: a constant would keep each compiler longer.)
    std::array<std::uint32_t, 256> table;
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        table[i] = i;
        for (int bit = 0; bit < 8; ++bit)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0u);
    }
    std::uint32_t sum = ~std::uint32_t{0};
    for (auto const b : bytes)
        sum = table[(sum ^ std::to_integer<std::uint32_t>(b)) & 255] ^ sum >> 8;
    return ~sum;
}

/// A .keras file is a zip archive of stored members. Finds one of them in the archive's bytes.
///
/// Errors      (run time) Kind::data: it is damaged, compressed, or has no such member
/// Source      PKWARE, APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16
class KerasArchive {
public:
    KerasArchive(std::string const& path, Span<std::byte const> bytes)
        : path_(path), bytes_(bytes) {}

    /// Does a file begin as zip archives do?
    static bool is_archive(Span<std::byte const> bytes) {
        return bytes.size() >= 4 && little(bytes, 0, 4) == 0x04034b50;
    }

    [[gnu::cold]] Span<std::byte const> member(std::string_view name) const {
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
                auto const its =
                    bytes_.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
                if (crc32(its) != number(at + 16, 4))
                    refuse("is damaged: its weights do not have the checksum that it says. Take "
                           "another copy.");
                return its;
            }
            at += 46 + length + number(at + 30, 2) + number(at + 32, 2);
        }
        refuse("has no model.weights.h5: it is no .keras file.");
    }

private:
    static std::uint64_t little(Span<std::byte const> bytes, std::size_t at, std::size_t n) {
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
    Span<std::byte const> bytes_;
};

/// A member of an archive, to be written.
struct KerasMember {
    std::string_view name;
    Span<std::byte const> bytes;

    KerasMember(std::string_view its, std::string_view text)
        : KerasMember(its, {reinterpret_cast<std::byte const*>(text.data()), text.size()}) {}
    KerasMember(std::string_view its, Span<std::byte const> given) : name(its), bytes(given) {}
};

/// Adds the n lowest bytes of a number, the lowest first.
[[gnu::cold, gnu::noinline]] inline void put_little(std::string& to, std::uint64_t value,
                                                    std::size_t n) {
    for (; n > 0; --n, value >>= 8) to += static_cast<char>(value & 255);
}

/// Saves an archive of stored members, as Python's zipfile writes it.
///
/// Errors      (run time) Kind::argument: it would be larger than 4 GiB; Kind::file: it cannot be
///             saved
[[gnu::cold]] inline void write_keras_archive(std::string const& path,
                                              std::initializer_list<KerasMember> members) {
    auto const put = put_little;
    std::string list; // of the members, behind them
    std::array<std::string, 8> heads;
    std::uint64_t size = 0;
    std::size_t count = 0;
    for (auto const& m : members) {
        std::string common; // what both places say of a member: as of 1980, stored
        put(common, 20, 2), put(common, 0, 4), put(common, 0, 2), put(common, 33, 2);
        put(common, crc32(m.bytes), 4), put(common, m.bytes.size(), 4);
        put(common, m.bytes.size(), 4), put(common, m.name.size(), 2), put(common, 0, 2);
        std::string& head = heads[count++];
        put(head, 0x04034b50, 4);
        head.append(common).append(m.name);
        put(list, 0x02014b50, 4), put(list, 20 | 3 << 8, 2); // by a UNIX system
        list.append(common);
        put(list, 0, 6), put(list, std::uint64_t{0600} << 16, 4), put(list, size, 4);
        list.append(m.name);
        size += head.size() + m.bytes.size();
    }
    std::size_t const list_size = list.size();
    put(list, 0x06054b50, 4), put(list, 0, 4), put(list, count, 2), put(list, count, 2);
    put(list, list_size, 4), put(list, size, 4), put(list, 0, 2);
    if (size + list.size() >= 0xffffffff)
        fail(Error::Kind::argument, {path},
             {"would be larger than 4 GiB. Save it as .h5 or .weights.h5. Nothing was saved."});
    AtomicFile file(path, size + list.size());
    count = 0;
    for (auto const& m : members) {
        auto const& head = heads[count++];
        file.write(head.data(), head.size());
        file.write(m.bytes.data(), m.bytes.size());
    }
    file.write(list.data(), list.size());
    file.commit();
}

} // namespace lamina::detail
