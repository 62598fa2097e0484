// SPDX-License-Identifier: BSD-3-Clause
// package: libtorch-dev
// compile: -std=c++17 -I/usr/include/torch/csrc/api/include
// link: -ltorch -ltorch_cpu -lc10
//
// The README's first program with libtorch: reads data.csv, trains and prints the accuracy; with an
// argument it makes one prediction instead.
#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <vector>

int main(int argc, char**) {
    torch::manual_seed(42);
    torch::nn::Sequential net(torch::nn::Linear(3, 64), torch::nn::ReLU(), torch::nn::Linear(64, 1),
                              torch::nn::Sigmoid());
    if (argc > 1) {
        std::cout << net->forward(torch::tensor({{5.0f, 1.0f, 1.0f}})) << "\n";
        return 0;
    }
    std::vector<float> numbers, labels;
    std::FILE* const file = std::fopen("data.csv", "r");
    if (!file) return 1;
    char line[256], label[32];
    float a, b, c;
    while (std::fgets(line, sizeof line, file)) {
        if (std::sscanf(line, "%f,%f,%f,%31s", &a, &b, &c, label) != 4) continue;
        numbers.insert(numbers.end(), {a, b, c});
        labels.push_back(label[0] == 'p' ? 1.0f : 0.0f);
    }
    std::fclose(file);
    auto const n = std::int64_t(labels.size()), test = n / 5;
    auto const order = torch::randperm(n);
    auto x = torch::from_blob(numbers.data(), {n, 3}).index_select(0, order);
    auto const y = torch::from_blob(labels.data(), {n, 1}).index_select(0, order);
    auto const train = x.slice(0, test);
    x = (x - train.mean(0)) / train.std(0);

    torch::optim::Adam adam(net->parameters(), 1e-3);
    for (int epoch = 0; epoch < 10; ++epoch) {
        auto const rows = torch::randperm(n - test) + test;
        for (std::int64_t begin = 0; begin < n - test; begin += 32) {
            auto const batch = rows.slice(0, begin, std::min(begin + 32, n - test));
            auto const loss = torch::binary_cross_entropy(net->forward(x.index_select(0, batch)),
                                                          y.index_select(0, batch));
            adam.zero_grad();
            loss.backward();
            adam.step();
        }
    }
    torch::NoGradGuard const constant;
    auto const out = net->forward(x.slice(0, 0, test)) > 0.5;
    auto const right = out.eq(y.slice(0, 0, test) > 0.5).sum().item<double>();
    std::printf("Test accuracy: %.4f\n", right / double(test));
}
