// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

using namespace lamina;

namespace bench {

void train_recurrent(Suite& suite) {
    // ten steps
    measure_training<float>(
        suite,
        StackCase{"LSTM 40x64-128",
                  Sequential{Input<40, 64>{}, LSTM<128>{}, Dense<10>{}, Softmax{}},
                  {40, 64},
                  {{Layer::lstm, 128}, {Layer::dense, 10}, {Layer::softmax}}},
        {32, 320, 160, 10, 0, "ms/step", false, 1e3 / 10});
}

} // namespace bench
