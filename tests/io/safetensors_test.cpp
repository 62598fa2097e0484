// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/safetensors.hpp>

#include "support/fault_folder.hpp"
#include "support/python.hpp"
#include "support/skip.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/stat.h>

using namespace lamina;
using namespace lamina::testing;
using namespace std::string_literals;

namespace {

/// A file of a header and data, with the right length in front.
std::string file_of(std::string const& header, std::string const& data = {}) {
    std::string out(8, '\0');
    detail::store_little(std::uint64_t(header.size()), reinterpret_cast<std::byte*>(out.data()));
    return out + header + data;
}
SafetensorsFile parse(std::string const& bytes, SafetensorsOptions options = {}) {
    return SafetensorsFile(std::as_bytes(std::span(bytes)), "m.safetensors", options);
}
/// Why the bytes are refused, without the file's name; "" if they are not.
std::string refusal(std::string const& bytes, SafetensorsOptions options = {}) {
    auto const message = message_of<Error>([&] { parse(bytes, options); });
    constexpr std::string_view where = "m.safetensors: ";
    return message.starts_with(where) ? message.substr(where.size()) : message;
}
std::string entry(std::string const& name, std::string const& shape, int begin, int end,
                  std::string const& dtype = "F32") {
    return '"' + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape +
           R"(,"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

std::string many_metadata(std::size_t count) {
    std::string header = R"({"__metadata__":{)";
    for (std::size_t i = 0; i < count; ++i)
        header += (i ? ",\"" : "\"") + std::to_string(i) + R"(":"")";
    return header + "}}";
}

std::vector<float> const kernel{1, -2, 3.5f, 0x1p-149f, -0.0f, 6};
std::vector<double> const wide{0.1, 1e300};
std::vector<float> const many(200, 0.25f);
std::vector<std::int32_t> const classes{-1, 7, 2'000'000'000};
std::vector<std::uint64_t> const steps{std::numeric_limits<std::uint64_t>::max()};

/// A file with everything: several types, a scalar, an empty tensor, metadata, odd names.
std::string sample(Folder const& folder) {
    auto const path = folder.path("sample.safetensors");
    std::vector<Entry> const entries{
        Entry::of("dense/kernel", std::span(kernel), {2, 3}), Entry::of("wide", wide),
        Entry::of("classes", classes), Entry::of("steps", std::span(steps), {}),
        Entry::of("none", std::span(kernel).first(0), {0, 4}),
        Entry::of("long", std::span(many), {10, 20}),
        Entry::of("caf\u00e9 \"quoted\"\n", std::span(kernel).first(1), {1, 1})};
    save_safetensors(path, entries, {{"format", "lamina"}, {"note", "a \\ b"}});
    return path;
}

/// Everything that a reader can see of a file, as text.
std::string contents(SafetensorsFile const& file, bool payload) {
    std::string out;
    for (std::size_t i = 0; i < file.size(); ++i) {
        auto const t = file[i];
        out += std::string(t.name) + detail::shown_shape(t.shape) + std::string(name_of(t.dtype));
        if (payload) out.append(reinterpret_cast<char const*>(t.bytes.data()), t.bytes.size());
    }
    for (auto const* key : {"format", "note"})
        if (auto const* const text = file.metadata(key)) out += key + *text;
    return out;
}

} // namespace

TEST_CASE("what was saved is read back bit for bit") {
    Folder const folder;
    SafetensorsFile const file(sample(folder));
    CHECK(file.size() == 7);
    auto const k = file.find("dense/kernel");
    REQUIRE(k);
    CHECK(k->dtype == DType::f32);
    CHECK(detail::shown_shape(k->shape) == "2x3");
    auto const values = k->values<float>();
    CHECK(std::memcmp(values.data(), kernel.data(), 24) == 0);
    CHECK(file.find("wide")->values<double>() == wide);
    CHECK(file.find("classes")->values<std::int32_t>() == classes);
    CHECK(file.find("steps")->values<std::uint64_t>() == steps);
    CHECK(file.find("steps")->shape.empty());
    CHECK(file.find("none")->size() == 0);
    CHECK(file.find("caf\u00e9 \"quoted\"\n"));
    CHECK(!file.find("dense"));
    CHECK(*file.metadata("format") == "lamina");
    CHECK(*file.metadata("note") == "a \\ b");
    CHECK(file.metadata("absent") == nullptr);
    // the most strictly aligned first, so that every tensor is aligned
    CHECK(file[0].name == "steps");
    CHECK(file[1].name == "wide");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a small file, written by hand, byte for byte") {
    auto const header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  )"s;
    auto const file = parse(file_of(header, "\0\0\x80\x3f\0\0\0\xc0"s));
    CHECK(file.find("a")->values<float>() == std::vector<float>{1, -2});
    CHECK(file.find("a")->values<double>() == std::vector<double>{1, -2});
}

TEST_CASE("half and bfloat16 are read as float") {
    auto const header = R"({"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},)"
                        R"("h":{"dtype":"F16","shape":[7],"data_offsets":[4,18]}})"s;
    auto const data = "\x80\x3f\x49\xc0"s                                    // 1, -3.140625
                      "\x00\x3c\x00\xc0\x01\x00\xff\x7b\x00\x7c\x00\x80\x01\xfc"s;
    auto const file = parse(file_of(header, data));
    CHECK(file.find("b")->values<float>() == std::vector<float>{1, -3.140625f});
    auto const h = file.find("h")->values<float>();
    CHECK(h[0] == 1);
    CHECK(h[1] == -2);
    CHECK(h[2] == 0x1p-24f);
    CHECK(h[3] == 65504);
    CHECK(h[4] == std::numeric_limits<float>::infinity());
    CHECK(std::bit_cast<std::uint32_t>(h[5]) == 0x80000000u);
    CHECK(h[6] != h[6]);
    CHECK(message_of<Error>([&] { file.find("h")->values<std::int32_t>(); })
              .find("float16, which is not read as int32") != std::string::npos);
}

TEST_CASE("what is allowed: no tensors, no axes, zeros, any order, padding, numbers of 4 bits") {
    CHECK(parse(file_of("{}")).size() == 0);
    CHECK(parse(file_of(R"({"__metadata__":{}}   )")).size() == 0);
    CHECK(parse(file_of("{" + entry("a", "[]", 0, 4) + "}", "1234")).size() == 1);
    CHECK(parse(file_of("{" + entry("a", "[0,9]", 0, 0) + "," + entry("b", "[1]", 0, 4) + "}",
                        "1234")).size() == 2);
    CHECK(parse(file_of("{" + entry("a", "[1]", 4, 8) + "," + entry("b", "[1]", 0, 4) + "}",
                        "12345678"))[0].name == "b");
    CHECK(parse(file_of("{" + entry("a", "[2]", 0, 1, "F4") + "}", "1"))[0].size() == 2);
    CHECK(refusal(file_of("{" + entry("a", "[1]", 0, 1, "F4") + "}", "1")) != "");
}

TEST_CASE("every fault has its message") {
    auto const one = [](std::string const& shape, int begin, int end) {
        return file_of("{" + entry("w", shape, begin, end) + "}", "12345678");
    };
    struct Case {
        std::string bytes, text;
    };
    std::vector<Case> const cases{
        {"", "is 0 bytes long, and the smallest safetensors file is 10"},
        {"123456789", "is 9 bytes long"},
        {"\xff\xff\xff\x7f\0\0\0\0{}"s, "header length 2147483647 exceeds the file (10 bytes)"},
        {"\xff\xff\xff\xff\xff\xff\xff\xff{}"s, "header length 18446744073709551615 exceeds"},
        {"\0\0\0\0\0\0\0\0{}"s, "header length 0 is not between 2 and 100000000"},
        {file_of("[]"), "does not begin with '{'"},
        {file_of(" {}"), "does not begin with '{'"},
        {file_of("{}}"), "no valid JSON at its byte 3"},
        {file_of("{\"a"), "no valid JSON"},
        {file_of("{\"\xff\":{}}"), "no valid JSON"},
        {file_of("{}x"), "no valid JSON"},
        {file_of("{}\0"s), "the header holds a NUL byte"},
        {file_of("{" + entry("w", "[2]", 0, 8) + "}\0"s + std::string(20'000, '1') + "\0"s,
                 "12345678"),
         "the header holds a NUL byte"},
        {file_of(R"({"a":1})"), "has a number where none belongs"},
        {file_of(R"({"a":"x"})"), "has a string where none belongs"},
        {file_of(R"({"a":null})"), "has null where none belongs"},
        {file_of(R"({"a":[]})"), "has a list where none belongs"},
        {file_of(R"({"a":{}})"), "tensor \"a\" lacks its dtype, its shape or its two data_offsets"},
        {file_of(R"({"a":{"dtype":"F33","shape":[],"data_offsets":[0,0]}})"),
         "tensor \"a\" is of the unknown type \"F33\""},
        {file_of(R"({"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,0]}})"),
         "tensor \"a\" has \"dtype\" twice"},
        {file_of(R"({"a":{"type":"F32"}})"), "has \"type\", which the format does not know"},
        {file_of(R"({"a":{"dtype":7}})"), "has a number where none belongs (tensor \"a\")"},
        {file_of(R"({"a":{"shape":{}}})"), "has an object where none belongs"},
        {file_of(R"({"a":{"shape":[[1]]}})"), "has a list where none belongs"},
        {file_of(R"({"a":{"shape":[-1]}})"), "has a negative number where none belongs"},
        {file_of(R"({"a":{"shape":[1.0]}})"), "has the number \"1.0\" where none belongs"},
        {file_of(R"({"a":{"shape":[1e3]}})"), "has the number \"1e3\" where none belongs"},
        {file_of(R"({"a":{"shape":[18446744073709551616]}})"), "where none belongs"},
        {file_of(R"({"a":{"shape":["1"]}})"), "has a string where none belongs"},
        {file_of(R"({"a":{"shape":[true]}})"), "has true or false where none belongs"},
        {file_of(R"({"a":{"data_offsets":[0,1,2]}})"), "has more than two data_offsets"},
        {file_of(R"({"a":{"shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}})"),
         "has more than 16 axes"},
        {file_of("{" + entry("w", "[4294967296,4294967296]", 0, 0) + "}"),
         "has a shape too large for any file: 4294967296x4294967296"},
        {file_of("{" + entry("w", "[4611686018427387904]", 0, 0) + "}"), "has a shape too large"},
        {file_of("{" + entry("w", "[4294967296,4294967296,0]", 0, 0) + "}"),
         "has a shape too large"},
        {one("[3]", 0, 8), "tensor \"w\" is 3 float32, but its data_offsets are 0 and 8"},
        {one("[2]", 8, 0), "data_offsets are 8 and 0"},
        {one("[1]", 0, 4), "4 bytes follow the last tensor"},
        {one("[1]", 4, 8), "begins at byte 4 of the numbers, but those before it end at 0"},
        {one("[3]", 0, 12), "holds 8 bytes of numbers, but the header promises 12 (tensor \"w\" "
                            "ends there): a truncated copy or an interrupted save"},
        {file_of("{" + entry("a", "[2]", 0, 8) + "," + entry("b", "[1]", 4, 8) + "}", "12345678"),
         "tensor \"b\" begins at byte 4 of the numbers, but those before it end at 8"},
        {file_of("{" + entry("k", "[1]", 0, 4) + "," + entry("k", "[1]", 4, 8) + "}", "12345678"),
         "tensor \"k\" appears twice in the header"},
        {file_of(R"({"__metadata__":{},"__metadata__":{}})"), "\"__metadata__\" appears twice"},
        {file_of(R"({"__metadata__":{"a":1}})"), "number where none belongs (metadata \"a\")"},
        {file_of(R"({"__metadata__":"x"})"), "has a string where none belongs"},
        {file_of(R"({"__metadata__":{"a":{}}})"), "has an object where none belongs"},
        {file_of("{" + entry("a\\u0000b", "[2]", 0, 8) + "}", "12345678"),
         "has a NUL character in its name"},
        {file_of(many_metadata(65'537)), "the header has more than 65536 metadata"},
    };
    CHECK(refusal(file_of(many_metadata(65'536))) == "");
    for (auto const& c : cases) {
        CAPTURE(c.bytes);
        auto const text = refusal(c.bytes);
        CAPTURE(text);
        CHECK(text.find(c.text) != std::string::npos);
    }
}

TEST_CASE("bytes after the last tensor are taken only on demand") {
    auto const bytes = file_of("{" + entry("a", "[1]", 0, 4) + "}", "1234\0\0\0\0"s);
    CHECK(refusal(bytes).find("4 bytes follow") == 0);
    CHECK(parse(bytes, {.trailing_bytes = true}).size() == 1);
}

TEST_CASE("every truncation, every flipped bit and every byte set to 00 or FF is refused") {
    Folder const folder;
    std::string const good = read_all(sample(folder));
    REQUIRE(good.size() < 2048);
    auto const before = contents(parse(good), true);
    std::size_t tried = 0, refused = 0, same = 0;
    auto const check = [&](std::string const& bytes) {
        ++tried;
        try {
            same += contents(parse(bytes), true) == before;
        } catch (Error const&) {
            ++refused;
        }
    };
    for (std::size_t n = 0; n < good.size(); ++n) check(good.substr(0, n));
    CHECK(refused == good.size());   // no truncation is the same file
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            auto bytes = good;
            bytes[i] = char(bytes[i] ^ (1 << bit));
            check(bytes);
        }
        for (char const c : {'\0', '\xff'}) {
            if (good[i] == c) continue;
            auto bytes = good;
            bytes[i] = c;
            check(bytes);
        }
    }
    CHECK(tried > 10'000);
    CHECK(refused + same == tried);
    CHECK(same < tried / 100);   // a change within the word "lamina.checksum" itself is none
}

TEST_CASE("without a checksum only the numbers and names can change") {
    Folder const folder;
    auto const header = "{" + entry("kernel", "[2,3]", 0, 24) + "," + entry("bias", "[3]", 24, 36) +
                        "}";
    std::string const good = file_of(header, std::string(36, 'x'));
    auto const before = parse(good);
    for (std::size_t i = 0; i < good.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            auto bytes = good;
            bytes[i] = char(bytes[i] ^ (1 << bit));
            try {
                auto const after = parse(bytes);
                REQUIRE(after.size() == 2);
                bool const names = i >= 8 && i < 8 + header.size();
                if (!names) CHECK(contents(after, false) == contents(before, false));
                for (std::size_t t = 0; t < 2; ++t) {
                    CHECK(detail::shown_shape(after[t].shape) ==
                          detail::shown_shape(before[t].shape));
                    CHECK(after[t].dtype == before[t].dtype);
                    if (names)
                        CHECK(std::memcmp(after[t].bytes.data(), before[t].bytes.data(),
                                          before[t].bytes.size()) == 0);
                }
            } catch (Error const&) {
            }
        }
}

TEST_CASE("a damaged file says so, and can be read all the same") {
    Folder const folder;
    std::string bytes = read_all(sample(folder));
    bytes.back() = char(bytes.back() ^ 1);
    CHECK(refusal(bytes).find("is damaged: its bytes have the checksum ") == 0);
    CHECK(refusal(bytes, {.checksum = false}) == "");
}

TEST_CASE("what cannot be read as a file") {
    Folder const folder;
    auto const why = [](std::string const& path) {
        return message_of<Error>([&] { SafetensorsFile const file(path); });
    };
    CHECK(why(folder.path("none")).find("No such file") != std::string::npos);
    CHECK(why(folder.path()).find("is a folder") != std::string::npos);
    CHECK(why("/dev/zero").find("is a pipe or a device") != std::string::npos);
    CHECK(why("/proc/self/mem") != "");
    CHECK(why("") != "");
    CHECK(why("a\0b"s).find("NUL") != std::string::npos);
    REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
    CHECK(why(folder.path("fifo")).find("is a pipe or a device") != std::string::npos);
    std::filesystem::create_symlink("/dev/zero", folder.path("zero"));
    CHECK(why(folder.path("zero")).find("is a pipe or a device") != std::string::npos);
    std::filesystem::create_symlink("loop", folder.path("loop"));
    CHECK(why(folder.path("loop")) != "");
    std::filesystem::create_symlink("nothing", folder.path("dangling"));
    CHECK(why(folder.path("dangling")).find("No such file") != std::string::npos);

    // other names of a file are names of it
    std::filesystem::create_directory(folder.path("real"));
    std::filesystem::rename(sample(folder), folder.path("real/m"));
    std::filesystem::create_hard_link(folder.path("real/m"), folder.path("hard"));
    std::filesystem::create_symlink("real/m", folder.path("link"));
    std::filesystem::create_symlink("real", folder.path("parent"));
    for (auto const* name : {"hard", "link", "parent/m", "parent/../real/m"})
        CHECK(why(folder.path(name)) == "");
}

TEST_CASE("names that no file can have are refused when saving") {
    Folder const folder;
    auto const why = [&](std::vector<std::string> const& names) {
        std::vector<Entry> entries;
        for (auto const& n : names) entries.push_back(Entry::of(n, kernel));
        return message_of<Error>([&] { save_safetensors(folder.path("m"), entries); });
    };
    CHECK(why({"a", "b", "a"}).find("tensor \"a\" is given twice") != std::string::npos);
    CHECK(why({"__metadata__"}) != "");
    CHECK(why({"a\0b"s}) != "");
    CHECK(why({"\xff"}).find("not valid UTF-8") != std::string::npos);
    auto const shaped = [&](std::size_t axes, DType type) {
        Entry entry = Entry::of("w", kernel, std::vector<std::uint64_t>(axes, 1));
        entry.dtype = type;
        return message_of<Error>([&] { save_safetensors(folder.path("m"), std::vector{entry}); });
    };
    auto const small = "tensor \"w\" has too many axes or numbers smaller than a byte.";
    CHECK(shaped(17, DType::f32).find(small) != std::string::npos);
    CHECK(shaped(2, DType::f4).find(small) != std::string::npos);
    // ... and what would not be read back
    auto const with = [&](std::vector<std::pair<std::string, std::string>> const& metadata) {
        return message_of<Error>([&] {
            save_safetensors(folder.path("m"), std::vector{Entry::of("w", kernel)}, metadata);
        });
    };
    std::vector<std::pair<std::string, std::string>> many_texts(65'536, {"a", ""});
    for (std::size_t i = 0; i < many_texts.size(); ++i) many_texts[i].first = std::to_string(i);
    auto const most = [&](std::string const& what, std::string const& limit) {
        return folder.path("m") + ": " + what +
               ", and the most that a safetensors file is read with is " + limit +
               ". Save to another format, or save less beside the numbers. Nothing was saved.";
    };
    CHECK(with(many_texts) == most("metadata: 65537", "65536"));
    CHECK(with({{"a", std::string(2'097'152, 'x')}}) ==
          most("bytes of a name or text: 2097153", "2097152"));
    CHECK(with({{"a", std::string(1'048'576, '"')}}) ==
          most("bytes of a name or text: 2097153", "2097152"));
    std::vector<std::pair<std::string, std::string>> const large(
        50, {"a", std::string(2'000'000, 'x')});
    CHECK(with(large).find("bytes of the header: 1000") != std::string::npos);
    CHECK(folder.entries() == 0);
    many_texts.pop_back();
    CHECK(with(many_texts) == "");
    CHECK(SafetensorsFile(folder.path("m")).metadata().size() == 65'536);
    std::string const longest(2'097'151, 'x');
    CHECK(with({{"a", longest}}) == "");
    CHECK(*SafetensorsFile(folder.path("m")).metadata("a") == longest);
    CHECK(shaped(16, DType::f32) == "");
}

TEST_CASE("a name is a name: nothing outside the file is touched, written or read") {
    Folder const folder;
    std::filesystem::create_directory(folder.path("in"));
    auto const path = folder.path("in/m.safetensors");
    std::string const outside = folder.path("x");
    std::vector<std::string> const names{
        "../x", "a/../../x", "../../x", "./../x", "..", ".", "/", "//", outside, "/" + outside,
        "/etc/passwd", "/dev/zero", "/proc/self/mem", "C:\\x", "C:x", "\\\\srv\\x", "..\\x",
        "\\\\?\\C:\\x", "CON", "file:///" + outside, "%2e%2e/x", "..%2fx", "~/x", "~root", "-rf",
        "| touch x", "$(touch x)", "`touch x`", "x\n../y", "x\u202e../y", "m.safetensors", " "};
    std::vector<Entry> entries;
    std::vector<std::pair<std::string, std::string>> notes;
    for (auto const& n : names) {
        entries.push_back(Entry::of(n, kernel));
        notes.emplace_back(n, n);
    }
    save_safetensors(path, entries, notes);
    write_all(outside, "as it was");
    SafetensorsFile const file(path);
    for (auto const& n : names) {
        CAPTURE(n);
        REQUIRE(file.find(n));
        CHECK(file.find(n)->bytes.size() == kernel.size() * sizeof(float));
        REQUIRE(file.metadata(n));
        CHECK(*file.metadata(n) == n);
    }
    CHECK(names.size() >= 30);
    CHECK(read_all(outside) == "as it was");
    CHECK(folder.entries() == 2);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path("in")), {}) == 1);
}

TEST_CASE("numpy reads what we write, and we read what it writes") {
    auto const python = python_with("numpy");
    if (python.empty()) return skip("a Python with numpy is not here");
    Folder const folder;
    auto const path = sample(folder), script = folder.path("check.py");
    write_all(script, R"(
import json, struct, sys
import numpy as np
raw = open(sys.argv[1], 'rb').read()
n, = struct.unpack('<Q', raw[:8])
assert n % 8 == 0
head = json.loads(raw[8:8 + n])
data = raw[8 + n:]
def get(name):
    e = head[name]
    b, e2 = e['data_offsets']
    t = {'F32': '<f4', 'F64': '<f8', 'I32': '<i4', 'U64': '<u8'}[e['dtype']]
    return np.frombuffer(data[b:e2], t).reshape(e['shape'])
assert get('dense/kernel').tolist() == [[1, -2, 3.5], [2.0**-149, 0.0, 6]]
assert get('wide').tolist() == [0.1, 1e300]
assert get('classes').tolist() == [-1, 7, 2000000000]
assert get('steps').tolist() == 2**64 - 1
assert get('none').shape == (0, 4)
assert get('caf\u00e9 "quoted"\n').shape == (1, 1)
assert head['__metadata__']['note'] == 'a \\ b'
a = np.arange(6, dtype='<f4').reshape(2, 3)
h = json.dumps({'x': {'dtype': 'F32', 'shape': [2, 3], 'data_offsets': [0, 24]}}).encode()
open(sys.argv[2], 'wb').write(struct.pack('<Q', len(h)) + h + a.tobytes())
)");
    auto const theirs = folder.path("theirs");
    auto const command = python + " " + script + " " + path + " " + theirs;
    REQUIRE(std::system(command.c_str()) == 0);
    SafetensorsFile const file(theirs);
    CHECK(file.find("x")->values<float>() == std::vector<float>{0, 1, 2, 3, 4, 5});
}
