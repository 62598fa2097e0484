// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/table.hpp>

#include "support/kernels.hpp"
#include "support/layers.hpp"

#include <doctest/doctest.h>

#include <lamina/graph/shared.hpp>
#include <lamina/layers/add.hpp>
#include <lamina/layers/concatenate.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/residual.hpp>
#include <lamina/model/network.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

// C++ leaves open in which order f(x | a, x | b) runs: g++ takes the last first when the program
// runs, the first first when the compiler does. The table must not show it.
constexpr auto net = graph<Input<4>, Tokens<3>>([](auto x, auto t) {
    auto e = t | Embedding<5, 4>{};
    auto p = e | GlobalAveragePooling1D{};
    auto h = join(x | Dense<2>{}, p | Dense<3>{}, x | Dense<5>{}) | Concatenate{};
    return outputs(h | Residual{Dense<10>{}, Squash{}}, e | tied(e), p + (x | Dense<4>{}));
});
using D = std::remove_const_t<decltype(net)>;
using N = Network<D, float>;

/// All that a table says, in one number.
template <class Table>
constexpr std::uint64_t digest(Table const& table) {
    std::uint64_t h = 0;
    auto const add = [&](auto v) { h = Random::mix(h ^ (std::uint64_t(v) + 77)); };
    for (int i = 0; i < table.size; ++i) {
        auto const& row = table.rows[std::size_t(i)];
        for (int k = 0; k < row.arity; ++k) add(row.inputs[k] + 1);
        add(row.owner);
        add(row.mask + 1);
        add(row.frozen);
        add(row.op->output.size);
        add(row.op->parameters);
    }
    for (int const o : table.outputs) add(o);
    return h;
}

/// What a network's rows are called, in the order of the table.
template <class Table>
std::vector<std::string_view> types(Table const& table) {
    std::vector<std::string_view> all;
    for (int i = 0; i < table.size; ++i) all.push_back(table.rows[std::size_t(i)].op->type);
    return all;
}

} // namespace

static_assert(N::size == 14);
static_assert(N::table[0].arity == 0 && N::table[1].arity == 0);   // input I is row I
static_assert([] {
    for (int i = 0; i < N::size; ++i)
        for (int k = 0; k < N::table[std::size_t(i)].arity; ++k)
            if (N::table[std::size_t(i)].inputs[k] >= i) return false;
    return true;
}(), "a row stands behind what it reads");

TEST_CASE("The table is the same at compile time and at run time, on every compiler") {
    constexpr std::uint64_t compiled = digest(N::graph);
    std::vector<std::byte> raw(N::extent.value_bytes + 64), ordered(N::graph.value_bytes + 64);
    auto const run = detail::table<N::extent, float, 0>(net, raw.data(), ordered.data());
    CHECK(compiled == digest(run));
    CHECK(detail::same_structure(run, N::graph));
    CHECK(compiled == 1803446865913251956u);
    CHECK(types(N::graph)
          == std::vector<std::string_view>{
              "", "", "Dense<2>", "Embedding<5, 4>", "GlobalAveragePooling1D",
              "Dense<3>", "Dense<5>", "Concatenate", "Dense<10>", "testing::Squash", "Add",
              "Unembedding<5, 4>", "Dense<4>", "Add"});
}

TEST_CASE("What no output needs is not in the table") {
    constexpr auto wasteful = graph<Input<4>>([](auto x) {
        auto unused = x | Dense<100>{};
        (void)unused;
        return x | Dense<1>{};
    });
    using W = Network<std::remove_const_t<decltype(wasteful)>, float>;
    static_assert(W::size == 2 && W::parameters == 5);
    CHECK(W::graph.value_bytes < W::extent.value_bytes);
}

TEST_CASE("An owner that no output needs stands in the table, for its parameters") {
    constexpr auto odd = graph<Input<4>, Input<4>>([](auto a, auto b) {
        auto h = a | Dense<3>{};
        return b | shared(h);
    });
    using W = Network<std::remove_const_t<decltype(odd)>, float>;
    static_assert(W::size == 4 && W::parameters == 15 && W::table[3].owner == 2);
    CHECK(W::table[2].owner == 2);
}

TEST_CASE("400 layers") {
    constexpr auto deep = graph<Input<4>>([](auto x) {
        constexpr auto ten = [](auto h) {
            return h | Dense<4>{} | Squash{} | Dense<4>{} | Squash{} | Dense<4>{} | Squash{}
                 | Dense<4>{} | Squash{} | Dense<4>{} | Squash{};
        };
        constexpr auto hundred = [=](auto h) {
            return ten(ten(ten(ten(ten(ten(ten(ten(ten(ten(h))))))))));
        };
        return hundred(hundred(hundred(hundred(x))));
    });
    using W = Network<std::remove_const_t<decltype(deep)>, float>;
    static_assert(W::size == 401 && W::parameters == 200 * 20);
    CHECK(W::inference.per_sample == 2 * 16);
}
