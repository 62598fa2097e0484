// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/safetensors.hpp>

#include "support/fault_folder.hpp"
#include "support/fault_memory.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>

using namespace lamina;
using namespace lamina::testing;
using namespace std::string_literals;

namespace {

std::string file_of(std::string const& header, std::uint64_t length, std::size_t data = 0) {
    std::string out(8, '\0');
    detail::store_little(length, reinterpret_cast<std::byte*>(out.data()));
    return out + header + std::string(data, '\0');
}
std::string file_of(std::string const& header) { return file_of(header, header.size()); }
std::string repeated(std::string const& text, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += text;
    return out;
}
std::string tensor(std::string const& shape, std::string const& begin, std::string const& end) {
    return R"("w":{"dtype":"F32","shape":[)" + shape + R"(],"data_offsets":[)" + begin + "," + end +
           "]}";
}

/// Files that promise more than they hold, or much of what takes room.
std::vector<std::string> bombs() {
    std::vector<std::string> out;
    for (std::uint64_t const n :
         {2147483647u * 1ull, 1ull << 31, 1ull << 32, 1ull << 40, 1ull << 62, 1ull << 63, ~0ull,
          ~0ull - 7, ~0ull - 8, 99'999'999ull, 100'000'001ull})
        out.push_back(file_of("{}", n));
    for (std::string const end :
         {"1000000000000", "9223372036854775807", "18446744073709551615", "18446744073709551616",
          "99999999999999999999999999999999999999"})
        for (std::string const shape :
             {"250000000000", "2,125000000000", "1", "4611686018427387903"})
            out.push_back(file_of("{" + tensor(shape, "0", end) + "}"));
    for (std::string const shape :
         {"4294967296,4294967296", "4294967296,4294967296,4294967296,4294967296",
          "18446744073709551615,18446744073709551615", "9223372036854775808,2",
          "3,6148914691236517206", "65536,65536,65536,65536", "1000000000000",
          "18446744073709551615",
          "2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,9223372036854775808"})
        out.push_back(file_of("{" + tensor(shape, "0", "0") + "}"));
    std::size_t const million = 1'000'000;
    out.push_back(file_of(repeated("{\"a\":", million)));
    out.push_back(file_of(repeated("[", million)));
    out.push_back(file_of("{\"a\":{\"shape\":" + repeated("[", million)));
    out.push_back(file_of("{\"a\":{\"shape\":[" + repeated("0,", million) + "0]}}"));
    out.push_back(file_of("{\"a\":{\"shape\":[" + repeated("9", 20 * million) + "]}}"));
    out.push_back(file_of("{\"a\":{\"shape\":[1." + repeated("0", 20 * million) + "]}}"));
    out.push_back(file_of("{\"" + repeated("k", 20 * million) + "\":{}}"));
    out.push_back(file_of("{\"" + repeated("\\u00e9", 4 * million) + "\":{}}"));
    out.push_back(file_of("{\"" + repeated("\\", 4 * million)));
    out.push_back(file_of("{" + repeated(" ", 20 * million)));
    out.push_back(file_of("{" + repeated("\"a\":1,", million)));
    auto const metadata = R"({"__metadata__":{)"s;
    out.push_back(file_of(metadata + repeated("\"a\":\"\",", million) + "\"b\":\"\"}}"));
    out.push_back(file_of(metadata + "\"a\":\"" + repeated("v", 20 * million) + "\"}}"));
    // a million tensors of nothing, with one name, and with their own
    auto const many = [&](std::size_t n, std::string const& shape) {
        std::string header = "{";
        for (std::size_t i = 0; i < n; ++i)
            header += '"' + std::to_string(i) + R"(":{"dtype":"U8","shape":[)" + shape +
                      R"(],"data_offsets":[0,0]},)";
        header.back() = '}';
        return header;
    };
    auto const one = R"("a":{"dtype":"U8","shape":[],"data_offsets":[0,0]},)"s;
    out.push_back(file_of("{" + repeated(one, million) + one.substr(0, one.size() - 1) + "}"));
    out.push_back(file_of(many(400'000, "0") + "x"));
    out.push_back(file_of(many(400'000, "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0") + "x"));
    out.push_back(file_of(many(400'000, "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"), // and one byte too many
                          many(400'000, "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0").size(), 1));
    return out;
}

} // namespace

TEST_CASE("a file that is refused never takes more than twice its size and 16 MiB") {
    Folder const folder;
    auto const path = folder.path("bomb");
    auto const all = bombs();
    CHECK(all.size() >= 50);
    for (std::size_t i = 0; i < all.size(); ++i) {
        write_all(path, all[i]);
        std::size_t const before = counted_memory.live;
        counted_memory.reset();
        bool refused = false;
        try {
            SafetensorsFile const file(path);
        } catch (Error const&) {
            refused = true;
        }
        std::size_t const peak = counted_memory.peak - before;
        CAPTURE(i);
        CAPTURE(all[i].size());
        CAPTURE(all[i].substr(0, 80));
        CHECK(refused);
        CHECK(peak <= 2 * all[i].size() + (std::size_t{16} << 20));
    }
}

TEST_CASE("depth costs no stack: a million levels on 256 KiB") {
    std::string const deep = file_of("{\"a\":{\"shape\":" + repeated("[", 1'000'000));
    auto const parse = [](void* text) -> void* {
        auto const& bytes = *static_cast<std::string const*>(text);
        try {
            SafetensorsFile const file(std::as_bytes(std::span(bytes)), "deep");
        } catch (Error const&) {
            return text;   // as it should be
        }
        return nullptr;
    };
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    pthread_t thread;
    void* result = nullptr;
    REQUIRE(pthread_create(&thread, &attributes, parse, const_cast<std::string*>(&deep)) == 0);
    pthread_join(thread, &result);
    pthread_attr_destroy(&attributes);
    CHECK(result != nullptr);
}

TEST_CASE("every allocation may fail, while saving and while loading") {
    Folder const folder;
    auto const path = folder.path("model.safetensors");
    std::vector<float> const old(64, 1.0f), now(64, 2.0f);
    std::vector<Entry> const old_entries{Entry::of("w", old)},
        entries{Entry::of("w", now), Entry::of("a/rather/long/name/for/a/tensor", now)};
    auto const stale = folder.path(".model.safetensors.lamina-0123456789abcdef");
    auto const open_files = [] {
        auto const all = std::filesystem::directory_iterator("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    auto const before_all = std::filesystem::exists("/proc/self/fd") ? open_files() : 0;
    for (bool const keep : {false, true}) {
        save_safetensors(path, old_entries);
        for (long k = 0;; ++k) {
            bool failed = false;
            write_all(stale, "left by a process that was killed");
            counted_memory.reset();
            counted_memory.keep_failing = keep;
            counted_memory.fail_at = k;
            try {
                save_safetensors(path, entries, {{"key", "value"}});
            } catch (std::bad_alloc const&) {
                failed = true;
            }
            counted_memory.fail_at = -1;
            if (!failed) break;
            REQUIRE(SafetensorsFile(path).size() == 1);   // the old file
            REQUIRE(folder.entries() <= 2);               // and what was left
            REQUIRE(k < 10'000);
        }
        CHECK(folder.entries() == 1);
    }
    if (before_all > 0) CHECK(open_files() == before_all);
    std::size_t const before = counted_memory.live;
    for (long k = 0;; ++k) {
        bool failed = false;
        counted_memory.reset();
        counted_memory.keep_failing = false;
        counted_memory.fail_at = k;
        try {
            SafetensorsFile const file(path);
        } catch (std::bad_alloc const&) {
            failed = true;
        }
        counted_memory.fail_at = -1;
        REQUIRE(counted_memory.live == before);
        if (!failed) break;
        REQUIRE(k < 10'000);
    }
    CHECK(SafetensorsFile(path).size() == 2);
}
