// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/losses/target.hpp>

#include <lamina/losses/binary_crossentropy.hpp>
#include <lamina/losses/hinge.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/losses/poisson.hpp>
#include <lamina/losses/sparse_categorical_crossentropy.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace lamina;

namespace {

template <class Loss, class Y, class T>
std::string message(auto const& target, T const* weight) {
    try {
        std::size_t const samples = target.size() / Loss::template On<Y>::Target::size;
        check_targets<Loss, Y>(target.data(), samples, weight);
    } catch (Error const& e) {
        CHECK(e.kind() == Error::Kind::data);
        return e.what();
    }
    return "";
}
bool contains(std::string const& text, char const* part) {
    return text.find(part) != std::string::npos;
}
float const* const every = nullptr;

} // namespace

TEST_CASE("classes") {
    using L = SparseCategoricalCrossentropy;
    std::vector<std::int32_t> label(10000, 9);
    CHECK(message<L, Shape<10>>(label, every) == "");
    label[4213] = 10;
    CHECK(message<L, Shape<10>>(label, every)
          == "fit: label 10 at row 4213: this model has 10 classes, labels are 0..9 "
             "(labels starting at 1? subtract 1)");
    for (std::int32_t const bad : {-2, 11, std::numeric_limits<std::int32_t>::max(),
                                   std::numeric_limits<std::int32_t>::min()}) {
        label[4213] = bad;
        CHECK(message<L, Shape<10>>(label, every)
              == "fit: label " + std::to_string(bad)
                     + " at row 4213: this model has 10 classes, labels are 0..9");
    }
    for (std::int32_t const left_out : {-1, -100, 255}) { // in many data sets
        label[4213] = left_out;
        CHECK(contains(message<L, Shape<10>>(label, every),
                       "labels are 0..9 (to be left out? say so by ignore_class)"));
    }
    CHECK(contains(message<L, Shape<5, 10>>(label, every), "at row 842, position 3:"));
    std::vector<float> weight(label.size(), 1.0f);   // what has weight 0 may be anything
    weight[4213] = 0;
    CHECK(message<L, Shape<10>>(label, weight.data()) == "");
    label[9999] = 12;
    CHECK(contains(message<L, Shape<10>>(label, weight.data()), "label 12 at row 9999"));
}

TEST_CASE("a class that is ignored is admitted, and no other") {
    using L = SparseCategoricalCrossentropy;
    CHECK(!ignored_class(L{}));
    CHECK(!ignored_class(MeanSquaredError{}));
    CHECK(ignored_class(L{.ignore_class = -100}) == -100);
    std::vector<std::int32_t> label(1000, -100);
    auto const check = [&](std::optional<std::int32_t> ignored) {
        check_targets<L, Shape<10>, float>(label.data(), label.size(), nullptr, "fit", ignored);
    };
    CHECK_NOTHROW(check(-100));
    CHECK_THROWS_AS(check({}), Error);
    CHECK_THROWS_AS(check(-99), Error);
    label[999] = -99;
    CHECK_THROWS_WITH_AS(check(-100),
                         "fit: label -99 at row 999: this model has 10 classes, labels are 0..9",
                         Error);
}

TEST_CASE_TEMPLATE("every place is looked at", T, float, double) {
    std::vector<T> target(600, T(1));
    for (std::size_t i = 0; i < target.size(); ++i) {
        target[i] = T(2);
        CHECK(detail::find_bad(TargetRule::probability, 1, target.data(), target.size()) == i);
        target[i] = T(1);
    }
    CHECK(detail::find_bad(TargetRule::probability, 1, target.data(), target.size()) == 600);
    CHECK(detail::find_bad(TargetRule::probability, 1, target.data(), std::size_t{0}) == 0);
}

TEST_CASE_TEMPLATE("what each rule admits", T, float, double) {
    T const nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
    T const small = std::numeric_limits<T>::denorm_min(), large = std::numeric_limits<T>::max();
    T const above = T(1) + std::numeric_limits<T>::epsilon();
    auto const admits = []<TargetRule Rule>(T value) {
        return detail::find_bad(Rule, 1, &value, 1) == 1;
    };
    struct Row { T value; bool number, not_negative, probability, sign; };
    bool const yes = true, no = false;
    for (auto const& row :
         {Row{T(0), yes, yes, yes, yes}, Row{T(-0.0), yes, yes, yes, yes},
          Row{T(1), yes, yes, yes, yes}, Row{T(-1), yes, no, no, yes},
          Row{T(0.5), yes, yes, yes, no}, Row{small, yes, yes, yes, no},
          Row{-small, yes, no, no, no}, Row{above, yes, yes, no, no},
          Row{T(2), yes, yes, no, no}, Row{large, yes, yes, no, no},
          Row{-large, yes, no, no, no}, Row{inf, no, no, no, no}, Row{-inf, no, no, no, no},
          Row{nan, no, no, no, no}, Row{-nan, no, no, no, no}}) {
        CAPTURE(row.value);
        CHECK(admits.template operator()<TargetRule::number>(row.value) == row.number);
        CHECK(admits.template operator()<TargetRule::not_negative>(row.value) == row.not_negative);
        CHECK(admits.template operator()<TargetRule::probability>(row.value) == row.probability);
        CHECK(admits.template operator()<TargetRule::sign>(row.value) == row.sign);
    }
}

TEST_CASE("messages say what to do") {
    float const nan = std::numeric_limits<float>::quiet_NaN();
    using Floats = std::vector<float>;
    CHECK(message<BinaryCrossentropy, Shape<1>>(Floats{1, 2, 1}, every)
          == "fit: target 2 at row 1: BinaryCrossentropy takes targets from 0 to 1 "
             "(labels 1 and 2? subtract 1)");
    CHECK(message<BinaryCrossentropy, Shape<1>>(Floats{1, 1, -1}, every)
          == "fit: target -1 at row 2: BinaryCrossentropy takes targets from 0 to 1 "
             "(labels -1 and 1? add 1 and halve)");
    CHECK(message<BinaryCrossentropy, Shape<2>>(Floats{1, 1, 0, 1.5}, every)
          == "fit: target 1.5 at row 1, position 1: BinaryCrossentropy takes targets from 0 to 1");
    CHECK(message<MeanSquaredError, Shape<1>>(Floats{1, nan}, every)
          == "fit: target nan at row 1: MeanSquaredError takes finite numbers "
             "(drop or fill the gaps)");
    CHECK(message<Hinge, Shape<1>>(Floats{1, -1, 0, 2}, every)
          == "fit: target 2 at row 3: Hinge takes the labels -1 and 1, or 0 and 1");
    CHECK(message<Poisson, Shape<1>>(Floats{3, -2}, every)
          == "fit: target -2 at row 1: Poisson takes finite numbers that are not negative");
}
