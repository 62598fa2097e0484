// SPDX-License-Identifier: BSD-3-Clause
// What scripts/check-large-files runs: CSV files of a size that no test of every change can afford.
// Each is read in a process of its own, whose most memory is compared with the file and with what
// came of it.
#include <lamina/core/random.hpp>
#include <lamina/data/csv.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lamina;

namespace {

std::string folder;
int failures = 0;

/// Runs `work` in a process; it says whether all was right. `most` bytes of memory are allowed for
/// each byte of the file and of `data`, and 16 MiB beside.
void check(char const* name, std::string const& path, std::size_t data, double most,
           std::function<bool(std::string const&)> const& work) {
    struct stat status {};
    ::stat(path.c_str(), &status);
    pid_t const child = ::fork();
    if (child == 0) {
        bool right = false;
        try {
            right = work(path);
        } catch (std::exception const& error) {
            std::printf("%s: %s\n", name, error.what());
        }
        std::fflush(stdout);
        ::_exit(right ? 0 : 1);
    }
    int ended = 0;
    rusage used{};
    ::wait4(child, &ended, 0, &used);
    double const file = double(status.st_size), peak = 1024.0 * double(used.ru_maxrss);
    double const larger = std::max(file, double(data));
    bool const fine = WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
    bool const small = peak <= most * larger + (16 << 20);
    failures += !fine || !small;
    std::printf("%-44s file %6.1f MB, data %6.1f MB, memory %6.1f MB, %.1f s: %s\n", name,
                file / 1e6, double(data) / 1e6, peak / 1e6,
                double(used.ru_utime.tv_sec) + 1e-6 * double(used.ru_utime.tv_usec),
                !fine    ? "WRONG"
                : !small ? "TOO MUCH MEMORY"
                         : "right");
    std::fflush(stdout);
}

/// A file that is written piece by piece, here and not in the process that reads it.
std::string write(std::function<void(std::FILE*)> const& fill) {
    std::string const path = folder + "/large.csv";
    pid_t const child = ::fork();
    if (child == 0) {
        std::FILE* const file = std::fopen(path.c_str(), "wb");
        fill(file);
        ::_exit(std::fclose(file) == 0 ? 0 : 1);
    }
    int ended = 0;
    ::waitpid(child, &ended, 0);
    if (ended != 0) std::perror("the file cannot be written"), ::_exit(1);
    return path;
}
void put(std::FILE* file, std::string_view text) { std::fwrite(text.data(), 1, text.size(), file); }
bool refused(std::string const& path, std::string_view by) {
    try {
        read_csv(path);
    } catch (Error const& error) {
        return std::string_view(error.what()).find(by) != std::string_view::npos;
    }
    return false;
}

double number(std::uint64_t i) { return double(Random{5}.bits(i) % 100'000'000) / 1e4; }

} // namespace

int main(int, char** argv) {
    folder = argv[1];
    constexpr std::size_t gibibyte = std::size_t{1} << 30, million = 1'000'000;
    std::string const block(1 << 20, 'x');

    auto path = write([&](std::FILE* file) {
        put(file, "a\n\"");
        for (std::size_t i = 0; i < gibibyte; i += block.size()) put(file, block);
        put(file, "\"\n");
    });
    check("a cell of 1 GiB", path, gibibyte, 3, [&](std::string const& p) {
        Table const table = read_csv(p);
        return table["a"].texts()[0].size() == gibibyte;
    });
    path = write([&](std::FILE* file) {
        std::string ones;
        while (ones.size() < block.size()) ones += "1,";
        for (std::size_t i = 0; i < gibibyte; i += ones.size()) put(file, ones);
    });
    check("a line of 1 GiB, of too many cells", path, 0, 2,
          [](std::string const& p) { return refused(p, "more than .max_columns"); });

    path = write([&](std::FILE* file) {
        for (std::size_t c = 0; c < million; ++c)
            put(file, "name" + std::to_string(c) + (c + 1 < million ? "," : "\n"));
        for (std::size_t r = 0; r < 20; ++r)
            for (std::size_t c = 0; c < million; ++c)
                put(file, std::to_string((r * c) % 1000) + (c + 1 < million ? "," : "\n"));
    });
    // a column's name and what describes it count as data too
    check("a million columns", path, million * (20 * sizeof(double) + sizeof(Column)), 3,
          [&](std::string const& p) {
              Table const table = read_csv(p, {.max_columns = million});
              return table.columns() == million &&
                     table["name999999"].numbers()[19] == double(19 * (million - 1) % 1000);
          });

    path = write([&](std::FILE* file) {
        put(file, "a,b,t\n");
        for (std::uint64_t i = 0; i < 10 * million; ++i) {
            std::string line;
            lamina::detail::append_number(line, number(2 * i));
            lamina::detail::append_number(line += ',', number(2 * i + 1));
            put(file, line += i % 3 ? ",yes\n" : ",no\n");
        }
    });
    check("ten million rows", path, 10 * million * (2 * sizeof(double) + sizeof(std::string)), 3,
          [&](std::string const& p) {
              Table const table = read_csv(p);
              bool right = table.rows() == 10 * million;
              for (std::uint64_t i = 0; right && i < table.rows(); ++i)
                  right = table["a"].numbers()[i] == number(2 * i) &&
                          table["b"].numbers()[i] == number(2 * i + 1) &&
                          table["t"].texts()[i] == (i % 3 ? "yes" : "no");
              return right;
          });

    for (bool const of_float : {false, true}) {
        auto const value = [=](std::uint64_t i) {
            std::uint64_t bits = Random{7}.bits(i);
            if (i % 8 == 0) bits >>= 12; // denormals
            double const v = of_float ? double(std::bit_cast<float>(std::uint32_t(bits)))
                                      : std::bit_cast<double>(bits);
            return lamina::detail::is_finite(v) ? v : double(i);
        };
        path = write([&](std::FILE* file) {
            put(file, "v\n");
            for (std::uint64_t i = 0; i < 10 * million; ++i) {
                std::string line;
                lamina::detail::append_number(line, value(i));
                put(file, line += '\n');
            }
        });
        check(of_float ? "ten million floats, bit for bit" : "ten million doubles, bit for bit",
              path, 10 * million * sizeof(double), 3, [&](std::string const& p) {
                  Table const table = read_csv(p);
                  auto const& v = table["v"].numbers();
                  bool right = v.size() == 10 * million;
                  for (std::uint64_t i = 0; right && i < v.size(); ++i)
                      right = std::bit_cast<std::uint64_t>(v[i]) ==
                              std::bit_cast<std::uint64_t>(value(i));
                  return right;
              });
    }
    ::unlink(path.c_str());
    return failures != 0;
}
