// SPDX-License-Identifier: BSD-3-Clause
//
// How fast read_csv reads numbers: csv [megabytes = 200] [file]. The file is written first and
// removed afterwards.

#include <lamina/core/random.hpp>
#include <lamina/data/csv.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include <sys/resource.h>

namespace {

/// Rows of 10 numbers until the text is long enough; `digits` after the point, or 0 for all that a
/// double has.
std::string table_text(std::size_t bytes, int digits) {
    lamina::Random const random{1};
    std::string text = "a,b,c,d,e,f,g,h,i,label\n";
    char cell[40];
    for (std::size_t i = 0; text.size() < bytes; ++i) {
        double const value = double(random.bits(i) >> 11) * 0x1p-53 * 200 - 100;
        if (digits) std::snprintf(cell, sizeof cell, "%.*f", digits, value);
        else std::snprintf(cell, sizeof cell, "%.17g", value);
        text += i % 10 == 9 ? (value > 0 ? "1" : "0") : cell;
        text += i % 10 == 9 ? '\n' : ',';
    }
    while (text.back() != '\n') text.pop_back();
    return text;
}

double peak_megabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_maxrss) / 1024;
}

} // namespace

int main(int argc, char** argv) {
    std::size_t const megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200;
    std::string const path = argc > 2 ? argv[2] : "lamina_benchmark.csv";
    try {
        for (int digits : {4, 0}) {
            lamina::detail::write_file(path, table_text(megabytes * 1000 * 1000, digits));
            double best = 1e9;
            std::size_t rows = 0;
            for (int run = 0; run < 5; ++run) {
                std::clock_t const start = std::clock(); // this process's time
                lamina::Table const table = lamina::read_csv(path);
                double const spent = double(std::clock() - start) / CLOCKS_PER_SEC;
                best = spent < best ? spent : best;
                rows = table.rows();
            }
            std::printf("%-22s %9zu rows  %7.1f MB/s  (best of 5, peak %.0f MB)\n",
                        digits ? "4 digits, a cell of 7:" : "17 digits:", rows,
                        double(megabytes) / best, peak_megabytes());
        }
    } catch (lamina::Error const& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    std::remove(path.c_str());
}
