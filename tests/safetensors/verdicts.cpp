// SPDX-License-Identifier: BSD-3-Clause
// verdicts < FILES > VERDICTS: for scripts/check-safetensors. Each file comes behind its length
// (four bytes, little-endian); for each a line tells what lamina reads: "refused", or of every
// tensor, by name, its name, type, shape and bytes in hexadecimal.
#include <lamina/io/safetensors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace lamina;

namespace {

std::string hexadecimal(std::string_view bytes) {
    std::string out;
    for (char const c : bytes)
        for (int const shift : {4, 0}) out += "0123456789abcdef"[c >> shift & 15];
    return out;
}
std::string verdict(std::string const& bytes) {
    std::vector<std::string> tensors;
    try {
        SafetensorsFile const file(std::as_bytes(std::span(bytes)), "input", {.checksum = false});
        for (std::size_t i = 0; i < file.size(); ++i) {
            auto const t = file[i];
            std::string text = hexadecimal(t.name) + ' ' + std::string(info(t.dtype).code()) + ' ';
            for (auto const d : t.shape) text += std::to_string(d) + ',';
            text += ' ';
            text += hexadecimal({reinterpret_cast<char const*>(t.bytes.data()), t.bytes.size()});
            tensors.push_back(text);
        }
    } catch (Error const&) {
        return "refused";
    }
    std::sort(tensors.begin(), tensors.end());
    std::string all = "read";
    for (auto const& text : tensors) all += ';' + text;
    return all;
}

} // namespace

int main() {
    unsigned char n[4];
    while (std::fread(n, 1, 4, stdin) == 4) {
        std::string bytes(n[0] | n[1] << 8 | n[2] << 16 | std::size_t(n[3]) << 24, '\0');
        if (std::fread(bytes.data(), 1, bytes.size(), stdin) != bytes.size()) return 1;
        std::puts(verdict(bytes).c_str());
    }
}
