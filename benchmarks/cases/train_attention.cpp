// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

namespace bench {

void train_encoders(Suite& suite) {
    measure_gradients(suite, encoder<64, 128, 8, 512>(), 16);
    measure_gradients(suite, encoder<128, 512, 8, 2048>(), 8);
    measure_gradients(suite, encoder<50, 96, 6, 384>(), 8);
}

} // namespace bench
