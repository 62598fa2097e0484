// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/check_layer.hpp"

#include <lamina/model/network.hpp>
#include <lamina/model/stepper.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// A network stepped moment by moment against itself over the whole sequence.
namespace lamina::testing {

/// Output 0 of network N, whose inputs `Stepped` come moment by moment.
template <class T, class D, int... Stepped>
double steps_apart(D const& definition, Conditions const& given,
                   std::integer_sequence<int, Stepped...>) {
    using N = Network<D, T, true>;
    std::size_t const batch = 3;
    Bench<N> bench(definition, batch, given);
    std::vector<T> const full = bench.forward(false);
    Stepper<N, Stepped...> step(bench.weights, batch);
    std::size_t const time = std::min({bench.rows[Stepped].op->output.dims[0]...}); // not endless
    std::size_t const width = bench.size_of(0) / time;
    auto const is_stepped = [](int k) { return ((k == Stepped) || ...); };

    // one moment of input k, or all of it
    std::vector<T> numbers[N::inputs];
    std::vector<std::int32_t> tokens[N::inputs];
    auto const fill = [&](int k, std::size_t t) {
        auto const of = [&](auto const& all, auto& to) {
            std::size_t const size = all.size() / batch;
            std::size_t const length = is_stepped(k) ? Rig<T>::size_of(bench.rows[k]) /
                                                           bench.rows[k].op->output.dims[0]
                                                     : size;
            to.clear();
            for (std::size_t n = 0; n < batch; ++n)
                for (std::size_t j = 0; j < length; ++j)
                    to.push_back(all[n * size + (is_stepped(k) ? t * length : 0) + j]);
        };
        if (bench.whole_numbers(std::size_t(k))) of(bench.tokens[std::size_t(k)], tokens[k]);
        else of(bench.x[std::size_t(k)], numbers[k]);
    };
    auto const pointer = [&]<int K>(std::integral_constant<int, K>) {
        if constexpr (N::table[std::size_t(K)].op->integer)
            return static_cast<std::int32_t const*>(tokens[K].data());
        else return static_cast<T const*>(numbers[K].data());
    };
    double worst = 0;
    for (int round = 0; round < 2; ++round) {
        [&]<int... K>(std::integer_sequence<int, K...>) {
            (fill(K, 0), ...);
            auto const whole = [&]<int I>(std::integral_constant<int, I> k) {
                if constexpr (((I == Stepped) || ...)) return std::tuple<>{};
                else return std::tuple{pointer(k)};
            };
            std::apply([&](auto... p) { step.start(p...); },
                       std::tuple_cat(whole(std::integral_constant<int, K>{})...));
        }(std::make_integer_sequence<int, N::inputs>{});
        for (std::size_t t = 0; t < time; ++t) {
            (fill(Stepped, t), ...);
            T const* const y = step(pointer(std::integral_constant<int, Stepped>{})...);
            for (std::size_t n = 0; n < batch; ++n) {
                std::vector<T> const now(y + n * width, y + (n + 1) * width);
                worst = std::max(worst, apart(now, full.data() + (n * time + t) * width));
            }
        }
    }
    return worst;
}

/// For float and double: equal within rounding.
template <int... Stepped, class D>
void check_steps(char const* name, D const& definition, Conditions const& given = {}) {
    INFO(std::string(name));
    std::integer_sequence<int, Stepped...> const stepped{};
    CHECK(steps_apart<double>(definition, given, stepped) < 1e-12);
    CHECK(steps_apart<float>(definition, given, stepped) < 2e-5);
}

} // namespace lamina::testing
