// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/atomic_file.hpp>

#include <lamina/io/checksum.hpp>

#include "support/fault_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>

using namespace lamina;
using namespace lamina::testing;

namespace {

constexpr std::size_t size = std::size_t{2} << 20;

/// A file's content that knows whether it is whole: numbers that follow from the first one, and
/// their sum at the end.
std::vector<std::uint64_t> content(std::uint64_t version) {
    std::vector<std::uint64_t> numbers(size / 8);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = Random{version}.bits(i);
    numbers[0] = version;
    return numbers;
}
bool whole(std::string const& text) {
    if (text.size() != size) return false;
    std::uint64_t version = 0;
    std::memcpy(&version, text.data(), 8);
    auto const expected = content(version);
    return std::memcmp(text.data(), expected.data(), size) == 0;
}

void save_well(std::string const& path, std::vector<std::uint64_t> const& numbers) {
    AtomicFile file(path);
    for (std::size_t i = 0; i < numbers.size(); i += 8192) file.write(&numbers[i], 8192 * 8);
    file.commit();
}
void save_naively(std::string const& path, std::vector<std::uint64_t> const& numbers) {
    std::ofstream file(path, std::ios::binary);
    for (std::size_t i = 0; i < numbers.size(); i += 8192)
        file.write(reinterpret_cast<char const*>(&numbers[i]), 8192 * 8);
}

/// How many of `kills` processes, killed while they saved over and over, left a file that is not
/// whole.
template <class Save>
int broken_after(int kills, std::string const& path, Save save) {
    std::vector<std::vector<std::uint64_t>> const versions{content(1), content(2)};
    save_well(path, versions[0]);
    int broken = 0;
    for (int i = 0; i < kills; ++i) {
        pid_t const child = ::fork();
        if (child == 0)
            for (std::size_t v = 0;; ++v) save(path, versions[v % 2]);
        auto const wait = 1000 + Random{7}.below(std::uint64_t(i), 14'000);
        std::this_thread::sleep_for(std::chrono::microseconds(wait));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        broken += !whole(read_all(path));
    }
    return broken;
}

} // namespace

TEST_CASE("500 processes are killed while they save: each leaves a whole file") {
    Folder const folder;
    CHECK(broken_after(500, folder.path("model"), save_well) == 0);
    save_well(folder.path("model"), content(3));
    CHECK(folder.entries() == 1);
}

TEST_CASE("the same kills find a writer that writes in place") {
    Folder const folder;
    CHECK(broken_after(60, folder.path("model"), save_naively) > 30);
}
