// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/gzip.hpp>

#include "support/complaint.hpp"
#include "support/folder.hpp"
#include "support/gzip.hpp"

#include <lamina/data/byte_source.hpp>
#include <lamina/data/idx.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace lamina;
using namespace std::literals;
using testing::complaint;
using testing::gzip;

namespace {

/// All that comes, asked for in pieces of this size.
std::string all(ByteSource const& source, std::size_t piece) {
    std::string out, room(piece, '\0');
    while (true) {
        std::size_t const got = source.read(room.data(), piece);
        out.append(room, 0, got);
        if (got < piece) return out;
    }
}

std::string long_text() {
    std::string text;
    for (int i = 0; i < 60000; ++i) text += std::to_string(i * 7919 % 10007) + " ";
    return text;
}

} // namespace

TEST_CASE("What gzip packed comes out, in pieces of any size") {
    testing::Folder const folder("gzip");
    std::string const text = long_text();
    auto const packed = folder.put("packed.gz", gzip(text));
    for (std::size_t const piece : {1ul, 100ul, 65536ul, 1048576ul})
        CHECK(all(gunzip(packed), piece) == text);
    CHECK(gunzip(packed).most >= text.size());
    CHECK(all(gunzip(folder.put("two.gz", gzip("one") + gzip("") + gzip("two"))), 2) == "onetwo");
    CHECK(all(gunzip(folder.put("nothing.gz", gzip(""))), 2) == "");
    // zeros pack best: what may come is bounded by the size of the file
    std::string const zeros(std::size_t{1} << 24, '\0');
    auto const small = folder.put("zeros.gz", gzip(zeros));
    CHECK(gunzip(small).most >= zeros.size());
    CHECK(gunzip(small).most < 2 * zeros.size());
    CHECK(all(gunzip(small), 1 << 20) == zeros);
    // a file that is not packed comes as it is
    for (std::string const& plain : {""s, "\x1f"s, "plain text"s, text}) {
        auto const path = folder.put("plain", plain);
        CHECK(all(gunzip(path), 100) == plain);
        CHECK(all(open_bytes(path), 100) == plain);
        CHECK(gunzip(path).most == plain.size());
    }
}

TEST_CASE("A gzip file that is damaged or cut off is refused") {
    testing::Folder const folder("gzip_bad");
    std::string const text = long_text(), packed = gzip(text);
    for (std::size_t const size : {2ul, 10ul, 11ul, packed.size() / 2, packed.size() - 1}) {
        auto const path = folder.put("short.gz", packed.substr(0, size));
        CHECK(complaint([&] { all(gunzip(path), 1000); }) ==
              path + ": the gzip file is cut off. Fetch it again.");
    }
    auto const damaged = [&](std::size_t at) {
        std::string bytes = packed;
        bytes[at] = char(bytes[at] ^ 0x55);
        auto const path = folder.put("damaged.gz", bytes);
        return complaint([&] { all(gunzip(path), 1000); });
    };
    CHECK(damaged(2).find("damaged.gz: the gzip file is damaged: unknown compression method.") !=
          std::string::npos);
    CHECK(damaged(packed.size() - 6).find("damaged: incorrect data check") != std::string::npos);
    CHECK(damaged(packed.size() - 2).find("damaged: incorrect length check") != std::string::npos);
    auto const more = folder.put("more.gz", packed + "rubbish");
    CHECK(complaint([&] { all(gunzip(more), 1000); }).find("damaged: incorrect header check") !=
          std::string::npos);
    CHECK(complaint([&] { gunzip(folder.path + "/gone.gz"); }) ==
          folder.path + "/gone.gz: cannot be opened: No such file or directory.");
}

TEST_CASE("A packed IDX file, and one that promises what cannot be packed in it") {
    testing::Folder const folder("gzip_idx");
    auto const idx = "\0\0\x08\x01\0\0\0\x03\x05\x06\x07"sv;
    auto const path = folder.put("idx.gz", gzip(idx));
    auto const numbers = read_idx<std::uint8_t, 1>(path, gunzip);
    CHECK(numbers.size() == 3);
    CHECK(numbers(2) == 7);
    CHECK(complaint([&] { read_idx<std::uint8_t, 1>(path); }).find("packed with gzip") !=
          std::string::npos);
    auto const absurd = folder.put("absurd.gz", gzip("\0\0\x08\x01\xff\xff\xff\xff\x05"sv));
    CHECK(complaint([&] { read_idx<std::uint8_t, 1>(absurd, gunzip); }) ==
          absurd + ": it is shorter than the numbers that it says it has, (4294967295).");
    auto const longer = folder.put("longer.gz", gzip(std::string(idx) + "x"));
    CHECK(complaint([&] { read_idx<std::uint8_t, 1>(longer, gunzip); }).find("it is longer") !=
          std::string::npos);
}
