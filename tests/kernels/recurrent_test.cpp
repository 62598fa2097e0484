// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/gru_cells.hpp>
#include <lamina/kernels/lstm_cell.hpp>
#include <lamina/kernels/recurrent.hpp>
#include <lamina/kernels/recurrent_gradients.hpp>
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

/// A layer with its numbers, and memory for three threads at most.
template <class Cell, class T>
struct Run {
    std::vector<T> x, kernel, recurrent, bias, h, c, parts;
    Block<T> packed, room;
    Recurrence<T> s{};

    Run(std::size_t batch, std::size_t time, std::size_t features, std::size_t units)
        : x(numbers<T>(batch * time * features, 1)),
          kernel(numbers<T>(features * Cell::gates * units, 2)),
          recurrent(numbers<T>(units * Cell::gates * units, 3)),
          bias(numbers<T>(2 * Cell::gates * units, 4)), // GRU has two
          h(batch * time * units), c(h.size()), parts(h.size() * Cell::parts),
          packed(recurrent_packed<Cell, T>(features, units)),
          room(3 * recurrent_scratch<Cell, T>(time, features, units)) {
        s.batch = batch, s.time = time, s.features = features, s.units = units;
        s.keep = true;
        s.x = x.data(), s.kernel = kernel.data(), s.recurrent = recurrent.data();
        s.bias = bias.data();
        s.h = h.data(), s.c = c.data(), s.parts = parts.data(), s.packed = packed.data();
        s.scratch = room.data(), s.scratch_size = room.size() / 3;
    }
};

/// The h of every moment.
template <class Cell, class T>
std::vector<T> walk(std::size_t batch, std::size_t time, std::size_t features, std::size_t units,
                    bool keep, Threads* threads) {
    Run<Cell, T> layer(batch, time, features, units);
    layer.s.keep = keep, layer.s.threads = threads;
    recur(Cell{}, layer.s);
    return layer.h;
}

/// The gradients of x and of the weights, one behind the other, with dropout of both kinds.
template <class Cell, class T>
std::vector<T> gradients(std::size_t batch, std::size_t time, std::size_t features,
                         std::size_t units, Threads* threads) {
    Run<Cell, T> layer(batch, time, features, units);
    auto& s = layer.s;
    s.dropout = 0.3, s.recurrent_dropout = 0.2, s.random = Random{6}, s.threads = threads;
    recur(Cell{}, s);
    auto const dy = numbers<T>(batch * units, 5);
    unwind(Cell{}, s, StateGradients<T>{.dy = dy.data(), .width = units, .every = false,
                                        .reversed = false, .with_cell = false, .mask = nullptr,
                                        .dh0 = nullptr, .dc0 = nullptr});
    std::vector<T> all(layer.x.size() + layer.kernel.size() + layer.recurrent.size() +
                       layer.bias.size());
    T* const dkernel = all.data() + layer.x.size();
    T* const drecurrent = dkernel + layer.kernel.size();
    recurrent_dx<Cell>(s, all.data());
    recurrent_gradients<Cell>(s, dkernel, drecurrent, drecurrent + layer.recurrent.size());
    return all;
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

TEST_CASE_TEMPLATE("gradients with dropout have the same bits for any number of threads", Cell,
                   LSTMCell, GRUCell, GRUResetBeforeCell) {
    // long sums for many units: the products are cut for threads, and copy their factors
    std::size_t const batch = 6, time = 130, features = 72, units = 128;
    auto const alone = gradients<Cell, float>(batch, time, features, units, nullptr);
    for (std::size_t const count : {2u, 3u}) {
        Threads threads(count);
        CHECK(gradients<Cell, float>(batch, time, features, units, &threads) == alone);
    }
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
