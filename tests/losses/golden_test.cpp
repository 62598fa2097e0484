// SPDX-License-Identifier: BSD-3-Clause
#include "support/golden.hpp"

#include "check_loss.hpp"

#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/categorical_crossentropy.hpp>
#include <lamina/losses/cosine_similarity.hpp>
#include <lamina/losses/hinge.hpp>
#include <lamina/losses/huber.hpp>
#include <lamina/losses/kl_divergence.hpp>
#include <lamina/losses/mean_absolute_error.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/losses/poisson.hpp>
#include <lamina/losses/sparse_categorical_crossentropy.hpp>
#include <lamina/losses/squared_hinge.hpp>

using namespace lamina;
using namespace lamina::testing;

// PyTorch's losses in double. Its reductions are ours with other weights and totals: `none` is each
// number or vector alone, `mean` has its number (or weight) as the total, `sum` has the total 1.
namespace {

using Numbers = std::vector<double>;
double* const none = nullptr;

struct Tolerance { double value = 1e-12, slope = 1e-12; };

/// y with targets t, weights w (null: none), of shape Y, against the three forms of a case. `chain`
/// is what our gradient is multiplied by: 1, or dy/dx where PyTorch's x is not our y.
template <class Y, class Loss>
void check_forms(std::string const& name, Loss const& loss, Numbers const& y, auto const& t,
                 Numbers const* w, double total, Numbers const& chain, Tolerance tolerance = {}) {
    using Target = typename Loss::template On<Y>::Target;
    std::size_t const rows = y.size() / Y::last;
    for (std::string const form : {"none", "mean", "sum"}) {
        golden::Case const c(name + "_" + form);
        CAPTURE(c.name);
        auto const& expected = c["out/y"];
        auto const& upstream = c["gout/y"];
        auto const& slope = c["grad_in/x"];
        REQUIRE(expected.size() == (form == "none" ? rows : 1));
        Numbers weight(rows);
        for (std::size_t r = 0; r < rows; ++r)
            weight[r] = (w ? (*w)[r] : 1.0) * upstream[form == "none" ? r : 0];
        double const by = form == "mean" ? total : 1.0;

        Numbers dy(y.size());
        loss_of<Loss, Y>(loss, y, t, weight.data(), dy.data(), by);
        for (std::size_t i = 0; i < y.size(); ++i)
            CHECK(relative(dy[i] * chain[i], slope[i], 1e-2) < tolerance.slope);
        if (form != "none") {
            double const value = loss_of<Loss, Y>(loss, y, t, w ? w->data() : nullptr, none, by);
            CHECK(relative(value, expected[0]) < tolerance.value);
            continue;
        }
        constexpr std::size_t each = Target::size / Y::rows;
        using One = Shape<Y::last>;
        for (std::size_t r = 0; r < rows; ++r) {
            Numbers const its(y.begin() + long(r * Y::last), y.begin() + long((r + 1) * Y::last));
            std::remove_const_t<std::remove_reference_t<decltype(t)>> const target(
                t.begin() + long(r * each), t.begin() + long((r + 1) * each));
            double const value =
                loss_of<Loss, One>(loss, its, target, w ? w->data() + r : nullptr, none, 1.0);
            CHECK(relative(value, expected[r], 1e-2) < tolerance.value);
        }
    }
}

/// A loss of each number by itself: PyTorch's mean is over all of them.
template <class Loss>
void check_numbers(std::string const& name, Loss const& loss, Tolerance tolerance = {}) {
    golden::Case const c(name + "_none");
    auto const &x = c["in/x"], &t = c["in/target"];
    Numbers const* const w = c.has("in/weight") ? &c["in/weight"].values : nullptr;
    check_forms<Shape<1>>(name, loss, x.values, t.values, w, double(x.size()),
                          Numbers(x.size(), 1.0), tolerance);
    if (w || x.shape.size() != 2 || x.shape[1] != 4) return;
    // the mean once more, over vectors of 4
    golden::Case const mean(name + "_mean");
    Numbers dy(x.size());
    double const rows = double(x.shape[0]);
    CHECK(relative(loss_of<Loss, Shape<4>>(loss, x.values, t.values, none, dy.data(), rows),
                   mean["out/y"][0])
          < 1e-12);
    for (std::size_t i = 0; i < dy.size(); ++i)
        CHECK(relative(dy[i] * mean["gout/y"][0], mean["grad_in/x"][i], 1e-2) < 1e-12);
}

std::vector<std::int32_t> classes(golden::Array const& a) { return a.as<std::int32_t>(); }

} // namespace

TEST_CASE("golden: losses of numbers") {
    check_numbers("loss_mse", MeanSquaredError{});
    check_numbers("loss_l1", MeanAbsoluteError{});
    check_numbers("loss_huber", Huber{.delta = 1});
    check_numbers("loss_smooth_l1", Huber{.delta = 1});   // beta 1: the same
    check_numbers("loss_hinge", Hinge{});
    check_numbers("loss_squared_hinge", SquaredHinge{});
}

TEST_CASE("golden: binary crossentropy") {
    check_numbers("loss_bce", BinaryCrossentropy{});
    check_numbers("loss_bce_soft_weight", BinaryCrossentropy{});
    check_numbers("loss_bce_logits", BinaryCrossentropyFromLogits{});
}

TEST_CASE("golden: binary crossentropy of saturated probabilities") {
    // PyTorch holds log at -100; lamina, like Keras, holds p at 1e-7: 16.118
    golden::Case const c("loss_bce_saturated_none");
    for (std::size_t i = 0; i < c["in/x"].size(); ++i) {
        Numbers const y{c["in/x"][i]}, t{c["in/target"][i]};
        double const value = loss_of<BinaryCrossentropy, Shape<1>>({}, y, t, none, none, 1.0);
        CHECK(relative(value, c["out/y"][i] > 0 ? -std::log(1e-7) : 0.0) < 2e-4);
    }
}

TEST_CASE("golden: binary crossentropy with a weight for each label's positives") {
    std::string const name = "loss_bce_logits_pos_weight_";
    golden::Case const all(name + "none"), mean(name + "mean"), total(name + "sum");
    auto const& pos_weight = all["in/pos_weight"];
    std::size_t const width = pos_weight.size(), rows = all["in/x"].size() / width;
    double sum = 0;
    for (std::size_t j = 0; j < width; ++j) {
        // float: these weights are float numbers in double
        BinaryCrossentropyFromLogits const loss{.pos_weight = float(pos_weight[j])};
        REQUIRE(double(loss.pos_weight) == pos_weight[j]);
        Numbers x, t, upstream, dy(rows);
        for (std::size_t r = 0; r < rows; ++r) {
            x.push_back(all["in/x"][r * width + j]);
            t.push_back(all["in/target"][r * width + j]);
            upstream.push_back(all["gout/y"][r * width + j]);
            double const value =
                loss_of<BinaryCrossentropyFromLogits, Shape<1>>(loss, {x.back()}, Numbers{t.back()},
                                                                none, none, 1.0);
            CHECK(relative(value, all["out/y"][r * width + j], 1e-2) < 1e-12);
        }
        loss_of<BinaryCrossentropyFromLogits, Shape<1>>(loss, x, t, upstream.data(), dy.data(),
                                                        1.0);
        for (std::size_t r = 0; r < rows; ++r)
            CHECK(relative(dy[r], all["grad_in/x"][r * width + j], 1e-2) < 1e-12);
        sum += loss_of<BinaryCrossentropyFromLogits, Shape<1>>(loss, x, t, none, none, 1.0);
    }
    CHECK(relative(sum, total["out/y"][0]) < 1e-12);
    CHECK(relative(sum / double(rows * width), mean["out/y"][0]) < 1e-12);
}

TEST_CASE("golden: soft margin is binary crossentropy of the labels -1 and 1") {
    golden::Case const c("loss_soft_margin_none");
    Numbers t;
    for (double label : c["in/target"].values) t.push_back((label + 1) / 2);
    Numbers const& x = c["in/x"].values;
    check_forms<Shape<1>>("loss_soft_margin", BinaryCrossentropyFromLogits{}, x, t, nullptr,
                          double(x.size()), Numbers(x.size(), 1.0));
}

TEST_CASE("golden: crossentropy of logits") {
    using L = SparseCategoricalCrossentropyFromLogits;
    for (std::string const name : {"loss_ce", "loss_ce_ignore_index"}) {
        golden::Case const c(name + "_none");
        auto const t = classes(c["in/target"]);
        Numbers w;
        double total = 0;
        for (std::int32_t label : t) {   // what is ignored has the weight 0
            w.push_back(label < 0 ? 0.0 : 1.0);
            total += w.back();
        }
        Numbers const& x = c["in/x"].values;
        check_forms<Shape<4>>(name, L{}, x, t, &w, total, Numbers(x.size(), 1.0));
    }
    golden::Case const c("loss_ce_soft_targets_none");
    Numbers const& x = c["in/x"].values;
    check_forms<Shape<4>>("loss_ce_soft_targets", CategoricalCrossentropyFromLogits{}, x,
                          c["in/target"].values, nullptr, double(x.size() / 4),
                          Numbers(x.size(), 1.0));
}

TEST_CASE("golden: crossentropy of a sequence") {   // PyTorch: [batch, classes, time]
    golden::Case const all("loss_ce_sequence_none"), mean("loss_ce_sequence_mean"),
        total("loss_ce_sequence_sum");
    auto const turned = [](golden::Array const& a) {   // to [batch, time, classes]
        Numbers to(a.size());
        for (std::size_t b = 0; b < 5; ++b)
            for (std::size_t c = 0; c < 4; ++c)
                for (std::size_t t = 0; t < 3; ++t)
                    to[(b * 3 + t) * 4 + c] = a[(b * 4 + c) * 3 + t];
        return to;
    };
    using L = SparseCategoricalCrossentropyFromLogits;
    using Y = Shape<3, 4>;
    auto const t = classes(all["in/target"]);
    Numbers const x = turned(all["in/x"]);
    Numbers dy(x.size());
    auto const check = [&](golden::Case const& c) {
        Numbers const expected = turned(c["grad_in/x"]);
        for (std::size_t i = 0; i < dy.size(); ++i)
            CHECK(relative(dy[i], expected[i], 1e-2) < 1e-12);
    };
    loss_of<L, Y>({}, x, t, all["gout/y"].data(), dy.data(), 1.0);
    check(all);
    CHECK(relative(loss_of<L, Y>({}, x, t, none, dy.data(), 15.0), mean["out/y"][0]) < 1e-12);
    for (double& v : dy) v *= mean["gout/y"][0];
    check(mean);
    CHECK(relative(loss_of<L, Y>({}, x, t, none, dy.data(), 1.0), total["out/y"][0]) < 1e-12);
    for (double& v : dy) v *= total["gout/y"][0];
    check(total);
}

TEST_CASE("golden: crossentropy with weights of classes and smoothing") {
    // PyTorch's class weights reach into the smoothing, -(1 - s) w_t log p_t - s/C sum w_c log p_c,
    // which is a crossentropy with targets that do not sum to 1.
    std::string const name = "loss_ce_smooth_weight";
    golden::Case const c(name + "_none");
    double const s = c.number("label_smoothing");
    auto const label = classes(c["in/target"]);
    auto const& weight = c["in/weight"];
    Numbers target;
    double total = 0;
    for (std::int32_t its : label) {
        total += weight[std::size_t(its)];
        for (std::size_t j = 0; j < 4; ++j)
            target.push_back(weight[j] * ((std::int32_t(j) == its ? 1 - s : 0) + s / 4));
    }
    Numbers const& x = c["in/x"].values;
    check_forms<Shape<4>>(name, CategoricalCrossentropyFromLogits{}, x, target, nullptr, total,
                          Numbers(x.size(), 1.0));
    // without weights it is label_smoothing itself, and a class's weight is its vectors' weight
    using L = SparseCategoricalCrossentropyFromLogits;
    float const half = 0.5f;   // exact in float
    Numbers smooth, dy(x.size()), same(x.size());
    for (std::int32_t its : label)
        for (std::size_t j = 0; j < 4; ++j)
            smooth.push_back((std::int32_t(j) == its ? 0.5 : 0) + 0.125);
    double const a =
        loss_of<L, Shape<4>>({.label_smoothing = half}, x, label, none, dy.data(), 1.0);
    double const b = loss_of<CategoricalCrossentropyFromLogits, Shape<4>>({}, x, smooth, none,
                                                                          same.data(), 1.0);
    CHECK(relative(a, b) < 1e-13);
    for (std::size_t i = 0; i < dy.size(); ++i) CHECK(relative(dy[i], same[i]) < 1e-12);
}

TEST_CASE("golden: negative log likelihood is crossentropy of exp(x)") {
    golden::Case const c("loss_nll_sum");
    auto const t = classes(c["in/target"]);
    Numbers p, dy(c["in/x"].size());
    for (double x : c["in/x"].values) p.push_back(std::exp(x));
    using L = SparseCategoricalCrossentropy;
    double const value = loss_of<L, Shape<4>>({}, p, t, none, dy.data(), 1.0);
    CHECK(relative(value, c["out/y"][0]) < 1e-6);   // its rows sum to 1 in float only
    for (std::size_t r = 0; r < t.size(); ++r)
        for (std::size_t j = 0; j < 4; ++j) {       // lamina divides p by its sum: p - t, not -t
            std::size_t const i = r * 4 + j;
            double const slope = c["grad_in/x"][i] / c["gout/y"][0] + p[i];
            CHECK(std::abs(dy[i] * p[i] - slope) < 1e-6);
        }
}

TEST_CASE("golden: Kullback-Leibler divergence of exp(x)") {
    golden::Case const c("loss_kl_div_none"), sum("loss_kl_div_sum"), mean("loss_kl_div_batchmean");
    auto const& t = c["in/target"].values;
    Numbers p, dy(t.size());
    for (double x : c["in/x"].values) p.push_back(std::exp(x));
    double const rows = double(t.size() / 4);
    for (std::size_t i = 0; i < t.size(); ++i)
        CHECK(relative(loss_of<KLDivergence, Shape<1>>({}, {p[i]}, Numbers{t[i]}, none, none, 1.0),
                       c["out/y"][i], 1e-2)
              < 1e-12);
    loss_of<KLDivergence, Shape<1>>({}, p, t, c["gout/y"].data(), dy.data(), 1.0);
    for (std::size_t i = 0; i < t.size(); ++i)
        CHECK(relative(dy[i] * p[i], c["grad_in/x"][i], 1e-2) < 1e-12);
    CHECK(relative(loss_of<KLDivergence, Shape<4>>({}, p, t, none, dy.data(), rows),
                   mean["out/y"][0])
          < 1e-12);
    for (std::size_t i = 0; i < t.size(); ++i)
        CHECK(relative(dy[i] * p[i] * mean["gout/y"][0], mean["grad_in/x"][i], 1e-2) < 1e-12);
    CHECK(relative(loss_of<KLDivergence, Shape<4>>({}, p, t, none, none, 1.0), sum["out/y"][0])
          < 1e-12);
    for (std::string const form : {"none", "batchmean"}) {   // the target as logarithms
        golden::Case const logs("loss_kl_div_log_target_" + form);
        Numbers q, u;
        for (double x : logs["in/x"].values) q.push_back(std::exp(x));
        for (double x : logs["in/target"].values) u.push_back(std::exp(x));
        double expected = 0;
        for (double v : logs["out/y"].values) expected += v;
        double const by = logs["out/y"].size() == 1 ? rows : 1.0;
        double const value = loss_of<KLDivergence, Shape<4>>({}, q, u, none, none, by);
        CHECK(relative(value, expected) < 1e-12);
    }
}

TEST_CASE("golden: Poisson of exp(x)") {   // Keras' 1e-7 beside the rate is all that differs
    golden::Case const c("loss_poisson_nll_none");
    Numbers rate;
    for (double x : c["in/x"].values) rate.push_back(std::exp(x));
    check_forms<Shape<1>>("loss_poisson_nll", Poisson{}, rate, c["in/target"].values, nullptr,
                          double(rate.size()), rate, {1e-5, 1e-5});
}

TEST_CASE("golden: cosine embedding of pairs that belong together") {   // 1 - cos
    golden::Case const c("loss_cosine_embedding_none");
    std::size_t pairs = 0;
    for (std::size_t r = 0; r < c["in/target"].size(); ++r) {
        if (c["in/target"][r] < 0) continue;   // the pairs to be kept apart are another loss
        ++pairs;
        auto const row = [&](char const* key) {
            auto const& v = c[key].values;
            return Numbers(v.begin() + long(r * 6), v.begin() + long(r * 6 + 6));
        };
        Numbers dy(6);
        double const up = c["gout/y"][r];
        double const value =
            loss_of<CosineSimilarity, Shape<6>>({}, row("in/a"), row("in/b"), &up, dy.data(), 1.0);
        CHECK(relative(value / up + 1, c["out/y"][r], 1e-2) < 1e-12);
        Numbers const expected = row("grad_in/a");
        for (std::size_t j = 0; j < 6; ++j) CHECK(relative(dy[j], expected[j], 1e-2) < 1e-12);
    }
    CHECK(pairs > 0);
}
