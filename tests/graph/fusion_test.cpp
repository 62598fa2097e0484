// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/graph/fusion.hpp>

#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>

#include <cstddef>

using namespace lamina;
using namespace lamina::testing;

namespace {

/// The same network with its activation hidden from the rules.
template <class A, class... L>
struct Both {
    using Fused = Network<Sequential<L..., A, Dense<3>, A>, double, true>;
    using Apart = Network<Sequential<L..., Plain<A>, Dense<3>, Plain<A>>, double, true>;
};

template <class Pair>
void check_fused(std::size_t batch) {
    Bench<typename Pair::Fused> fused({}, batch, Conditions{});
    Bench<typename Pair::Apart> plain({}, batch, Conditions{});
    CHECK(apart(fused.forward(false), plain.forward(false).data()) < 1e-14);
    auto const a = fused.backward(), b = plain.backward();
    CHECK(a.size() == b.size());
    CHECK(apart(a, b.data()) < 1e-13);
}

template <class A>
void check_sizes() {
    using Small = Both<A, Input<3>, Dense<17>>;
    using Wide = Both<A, Input<9>, Dense<64>>;
    using Sequence = Both<A, Input<5, 4>, Dense<7>>;
    using Large = Both<A, Input<70>, Dense<90>>;
    static_assert(Small::Fused::inference.rows[2].fused && !Small::Apart::inference.rows[2].fused);
    for (std::size_t const batch : {1u, 2u, 5u, 33u}) {
        check_fused<Small>(batch);
        check_fused<Wide>(batch);
        check_fused<Sequence>(batch);
        check_fused<Large>(batch);
    }
}

} // namespace

static_assert(fuses_forward<Dense<3>::On<Shape<4>>, Squash::On<Shape<3>>>);
static_assert(fuses_backward<Squash::On<Shape<4>>, Dense<3>::On<Shape<4>>>);
static_assert(fuses_forward<Dense<3>::On<Shape<4>>, Bump::On<Shape<3>>>);
static_assert(!fuses_backward<Bump::On<Shape<4>>, Dense<3>::On<Shape<4>>>);
static_assert(!fuses_forward<Squash::On<Shape<4>>, Squash::On<Shape<4>>>);
static_assert(!fuses_forward<Dense<3>::On<Shape<4>>, Plain<Squash>::On<Shape<3>>>);
static_assert(!fuses_backward<Plain<Squash>::On<Shape<4>>, Plain<Dense<3>>::On<Shape<4>>>);

TEST_CASE("Fused is plain: a slope of the output") { check_sizes<Squash>(); }
TEST_CASE("Fused is plain: a slope of the input") { check_sizes<Bump>(); }
