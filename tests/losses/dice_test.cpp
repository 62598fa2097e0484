// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/dice.hpp>

#include <lamina/core/settings.hpp>
#include <lamina/losses/tversky.hpp>

#include "check_loss.hpp"

using namespace lamina;
using namespace lamina::testing;

namespace {

using Doubles = std::vector<double>;

/// The formula, each number by itself, and its slopes by central differences.
template <class Y, class Loss>
void check_overlap(Loss const& loss, double alpha, double beta, double epsilon) {
    for (std::size_t const batch : {1u, 2u, 7u})
        for (bool const weighted : {false, true}) {
            CAPTURE(batch);
            CAPTURE(weighted);
            std::size_t const n = batch * Y::size;
            Doubles y(n), t(n), weight(batch * Y::rows), dy(n);
            for (std::size_t i = 0; i < n; ++i) {
                y[i] = double(Random{1}.uniform(i));
                t[i] = i % 3 == 0 ? double(Random{2}.uniform(i)) : double(i % 2);
            }
            double weights = 0;
            for (std::size_t r = 0; r < weight.size(); ++r)
                weights += weight[r] = weighted ? double(r % 3) + 0.5 : 1.0;
            double const total = 1.5 * weights;
            double const* const given = weighted ? weight.data() : nullptr;
            double both = 0, y_alone = 0, t_alone = 0;
            for (std::size_t i = 0; i < n; ++i) {
                double const w = weight[i / Y::last];
                both += w * y[i] * t[i];
                y_alone += w * y[i] * (1 - t[i]);
                t_alone += w * t[i] * (1 - y[i]);
            }
            double const index = both / (both + alpha * y_alone + beta * t_alone + epsilon);
            double const value = loss_of<Loss, Y>(loss, y, t, given, dy.data(), total);
            CHECK(relative(value, (1 - index) / 1.5) < 1e-13);
            double* const none = nullptr;
            for (std::size_t i = 0; i < n; ++i) {
                Doubles more(y), less(y);
                double const h = 1e-5;
                more[i] += h, less[i] -= h;
                double const slope = (loss_of<Loss, Y>(loss, more, t, given, none, total) -
                                      loss_of<Loss, Y>(loss, less, t, given, none, total)) /
                                     (2 * h);
                CHECK(relative(dy[i], slope) < 1e-6);
            }
            std::vector<float> const y1(y.begin(), y.end()), t1(t.begin(), t.end()),
                weight1(weight.begin(), weight.end());
            float* const no_slope = nullptr;
            float const single = loss_of<Loss, Y>(loss, y1, t1, weighted ? weight1.data() : nullptr,
                                                  no_slope, float(total));
            CHECK(relative(double(single), value) < 1e-5);
        }
}
template <class Loss>
void check_all(Loss const& loss, double alpha, double beta, double epsilon) {
    check_overlap<Shape<1>>(loss, alpha, beta, epsilon);
    check_overlap<Shape<3>>(loss, alpha, beta, epsilon);
    check_overlap<Shape<4, 5>>(loss, alpha, beta, epsilon);
    check_overlap<Shape<3, 5, 1>>(loss, alpha, beta, epsilon);
    check_overlap<Shape<2, 3, 4>>(loss, alpha, beta, epsilon);
}

} // namespace

TEST_CASE("Dice: values and gradients") { check_all(Dice{}, 0.5, 0.5, 0.5e-7); }

TEST_CASE("Tversky: values and gradients") {
    check_all(Tversky{}, 0.5, 0.5, 1e-7);
    check_all(Tversky{.alpha = 0.3f, .beta = 0.7f}, double(0.3f), double(0.7f), 1e-7);
    check_all(Tversky{.alpha = 0, .beta = 1.5f}, 0, 1.5, 1e-7);
}

TEST_CASE("Tversky in Keras' files: alpha is of what is missed there") {
    std::vector<double> told;
    auto const add = [](void* to, std::string_view name, Settings::Value const& value) {
        CHECK(name == (static_cast<std::vector<double>*>(to)->empty() ? "alpha" : "beta"));
        static_cast<std::vector<double>*>(to)->push_back(value.number);
    };
    describe(Tversky{.alpha = 0.25f, .beta = 0.75f}, Settings{&told, add});
    CHECK(told == Doubles{0.75, 0.25});
}

TEST_CASE("Dice by hand: half of one area is in the other; what has weight 0 is not there") {
    double* const none = nullptr;
    Doubles const y{1, 1, 0, 0}, t{1, 0, 1, 0};
    auto const at = [&](auto const& loss, Doubles const& weight = {}) {
        double weights = weight.empty() ? 4 : 0;
        for (double const w : weight) weights += w;
        return loss_of<std::remove_cvref_t<decltype(loss)>, Shape<4, 1>>(
            loss, y, t, weight.empty() ? nullptr : weight.data(), none, weights);
    };
    CHECK(relative(at(Dice{}), 0.5) < 1e-7);
    CHECK(relative(at(Dice{}, {1, 0, 1, 1}), 1 - 2.0 / 3) < 1e-6);
    CHECK(at(Dice{}, {0, 1, 1, 1}) == 1);
    CHECK(relative(at(Tversky{.alpha = 0, .beta = 1}), 0.5) < 1e-6);
    CHECK(relative(at(Tversky{.alpha = 0, .beta = 1}, {1, 1, 0, 1}), 0.0) < 1e-4);
}
