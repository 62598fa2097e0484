// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <lamina/core/pass.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace lamina::testing {

/// A layer without parameters against PyTorch's case of x -> y; X is the shape of one sample.
template <class L, class X>
void check_golden_rows(std::string const& name) {
    golden::Case const given(name);
    auto const compare = [&]<class T>(T, double bound) {
        using Bound = typename L::template On<X>;
        L const layer{};
        auto const x = given["in/x"].as<T>();
        auto dy = given["gout/y"].as<T>();
        std::vector<T> y(x.size()), dx(x.size());
        Call<T> call{};
        call.layer = &layer;
        call.batch = x.size() / X::size;
        call.x[0] = x.data();
        call.y = y.data();
        call.dy = dy.data();
        call.dx[0] = dx.data();
        call.needs_dx[0] = true;
        Pass<T, L, Bound, NoEpilogue, X> const pass{call};
        Bound::forward(pass);
        Bound::backward(pass);
        auto const near = [&](T got, double expected) {
            CHECK(std::fabs(double(got) - expected) <= bound * std::max(1.0, std::fabs(expected)));
        };
        INFO(name);
        for (std::size_t i = 0; i < x.size(); ++i) {
            near(y[i], given["out/y"][i]);
            near(dx[i], given["grad_in/x"][i]);
        }
        CHECK(x.size() == call.batch * X::size);
    };
    compare(0.0, 1e-12);
    compare(0.0f, 1e-6);
}

} // namespace lamina::testing
