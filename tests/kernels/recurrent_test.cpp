// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/gru_cells.hpp>
#include <lamina/kernels/lstm_cell.hpp>
#include <lamina/kernels/recurrent.hpp>
#include <lamina/kernels/simple_cell.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace lamina;
using namespace lamina::kernels;

namespace {

template <class T>
std::vector<T> numbers(std::size_t n, std::uint64_t seed) {
    std::vector<T> v(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = T(Random{seed}.uniform(i) - 0.5f);
    return v;
}

/// The h of every moment.
template <class Cell, class T>
std::vector<T> walk(std::size_t batch, std::size_t time, std::size_t features, std::size_t units,
                    bool keep, Threads* threads) {
    auto const x = numbers<T>(batch * time * features, 1);
    auto const kernel = numbers<T>(features * Cell::gates * units, 2);
    auto const recurrent = numbers<T>(units * Cell::gates * units, 3);
    auto const bias = numbers<T>(2 * Cell::gates * units, 4); // GRU has two
    std::vector<T> h(batch * time * units), c(h.size()), parts(h.size() * Cell::parts);
    std::size_t const scratch = recurrent_scratch<Cell, T>(time, features, units);
    Block<T> packed(recurrent_packed<Cell, T>(features, units)), room(scratch * 3);
    Recurrence<T> s{};
    s.batch = batch, s.time = time, s.features = features, s.units = units;
    s.keep = keep;
    s.x = x.data(), s.kernel = kernel.data(), s.recurrent = recurrent.data();
    s.bias = bias.data();
    s.h = h.data(), s.c = c.data(), s.parts = parts.data(), s.packed = packed.data();
    s.scratch = room.data(), s.scratch_size = scratch, s.threads = threads;
    recur(Cell{}, s);
    return h;
}

struct Squashed {
    static constexpr bool from_output = true;
    template <class V>
    V value(V const& x) const {
        return tanh(x);
    }
};

template <class Cell, class T>
void check_threads(std::size_t units) {
    CAPTURE(units);
    constexpr std::size_t time = 4, features = 6;
    Threads two(2), three(3);
    for (std::size_t batch : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 12u, 15u, 16u, 17u, 31u, 33u, 48u}) {
        CAPTURE(batch);
        for (bool const keep : {true, false}) {
            auto const alone = walk<Cell, T>(batch, time, features, units, keep, nullptr);
            CHECK(walk<Cell, T>(batch, time, features, units, keep, &two) == alone);
            CHECK(walk<Cell, T>(batch, time, features, units, keep, &three) == alone);
            CHECK(std::count(alone.begin(), alone.end(), T{0}) ==
                  std::ptrdiff_t(keep ? 0 : alone.size() / 2));
        }
    }
}
template <class Cell>
void check_cell() {
    for (std::size_t const units : {1u, 5u, 16u, 33u}) {
        check_threads<Cell, float>(units);
        check_threads<Cell, double>(units);
    }
}

} // namespace

TEST_CASE("recurrent cells give the same bits for any number of threads and pieces") {
    check_cell<LSTMCell>();
    check_cell<GRUCell>();
    check_cell<GRUResetBeforeCell>();
    check_cell<SimpleCell<Squashed>>();
    // weights enough to be packed by several threads
    check_threads<LSTMCell, float>(150);
    check_threads<GRUCell, float>(170);
}

TEST_CASE("pieces of a batch hold all samples, of about the same number") {
    Threads two(2), three(3);
    for (Threads* const threads : {static_cast<Threads*>(nullptr), &two, &three})
        for (std::size_t batch = 1; batch < 400; ++batch) {
            for (std::size_t const count : {kernels::detail::forward_pieces(threads, batch),
                                            kernels::detail::backward_pieces(batch)}) {
                std::vector<int> seen(batch);
                std::size_t least = batch, most = 0;
                kernels::detail::each_piece(nullptr, batch, count,
                                            [&](std::size_t begin, std::size_t end, std::size_t) {
                                                least = std::min(least, end - begin);
                                                most = std::max(most, end - begin);
                                                for (; begin < end; ++begin) ++seen[begin];
                                            });
                REQUIRE(std::count(seen.begin(), seen.end(), 1) == std::ptrdiff_t(batch));
                REQUIRE(most <= recurrent_piece);
                REQUIRE(most - least <= 1);
                REQUIRE((least >= 2 || batch == 1)); // one alone is summed in another order
            }
        }
}
