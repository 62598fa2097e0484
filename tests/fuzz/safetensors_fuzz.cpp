// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: any bytes give tensors or lamina::Error. Every byte of every tensor is read.
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
//       -Iinclude tests/fuzz/safetensors_fuzz.cpp -o safetensors_fuzz
#include <lamina/io/safetensors.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace lamina;
    for (bool const lenient : {false, true}) {
        try {
            SafetensorsFile const file(std::as_bytes(std::span(data, size)), "input",
                                       {.trailing_bytes = lenient, .checksum = !lenient});
            Checksum sum;
            for (std::size_t i = 0; i < file.size(); ++i) {
                auto const tensor = file[i];
                sum.add(tensor.bytes.data(), tensor.bytes.size());
                if (!file.find(tensor.name)) __builtin_trap();
                if (converts<float>(tensor.dtype) && tensor.values<float>().size() != tensor.size())
                    __builtin_trap();
            }
            static volatile std::uint64_t keep;
            keep = sum.value();
        } catch (Error const& e) {
            if (e.what()[0] == '\0') __builtin_trap();
        }
    }
    return 0;
}
