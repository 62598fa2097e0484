// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/masking.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>
#include <lamina/layers/permute.hpp>

#include <cstddef>
#include <type_traits>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

TEST_CASE("Masking: what every layer owes") {
    check_layer("1 x 1", Sequential{Input<1, 1>{}, Masking{}});
    check_layer("5 x 3", Sequential{Input<5, 3>{}, Dense<4>{}, Masking{.mask_value = -1}});
    check_layer("before time", Sequential{Input<5, 3>{}, Masking{}, Recurrent<4>{}});
    check_layer("before a mean", Sequential{Input<4, 2>{}, Masking{}, GlobalAveragePooling1D{}});
}

TEST_CASE("Masking: moments that are all padding are skipped, others kept whole") {
    using N = Network<Sequential<Input<3, 2>, Masking, GlobalAveragePooling1D>, double, true>;
    Bench<N> bench(Sequential{Input<3, 2>{}, Masking{.mask_value = 9}, GlobalAveragePooling1D{}}, 2,
                   {});
    bench.x[0] = {1, 2, 9, 9, 9, 4, 9, 9, 9, 9, 9, 9};
    CHECK(bench.forward(false) == std::vector<double>{5, 3, 0, 0});
    bench.factor[0] = {1, 1, 1, 1};
    auto const all = bench.backward();
    std::vector<double> const dx(all.end() - 12, all.end());
    CHECK(dx == std::vector<double>{.5, .5, 0, 0, .5, .5, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("Masking: a mask ends where time becomes another axis, be they as long") {
    constexpr auto net =
        Sequential{Input<3, 3>{}, Masking{}, Permute<2, 1>{}, GlobalAveragePooling1D{}};
    Bench<Network<std::remove_const_t<decltype(net)>, double>> bench(net, 1, {});
    bench.x[0] = {1, 2, 3, 0, 0, 0, 4, 5, 6};
    CHECK(bench.forward(false) == std::vector<double>{2, 0, 5}); // the mean of 3 features, not of 2
    check_layer("in its place",
                Sequential{Input<3, 3>{}, Masking{}, Permute<1, 2>{}, GlobalAveragePooling1D{}});
}
