// SPDX-License-Identifier: BSD-3-Clause
// Models go to and fro between two translation units, which may be compiled for different
// processors: both see the same layout, and both compute the same but for rounding.
#include "two.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace {

int failures = 0;

void check(bool holds, char const* what) {
    if (holds) return;
    ++failures;
    std::printf("failed: %s\n", what);
}

template <class M>
two::Predictions predict(M const& model, two::Data const& data) {
    auto const y = model.predict(inputs(data));
    two::Predictions result;
    std::copy(y.begin(), y.end(), result.begin());
    return result;
}

bool close(two::Predictions const& a, two::Predictions const& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!(std::fabs(a[i] - b[i]) <= 1e-5f)) return false;
    }
    return true;
}

bool vary(two::Predictions const& a) {
    return *std::max_element(a.begin(), a.end()) - *std::min_element(a.begin(), a.end()) > 0.01f;
}

} // namespace

// The argument is the pair's name: with avx2 the other unit is compiled for that.
int main(int argc, char** argv) {
#if defined(__x86_64__) || defined(__i386__)
    if (argc > 1 && std::strncmp(argv[1], "avx2", 4) == 0 &&
        (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))) {
        std::puts("skipped: this processor has no AVX2");
        return 77;
    }
#else
    static_cast<void>(argc), static_cast<void>(argv);
#endif
    two::Data const data;
    check(two::other_layout() == LAMINA_TWO_LAYOUT, "sizes and alignments agree");

    auto model = two::make();
    check(close(predict(model, data), two::other_predict(model, data)),
          "a new model predicts the same");

    // Trained there, trained here: the same numbers of steps, the same seeds.
    auto const theirs = two::other_train(data);
    model.fit(inputs(data), targets(data),
              {.epochs = 3, .batch_size = 8, .seed = 5, .verbose = 0});
    auto const y = predict(model, data);
    check(vary(y), "training leads somewhere");
    check(close(y, predict(theirs, data)), "a model trained there predicts the same here");
    check(close(y, two::other_predict(model, data)), "a model trained here is the same there");

    // Training goes on where the other one stopped, and a model outlives the one that made it.
    auto copy = theirs;
    two::other_train_on(model, data);
    two::other_train_on(copy, data);
    check(close(predict(model, data), predict(copy, data)), "training goes on there");
    auto moved = std::move(copy);
    check(close(predict(model, data), two::other_predict(moved, data)),
          "a moved model is the same");

    auto const graph = two::make_graph();
    check(close(predict(graph, data), two::other_predict(graph, data)), "graphs predict the same");
    return failures;
}
