// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/kernels/simd.hpp>
#include <lamina/kernels/transpose.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

using namespace lamina;

namespace {

/// How many numbers of the transpose are wrong, the zeros behind each row and what lies between the
/// rows among them.
template <bool Pad, class T>
std::size_t wrong(std::size_t rows, std::size_t columns, std::size_t gap) {
    constexpr std::size_t lanes = kernels::lanes<T>;
    std::size_t const filled = Pad ? (rows + lanes - 1) / lanes * lanes : rows;
    std::size_t const ldfrom = columns + gap, ldto = filled + gap;
    std::vector<T> from(rows * ldfrom), to(columns * ldto, T(-1));
    for (std::size_t i = 0; i < from.size(); ++i) from[i] = T(i + 1);
    kernels::transpose<Pad>(rows, columns, from.data(), ldfrom, to.data(), ldto);
    std::size_t count = 0;
    for (std::size_t j = 0; j < columns; ++j)
        for (std::size_t i = 0; i < ldto; ++i) {
            T const expected = i < rows ? from[i * ldfrom + j] : T(i < filled ? 0 : -1);
            count += to[j * ldto + i] != expected;
        }
    return count;
}

} // namespace

TEST_CASE_TEMPLATE("transposes of all sizes up to forty, with gaps, filled up or not", T, float,
                   double) {
    for (std::size_t rows = 1; rows <= 40; ++rows)
        for (std::size_t columns = 1; columns <= 40; ++columns)
            for (std::size_t gap : {0u, 3u}) {
                CAPTURE(rows);
                CAPTURE(columns);
                CAPTURE(gap);
                CHECK(wrong<false, T>(rows, columns, gap) == 0);
                CHECK(wrong<true, T>(rows, columns, gap) == 0);
            }
}
