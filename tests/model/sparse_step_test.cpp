// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/lamina.hpp>

#include "support/kernels.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

using namespace lamina;

namespace {

constexpr std::size_t time = 6, count = 12;
using Tokens6 = std::vector<std::int32_t>;

/// Tokens of `count` samples: some neighbours, some alone, the first row and the last.
Tokens6 tokens_below(std::size_t vocabulary) {
    Tokens6 x(count * time);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::int32_t(Random{3}.below(i, vocabulary));
    x[1] = 0, x[2] = std::int32_t(vocabulary) - 1;
    return x;
}

template <class Table>
auto model_with(Table table, auto optimizer) {
    return compile<double>(Sequential{Tokens<time>{}, table, Dense<3>{}, Softmax{}}, optimizer,
                           SparseCategoricalCrossentropy{});
}
auto numbers_of(auto const& model) {
    std::vector<double> all;
    model.weights.for_each_parameter([&](int, auto const&, auto const& tensor, double const* p) {
        all.insert(all.end(), p, p + tensor.extents.size);
    });
    return all;
}
void fit(auto& model, Tokens6 const& x, std::size_t batch, std::size_t threads) {
    std::vector<std::int32_t> y(count);
    for (std::size_t i = 0; i < count; ++i) y[i] = std::int32_t(i % 3);
    model.fit(Array(x.data(), {count, time}), Array(y.data(), {count}),
              {.epochs = 3, .batch_size = batch, .verbose = 0, .threads = threads});
}

/// Without a memory of its own, an optimizer that steps the rows of the batch alone does what one
/// does that steps all: to the bit.
template <std::size_t Vocabulary>
void check_rows() {
    CAPTURE(Vocabulary);
    Tokens6 const x = tokens_below(Vocabulary);
    SGD const sgd{.learning_rate = 0.5};
    for (std::size_t const batch : {1u, 5u, 12u})
        for (std::size_t const threads : {1u, 2u}) {
            CAPTURE(batch);
            CAPTURE(threads);
            auto some = model_with(EmbeddingBag<Vocabulary, 5>{}, sgd);
            auto all = model_with(EmbeddingBag<Vocabulary, 5, DenseGradient>{}, sgd);
            std::vector<double> const start = numbers_of(some);
            fit(some, x, batch, threads);
            fit(all, x, batch, threads);
            CHECK(numbers_of(some) == numbers_of(all));
            CHECK(numbers_of(some) != start);
        }
}

/// With a memory, the others rest.
template <std::size_t Vocabulary>
void check_rest() {
    CAPTURE(Vocabulary);
    Tokens6 const x = tokens_below(Vocabulary);
    std::set<std::int32_t> const touched(x.begin(), x.end());
    auto model = model_with(EmbeddingBag<Vocabulary, 5>{}, Adam{.weight_decay = 0.1});
    std::vector<double> const start = numbers_of(model);
    fit(model, x, 4, 1);
    std::vector<double> const end = numbers_of(model);
    for (std::size_t r = 0; r < Vocabulary; ++r) {
        CAPTURE(r);
        for (std::size_t j = 0; j < 5; ++j)
            CHECK((end[r * 5 + j] != start[r * 5 + j]) == touched.contains(std::int32_t(r)));
    }
}

/// One of two uses, one whose rows are few beside the tokens, one whose rows are many.
template <class... Options>
auto tables() {
    return graph<Tokens<time>>([](auto x) {
        auto const words = x | Embedding<40, 4, Options...>{};
        auto const again = x | shared(words);
        auto const bag = x | EmbeddingBag<300, 3, Options...>{};
        auto const small = x | EmbeddingBag<7, 2, Options...>{};
        return join((words + again) | GlobalAveragePooling1D{}, bag, small) | Concatenate{} |
               Dense<3>{} | Softmax{};
    });
}

} // namespace

// A batch of b samples has 6 b tokens: where 8 times as many are at least the vocabulary, the rows
// are taken in their order, else in the tokens'.
TEST_CASE("Rows of a table that a batch touched are stepped, each once") {
    check_rows<3>();
    check_rows<48>();
    check_rows<49>();
    check_rows<240>();
    check_rows<241>();
    check_rows<2000>();
}

TEST_CASE("Rows of a table that no batch touched rest, with all that the optimizer keeps") {
    check_rest<30>();
    check_rest<192>();
    check_rest<193>();
    check_rest<700>();
}

TEST_CASE("Tables that several layers use, and several tables, are stepped alike") {
    SGD const sgd{.learning_rate = 0.5};
    auto some = compile<double>(tables<>(), sgd, SparseCategoricalCrossentropy{});
    auto all = compile<double>(tables<DenseGradient>(), sgd, SparseCategoricalCrossentropy{});
    for (std::size_t const batch : {1u, 5u, 12u}) {
        fit(some, tokens_below(7), batch, 1);
        fit(all, tokens_below(7), batch, 1);
        CHECK(numbers_of(some) == numbers_of(all));
    }
}

TEST_CASE("A table is trained alike by any number of threads") {
    constexpr std::size_t samples = 64, length = 200;
    std::vector<std::int32_t> x(samples * length), y(samples);
    auto const check = [&](auto table, std::size_t vocabulary) {
        Sequential const definition{Tokens<length>{}, table,      Dense<2000>{},
                                    ReLU{},           Dense<3>{}, Softmax{}};
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] = std::int32_t(Random{3}.below(i, vocabulary));
        for (std::size_t i = 0; i < samples; ++i) y[i] = std::int32_t(i % 3);
        std::vector<double> first;
        for (std::size_t const threads : {1u, 2u, 3u}) {
            CAPTURE(threads);
            auto model = compile<double>(definition, Adam{}, SparseCategoricalCrossentropy{});
            static_assert(3 * decltype(model)::flops(32) > 12'000'000); // enough for threads
            model.fit(Array(x.data(), {samples, length}), Array(y.data(), {samples}),
                      {.epochs = 2, .verbose = 0, .threads = threads});
            if (threads == 1) first = numbers_of(model);
            CHECK(numbers_of(model) == first);
        }
    };
    check(EmbeddingBag<3000, 40>{}, 3000);
    check(EmbeddingBag<90, 70>{}, 90);
    check(EmbeddingBag<90, 37, DenseGradient>{}, 90);
}
