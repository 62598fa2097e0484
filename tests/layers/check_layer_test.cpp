// SPDX-License-Identifier: BSD-3-Clause
#include "support/check_layer.hpp"
#include "support/layers.hpp"

#include <lamina/layers/dense.hpp>

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

// The check itself: each layer here breaks one promise, and the check must see it.
using namespace lamina;
using namespace lamina::testing;

namespace {

/// y = x w, number by number, with one thing done wrong.
enum class Wrong {
    nothing, dx_sign, dx_missing, gradient_sign, gradient_overwrites, gradient_of_frozen, penalty,
    mixes_samples, mode, counts_calls, sees_threads, single
};

template <Wrong W>
struct Scale {
    template <class In>
    struct On {
        using Output = In;
        using Parameters = lamina::Parameters<Parameter<"scale", Shape<In::size>, Ones>>;
        static constexpr bool needs_y = false;

        static void forward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            auto const [scale] = c.parameters();
            for (std::size_t i = 0; i < c.x.size(); ++i) c.y[i] = c.x[i] * scale[i % In::size];
            T off{0};
            if (W == Wrong::mixes_samples) off = T(1e-9) * c.x[c.x.size() - 1];
            if (W == Wrong::mode && c.training) off = T(1e-9);
            if (W == Wrong::sees_threads && c.threads) off = T(1e-9);
            if (W == Wrong::single && sizeof(T) == 4) off = T(0.01);
            if (W == Wrong::counts_calls) {
                static int calls = 0;
                off = T(1e-14) * T(++calls);
            }
            for (std::size_t i = 0; i < c.x.size(); ++i) c.y[i] += off;
            if (W == Wrong::penalty) c.add_loss(c.y[0] * c.y[0]);
        }
        static void backward(auto const& c) {
            auto const [scale] = c.parameters();
            auto const [dscale] = c.gradients();
            for (std::size_t i = 0; i < c.x.size(); ++i) {
                std::size_t const j = i % In::size;
                if (c.trains || W == Wrong::gradient_of_frozen) {
                    if (W == Wrong::gradient_sign) dscale[j] -= c.dy[i] * c.x[i];
                    else if (W == Wrong::gradient_overwrites) dscale[j] = c.dy[i] * c.x[i];
                    else dscale[j] += c.dy[i] * c.x[i];
                }
                if (W == Wrong::dx_missing && i == 0) continue;
                c.dx[i] = c.dy[i] * scale[j] * (W == Wrong::dx_sign ? -1 : 1);
            }
        }
    };
};

template <Wrong W>
Findings examined() { return examine(Sequential{Input<4>{}, Scale<W>{}, Dense<2>{}}); }
template <Wrong W>
bool blind_to_threads() {
    return same_with_threads(Sequential{Input<4>{}, Scale<W>{}, Dense<2>{}}, Conditions{});
}

bool perfect(Findings const& f) {
    return f.gradient < 1e-9 && f.frozen == 0 && f.by_sample < 1e-14 && f.by_sample_training < 1e-14
           && f.modes < 1e-14 && f.alone < 1e-14 && f.single < 1e-5 && f.repeats;
}

} // namespace

TEST_CASE("The check accepts what is right") {
    CHECK(perfect(examined<Wrong::nothing>()));
    CHECK(blind_to_threads<Wrong::nothing>());
    CHECK(perfect(examine(Sequential{Input<4>{}, frozen(Scale<Wrong::nothing>{}), Dense<2>{}})));
}

TEST_CASE("The check refuses wrong gradients") {
    CHECK(examined<Wrong::dx_sign>().gradient > 1e-2);
    CHECK(examined<Wrong::dx_missing>().gradient > 1e-2);
    CHECK(examined<Wrong::gradient_sign>().gradient > 1e-2);
    CHECK(examined<Wrong::gradient_overwrites>().gradient > 1e-2);
    CHECK(examined<Wrong::penalty>().gradient > 1e-2);
    using Frozen = Scale<Wrong::gradient_of_frozen>;
    CHECK(examine(Sequential{Input<4>{}, Dense<4>{}, frozen(Frozen{})}).frozen > 1e-2);
}

TEST_CASE("The check refuses what depends on other samples, modes, calls, threads, old memory") {
    CHECK(examined<Wrong::mixes_samples>().by_sample > 1e-10);
    CHECK(examined<Wrong::mixes_samples>().by_sample_training > 1e-10);
    CHECK(examined<Wrong::mode>().modes > 1e-10);
    CHECK(!examined<Wrong::counts_calls>().repeats);
    CHECK(!blind_to_threads<Wrong::sees_threads>());
    CHECK(examined<Wrong::single>().single > 1e-3);
}

TEST_CASE("The check fills the arena with NaN, which comes out where memory is read too early") {
    Bench<Network<Sequential<Input<4>, Scale<Wrong::nothing>>, double>> bench({}, 2, Conditions{});
    auto const y = bench.forward(false);
    CHECK(y[0] == y[0]);
    CHECK(apart(y, std::vector<double>(8, std::nan("")).data()) == HUGE_VAL);
}
