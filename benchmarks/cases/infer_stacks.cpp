// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

namespace bench {

void infer_stacks(Suite& suite) {
    measure_prediction(suite, cnn_28x28(), {1, 32});
    measure_prediction(suite, cnn_32x32(), {1, 16});
    measure_prediction(suite, lstm<40, 64, 128>(), {1, 32});
    measure_prediction(suite, lstm<25, 12, 48>(), {1, 20});
    measure_prediction(suite, encoder<64, 128, 8, 512>(), {16});
    measure_prediction(suite, encoder<128, 512, 8, 2048>(), {8});
    measure_prediction(suite, encoder<50, 96, 6, 384>(), {1, 8});
}

} // namespace bench
