// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

namespace bench {

void train_recurrent(Suite& suite) {
    // ten steps, and twenty
    measure_training<float>(suite, lstm<40, 64, 128>(),
                            {32, 320, 160, 10, 0, "ms/step", false, 1e3 / 10});
    measure_training<float>(suite, lstm<25, 12, 48>(),
                            {20, 400, 160, 10, 0, "ms/step", false, 1e3 / 20});
}

} // namespace bench
