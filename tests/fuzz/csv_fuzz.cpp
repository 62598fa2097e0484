// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: any bytes give a table or lamina::Error. Every cell is read, and what was read
// is written and read again.
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
//       -Iinclude tests/fuzz/csv_fuzz.cpp -o csv_fuzz
#include <lamina/data/csv.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace lamina;
    if (size == 0) return 0;
    // The first byte chooses the options.
    std::string_view const text(reinterpret_cast<char const*>(data) + 1, size - 1);
    CsvOptions options{.separator = data[0] & 1 ? ';' : ',',
                       .quote = data[0] & 2 ? '\0' : '"',
                       .header = (data[0] & 4) == 0,
                       .trim = (data[0] & 8) != 0};
    if (data[0] & 16) options.names = {"n", "t"};
    if (data[0] & 32) options.numbers = {"a", "n"};
    if (data[0] & 64) options.gaps = {"", "-999", "x"};
    if (data[0] & 128) options.max_columns = 4;
    try {
        Table const table = read_csv_text(text, options);
        std::string const written = to_csv_text(table, options.separator);
        Table const again = read_csv_text(
            written, {.separator = options.separator, .names = table.names(), .gaps = {""}});
        if (again.rows() != table.rows() || again.columns() != table.columns()) __builtin_trap();
        for (std::size_t c = 0; c < table.columns(); ++c) {
            Column const &a = table.column(c), &b = again.column(c);
            for (std::size_t row = 0; row < table.rows(); ++row) {
                if (a.missing(row) != b.missing(row)) __builtin_trap();
                // A text column that holds numbers alone comes back as numbers.
                if (a.is_text() && b.is_text() && a.texts()[row] != b.texts()[row]) {
                    __builtin_trap();
                }
                if (a.missing(row) || !a.is_number()) continue;
                double const x = a.numbers()[row], y = b.numbers()[row];
                if (x < y || x > y) __builtin_trap();
            }
        }
        (void)table.describe();
        (void)table.to_dataset();
    } catch (Error const& error) {
        if (error.what()[0] == '\0') __builtin_trap();
    }
    return 0;
}
