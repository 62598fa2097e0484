// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: any bytes, packed with gzip or not, give numbers or lamina::Error. The first
// byte chooses the numbers and axes that are asked for. Every number is read.
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
//       -Iinclude tests/fuzz/idx_fuzz.cpp -o idx_fuzz -lz
#include <lamina/data/gzip.hpp>
#include <lamina/data/idx.hpp>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include <unistd.h>

namespace {

template <class T, std::size_t Axes>
void read_all(std::string const& path, lamina::OpenBytes unpack) {
    auto const numbers = lamina::read_idx<T, Axes>(path, unpack);
    static double volatile keep;
    double sum = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) sum += double(numbers.data()[i]);
    keep = sum;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace lamina;
    if (size == 0) return 0;
    static std::string const path = "/dev/shm/lamina-idx-fuzz." + std::to_string(::getpid());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<char const*>(data) + 1, std::streamsize(size - 1));
    OpenBytes const unpack = data[0] & 8 ? gunzip : open_bytes;
    try {
        if (data[0] % 4 == 0) read_all<std::uint8_t, 3>(path, unpack);
        else if (data[0] % 4 == 1) read_all<std::int32_t, 1>(path, unpack);
        else if (data[0] % 4 == 2) read_all<float, 2>(path, unpack);
        else read_all<double, 1>(path, unpack);
    } catch (Error const& e) {
        if (e.what()[0] == '\0') __builtin_trap();
    }
    ::unlink(path.c_str());
    return 0;
}
