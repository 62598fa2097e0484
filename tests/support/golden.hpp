// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

// The golden cases: numbers that PyTorch computed in double precision, one file for each case and a
// manifest that says what was called. `float32_error` is how far PyTorch's own float differs.
//
//     golden::Case const gelu("act_gelu_erf");
//     gelu["in/x"].shape, gelu["in/x"].values, gelu.args.at("alpha")
namespace golden {

struct Array {
    std::vector<std::size_t> shape;
    std::vector<double> values;   // whole numbers and truth values too

    std::size_t size() const { return values.size(); }
    double const* data() const { return values.data(); }
    double operator[](std::size_t i) const { return values[i]; }
    template <class T>
    std::vector<T> as() const {
        std::vector<T> v;
        v.reserve(values.size());
        for (double x : values) v.push_back(static_cast<T>(x));
        return v;
    }
};

namespace detail {

inline std::string read(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline nlohmann::json const& manifest() {
    static auto const all =
        nlohmann::json::parse(read(std::string(LAMINA_TEST_DATA) + "/manifest.json"));
    return all;
}

} // namespace detail

struct Case {
    std::string name, op;
    nlohmann::json args;                          // of the PyTorch call
    std::map<std::string, Array> arrays;          // "in/x", "param/weight", "out/y", "gout/y", ...
    std::map<std::string, double> float32_error;  // max-norm, by key

    explicit Case(std::string const& case_name) : name(case_name) {
        for (auto const& entry : detail::manifest().at("cases")) {
            if (entry.at("name") != name) continue;
            op = entry.at("op");
            args = entry.at("args");
            if (entry.contains("f32_err")) float32_error = entry.at("f32_err");
            read();
            return;
        }
        throw std::runtime_error("golden case " + name + " is not in the manifest");
    }

    Array const& operator[](std::string const& key) const {
        auto const found = arrays.find(key);
        if (found == arrays.end())
            throw std::runtime_error("golden case " + name + " has no " + key);
        return found->second;
    }
    bool has(std::string const& key) const { return arrays.count(key) != 0; }

private:
    // safetensors: the length of the header in 8 bytes, the header in JSON, the numbers. All little
    // endian.
    void read() {
        std::string const bytes =
            detail::read(std::string(LAMINA_TEST_DATA) + "/f64/" + name + ".safetensors");
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
            if (type == "F64") convert<double>(bytes, begin, end, array.values);
            else if (type == "F32") convert<float>(bytes, begin, end, array.values);
            else if (type == "I64") convert<std::int64_t>(bytes, begin, end, array.values);
            else if (type == "BOOL") convert<std::uint8_t>(bytes, begin, end, array.values);
            else throw std::runtime_error("golden case " + name + " holds " + type);
            arrays.emplace(key, std::move(array));
        }
    }

    template <class T>
    static void convert(std::string const& bytes, std::size_t begin, std::size_t end,
                        std::vector<double>& to) {
        for (std::size_t at = begin; at < end; at += sizeof(T)) {
            T value;
            std::memcpy(&value, bytes.data() + at, sizeof value);
            to.push_back(static_cast<double>(value));
        }
    }
};

/// The names of all cases that begin so.
inline std::vector<std::string> cases(std::string const& prefix) {
    std::vector<std::string> names;
    for (auto const& entry : detail::manifest().at("cases"))
        if (std::string const name = entry.at("name"); name.rfind(prefix, 0) == 0)
            names.push_back(name);
    return names;
}

} // namespace golden
