// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/safetensors.hpp>

#include <lamina/activations/log_softmax.hpp>
#include <lamina/activations/relu.hpp>
#include <lamina/graph/named.hpp>
#include <lamina/graph/sequential.hpp>
#include <lamina/io/save.hpp>
#include <lamina/layers/batch_normalization.hpp>
#include <lamina/layers/conv_2d.hpp>
#include <lamina/layers/dense.hpp>
#include <lamina/layers/flatten.hpp>
#include <lamina/model/network.hpp>
#include <lamina/model/weights.hpp>

#include "support/fault_folder.hpp"
#include "support/kernels.hpp"
#include "support/skip.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

// A network that another library trained on MNIST, its weights under PyTorch's names: 99.17 % of
// the 10,000 test images.
TEST_CASE("a network that Burn trained reads MNIST as it did there") {
    char const* const shared = std::getenv("LAMINA_SHARED");
    if (!shared) return skip("LAMINA_SHARED is not set");
    std::string const models = std::string(shared) + "/models/burn-mnist/",
                      data = std::string(shared) + "/data/images/mnist/t10k-";
    Folder const folder;
    for (std::string const name : {"images-idx3-ubyte", "labels-idx1-ubyte"})
        if (std::system(("gunzip -c " + data + name + ".gz > " + folder.path(name)).c_str()) != 0)
            return skip("the images cannot be unpacked");

    BatchNormalization const norm{.epsilon = 1e-5f};
    Sequential const network{Input<28, 28, 1>{},
                             named<"conv1">(Conv2D<8, 3>{}),
                             ReLU{},
                             named<"conv2">(Conv2D<16, 3>{}),
                             ReLU{},
                             named<"conv3">(Conv2D<24, 3>{}),
                             ReLU{},
                             named<"norm1">(norm),
                             Flatten{},
                             named<"fc1">(Dense<32>{}),
                             ReLU{},
                             named<"fc2">(Dense<10>{}),
                             named<"norm2">(norm),
                             LogSoftmax{}};
    using N = Network<std::remove_const_t<decltype(network)>, float>;
    Weights<N> weights(network);
    load(weights, models + "mnist.safetensors", {.names = Names::torch});

    std::size_t const n = 10'000, size = 28 * 28;
    std::string const images = read_all(folder.path("images-idx3-ubyte")).substr(16),
                      labels = read_all(folder.path("labels-idx1-ubyte")).substr(8);
    REQUIRE(images.size() == n * size);
    REQUIRE(labels.size() == n);
    SafetensorsFile const reference(models + "reference.safetensors");
    auto const logs = reference.find("out/logprob_first100")->values<float>();
    auto const theirs = reference.find("out/pred")->values<std::int64_t>();

    Workspace<N> work;
    std::vector<float> x(100 * size);
    std::size_t right = 0, same = 0;
    double most = 0;
    for (std::size_t first = 0; first < n; first += 100) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            auto const pixel = static_cast<unsigned char>(images[first * size + i]);
            x[i] = (float(pixel) / 255 - 0.1307f) / 0.3081f;
        }
        void const* const input = x.data();
        float const* const y = predict(weights, work, &input, 100);
        for (std::size_t i = 0; i < 100; ++i) {
            auto const guess = std::max_element(y + 10 * i, y + 10 * i + 10) - (y + 10 * i);
            right += guess == labels[first + i];
            same += guess == theirs[first + i];
        }
        for (std::size_t i = 0; first == 0 && i < 1000; ++i)
            most = std::max(most, std::abs(double(y[i]) - double(logs[i])));
    }
    CHECK(most < 1e-4);
    CHECK(right == 9917);
    CHECK(same == n);
}
