// SPDX-License-Identifier: BSD-3-Clause
// package: libdlib-dev
// compile: -std=c++17
// link: -ldlib
//
// The README's first program with dlib: reads data.csv, trains and prints the accuracy; with an
// argument it makes one prediction instead.
#include <dlib/dnn.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <random>
#include <string>
#include <vector>

using Sample = dlib::matrix<float, 3, 1>;
using Net = dlib::loss_binary_log<dlib::fc<1, dlib::relu<dlib::fc<64, dlib::input<Sample>>>>>;

int main(int argc, char**) {
    Net net;
    if (argc > 1) {
        Sample x;
        x = 5, 1, 1;
        std::cout << net(x) << "\n";
        return 0;
    }
    std::vector<Sample> x;
    std::vector<float> y;
    std::FILE* const file = std::fopen("data.csv", "r");
    if (!file) return 1;
    char line[256], label[32];
    while (std::fgets(line, sizeof line, file)) {
        Sample s;
        if (std::sscanf(line, "%f,%f,%f,%31s", &s(0), &s(1), &s(2), label) != 4) continue;
        x.push_back(s);
        y.push_back(label[0] == 'p' ? 1.0f : -1.0f);
    }
    std::fclose(file);
    dlib::randomize_samples(x, y);
    dlib::vector_normalizer<Sample> normalizer;
    std::size_t const test = x.size() / 5;
    std::vector<Sample> const train_x(x.begin() + long(test), x.end());
    std::vector<float> const train_y(y.begin() + long(test), y.end());
    normalizer.train(train_x);
    for (Sample& s : x) s = normalizer(s);

    dlib::dnn_trainer<Net, dlib::adam> trainer(net, dlib::adam(0, 0.9f, 0.999f));
    trainer.set_learning_rate(1e-3);
    trainer.set_min_learning_rate(1e-9);
    trainer.set_mini_batch_size(32);
    trainer.set_max_num_epochs(10);
    trainer.train(std::vector<Sample>(x.begin() + long(test), x.end()), train_y);
    net.clean();

    std::size_t right = 0;
    for (std::size_t i = 0; i < test; ++i) right += (net(x[i]) > 0) == (y[i] > 0);
    std::printf("Test accuracy: %.4f\n", double(right) / double(test));
}
