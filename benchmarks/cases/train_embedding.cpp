// SPDX-License-Identifier: BSD-3-Clause
#include "../support/stacks.hpp"

#include <cstdint>

using namespace lamina;

namespace bench {

namespace {

// A hundred steps. lamina's Adam moves the rows of the batch alone, PyTorch's all: the same after
// one step.
template <std::size_t Vocabulary>
void embedding(Suite& suite) {
    measure_training<std::int32_t>(
        suite,
        StackCase{"embedding " + std::to_string(Vocabulary) + "x64",
                  Sequential{Tokens<200>{}, EmbeddingBag<Vocabulary, 64>{},
                             Dense<4>{}, Softmax{}},
                  {200},
                  {{Layer::embedding, Vocabulary, 64},
                   {Layer::mean_over_time},
                   {Layer::dense, 4},
                   {Layer::softmax}}},
        {32, 3200, 32, 4, Vocabulary, "samples/s", true, 3200});
}

} // namespace

void train_embeddings(Suite& suite) {
    embedding<10000>(suite);
    embedding<2000>(suite);
}

} // namespace bench
