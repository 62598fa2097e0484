// SPDX-License-Identifier: BSD-3-Clause
#include "support/golden.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace golden {
namespace {

std::string contents(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

nlohmann::json const& manifest() {
    static auto const all =
        nlohmann::json::parse(contents(std::string(LAMINA_TEST_DATA) + "/manifest.json"));
    return all;
}
nlohmann::json const& entry_of(std::string const& name) {
    for (auto const& entry : manifest().at("cases"))
        if (entry.at("name") == name) return entry;
    throw std::runtime_error("golden case " + name + " is not in the manifest");
}

template <class T>
std::vector<double> numbers(std::string const& bytes, std::size_t begin, std::size_t end) {
    std::vector<double> all;
    for (std::size_t at = begin; at < end; at += sizeof(T)) {
        T value;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        all.push_back(static_cast<double>(value));
    }
    return all;
}

} // namespace

Case::Case(std::string const& case_name) : name(case_name) {
    auto const& entry = entry_of(name);
    op = entry.at("op");
    if (entry.contains("f32_err")) float32_error = entry.at("f32_err");
    read();
}

// safetensors: the length of the header in 8 bytes, the header in JSON, the numbers. All little
// endian.
void Case::read() {
    std::string const bytes =
        contents(std::string(LAMINA_TEST_DATA) + "/f64/" + name + ".safetensors");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    auto const header = nlohmann::json::parse(bytes.substr(8, length));
    for (auto const& [key, entry] : header.items()) {
        if (key == "__metadata__") continue;
        Array array;
        array.shape = entry.at("shape").get<std::vector<std::size_t>>();
        std::string const type = entry.at("dtype");
        auto const offsets = entry.at("data_offsets").get<std::vector<std::size_t>>();
        std::size_t const begin = 8 + length + offsets.at(0), end = 8 + length + offsets.at(1);
        if (type == "F64") array.values = numbers<double>(bytes, begin, end);
        else if (type == "F32") array.values = numbers<float>(bytes, begin, end);
        else if (type == "I64") array.values = numbers<std::int64_t>(bytes, begin, end);
        else if (type == "BOOL") array.values = numbers<std::uint8_t>(bytes, begin, end);
        else throw std::runtime_error("golden case " + name + " holds " + type);
        arrays.emplace(key, std::move(array));
    }
}

Array const& Case::operator[](std::string const& key) const {
    auto const found = arrays.find(key);
    if (found == arrays.end()) throw std::runtime_error("golden case " + name + " has no " + key);
    return found->second;
}
bool Case::has(std::string const& key) const { return arrays.count(key) != 0; }

double Case::number(std::string const& argument, std::optional<double> otherwise) const {
    auto const& all = entry_of(name).at("args");
    if (otherwise && !all.contains(argument)) return *otherwise;
    auto const& value = all.at(argument);
    return value.is_boolean() ? double(value.get<bool>()) : value.get<double>();
}

std::vector<std::string> cases(std::string const& prefix) {
    std::vector<std::string> names;
    for (auto const& entry : manifest().at("cases"))
        if (std::string const name = entry.at("name"); name.rfind(prefix, 0) == 0)
            names.push_back(name);
    return names;
}

} // namespace golden
