// SPDX-License-Identifier: BSD-3-Clause
// Compiled twice into one program: as it is, with main(), and for AVX2 under a name of its own
// (-Dlamina=lamina_avx2), for a program that asks the processor which of the two to call.
#include <lamina/activations/tanh.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/losses/mean_squared_error.hpp>
#include <lamina/model/model.hpp>
#include <lamina/optimizers/sgd.hpp>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

#if defined(lamina)
#define LAMINA_TEST_PREDICT predict_avx2
#else
#define LAMINA_TEST_PREDICT predict_anywhere
#endif

namespace apart {
std::vector<float> predict_avx2();
std::vector<float> predict_anywhere();
} // namespace apart

std::vector<float> apart::LAMINA_TEST_PREDICT() {
    using namespace lamina;
    auto const model = compile(Sequential{Input<5>{}, Dense<19>{}, Tanh{}, Dense<7>{}}, SGD{},
                               MeanSquaredError{});
    auto room = model.workspace();
    float const x[]{-1, -0.5f, 0, 0.5f, 1};
    float const* const y = model.predict(room, x);
    return {y, y + 7};
}

#if !defined(lamina)
int main() {
    auto const here = apart::predict_anywhere();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        std::puts("skipped: this processor has no AVX2");
        return 77;
    }
    auto const there = apart::predict_avx2();
    float largest = 0;
    for (std::size_t i = 0; i < here.size(); ++i) {
        largest = std::fmax(largest, std::fabs(here[i]));
        if (!(std::fabs(here[i] - there[i]) <= 1e-5f)) {
            std::printf("number %zu: %g and %g\n", i, double(here[i]), double(there[i]));
            return 1;
        }
    }
    return largest > 0.01f ? 0 : 1;
}
#endif
