// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/global_average_pooling_1d.hpp>
#include <lamina/layers/global_average_pooling_2d.hpp>
#include <lamina/layers/global_max_pooling_1d.hpp>
#include <lamina/layers/global_max_pooling_2d.hpp>

#include "support/check_layer.hpp"
#include "support/golden.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/masking.hpp>
#include <lamina/layers/reshape.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

namespace {

void check_near(std::vector<double> const& expected, double const* found) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(std::abs(found[i] - expected[i]) <= 1e-12 * std::max(1.0, std::abs(expected[i])));
}

template <class D>
void check_golden(std::string const& name, D const& definition) {
    INFO(name);
    golden::Case const golden(name);
    Bench<Network<D, double, true>> bench(definition, golden["in/x"].shape[0], Conditions{});
    bench.x[0] = golden["in/x"].values;
    bench.factor[0] = golden["gout/y"].values;
    auto const all = bench.backward();
    check_near(golden["out/y"].values, all.data());
    check_near(golden["grad_in/x"].values, all.data() + all.size() - bench.x[0].size());
}

/// Says, as Masking does, which moments count: those whose first feature is not 7.
struct KeepMask {
    template <class In>
    struct On {
        using Output = In;
        static constexpr bool needs_x = false, needs_y = false;
        static constexpr std::size_t makes_mask = In::rows;
        static constexpr bool keep[3][5]{{true, true, true, false, false},
                                         {true, false, true, false, true},
                                         {false, false, false, false, false}};
        static void forward(auto const& c) {
            for (std::size_t r = 0; r < c.x.rows(); ++r) c.mask_out[r] = keep[r / 5 % 3][r % 5];
            std::copy_n(c.x.data, c.x.size(), c.y.data);
        }
        static void backward(auto const& c) { std::copy_n(c.dy.data, c.x.size(), c.dx.data); }
    };
};

} // namespace

TEST_CASE("GlobalAveragePooling: what every layer owes") {
    check_layer("time 1", Sequential{Input<1, 3>{}, GlobalAveragePooling1D{}});
    check_layer("5 x 1", Sequential{Input<5, 1>{}, GlobalAveragePooling1D{}});
    check_layer("4 x 16", Sequential{Input<4, 16>{}, Dense<16>{}, GlobalAveragePooling1D{}});
    check_layer("9 x 67", Sequential{Input<9, 67>{}, GlobalAveragePooling1D{}, Dense<2>{}});
    check_layer("masked", Sequential{Tokens<6>{}, Embedding<5, 9, MaskZero>{},
                                     GlobalAveragePooling1D{}});
    check_layer("padded", Sequential{Input<3, 2>{}, Masking{.mask_value = 7},
                                     GlobalAveragePooling1D{}});
    check_layer("image", Sequential{Input<3, 4, 5>{}, GlobalAveragePooling2D{}});
    check_layer("image of one channel", Sequential{Input<5, 2, 1>{}, GlobalAveragePooling2D{}});
}

TEST_CASE("GlobalMaxPooling: what every layer owes") {
    check_layer("time 1", Sequential{Input<1, 3>{}, GlobalMaxPooling1D{}});
    check_layer("5 x 1", Sequential{Input<5, 1>{}, GlobalMaxPooling1D{}});
    check_layer("4 x 16", Sequential{Input<4, 16>{}, Dense<16>{}, GlobalMaxPooling1D{}});
    check_layer("9 x 67", Sequential{Input<9, 67>{}, GlobalMaxPooling1D{}, Dense<2>{}});
    check_layer("masked",
                Sequential{Tokens<6>{}, Embedding<5, 9, MaskZero>{}, GlobalMaxPooling1D{}});
    check_layer("padded", Sequential{Input<3, 2>{}, Masking{}, GlobalMaxPooling1D{}});
    check_layer("image", Sequential{Input<3, 4, 5>{}, GlobalMaxPooling2D{}});
    check_layer("image of one channel", Sequential{Input<5, 2, 1>{}, GlobalMaxPooling2D{}});
}

TEST_CASE("global pooling: PyTorch's numbers") {
    check_golden("pool_global_avg_1d_channels_last",
                 Sequential{Input<5, 4>{}, GlobalAveragePooling1D{}});
    check_golden("pool_global_max_1d_channels_last",
                 Sequential{Input<5, 4>{}, GlobalMaxPooling1D{}});
}

TEST_CASE("global pooling: what a mask leaves out does not count") {
    using Average = Network<Sequential<Input<5, 1>, KeepMask, GlobalAveragePooling1D>, double>;
    using Max = Network<Sequential<Input<5, 1>, KeepMask, GlobalMaxPooling1D>, double>;
    std::vector<double> const x{1, 2, 6, 50, 60, -3, 90, -5, 80, -7, 9, 9, 9, 9, 9};
    Bench<Average> average({}, 3, {});
    average.x[0] = x;
    CHECK(average.forward(false) == std::vector<double>{3, -5, 0});
    Bench<Max> max({}, 3, {});
    max.x[0] = x;
    CHECK(max.forward(false) == std::vector<double>{6, -3, 0});
}

TEST_CASE("GlobalMaxPooling: of equals the first, and a NaN is seen") {
    using N = Network<Sequential<Input<4, 1>, GlobalMaxPooling1D>, double, true>;
    Bench<N> bench({}, 2, {});
    double const nan = std::numeric_limits<double>::quiet_NaN();
    bench.x[0] = {1, 3, 3, 2, 5, nan, 6, 1};
    bench.factor[0] = {1, 1};
    auto const all = bench.backward();
    CHECK(all[0] == 3);
    CHECK(std::isnan(all[1]));
    std::vector<double> const dx(all.end() - 8, all.end());
    CHECK(dx == std::vector<double>{0, 1, 0, 0, 0, 1, 0, 0});
}
