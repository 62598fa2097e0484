// SPDX-License-Identifier: BSD-3-Clause
//
// Linear and logistic regression by gradient descent, the descent itself step by step, and Bayes'
// rule, each on the formulas of the textbook and on a real table.
//
//     regression_and_bayes breast_cancer_9.csv
//
// The table: nine features of cells (feature2 uniformity of size, feature3 uniformity of shape,
// feature6 bare nuclei) and the label, positive for malignant (W. H. Wolberg, University of
// Wisconsin; Debian's package r-cran-mlbench).
#include <lamina/lamina.hpp>

#include <cmath>
#include <cstdio>

using namespace lamina;

/// A column of a table as samples of one number.
std::vector<float> column(Table const& table, char const* name) {
    auto const numbers = table.numbers(name);
    return {numbers.begin(), numbers.end()};
}

/// y = b0 + b1 x: one Dense of one unit, least squares, every step on all samples. Beside it what
/// the normal equations give.
bool linear_regression(Table const& cells) {
    auto const x = column(cells, "feature2"), y = column(cells, "feature3");
    auto model = compile(Sequential{Input<1>{}, Dense<1>{}}, SGD{.learning_rate = 0.02f},
                         MeanSquaredError{}, R2Score{});
    model.fit(x, y, {.epochs = 2000, .batch_size = x.size(), .shuffle = false, .verbose = 0});
    auto const [mse, r2] = model.evaluate(x, y);
    float const b1 = model.weights.values[0], b0 = model.weights.values[1];

    double n = double(x.size()), sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        sx += double(x[i]), sy += double(y[i]);
        sxx += double(x[i]) * double(x[i]), sxy += double(x[i]) * double(y[i]);
    }
    double const slope = (n * sxy - sx * sy) / (n * sxx - sx * sx),
                 intercept = (sy - slope * sx) / n;
    std::printf("Linear regression, shape of a cell from its size, %zu cells\n", x.size());
    std::printf("  gradient descent   y = %.4f + %.4f x   (mean squared error %.4f, R2 %.4f)\n",
                double(b0), double(b1), mse, r2);
    std::printf("  normal equations   y = %.4f + %.4f x\n\n", intercept, slope);
    return std::abs(double(b0) - intercept) < 1e-2 && std::abs(double(b1) - slope) < 1e-2;
}

/// P(y = 1) = 1 / (1 + exp(-(b0 + b1 x))): the same with a sigmoid behind it and cross-entropy,
/// both of its terms.
bool logistic_regression(Table const& cells) {
    auto const x = column(cells, "feature2"), y = column(cells, "label");
    auto model = compile(Sequential{Input<1>{}, Dense<1, Sigmoid>{}}, SGD{.learning_rate = 0.3f},
                         BinaryCrossentropy{}, Accuracy{});
    model.fit(x, y, {.epochs = 5000, .batch_size = x.size(), .shuffle = false, .verbose = 0});
    auto const [loss, accuracy] = model.evaluate(x, y);
    float const b1 = model.weights.values[0], b0 = model.weights.values[1];
    double slope_0 = 0,
           slope_1 = 0; // at the optimum the residuals, and the residuals times x, sum to zero
    for (std::size_t i = 0; i < x.size(); ++i) {
        double const p = 1 / (1 + std::exp(-(double(b0) + double(b1) * double(x[i]))));
        slope_0 += (p - double(y[i])) / double(x.size());
        slope_1 += (p - double(y[i])) * double(x[i]) / double(x.size());
    }
    std::printf("Logistic regression, malignant from the size\n");
    std::printf("  P(malignant | size) = 1 / (1 + exp(-(%.4f + %.4f size)))\n", double(b0),
                double(b1));
    std::printf("  cross-entropy %.4f, accuracy %.4f; gradient there (%.1e, %.1e)\n", loss,
                accuracy, slope_0, slope_1);
    std::printf("  sigmoid(-2, -1, 1, 2) =");
    for (double const z : {-2.0, -1.0, 1.0, 2.0}) std::printf(" %.4f", 1 / (1 + std::exp(-z)));
    std::printf("\n\n");
    return std::abs(slope_0) < 1e-3 && std::abs(slope_1) < 1e-3 && accuracy > 0.9;
}

/// Ten steps on J(theta) = (theta - 1)^2 from 0.5. As a network: theta times 1, compared with 1.
/// Its gradient is 2 (theta - 1).
template <class Optimizer>
float descend(char const* name, Optimizer optimizer) {
    auto model =
        compile(Sequential{Input<1>{}, Dense<1, NoBias, KernelInitializer<Constant<1, 2>>>{}},
                optimizer, MeanSquaredError{});
    std::vector<float> const one{1.0f};
    std::printf("  %-5s %.4f", name, double(model.weights.values[0]));
    for (int step = 0; step < 10; ++step) {
        model.train_on_batch(one, one);
        std::printf(" %.4f", double(model.weights.values[0]));
    }
    std::printf("\n");
    return model.weights.values[0];
}

/// A network of two variables, disease -> symptom: what the symptom says of the disease.
bool bayes(Table const& cells) {
    auto const nuclei = column(cells, "feature6"), label = column(cells, "label");
    double disease = 0, symptom_and_disease = 0, symptom_and_health = 0, n = double(label.size());
    for (std::size_t i = 0; i < label.size(); ++i) {
        bool const symptom = nuclei[i] >= 5, sick = label[i] > 0.5f;
        disease += sick;
        symptom_and_disease += symptom && sick;
        symptom_and_health += symptom && !sick;
    }
    double const prior = disease / n, sensitivity = symptom_and_disease / disease,
                 false_alarm = symptom_and_health / (n - disease);
    // P(disease | symptom) = P(symptom | disease) P(disease) / P(symptom)
    double const evidence = sensitivity * prior + false_alarm * (1 - prior);
    double const posterior = sensitivity * prior / evidence;
    double const counted = symptom_and_disease / (symptom_and_disease + symptom_and_health);
    std::printf("Bayes' rule: disease = malignant, symptom = 5 or more bare nuclei\n");
    std::printf("  P(disease) %.4f   P(symptom | disease) %.4f   P(symptom | health) %.4f\n", prior,
                sensitivity, false_alarm);
    std::printf("  P(disease | symptom) = %.4f   (counted in the table: %.4f)\n", posterior,
                counted);
    std::printf("  the same symptom where one person in a thousand is ill: %.4f\n",
                sensitivity * 0.001 / (sensitivity * 0.001 + false_alarm * 0.999));
    return std::abs(posterior - counted) < 1e-12;
}

int main(int argc, char** argv) try {
    auto const cells = read_csv(argc > 1 ? argv[1] : "breast_cancer_9.csv")
                           .drop_missing()
                           .map("label", {{"positive", 1}, {"negative", 0}});
    bool ok = linear_regression(cells);
    ok = logistic_regression(cells) && ok;
    std::printf("Gradient descent on (theta - 1)^2 from 0.5, rate 0.1\n");
    float const sgd = descend("SGD", SGD{.learning_rate = 0.1f}),
                adam = descend("Adam", Adam{.learning_rate = 0.1f});
    std::printf("\n");
    ok = std::abs(double(sgd) - (1 - 0.5 * std::pow(0.8, 10))) < 1e-5 &&
         std::abs(double(adam) - 1) < 0.5 && ok;
    ok = bayes(cells) && ok;
    return ok ? 0 : 1;
} catch (lamina::Error const& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
