// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/data/batches.hpp>

#include "data/allocations.hpp"

#include <lamina/data/csv.hpp>

#include <doctest/doctest.h>

#include "support/complaint.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <list>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace lamina;
using testing::complaint;

namespace {

using Sample = std::pair<std::array<double, 2>, int>;

std::vector<Sample> samples(int n) {
    std::vector<Sample> all;
    for (int i = 0; i < n; ++i) all.push_back({{double(i), 10.0 * i}, i});
    return all;
}

Dataset dataset(int n) {
    std::string text = "a,b,label\n";
    for (int i = 0; i < n; ++i) {
        text += std::to_string(i) + "," + std::to_string(10 * i) + "," + std::to_string(i) + "\n";
    }
    return read_csv_text(text).to_dataset();
}

/// The labels of an epoch, a -1 between batches; checks that x belongs to y.
template <class B>
std::vector<int> epoch(B& batches, std::size_t number) {
    static_assert(Batches<B>);
    std::vector<int> labels;
    batches.restart(number);
    Batch<float> batch;
    while (batches.next(batch)) {
        if (!labels.empty()) labels.push_back(-1);
        REQUIRE(batch.x.size() == 2 * batch.n);
        REQUIRE(batch.y.size() == batch.n);
        for (std::size_t i = 0; i < batch.n; ++i) {
            labels.push_back(int(batch.y[i]));
            CHECK(batch.x[2 * i] == batch.y[i]);
            CHECK(batch.x[2 * i + 1] == 10 * batch.y[i]);
        }
    }
    return labels;
}

std::vector<int> sorted(std::vector<int> labels) {
    std::erase(labels, -1);
    std::sort(labels.begin(), labels.end());
    return labels;
}

std::vector<int> count_to(int n) {
    std::vector<int> all;
    for (int i = 0; i < n; ++i) all.push_back(i);
    return all;
}

} // namespace

TEST_CASE("Arrays: every row once an epoch, in an order of (seed, epoch)") {
    Dataset const data = dataset(10);
    auto b = batches(data, {.batch_size = 4, .seed = 3});
    CHECK(b.steps() == 3);
    std::vector<int> const first = epoch(b, 0), second = epoch(b, 1);
    CHECK(std::count(first.begin(), first.end(), -1) == 2);
    CHECK(sorted(first) == count_to(10));
    CHECK(sorted(second) == count_to(10));
    CHECK(first != second);
    CHECK(epoch(b, 0) == first);
    auto same = batches(data, {.batch_size = 4, .seed = 3}),
         other = batches(data, {.batch_size = 4});
    CHECK(epoch(same, 1) == second);
    CHECK(epoch(other, 1) != second);

    auto plain = batches(data, {.batch_size = 4, .shuffle = false});
    CHECK(epoch(plain, 5) == std::vector<int>{0, 1, 2, 3, -1, 4, 5, 6, 7, -1, 8, 9});
    auto whole = batches(data, {.batch_size = 4, .shuffle = false, .drop_last = true});
    CHECK(whole.steps() == 2);
    CHECK(epoch(whole, 0) == std::vector<int>{0, 1, 2, 3, -1, 4, 5, 6, 7});
    auto few = batches(data, {.batch_size = 4, .shuffle = false, .steps = 1});
    CHECK(epoch(few, 0) == count_to(4));
    auto large = batches(data, {.batch_size = 64});
    CHECK(sorted(epoch(large, 0)) == count_to(10));
}

TEST_CASE("A range with a name is walked again each epoch, through a buffer") {
    std::vector<Sample> const all = samples(100);
    auto b = batches(all, {.batch_size = 8, .shuffle_buffer = 16, .seed = 1});
    CHECK(b.steps() == 0);
    std::vector<int> const first = epoch(b, 0), second = epoch(b, 1);
    CHECK(sorted(first) == count_to(100));
    CHECK(sorted(second) == count_to(100));
    CHECK(first != second);
    CHECK(epoch(b, 0) == first);
    auto same = batches(all, {.batch_size = 8, .shuffle_buffer = 16, .seed = 1});
    CHECK(epoch(same, 1) == second);
    // A sample cannot come before the buffer has seen it.
    std::vector<int> order = first;
    std::erase(order, -1);
    for (int i = 0; i < 100; ++i) CHECK(order[std::size_t(i)] < i + 16);
    // Stopped within an epoch, the next begins at the first sample all the same.
    b.restart(0);
    Batch<float> batch;
    REQUIRE(b.next(batch));
    CHECK(epoch(b, 1) == second);

    auto plain = batches(all, {.batch_size = 64, .shuffle = false});
    CHECK(sorted(epoch(plain, 0)) == count_to(100));
    CHECK(epoch(plain, 1)[64] == -1);
    std::list<Sample> list;
    for (Sample const& s : all) list.push_back(s);
    auto owned = batches(std::move(list), {.drop_last = true});
    CHECK(sorted(epoch(owned, 0)).size() == 96);
}

TEST_CASE("A shuffle buffer that holds all gives every order the same chance") {
    std::vector<Sample> const all = samples(3);
    std::array<int, 27> seen{};
    auto b = batches(all, {.batch_size = 3, .shuffle_buffer = 8});
    for (std::size_t e = 0; e < 6000; ++e) {
        std::vector<int> const order = epoch(b, e);
        ++seen[std::size_t(9 * order[0] + 3 * order[1] + order[2])];
    }
    int orders = 0;
    for (int n : seen) {
        if (n == 0) continue;
        ++orders;
        CHECK(n > 880); // 1000 with a standard deviation of 29
        CHECK(n < 1120);
    }
    CHECK(orders == 6);
}

TEST_CASE("A function that ends, and one that does not") {
    int i = 0;
    auto ends = batches(
        [&]() -> std::optional<Sample> {
            if (i == 10) {
                i = 0;
                return std::nullopt;
            }
            ++i;
            return Sample{{double(i - 1), 10.0 * (i - 1)}, i - 1};
        },
        {.batch_size = 4, .shuffle_buffer = 3});
    CHECK(sorted(epoch(ends, 0)) == count_to(10));
    CHECK(sorted(epoch(ends, 1)) == count_to(10));

    int k = 0;
    auto const endless = [&] {
        ++k;
        return Sample{{double(k - 1), 10.0 * (k - 1)}, k - 1};
    };
    auto b = batches(endless, {.batch_size = 4, .shuffle = false, .steps = 2});
    CHECK(b.steps() == 2);
    CHECK(epoch(b, 0) == std::vector<int>{0, 1, 2, 3, -1, 4, 5, 6, 7});
    CHECK(epoch(b, 1) == std::vector<int>{8, 9, 10, 11, -1, 12, 13, 14, 15});
    CHECK(complaint([&] { batches(endless); }) ==
          "batches: these samples have no end. Say with .steps how many batches are an epoch, or "
          "return a std::optional that is empty at the end.");
    // With .steps a range goes on in the next epoch, and begins again when it ends.
    std::vector<Sample> const all = samples(10);
    auto round = batches(all, {.batch_size = 4, .shuffle = false, .steps = 2});
    CHECK(epoch(round, 0) == std::vector<int>{0, 1, 2, 3, -1, 4, 5, 6, 7});
    CHECK(epoch(round, 1) == std::vector<int>{8, 9, 0, 1, -1, 2, 3, 4, 5});
    std::vector<Sample> const none;
    auto empty = batches(none, {.steps = 2});
    CHECK(epoch(empty, 0).empty());
}

TEST_CASE("A function that hands out data sets") {
    int part = 0;
    auto b = batches(
        [&]() -> std::optional<Dataset> {
            if (part == 3) {
                part = 0;
                return std::nullopt;
            }
            return dataset(std::array<int, 3>{7, 0, 5}[std::size_t(part++)] + 1);
        },
        {.batch_size = 4, .shuffle = false});
    CHECK(epoch(b, 0) == std::vector<int>{0, 1, 2, 3, -1, 4, 5, 6, 7, -1, 0, 0, 1, 2, -1, 3, 4, 5});
    CHECK(epoch(b, 1).size() == 18);
}

TEST_CASE("Nothing is allocated after the first batch") {
    std::vector<Sample> const all = samples(500);
    Dataset const data = dataset(500);
    auto of_range = batches(all, {.shuffle_buffer = 50});
    auto of_array = batches(data);
    auto const count = [](auto& b) {
        Batch<float> batch;
        REQUIRE(b.next(batch));
        std::size_t const before = testing::allocations;
        for (std::size_t e = 0; e < 3; ++e) {
            b.restart(e);
            while (b.next(batch)) {
            }
        }
        return testing::allocations - before;
    };
    CHECK(count(of_range) == 0);
    CHECK(count(of_array) == 0);
}

TEST_CASE("What does not fit is said") {
    std::vector<Sample> const all = samples(4);
    CHECK(complaint([&] { batches(all, {.batch_size = 0}); }) ==
          "batches: .batch_size is 0, and it is at least 1.");
    CHECK(complaint([&] { batches(all, {.shuffle_buffer = 0}); }) ==
          "batches: .shuffle_buffer is 0. For the samples as they come set .shuffle = false.");
    std::vector<std::pair<std::vector<float>, float>> ragged{{{1, 2}, 0.f}, {{1}, 0.f}};
    CHECK(complaint([&] {
              auto b = batches(ragged);
              Batch<float> batch;
              b.next(batch);
          }) == "batches: sample 1 has 1 feature and 1 target, the first had 2 and 1.");
    CHECK(complaint([&] {
              std::vector<std::pair<std::vector<float>, float>> const blank{{{}, 0.f}};
              auto b = batches(blank);
              Batch<float> batch;
              b.next(batch);
          }) == "batches: the first sample has no numbers.");
    std::vector<float> x(7), y(3);
    CHECK(complaint([&] { ArrayBatches(x, y, 3); }) ==
          "batches: 7 numbers of x and 3 of y are no 3 rows.");
}
