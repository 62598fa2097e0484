// SPDX-License-Identifier: BSD-3-Clause
// load FILE: loads a file into a model and says what came of it: data, or why it is refused.
// scripts/check-hdf5 gives it files that were made to break the HDF5 library.
#include <lamina/io/keras_hdf5.hpp>
#include <lamina/lamina.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    using namespace lamina;
    if (argc != 2) return 2;
    auto model = compile(Sequential{Input<3>{}, Dense<2>{}}, SGD{}, MeanSquaredError{});
    try {
        load(model, argv[1]);
        std::puts("data");
    } catch (Error const& error) {
        std::printf("%s\n", error.what());
    }
}
